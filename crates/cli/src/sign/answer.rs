//! A signature as JSON.

use std::fmt::Write;

use cospass_protocol::{Presigned, Warning};

use super::Product;
use crate::json::write_text;

/// One line of JSON. Scripts rely on its members; `--help` tells them.
pub(super) struct Answer<'a> {
    presigned: &'a Presigned,
    product: Product,
    /// None where there are none to tell of.
    warnings: Option<&'a [Warning]>,
}

impl<'a> Answer<'a> {
    /// The answer to one request: `warnings` is always there.
    pub(super) fn alone(
        presigned: &'a Presigned,
        product: Product,
        warnings: &'a [Warning],
    ) -> Self {
        Answer { presigned, product, warnings: Some(warnings) }
    }

    /// The answer to a line of a batch: `warnings` is there if there are any.
    pub(super) fn in_batch(
        presigned: &'a Presigned,
        product: Product,
        warnings: &'a [Warning],
    ) -> Self {
        let warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
        Answer { presigned, product, warnings }
    }

    /// Appends the line, with its end. By hand, since it is written a million times a second: its texts are long, and nearly
    /// none of them has anything to escape.
    pub(super) fn write(&self, out: &mut String) {
        let Answer { presigned, product, warnings } = self;
        out.push_str("{\"url\":");
        match product {
            Product::Url => write_text(out, presigned.url()),
            Product::Authorization => out.push_str("null"),
        }
        out.push_str(",\"authorization\":");
        write_text(out, presigned.authorization());
        out.push_str(",\"headers\":{");
        for (place, (name, value)) in presigned.headers().iter().enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            write_text(out, name);
            out.push(':');
            write_text(out, value);
        }
        out.push_str("},\"key_time\":\"");
        presigned.key_time().write_into(out);
        let (end, effective) = (presigned.expires_at(), presigned.effective_end());
        // To write to a string cannot fail.
        let _ = write!(out, "\",\"expires_at\":{end},\"effective_end\":{effective}");
        if let Some(warnings) = warnings {
            out.push_str(",\"warnings\":[");
            for (place, warning) in warnings.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write_text(out, warning.id());
            }
            out.push(']');
        }
        out.push_str("}\n");
    }
}

#[cfg(test)]
mod tests {
    use cospass_protocol::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region};
    use cospass_sign::{Credentials, KeyTime};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("a\"b").unwrap());
        let endpoint = Endpoint::default_domain(Region::new("ap-x").unwrap());
        let request = PresignRequest {
            headers: &[("x-cos-meta-a", "\\ \"q\""), ("content-type", "a/b")],
            ..PresignRequest::new("PUT", &bucket, &key, &endpoint)
        };
        let mut presigner = Presigner::new(Credentials::new("A\"K", "secret"));
        let presigned = presigner.presign(&request, KeyTime::new(5, 300)).unwrap();
        let warnings = presigned.warnings();
        assert!(!warnings.is_empty());
        for (product, url) in
            [(Product::Url, json!(presigned.url())), (Product::Authorization, Value::Null)]
        {
            for (told, ids) in [(&warnings[..], Some(())), (&[], None)] {
                let mut line = String::new();
                Answer::in_batch(&presigned, product, told).write(&mut line);
                let mut expected = json!({
                    "url": url,
                    "authorization": presigned.authorization(),
                    "headers": {"content-type": "a/b", "x-cos-meta-a": "\\ \"q\""},
                    "key_time": "5;300",
                    "expires_at": 300,
                    "effective_end": 300,
                });
                if ids.is_some() {
                    let ids: Vec<_> = told.iter().map(|warning| warning.id()).collect();
                    expected["warnings"] = json!(ids);
                }
                assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
                assert!(line.ends_with("}\n") && line.lines().count() == 1);
            }
        }
        let mut line = String::new();
        Answer::alone(&presigned, Product::Url, &[]).write(&mut line);
        assert!(line.ends_with(",\"warnings\":[]}\n"));
    }
}
