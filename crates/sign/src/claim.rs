//! What a request says of its signature, before anything is believed.
//!
//! Reading a [`Claim`] needs no secret. The caller then looks up the secret of
//! [`Claim::secret_id`] and calls [`Claim::verify`].

use std::borrow::Cow;
use std::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::authorization::{Authorization, FieldError, Fields};
use crate::head::{RequestHead, SIGN_PARAMETER, position_of_field};
use crate::percent::{self, Plus};
use crate::secret::{SecurityToken, TOKEN_NAME};

/// The header that the Python SDK sends instead of [`TOKEN_NAME`] to Cloud Infinite.
const CI_TOKEN_NAME: &str = "x-ci-security-token";

/// Where a request carries its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// The `Authorization` header.
    Header,
    /// Seven `q-…` query parameters: a pre-signed URL.
    Query,
    /// The query parameter `sign`: the legacy form of a pre-signed URL.
    SignParameter,
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the Authorization header",
            Self::Query => "the q-… query parameters",
            Self::SignParameter => "the query parameter sign",
        })
    }
}

/// The signature that a request claims to have.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub(crate) authorization: Authorization<'a>,
    carrier: Carrier,
    tokens: Tokens<'a>,
    sent: SentParams<'a>,
}

/// The parameters of the query that are not the signature's, as sent, if they are few: they were met on the way.
#[derive(Clone, Copy)]
struct SentParams<'a> {
    query: Option<&'a [u8]>,
    params: [RawParameter<'a>; FEW],
    count: usize,
}

const FEW: usize = 8;

/// Name and value as sent; no value where there is no `=`.
type RawParameter<'a> = (&'a [u8], Option<&'a [u8]>);

impl<'a> SentParams<'a> {
    fn push(&mut self, name: &'a [u8], value: Option<&'a [u8]>) {
        if let Some(place) = self.params.get_mut(self.count) {
            *place = (name, value);
        }
        self.count += 1;
    }
}

impl fmt::Debug for SentParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentParams(..)")
    }
}

impl<'a> Claim<'a> {
    /// Reads the signature of a request, wherever it is carried. An empty `Authorization` header
    /// counts as none (the Python SDK sends one when it is anonymous). The same signature in the header
    /// and in the query counts once, as the header's.
    ///
    /// # Errors
    /// [`ClaimError::Unsigned`] when there is none; the other errors name what is wrong with it.
    ///
    /// ```
    /// use cospass_sign::{Claim, ClaimError, RequestHead};
    ///
    /// let head = RequestHead::new("GET", b"/k", None, &[]);
    /// assert_eq!(Claim::read(&head).unwrap_err(), ClaimError::Unsigned);
    /// ```
    pub fn read(head: &RequestHead<'a>) -> Result<Self, ClaimError> {
        let carried = Carried::of(head)?;
        let (carrier, authorization) = match (carried.header, carried.sign, carried.in_query) {
            (None, None, false) => return Err(ClaimError::Unsigned),
            (Some(text), None, false) => (Carrier::Header, Authorization::parse(text)?),
            (None, Some(text), false) => (Carrier::SignParameter, parse_sign(text)?),
            (None, None, true) => (Carrier::Query, carried.fields.finish()?),
            (Some(text), None, true) if is_twice(text, &carried.fields) => {
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
        let header = [TOKEN_NAME, CI_TOKEN_NAME].iter().find_map(|n| head.header(n.as_bytes()));
        let tokens = Tokens { header, query: carried.query_token };
        Ok(Self { authorization, carrier, tokens, sent: carried.sent })
    }

    /// Where the signature was found.
    pub fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// The fields of the signature.
    pub fn authorization(&self) -> &Authorization<'a> {
        &self.authorization
    }

    /// `q-ak`: whose secret the caller must look up.
    pub fn secret_id(&self) -> &str {
        self.authorization.secret_id()
    }

    /// The names in `q-header-list`, as they stand.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        entries(self.authorization.header_list())
    }

    /// The names in `q-url-param-list`, as they stand.
    pub fn signed_params(&self) -> impl Iterator<Item = &str> {
        entries(self.authorization.param_list())
    }

    /// Whether the signature covers the header of that name, in any case.
    pub fn covers_header(&self, name: &str) -> bool {
        self.signed_headers().any(|entry| names_match(entry.as_bytes(), name.as_bytes()))
    }

    /// Whether the signature covers the parameter of that name (decoded, in any case).
    pub fn covers_param(&self, name: &str) -> bool {
        self.signed_params().any(|entry| names_match(entry.as_bytes(), name.as_bytes()))
    }

    /// Whether the request carries a token, signed or not, in a header or in the query.
    pub fn has_token(&self) -> bool {
        self.header_token().is_some() || self.tokens.query.is_some()
    }

    /// The token that the request carries, signed or not, in a header or in the query: for those who read what stands in it.
    /// `None` also for one that is no text.
    pub fn token(&self) -> Option<SecurityToken> {
        let text = match (self.header_token(), self.tokens.query) {
            (Some(text), _) => Cow::Borrowed(text),
            (None, Some(raw)) => percent::decode_query(raw, Plus::Space),
            (None, None) => return None,
        };
        std::str::from_utf8(&text).ok().map(SecurityToken::new)
    }

    /// Whether the request carries this token. Takes the same time whatever the token. A token in
    /// the query may hold a `+` that was not encoded (Node, PHP, Android, iOS).
    pub fn carries_token(&self, token: &SecurityToken) -> bool {
        let same = |text: &[u8]| text.ct_eq(token.expose().as_bytes());
        let no = Choice::from(0);
        let carried = match (self.header_token(), self.tokens.query) {
            (Some(text), _) => same(text),
            (None, Some(raw)) => [Plus::Space, Plus::Literal]
                .into_iter()
                .fold(no, |found, plus| found | same(&percent::decode_query(raw, plus))),
            (None, None) => no,
        };
        carried.into()
    }

    fn header_token(&self) -> Option<&[u8]> {
        self.tokens.header.or(self.authorization.token().map(str::as_bytes))
    }

    /// The parameters of a head but those of the signature, as sent, if they are few and the head has the query that this
    /// claim was read from.
    pub(crate) fn sent_params(&self, head: &RequestHead<'_>) -> Option<&[RawParameter<'a>]> {
        let is_same = match (self.sent.query, head.query()) {
            (Some(of_claim), Some(of_head)) => std::ptr::eq(of_claim, of_head),
            (None, None) => true,
            _ => false,
        };
        self.sent.params.get(..self.sent.count).filter(|_| is_same)
    }

    /// The token of the query, percent-encoded as sent.
    pub(crate) fn query_token(&self) -> Option<&'a [u8]> {
        self.tokens.query
    }
}

/// The names of a `;`-separated list.
pub(crate) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(';').filter(|entry| !entry.is_empty())
}

/// Whether a list entry names `name`: canonically as `lower(enc(name))`, or decoded (D3: Node's
/// synchronous URL, Android and iOS).
fn names_match(entry: &[u8], name: &[u8]) -> bool {
    entry.eq_ignore_ascii_case(&percent::encode_lower(name)) || entry.eq_ignore_ascii_case(name)
}

/// The tokens that a request carries.
#[derive(Clone, Copy)]
struct Tokens<'a> {
    header: Option<&'a [u8]>,
    /// Percent-encoded as sent.
    query: Option<&'a [u8]>,
}

impl fmt::Debug for Tokens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

/// The signatures found in a head, each in its own form.
struct Carried<'a> {
    header: Option<&'a str>,
    sign: Option<Cow<'a, str>>,
    fields: Fields<'a>,
    in_query: bool,
    /// Percent-encoded as sent.
    query_token: Option<&'a [u8]>,
    sent: SentParams<'a>,
}

impl<'a> Carried<'a> {
    fn of(head: &RequestHead<'a>) -> Result<Self, ClaimError> {
        let mut carried = Self {
            header: None,
            sign: None,
            fields: Fields::default(),
            in_query: false,
            query_token: None,
            sent: SentParams { query: head.query(), params: [(b"", None); FEW], count: 0 },
        };
        for &(name, value) in head.headers() {
            if name.eq_ignore_ascii_case(b"authorization") && !value.is_empty() {
                if carried.header.is_some() {
                    return Err(ClaimError::SeveralSignatures {
                        first: Carrier::Header,
                        second: Carrier::Header,
                    });
                }
                carried.header = Some(std::str::from_utf8(value).map_err(|_| ClaimError::NotUtf8)?);
            }
        }
        for (name, value) in head.raw_params() {
            let read = || text(percent::decode_query(value.unwrap_or_default(), Plus::Space));
            // Hardly anybody encodes these names: they are looked for as they stand first.
            let sent = name;
            let plain = position_of_field(name);
            let name = match plain {
                Some(_) => Cow::Borrowed(name),
                None => percent::decode_query(name, Plus::Space),
            };
            if let Some(position) = plain.or_else(|| position_of_field(&name)) {
                carried.fields.set_at(position, read()?)?;
                carried.in_query = true;
            } else if *name == *SIGN_PARAMETER.as_bytes() {
                if carried.sign.is_some() {
                    return Err(ClaimError::SeveralSignatures {
                        first: Carrier::SignParameter,
                        second: Carrier::SignParameter,
                    });
                }
                carried.sign = Some(read()?);
            } else {
                if name.eq_ignore_ascii_case(TOKEN_NAME.as_bytes()) {
                    carried.query_token = carried.query_token.or(value);
                }
                carried.sent.push(sent, value);
            }
        }
        Ok(carried)
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

/// Why no signature could be read from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// There is no signature: the request is anonymous.
    Unsigned,
    /// There are two signatures, and only one can be meant.
    SeveralSignatures {
        /// Where one is.
        first: Carrier,
        /// Where the other is.
        second: Carrier,
    },
    /// The signature's bytes are not UTF-8.
    NotUtf8,
    /// The parameter `sign` holds no V5 signature (the V4 form is base64).
    NotV5,
    /// A field of the signature is wrong.
    Field(FieldError),
}

impl ClaimError {
    /// The stable name of the cause.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::SeveralSignatures { .. } => "several-signatures",
            Self::NotUtf8 => "not-utf8",
            Self::NotV5 => "not-v5",
            Self::Field(field) => field.cause(),
        }
    }
}

impl From<FieldError> for ClaimError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str(
                "the request carries no signature, neither an Authorization header nor q-… parameters",
            ),
            Self::SeveralSignatures { first, second } => {
                write!(f, "the request carries two signatures, in {first} and in {second}; send one")
            }
            Self::NotUtf8 => f.write_str("the signature is not UTF-8 text"),
            Self::NotV5 => f.write_str(
                "the parameter sign holds no V5 signature: it does not begin with q-sign-algorithm",
            ),
            Self::Field(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClaimError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal;

    const TEXT: &str = "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1;2&q-key-time=1;2\
        &q-header-list=host&q-url-param-list=a%2fb\
        &q-signature=0123456789abcdef0123456789abcdef01234567";

    fn sign_parameter() -> String {
        format!("sign={}", percent::encode(TEXT.as_bytes()))
    }

    fn read_query(query: &str) -> Result<(Carrier, String), ClaimError> {
        Claim::read(&RequestHead::new("GET", b"/k", Some(query.as_bytes()), &[]))
            .map(|claim| (claim.carrier(), claim.secret_id().to_owned()))
    }

    fn read_headers(headers: &[(&str, &str)], query: &str) -> Result<Carrier, ClaimError> {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        Claim::read(&RequestHead::new("GET", b"/k", Some(query.as_bytes()), &headers))
            .map(|claim| claim.carrier())
    }

    #[test]
    fn the_three_carriers_are_read() {
        assert_eq!(read_headers(&[("authorization", TEXT)], ""), Ok(Carrier::Header));
        let encoded = TEXT.replace(';', "%3B").replace("%2f", "%252f");
        assert_eq!(read_query(&encoded), Ok((Carrier::Query, "AKID".into())));
        let query = format!("acl&&{}&", sign_parameter());
        assert_eq!(read_query(&query), Ok((Carrier::SignParameter, "AKID".into())));
    }

    #[test]
    fn an_empty_authorization_is_none() {
        assert_eq!(read_headers(&[("Authorization", "")], ""), Err(ClaimError::Unsigned));
    }

    #[test]
    fn two_signatures_are_refused() {
        use Carrier::{Header, Query, SignParameter};
        let authorization = ("Authorization", TEXT);
        let refused = |first, second| Err(ClaimError::SeveralSignatures { first, second });
        assert_eq!(
            read_headers(&[authorization], &TEXT.replace("AKID", "B")),
            refused(Header, Query)
        );
        assert_eq!(read_headers(&[authorization], "q-ak=AKID"), refused(Header, Query));
        let sign = sign_parameter();
        assert_eq!(read_headers(&[authorization], &sign), refused(Header, SignParameter));
        assert_eq!(read_headers(&[authorization; 2], ""), refused(Header, Header));
        let both = format!("{sign}&{TEXT}");
        assert_eq!(read_headers(&[], &both), refused(SignParameter, Query));
        let twice = format!("{sign}&{sign}");
        assert_eq!(read_headers(&[], &twice), refused(SignParameter, SignParameter));
    }

    #[test]
    fn the_same_signature_in_header_and_query_counts_once() {
        let read = read_headers(&[("Authorization", TEXT)], &TEXT.replace("%2f", "%252f"));
        assert_eq!(read, Ok(Carrier::Header));
    }

    #[test]
    fn a_field_given_twice_in_the_query_is_refused() {
        let refused = read_query(&format!("{TEXT}&q-ak=B"));
        assert_eq!(refused, Err(FieldError::Duplicate { field: "q-ak" }.into()));
    }

    #[test]
    fn a_field_missing_in_the_query_is_refused() {
        let refused = read_query("q-ak=A&q-signature=B");
        assert_eq!(refused, Err(FieldError::Missing { field: "q-sign-algorithm" }.into()));
    }

    #[test]
    fn a_v4_sign_parameter_is_refused() {
        assert_eq!(read_query("sign=YT0xMjUwMDAwMDAw"), Err(ClaimError::NotV5));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(read_query("q-ak=%FF"), Err(ClaimError::NotUtf8));
    }

    #[test]
    fn coverage_matches_encoded_and_decoded_entries() {
        let query = TEXT.replace("a%2fb", "a%2fb;acl");
        let head = RequestHead::new("GET", b"/k", Some(query.as_bytes()), &[]);
        let claim = Claim::read(&head).unwrap();
        assert!(
            claim.covers_param("a/b") && claim.covers_param("ACL") && claim.covers_header("Host")
        );
        assert!(!claim.covers_param("b") && !claim.covers_header("range"));
    }

    #[test]
    fn a_token_is_found_wherever_it_is() {
        let token = SecurityToken::new("tok/+=");
        let carries = |query: &str, headers: &[(&[u8], &[u8])]| {
            let query = format!("{TEXT}&{query}");
            let head = RequestHead::new("GET", b"/k", Some(query.as_bytes()), headers);
            Claim::read(&head).unwrap().carries_token(&token)
        };
        assert!(carries("", &[(b"X-Cos-Security-Token", b"tok/+=")]));
        assert!(carries("", &[(b"x-ci-security-token", b"tok/+=")]));
        assert!(carries("x-cos-security-token=tok%2F%2B%3D", &[]));
        assert!(carries("x-cos-security-token=tok/+=", &[]));
        let found = |query: &str, headers: &[(&[u8], &[u8])]| {
            let query = format!("{TEXT}&{query}");
            let head = RequestHead::new("GET", b"/k", Some(query.as_bytes()), headers);
            Claim::read(&head).unwrap().token().map(|token| token.expose().to_owned())
        };
        assert_eq!(found("", &[(b"x-cos-security-token", b"a_b")]).as_deref(), Some("a_b"));
        assert_eq!(found("x-cos-security-token=a%5Fb", &[]).as_deref(), Some("a_b"));
        assert_eq!(found("", &[(b"x-cos-security-token", b"\xff")]), None);
        assert_eq!(found("", &[]), None);
        assert!(!carries("x-cos-security-token=tok", &[]));
        assert!(!carries("", &[]));
    }

    #[test]
    fn a_missing_token_and_another_one_are_told_apart() {
        let checked = |query: &str| {
            let query = format!("{TEXT}&{query}");
            let head = RequestHead::new("GET", b"/k", Some(query.as_bytes()), &[]);
            Claim::read(&head).unwrap().check_token(&SecurityToken::new("token"))
        };
        assert_eq!(checked("x-cos-security-token=token"), Ok(()));
        assert_eq!(checked(""), Err(Refusal::TokenMissing));
        assert_eq!(checked("x-cos-security-token=other"), Err(Refusal::TokenDiffers));
    }
}
