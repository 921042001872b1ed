//! All of a request but its key: what is the same for each object that one call after another asks for.

use cospass_sign::{Authorization, Canonical, Signature};

use crate::call::Pair;
use crate::site::push_key;

/// What is signed, but for the key.
pub(crate) struct Request<'a> {
    /// In lower case.
    pub(crate) method: &'a str,
    pub(crate) params: &'a [Pair<'a>],
    pub(crate) headers: &'a [Pair<'a>],
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// As the value of `Authorization`.
    #[default]
    Header,
    /// As seven parameters of a URL.
    Query,
}

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    carrier: Carrier,
    /// Of the `HttpString`.
    before_path: Vec<u8>,
    after_path: Vec<u8>,
    /// `scheme://host/` of a URL.
    origin: String,
    /// What stands between the times and the digits of the signature.
    middle: String,
    /// The rest of a URL.
    end: String,
}

/// The digits of a signature.
const SIGNATURE_LENGTH: usize = 40;

impl Outline {
    /// Becomes that of another request, in the same memory; what a URL of it is made of is given with
    /// [`of_url`](Self::of_url).
    pub(crate) fn write(
        &mut self,
        canonical: &mut Canonical,
        request: &Request<'_>,
        carrier: Carrier,
    ) {
        let Self { before_path, after_path, origin, middle, end, .. } = self;
        canonical.write(request.method, b"", request.params, request.headers);
        let text = canonical.http_string();
        let (before, after) = text.split_at((request.method.len() + 1).min(text.len()));
        before_path.clear();
        before_path.extend_from_slice(before);
        after_path.clear();
        after_path.extend_from_slice(after);
        origin.clear();
        end.clear();
        middle.clear();
        let (headers, params) = (canonical.header_list(), canonical.param_list());
        match carrier {
            Carrier::Header => Authorization::write_header_end(headers, params, middle),
            Carrier::Query => Authorization::write_query_end(headers, params, middle),
        }
        self.carrier = carrier;
    }

    /// With what a URL begins with, and what `push_query` appends behind the signature.
    pub(crate) fn of_url(&mut self, origin: &str, push_query: impl FnOnce(&mut String)) {
        self.origin.push_str(origin);
        push_query(&mut self.end);
    }

    /// With these times and all before them, so that it begins with nothing.
    pub(crate) fn begun(mut self, start: &str) -> Self {
        self.middle.insert_str(0, start);
        self
    }

    pub(crate) fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// Appends the `HttpString` for a key, which has a slash at its beginning or has not.
    pub(crate) fn push_http_string(&self, out: &mut Vec<u8>, key: &str) {
        out.extend_from_slice(&self.before_path);
        if !key.starts_with('/') {
            out.push(b'/');
        }
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(&self.after_path);
    }

    /// Appends what is handed out; `start` is the first four fields.
    pub(crate) fn push(&self, out: &mut String, key: &str, start: &str, signature: &Signature) {
        if self.carrier == Carrier::Query {
            out.push_str(&self.origin);
            push_key(out, key);
            out.push('?');
        }
        out.push_str(start);
        self.push_end(out, signature);
    }

    /// The same for a key that stands in a URL as it is, of an outline that has [begun](Self::begun).
    pub(crate) fn push_plain(&self, out: &mut String, key: &str, signature: &Signature) {
        out.push_str(&self.origin);
        out.push_str(key.strip_prefix('/').unwrap_or(key));
        out.push('?');
        self.push_end(out, signature);
    }

    fn push_end(&self, out: &mut String, signature: &Signature) {
        out.push_str(&self.middle);
        out.push_str(signature.as_str());
        out.push_str(&self.end);
    }

    /// How long what is handed out is without key and start, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.origin.len() + 1 + self.middle.len() + SIGNATURE_LENGTH + self.end.len()
    }
}
