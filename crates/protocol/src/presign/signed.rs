//! What is made of a signature: the pre-signed URL, the plain one, and the headers to send.

use cospass_sign::percent::push_encoded;
use cospass_sign::{Authorization, KeyTime, TOKEN_NAME};

use super::selection::is_given;
use super::{PresignError, PresignRequest, Presigned, Warning};

/// A signature and what belongs to it, while the buffers still hold it.
pub(super) struct Signed<'a> {
    pub(super) request: &'a PresignRequest<'a>,
    /// The host of the URL.
    pub(super) host: &'a str,
    /// All parameters of the URL, the token included.
    pub(super) params: &'a [(&'a str, &'a str)],
    /// The signed headers.
    pub(super) headers: &'a [(&'a str, &'a str)],
    /// The token, when it travels as a header.
    pub(super) header_token: Option<(&'a str, &'a str)>,
    /// The first four fields of the signature, as the query begins.
    pub(super) query_start: &'a str,
    pub(super) authorization: Authorization<'a>,
    /// Whether a token is with the request, the caller's own included.
    pub(super) temporary: bool,
}

impl Signed<'_> {
    pub(super) fn write_presigned_url(&self, out: &mut String) -> Result<(), PresignError> {
        self.write_origin(out);
        self.request.key.write_url_path(out)?;
        out.push('?');
        out.push_str(self.query_start);
        self.authorization.write_query_end(out);
        self.write_params(out, '&');
        Ok(())
    }

    /// The URL for an `Authorization` header. The keys `.` and `..` stand in it as they are, for clients that do not
    /// remove them.
    pub(super) fn write_plain_url(&self, out: &mut String) {
        self.write_origin(out);
        if self.request.key.write_url_path(out).is_err() {
            out.push_str(self.request.key.path());
        }
        self.write_params(out, '?');
    }

    /// The pre-signed URL without the key's path and without the signature: what is before, between and after them.
    pub(super) fn around_key_and_signature(&self) -> [String; 3] {
        let [mut origin, mut query, mut params] = [const { String::new() }; 3];
        self.write_origin(&mut origin);
        query.push('?');
        query.push_str(self.query_start);
        self.authorization.write_query_end(&mut query);
        query.truncate(query.len() - self.authorization.signature().as_str().len());
        self.write_params(&mut params, '&');
        [origin, query, params]
    }

    fn write_origin(&self, out: &mut String) {
        out.push_str(self.request.scheme.as_str());
        out.push_str("://");
        out.push_str(self.host);
    }

    fn write_params(&self, out: &mut String, first: char) {
        let marks = std::iter::once(first).chain(std::iter::repeat('&'));
        for ((name, value), mark) in self.params.iter().zip(marks) {
            out.push(mark);
            push_encoded(out, name.as_bytes());
            out.push('=');
            push_encoded(out, value.as_bytes());
        }
    }

    pub(super) fn into_presigned(self, key_time: KeyTime, url: String) -> Presigned {
        let mut authorization = String::with_capacity(256);
        self.authorization.write_header(&mut authorization);
        let warnings = Warning::of(self.request, key_time, self.headers, self.temporary);
        let headers = self.headers_to_send();
        Presigned { url, authorization, headers, key_time, warnings }
    }

    /// The signed headers, without the host that the URL makes a client send, and the token, signed or not.
    fn headers_to_send(&self) -> Vec<(String, String)> {
        let sent_by_url =
            |(name, value): &(&str, &str)| name.eq_ignore_ascii_case("host") && *value == self.host;
        let signed = self.headers.iter().copied().filter(|header| !sent_by_url(header));
        let token = self.header_token.filter(|_| !is_given(TOKEN_NAME, self.headers));
        signed.chain(token).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
