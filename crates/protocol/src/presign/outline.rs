//! What a request makes of everything but its key and its time: checked, selected and written once, and found again for the
//! next request that differs in nothing else.

use std::fmt;
use std::sync::Arc;

use cospass_sign::percent::push_encoded_str;
use cospass_sign::{Authorization, Canonical, Credentials, TOKEN_NAME};
use zeroize::Zeroize;

use super::asked::Asked;
use super::check::{check, check_header};
use super::risks::{Risks, SignedRequest};
use super::selection::{Pairs, is_given, select_headers, select_params};
use super::{PresignError, PresignRequest};

/// Where the signature, and with it the token, travels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Query,
    Header,
}

/// The parts of a signature that neither key nor time has a share in. Its buffers are used again for the next request; they
/// may hold a token, and are wiped when dropped.
#[derive(Default)]
pub(super) struct Outline {
    asked: Asked,
    /// The host of the URL.
    host: String,
    /// The method's line of the `HttpString`, and all behind its path.
    pub(super) method: Vec<u8>,
    pub(super) rest: Vec<u8>,
    /// Of the URL: what is before the path, and what is behind the signature.
    pub(super) origin: String,
    pub(super) params: String,
    /// The last three fields of the signature, up to its digits, as a query and as a header have them.
    pub(super) query_end: String,
    pub(super) header_end: String,
    to_send: Option<ToSend>,
}

/// What whoever asks for more than a URL is told.
#[derive(Clone)]
pub(super) struct ToSend {
    /// None where there are none, which is the ordinary case and takes no allocation.
    pub(super) headers: Option<Arc<[(String, String)]>>,
    pub(super) risks: Risks,
}

/// What is used to write an outline, kept for the next one.
#[derive(Default)]
pub(super) struct Buffers {
    canonical: Canonical,
    params: Pairs<'static>,
    signed_params: Pairs<'static>,
    signed_headers: Pairs<'static>,
}

impl Outline {
    /// Makes this the outline of a request. Says whether it was another one before; on error it is none.
    pub(super) fn of(
        &mut self,
        request: &PresignRequest<'_>,
        carrier: Carrier,
        credentials: &Credentials,
        buffers: &mut Buffers,
    ) -> Result<bool, PresignError> {
        if self.asked.is(request, carrier) {
            return Ok(false);
        }
        self.forget();
        self.write(request, carrier, credentials, buffers)?;
        self.asked.keep(request, carrier);
        Ok(true)
    }

    fn write(
        &mut self,
        request: &PresignRequest<'_>,
        carrier: Carrier,
        credentials: &Credentials,
        buffers: &mut Buffers,
    ) -> Result<(), PresignError> {
        request.endpoint.write_host(request.bucket, request.scheme, &mut self.host);
        check(request, &self.host)?;
        let own_token =
            is_given(TOKEN_NAME, request.params) || is_given(TOKEN_NAME, request.headers);
        if credentials.token().is_some() && own_token {
            return Err(PresignError::TokenTwice);
        }
        let token = Token::of(credentials, carrier);
        token.header.map_or(Ok(()), |(name, value)| check_header(name, value))?;

        let mut params: Pairs<'_> = std::mem::take(&mut buffers.params);
        params.extend(request.params.iter().copied().chain(token.query));
        let mut signed_params: Pairs<'_> = std::mem::take(&mut buffers.signed_params);
        select_params(request, &params, &mut signed_params)?;
        let mut headers: Pairs<'_> = std::mem::take(&mut buffers.signed_headers);
        select_headers(request, &self.host, token.header, &mut headers)?;

        let canonical = &mut buffers.canonical;
        canonical.write(request.method, b"", &signed_params, &headers);
        let http_string = canonical.http_string();
        let (method, rest) = http_string.split_at(request.method.len() + 1);
        self.method.extend_from_slice(method);
        self.rest.extend_from_slice(rest);
        let lists = (canonical.header_list(), canonical.param_list());
        Authorization::write_query_end(lists.0, lists.1, &mut self.query_end);
        Authorization::write_header_end(lists.0, lists.1, &mut self.header_end);
        self.origin.push_str(request.scheme.as_str());
        self.origin.push_str("://");
        self.origin.push_str(&self.host);
        let first = if carrier == Carrier::Query { '&' } else { '?' };
        write_params(&params, first, &mut self.params);
        buffers.params = emptied(params);
        buffers.signed_params = emptied(signed_params);
        buffers.signed_headers = emptied(headers);
        Ok(())
    }

    /// What is to be sent with the URL, and what is a risk; worked out when it is first asked for.
    pub(super) fn what_to_send(
        &mut self,
        request: &PresignRequest<'_>,
        carrier: Carrier,
        credentials: &Credentials,
    ) -> Result<ToSend, PresignError> {
        if let Some(to_send) = &self.to_send {
            return Ok(to_send.clone());
        }
        let mut signed = Vec::new();
        let token = Token::of(credentials, carrier).header;
        select_headers(request, &self.host, token, &mut signed)?;
        let risks = Risks::of(&SignedRequest {
            method: request.method,
            params: request.params,
            headers: request.headers,
            signed_headers: &signed,
            signed_params: request.signed_params,
            is_temporary: credentials.token().is_some()
                || is_given(TOKEN_NAME, request.params)
                || is_given(TOKEN_NAME, request.headers),
        });
        let headers = headers_to_send(&signed, &self.host, token);
        let headers = (!headers.is_empty()).then(|| headers.into());
        Ok(self.to_send.insert(ToSend { headers, risks }).clone())
    }

    /// Empties everything, and keeps the memory.
    fn forget(&mut self) {
        self.asked.forget();
        let texts = [&mut self.host, &mut self.origin, &mut self.params];
        texts
            .into_iter()
            .chain([&mut self.query_end, &mut self.header_end])
            .for_each(String::clear);
        self.method.clear();
        self.rest.clear();
        self.to_send = None;
    }
}

impl Drop for Outline {
    fn drop(&mut self) {
        self.rest.zeroize();
        self.params.zeroize();
    }
}

/// The parameters of a URL may be secret.
impl fmt::Debug for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outline").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The token of the credentials, where the carrier puts it.
struct Token<'a> {
    query: Option<(&'a str, &'a str)>,
    header: Option<(&'a str, &'a str)>,
}

impl<'a> Token<'a> {
    fn of(credentials: &'a Credentials, carrier: Carrier) -> Self {
        let token = credentials.token().map(|token| (TOKEN_NAME, token.expose()));
        match carrier {
            Carrier::Query => Self { query: token, header: None },
            Carrier::Header => Self { query: None, header: token },
        }
    }
}

/// The signed headers, without the host that the URL makes a client send, and the token, signed or not.
fn headers_to_send(
    signed: &[(&str, &str)],
    host: &str,
    token: Option<(&str, &str)>,
) -> Vec<(String, String)> {
    let sent_by_url =
        |(name, value): &(&str, &str)| name.eq_ignore_ascii_case("host") && *value == host;
    let token = token.filter(|_| !is_given(TOKEN_NAME, signed));
    let headers = signed.iter().copied().filter(|header| !sent_by_url(header)).chain(token);
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn write_params(params: &[(&str, &str)], first: char, out: &mut String) {
    let marks = std::iter::once(first).chain(std::iter::repeat('&'));
    for ((name, value), mark) in params.iter().zip(marks) {
        out.push(mark);
        push_encoded_str(out, name);
        out.push('=');
        push_encoded_str(out, value);
    }
}

/// The same allocation without its content, free of the lifetime that the content had.
fn emptied(mut pairs: Pairs<'_>) -> Pairs<'static> {
    pairs.clear();
    pairs.into_iter().map(|_| ("", "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_used_again() {
        let mut pairs: Pairs<'_> = Vec::with_capacity(8);
        pairs.push(("a", "b"));
        let address = pairs.as_ptr();
        let pairs = emptied(pairs);
        assert_eq!((pairs.len(), pairs.as_ptr()), (0, address));
    }
}
