//! The signatures that a head carries, and which of them is meant.

use std::borrow::Cow;

use super::{Beside, Carrier, Claim, ClaimError, Tokens};
use crate::authorization::{Authorization, Fields};
use crate::head::{RawParameter, RequestHead, SIGN_PARAMETER, position_of_field, raw_params};
use crate::percent::{self, Plus};
use crate::secret::{CI_TOKEN_NAME, TOKEN_NAME};
use crate::sets::has_mark;
use crate::split::split_at;

/// Reads the claim of a head.
pub(super) fn read<'a>(head: &RequestHead<'a>) -> Result<Claim<'a>, ClaimError> {
    let headers = InHeaders::of(head)?;
    if headers.authorization.is_none()
        && let Some(claim) = head.query().and_then(|query| in_order(query, &headers))
    {
        return Ok(claim);
    }
    let query = InQuery::of(head)?;
    let (carrier, authorization) = match (headers.authorization, query.sign, query.has_fields) {
        (None, None, false) => return Err(ClaimError::Unsigned),
        (Some(text), None, false) => (Carrier::Header, Authorization::parse(text)?),
        (None, Some(text), false) => (Carrier::SignParameter, parse_sign(text)?),
        (None, None, true) => (Carrier::Query, query.fields.finish()?),
        (Some(text), None, true) if is_twice(text, &query.fields) => {
            (Carrier::Header, Authorization::parse(text)?)
        }
        (header, sign, _) => {
            let first = if header.is_some() { Carrier::Header } else { Carrier::SignParameter };
            let second = match (header, sign) {
                (Some(_), Some(_)) => Carrier::SignParameter,
                _ => Carrier::Query,
            };
            return Err(ClaimError::SeveralSignatures { first, second });
        }
    };
    let tokens = Tokens { header: headers.token(), query: query.token };
    Ok(Claim { authorization, carrier, tokens, beside: Beside::default() })
}

/// Reads the claim of a query whose signature stands in one piece, as all official SDKs print it. `None` if there is anything
/// unusual, whether right or wrong.
#[inline]
fn in_order<'a>(query: &'a [u8], headers: &InHeaders<'a>) -> Option<Claim<'a>> {
    let (mut rest, mut token) = (query, None);
    while !rest.starts_with(b"q-sign-algorithm=") {
        let (piece, behind) = split_at(rest, b'&');
        token = token_beside(raw_params(piece), token)?;
        rest = behind?;
    }
    let before = query.get(..query.len() - rest.len())?;
    let text = std::str::from_utf8(rest).ok()?;
    let (authorization, behind) = Authorization::in_order(text, has_mark)?;
    let behind = behind.as_bytes();
    token = token_beside(raw_params(behind), token)?;
    let tokens = Tokens { header: headers.token(), query: token };
    let beside = Beside { query: Some(query), before, behind };
    Some(Claim { authorization, carrier: Carrier::Query, tokens, beside })
}

/// The first token among parameters, if there was none before. `None` if one of them is of a signature.
#[inline]
fn token_beside<'a>(
    params: impl Iterator<Item = RawParameter<'a>>,
    before: Option<&'a [u8]>,
) -> Option<Option<&'a [u8]>> {
    let mut token = before;
    for (name, value) in params {
        match Named::of(name) {
            Named::Field(_) | Named::Sign => return None,
            Named::Token => token = token.or(value),
            Named::Other => {}
        }
    }
    Some(token)
}

/// What the headers have of a signature.
#[derive(Default)]
struct InHeaders<'a> {
    authorization: Option<&'a str>,
    token: Option<&'a [u8]>,
    ci_token: Option<&'a [u8]>,
}

impl<'a> InHeaders<'a> {
    fn token(&self) -> Option<&'a [u8]> {
        self.token.or(self.ci_token)
    }

    fn of(head: &RequestHead<'a>) -> Result<Self, ClaimError> {
        let mut found = Self::default();
        for &(name, value) in head.headers() {
            if name.eq_ignore_ascii_case(b"authorization") && !value.is_empty() {
                if found.authorization.is_some() {
                    return Err(ClaimError::SeveralSignatures {
                        first: Carrier::Header,
                        second: Carrier::Header,
                    });
                }
                let text = std::str::from_utf8(value).map_err(|_| ClaimError::NotUtf8)?;
                found.authorization = Some(text);
            } else if name.eq_ignore_ascii_case(TOKEN_NAME.as_bytes()) {
                found.token = found.token.or(Some(value));
            } else if name.eq_ignore_ascii_case(CI_TOKEN_NAME.as_bytes()) {
                found.ci_token = found.ci_token.or(Some(value));
            }
        }
        Ok(found)
    }
}

/// What the query has of a signature.
#[derive(Default)]
struct InQuery<'a> {
    sign: Option<Cow<'a, str>>,
    fields: Fields<'a>,
    has_fields: bool,
    /// Percent-encoded as sent.
    token: Option<&'a [u8]>,
}

impl<'a> InQuery<'a> {
    fn of(head: &RequestHead<'a>) -> Result<Self, ClaimError> {
        let mut found = Self::default();
        for (name, value) in raw_params(head.query().unwrap_or_default()) {
            let read = || text(percent::decode_query(value.unwrap_or_default(), Plus::Space));
            match Named::of(name) {
                Named::Field(position) => {
                    found.fields.set_at(position, read()?)?;
                    found.has_fields = true;
                }
                Named::Sign if found.sign.is_some() => {
                    return Err(ClaimError::SeveralSignatures {
                        first: Carrier::SignParameter,
                        second: Carrier::SignParameter,
                    });
                }
                Named::Sign => found.sign = Some(read()?),
                Named::Token => found.token = found.token.or(value),
                Named::Other => {}
            }
        }
        Ok(found)
    }
}

/// What a parameter is, by its name.
enum Named {
    /// The field of a signature of that position.
    Field(usize),
    Sign,
    Token,
    Other,
}

impl Named {
    fn of(sent: &[u8]) -> Self {
        let name = percent::decode_query(sent, Plus::Space);
        if let Some(position) = position_of_field(&name) {
            Self::Field(position)
        } else if *name == *SIGN_PARAMETER.as_bytes() {
            Self::Sign
        } else if name.eq_ignore_ascii_case(TOKEN_NAME.as_bytes()) {
            Self::Token
        } else {
            Self::Other
        }
    }
}

/// Whether the query carries the very signature of the header. The Python SDK writes `Authorization` into
/// the dictionary of headers that it pre-signs a URL for (`cos_auth.py`), and callers send that dictionary
/// with the URL.
fn is_twice(header: &str, query: &Fields<'_>) -> bool {
    let query = query.clone().finish();
    query.is_ok_and(|query| Authorization::parse(header).is_ok_and(|header| header == query))
}

fn text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, ClaimError> {
    Ok(match bytes {
        Cow::Borrowed(b) => Cow::Borrowed(std::str::from_utf8(b).map_err(|_| ClaimError::NotUtf8)?),
        Cow::Owned(b) => Cow::Owned(String::from_utf8(b).map_err(|_| ClaimError::NotUtf8)?),
    })
}

fn parse_sign(text: Cow<'_, str>) -> Result<Authorization<'_>, ClaimError> {
    if !text.contains("q-sign-algorithm") {
        return Err(ClaimError::NotV5);
    }
    Ok(match text {
        Cow::Borrowed(text) => Authorization::parse(text)?,
        Cow::Owned(text) => Authorization::parse(&text)?.into_owned(),
    })
}
