//! The body of an error: layout byte for byte as captured from the service.

use super::read::{Element, XmlError};
use super::write::{DECLARATION, Writer};

/// What an error body says.
///
/// `Code`, `Message`, `Resource`, `RequestId` and `TraceId` are never empty: the Python SDK fails to read a body in which
/// one of them is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDocument {
    /// The error code, see [`ErrorCode`](crate::ErrorCode).
    pub code: String,
    /// What is wrong, for a person.
    pub message: String,
    /// What some errors add.
    pub evidence: Option<Evidence>,
    /// `host/key` without scheme.
    pub resource: String,
    /// Which request it was.
    pub request_id: String,
    /// The same, for the service's own people.
    pub trace_id: String,
}

/// What some errors add to an [`ErrorDocument`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// With `SignatureDoesNotMatch`: what the server hashed.
    Signed {
        /// The `StringToSign` as the server built it.
        string_to_sign: String,
        /// The `HttpString` as the server built it.
        format_string: String,
    },
    /// With an expired signature: the server's clock, `2019-04-09T03:39:20Z`.
    ServerTime(String),
}

impl ErrorDocument {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open("Error");
        writer.leaf("Code", &self.code);
        // cos-java-sdk-v5 reads what stands behind the last reference alone: a message keeps its quotes.
        writer.quoted("Message", &self.message);
        match &self.evidence {
            Some(Evidence::Signed { string_to_sign, format_string }) => {
                writer.leaf("StringToSign", string_to_sign);
                writer.leaf("FormatString", format_string);
            }
            Some(Evidence::ServerTime(time)) => writer.leaf("ServerTime", time),
            None => {}
        }
        writer.leaf("Resource", &self.resource);
        writer.leaf("RequestId", &self.request_id);
        writer.leaf("TraceId", &self.trace_id);
        writer.close();
        format!("{DECLARATION}{}\n\n", writer.finish())
    }

    /// Reads a body; what is absent is empty.
    ///
    /// # Errors
    /// [`XmlError`] when it is not an error document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read(body, "Error")?;
        let text = |name| root.text_of(name).to_owned();
        let evidence = match (root.child("FormatString"), root.child("ServerTime")) {
            (Some(format_string), _) => Some(Evidence::Signed {
                string_to_sign: text("StringToSign"),
                format_string: format_string.text.clone(),
            }),
            (None, Some(time)) => Some(Evidence::ServerTime(time.text.clone())),
            (None, None) => None,
        };
        Ok(Self {
            code: text("Code"),
            message: text("Message"),
            evidence,
            resource: text("Resource"),
            request_id: text("RequestId"),
            trace_id: text("TraceId"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(evidence: Option<Evidence>) -> ErrorDocument {
        ErrorDocument {
            code: "AccessDenied".into(),
            message: "Request has expired".into(),
            evidence,
            resource: "b-1.cos.ap-beijing.myqcloud.com/a'b".into(),
            request_id: "NWNh".into(),
            trace_id: "OGVm".into(),
        }
    }

    #[test]
    fn the_layout_is_the_captured_one() {
        let time = Evidence::ServerTime("2019-04-09T03:39:20Z".into());
        assert_eq!(
            document(Some(time)).write(),
            "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>AccessDenied</Code>\n\t<Message>Request has expired</Message>\n\t<ServerTime>2019-04-09T03:39:20Z</ServerTime>\n\t<Resource>b-1.cos.ap-beijing.myqcloud.com/a&apos;b</Resource>\n\t<RequestId>NWNh</RequestId>\n\t<TraceId>OGVm</TraceId>\n</Error>\n\n"
        );
    }

    #[test]
    fn write_and_read_are_inverse() {
        let signed = Evidence::Signed {
            string_to_sign: "sha1\n1;2\nabc\n".into(),
            format_string: "get\n/页 &\n\nhost=b\n".into(),
        };
        for evidence in [None, Some(signed), Some(Evidence::ServerTime("t".into()))] {
            let document = document(evidence);
            assert_eq!(ErrorDocument::read(document.write().as_bytes()), Ok(document));
        }
    }

    #[test]
    fn a_message_keeps_its_quotes() {
        let message = r#"x-cos-acl: "a<b" is none"#.to_owned();
        let document = ErrorDocument { message, ..document(None) };
        assert!(document.write().contains(r#"<Message>x-cos-acl: "a&lt;b" is none</Message>"#));
        assert_eq!(ErrorDocument::read(document.write().as_bytes()), Ok(document));
    }

    #[test]
    fn another_document_is_refused() {
        assert!(ErrorDocument::read(b"<html/>").is_err());
    }
}
