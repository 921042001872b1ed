//! A request as it was asked for, kept to see whether the next one is the same but for its key.

use zeroize::Zeroize;

use super::PresignRequest;
use super::outline::Carrier;
use crate::{Endpoint, Scheme};

/// Everything of a request but its key, in one flat text, so that keeping another one takes no memory once there is room for
/// it. Wiped when dropped: values may be tokens.
#[derive(Default)]
pub(super) struct Asked {
    /// None of a request that was not kept.
    sizes: Option<Sizes>,
    endpoint: Option<Endpoint>,
    /// Each text of [`texts`] with its length, in bytes, before it.
    texts: Vec<u8>,
}

/// What is compared before any text is.
#[derive(PartialEq, Eq)]
struct Sizes {
    carrier: Carrier,
    scheme: Scheme,
    sign_host: bool,
    has_bucket: bool,
    params: usize,
    headers: usize,
    signed_headers: Option<usize>,
    signed_params: Option<usize>,
}

impl Sizes {
    fn of(request: &PresignRequest<'_>, carrier: Carrier) -> Self {
        Self {
            carrier,
            scheme: request.scheme,
            sign_host: request.sign_host,
            has_bucket: request.bucket.is_some(),
            params: request.params.len(),
            headers: request.headers.len(),
            signed_headers: request.signed_headers.map(<[_]>::len),
            signed_params: request.signed_params.map(<[_]>::len),
        }
    }
}

/// Every text of a request but its key, in one order.
fn texts<'a>(request: &PresignRequest<'a>) -> impl Iterator<Item = &'a str> {
    let bucket = request.bucket.map_or("", |bucket| bucket.as_str());
    let pairs = request.params.iter().chain(request.headers);
    let lists = [request.signed_headers, request.signed_params].into_iter().flatten().flatten();
    [request.method, bucket]
        .into_iter()
        .chain(pairs.flat_map(|&(name, value)| [name, value]))
        .chain(lists.copied())
}

impl Asked {
    /// Whether this is what was asked for last.
    pub(super) fn is(&self, request: &PresignRequest<'_>, carrier: Carrier) -> bool {
        let mut kept = self.texts.as_slice();
        // That there are as many of each kind makes the flat text unambiguous.
        self.sizes.as_ref() == Some(&Sizes::of(request, carrier))
            && self.endpoint.as_ref() == Some(request.endpoint)
            && texts(request).all(|text| take(&mut kept, text))
    }

    /// Keeps a request in place of the one before.
    pub(super) fn keep(&mut self, request: &PresignRequest<'_>, carrier: Carrier) {
        self.texts.clear();
        for text in texts(request) {
            self.texts.extend_from_slice(&text.len().to_ne_bytes());
            self.texts.extend_from_slice(text.as_bytes());
        }
        if self.endpoint.as_ref() != Some(request.endpoint) {
            self.endpoint = Some(request.endpoint.clone());
        }
        self.sizes = Some(Sizes::of(request, carrier));
    }

    /// Is no request's any more.
    pub(super) fn forget(&mut self) {
        self.sizes = None;
    }
}

/// Whether the texts that are left begin with that one, which is taken from them.
fn take(kept: &mut &[u8], text: &str) -> bool {
    let Some((length, rest)) = kept.split_first_chunk() else { return false };
    match rest.split_at_checked(text.len()) {
        Some((same, rest)) if usize::from_ne_bytes(*length) == text.len() => {
            *kept = rest;
            same == text.as_bytes()
        }
        _ => false,
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.texts.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bucket, ObjectKey, Region};

    #[test]
    fn whatever_differs_but_the_key_is_seen() {
        let (bucket, other_bucket) = (Bucket::new("b-1").unwrap(), Bucket::new("c-1").unwrap());
        let (key, other_key) = (ObjectKey::new("k").unwrap(), ObjectKey::new("l").unwrap());
        let region = |name| Endpoint::default_domain(Region::new(name).unwrap());
        let (endpoint, other_endpoint) = (region("ap-x"), region("ap-y"));
        let request = PresignRequest {
            params: &[("ab", "c")],
            headers: &[("h", "")],
            signed_headers: Some(&["h"]),
            ..PresignRequest::new("GET", &bucket, &key, &endpoint)
        };
        let mut asked = Asked::default();
        assert!(!asked.is(&request, Carrier::Query));
        asked.keep(&request, Carrier::Query);
        assert!(asked.is(&PresignRequest { key: &other_key, ..request }, Carrier::Query));
        assert!(!asked.is(&request, Carrier::Header));
        for other in [
            PresignRequest { method: "PUT", ..request },
            PresignRequest { method: "GE", ..request },
            PresignRequest { bucket: Some(&other_bucket), ..request },
            PresignRequest { bucket: None, ..request },
            PresignRequest { endpoint: &other_endpoint, ..request },
            PresignRequest { scheme: Scheme::Http, ..request },
            PresignRequest { sign_host: false, ..request },
            PresignRequest { params: &[("a", "bc")], ..request },
            PresignRequest { params: &[], ..request },
            PresignRequest { params: &[("ab", "c"), ("h", "")], headers: &[], ..request },
            PresignRequest { headers: &[("h", "v")], ..request },
            PresignRequest { signed_headers: None, ..request },
            PresignRequest { signed_headers: Some(&["g"]), ..request },
            PresignRequest { signed_headers: None, signed_params: Some(&["h"]), ..request },
        ] {
            assert!(!asked.is(&other, Carrier::Query), "{other:?}");
        }
        asked.forget();
        assert!(!asked.is(&request, Carrier::Query));
    }
}
