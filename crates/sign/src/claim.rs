//! What a request says of its signature, before anything is believed.
//!
//! Reading a [`Claim`] needs no secret. The caller then looks up the secret of
//! [`Claim::secret_id`] and calls [`Claim::verify`].

mod carried;
mod error;

use std::borrow::Cow;
use std::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::authorization::Authorization;
use crate::head::{RawParameter, RequestHead, raw_params};
use crate::percent::{self, Plus};
use crate::secret::SecurityToken;

pub use error::ClaimError;

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
    beside: Beside<'a>,
}

/// What the query has before and behind the fields of the signature, where these stand one behind the other.
#[derive(Clone, Copy, Default)]
struct Beside<'a> {
    query: Option<&'a [u8]>,
    before: &'a [u8],
    behind: &'a [u8],
}

impl fmt::Debug for Beside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beside(..)")
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
        carried::read(head)
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

    /// The parameters of a head as sent. Those of the signature may be among them.
    pub(crate) fn sent_params(
        &self,
        head: &RequestHead<'a>,
    ) -> impl Iterator<Item = RawParameter<'a>> + use<'a> {
        let [before, behind] = self.queries(head);
        raw_params(before).chain(raw_params(behind))
    }

    /// The pieces of the query of a head that the parameters stand in; those of the signature are left out where they stand
    /// in one piece, and the head has the query that this claim was read from.
    pub(crate) fn queries(&self, head: &RequestHead<'a>) -> [&'a [u8]; 2] {
        match (self.beside.query, head.query()) {
            (Some(of_claim), Some(of_head)) if std::ptr::eq(of_claim, of_head) => {
                [self.beside.before, self.beside.behind]
            }
            (_, query) => [query.unwrap_or_default(), b""],
        }
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::authorization::FieldError;
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

    proptest! {
        /// An empty piece between two fields changes nothing but the way in which they are read.
        #[test]
        fn fields_in_one_piece_are_read_as_any_others(
            id in "[A-Z%+a]{0,3}|%FF",
            times in vec("[0-9]{0,3}(;|%3B|%3b|%3C)[0-9]{1,19}[.]?|1%3B2", 2),
            lists in vec("([a-zé]|%3B|%2f|%C3|[+;]){0,4}", 2),
            signature in "[0-9a-f]{40}[0-9]?",
            before in select(vec!["", "&", "a=1&", "q-ak=x&", "x-cos-security-token=t&", "sign=q&", "a=%FF&&b&"]),
            end in select(vec!["", "&", "&q-ak=b", "&x=y&z", "&x-cos-security-token=u", "&sign=q", "x"]),
        ) {
            let fields = [
                "q-sign-algorithm=sha1".to_owned(),
                format!("q-ak={id}"),
                format!("q-sign-time={}", times[0]),
                format!("q-key-time={}", times[1]),
                format!("q-header-list={}", lists[0]),
                format!("q-url-param-list={}", lists[1]),
                format!("q-signature={signature}"),
            ];
            let [one, apart] = ["&", "&&"].map(|mark| [before, &fields.join(mark), end].concat());
            let [one, apart] = [&one, &apart].map(|query| {
                let head = RequestHead::new("GET", b"/k", Some(query.as_bytes()), &[]);
                Claim::read(&head).map(|claim| {
                    let sent: Vec<_> = claim
                        .sent_params(&head)
                        .filter(|(name, _)| !crate::head::is_signature_field(name))
                        .collect();
                    (claim.authorization, claim.carrier, claim.tokens.query, sent)
                })
            });
            prop_assert_eq!(one, apart);
        }
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
