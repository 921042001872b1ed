//! The `Authorization` text: the seven `q-…` fields of a signature, printed and parsed in one place
//! (COS document 436/7778).
//!
//! One signature travels in three ways: as the value of the `Authorization` header, as seven query
//! parameters, and, in the legacy form of the C, C++, PHP and older SDKs, whole in the one query
//! parameter `sign`.

mod error;
mod fields;
mod in_order;
mod time;

use std::borrow::Cow;
use std::fmt;

use crate::head::SIGNATURE_FIELDS;
use crate::key_time::KeyTime;
use crate::percent;
use crate::secret::TOKEN_NAME;
use crate::signing::Signature;

pub use error::FieldError;
pub(crate) use fields::Fields;
use time::Time;

/// The fields of one signature. Text as it stands in the fields, not percent-encoded by a query.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization<'a> {
    secret_id: Cow<'a, str>,
    sign_time: Time,
    key_time: Time,
    header_list: Cow<'a, str>,
    param_list: Cow<'a, str>,
    signature: Signature,
    token: Option<Cow<'a, str>>,
}

/// The two times as numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) sign: KeyTime,
    pub(crate) key: KeyTime,
    /// Whether one of them has a fraction.
    pub(crate) fractional: bool,
}

impl<'a> Authorization<'a> {
    /// The fields of a new signature; sign time and key time are the same text.
    pub fn new(
        secret_id: &'a str,
        key_time: &'a str,
        header_list: &'a str,
        param_list: &'a str,
        signature: Signature,
    ) -> Self {
        Self {
            secret_id: Cow::Borrowed(secret_id),
            sign_time: Time::of(key_time),
            key_time: Time::of(key_time),
            header_list: Cow::Borrowed(header_list),
            param_list: Cow::Borrowed(param_list),
            signature,
            token: None,
        }
    }

    /// Reads the value of an `Authorization` header or the decoded value of a `sign` parameter.
    ///
    /// An unsigned `x-cos-security-token` may stand among the fields: the .NET SDK's `GenerateSign`
    /// puts it there (`CosXmlServer.cs`).
    ///
    /// # Errors
    /// A field that is unknown, given twice, missing or malformed is named.
    ///
    /// ```
    /// use cospass_sign::{Authorization, FieldError};
    ///
    /// let refused = Authorization::parse("q-sign-algorithm=sha1&q-ak=A&q-ak=B");
    /// assert_eq!(refused.unwrap_err(), FieldError::Duplicate { field: "q-ak" });
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, FieldError> {
        // As everybody prints it.
        if let Some((read, "")) = Self::in_order(text, |_| false) {
            return Ok(read);
        }
        let mut fields = Fields::default();
        let mut token = None;
        for piece in text.split('&') {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            if name != TOKEN_NAME {
                fields.set(name, Cow::Borrowed(value))?;
            } else if token.replace(Cow::Borrowed(value)).is_some() {
                return Err(FieldError::Duplicate { field: TOKEN_NAME });
            }
        }
        Ok(Self { token, ..fields.finish()? })
    }

    /// `q-ak`: who signed.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// `q-sign-time` as it stands: it enters the `StringToSign`.
    pub fn sign_time(&self) -> Cow<'_, str> {
        self.sign_time.text()
    }

    /// `q-key-time` as it stands: it makes the signing key.
    pub fn key_time(&self) -> Cow<'_, str> {
        self.key_time.text()
    }

    /// `q-header-list` as it stands.
    pub fn header_list(&self) -> &str {
        &self.header_list
    }

    /// `q-url-param-list` as it stands.
    pub fn param_list(&self) -> &str {
        &self.param_list
    }

    /// `q-signature`.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The token that stands among the fields, as it stands.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Appends the value of an `Authorization` header.
    pub fn write_header(&self, out: &mut String) {
        Self::write_header_start(self.secret_id(), &self.sign_time(), &self.key_time(), out);
        Self::write_header_end(self.header_list(), self.param_list(), out);
        out.push_str(self.signature.as_str());
        if let Some(token) = self.token() {
            out.push('&');
            out.push_str(TOKEN_NAME);
            out.push('=');
            out.push_str(token);
        }
    }

    /// Appends the first four fields of the value of an `Authorization` header, each followed by `&`: the same for all
    /// signatures of one pair of keys at one time.
    pub fn write_header_start(secret_id: &str, sign_time: &str, key_time: &str, out: &mut String) {
        Self::write_header_who(secret_id, out);
        Self::write_header_when(sign_time, key_time, out);
    }

    /// The first two of these four: the same whatever the time.
    pub fn write_header_who(secret_id: &str, out: &mut String) {
        write_who(secret_id, out, String::push_str);
    }

    /// The other two.
    pub fn write_header_when(sign_time: &str, key_time: &str, out: &mut String) {
        write_when([sign_time, key_time], out, String::push_str);
    }

    /// Appends what [`write_header_start`](Self::write_header_start) leaves, up to the digits of the signature.
    pub fn write_header_end(header_list: &str, param_list: &str, out: &mut String) {
        write_end([header_list, param_list], out, |out, value| out.push_str(value));
    }

    /// Appends the seven query parameters, joined by `&`, values percent-encoded.
    pub fn write_query(&self, out: &mut String) {
        Self::write_query_start(self.secret_id(), &self.sign_time(), &self.key_time(), out);
        Self::write_query_end(self.header_list(), self.param_list(), out);
        out.push_str(self.signature.as_str());
    }

    /// Appends the first four of the seven query parameters, each followed by `&`: the same for all
    /// signatures of one pair of keys at one time.
    pub fn write_query_start(secret_id: &str, sign_time: &str, key_time: &str, out: &mut String) {
        Self::write_query_who(secret_id, out);
        Self::write_query_when(sign_time, key_time, out);
    }

    /// The first two of these four: the same whatever the time.
    pub fn write_query_who(secret_id: &str, out: &mut String) {
        write_who(secret_id, out, percent::push_encoded_str);
    }

    /// The other two.
    pub fn write_query_when(sign_time: &str, key_time: &str, out: &mut String) {
        write_when([sign_time, key_time], out, push_encoded_time);
    }

    /// Appends the last three of the seven query parameters, joined by `&`, up to the digits of the signature: what
    /// [`write_query_start`](Self::write_query_start) leaves.
    pub fn write_query_end(header_list: &str, param_list: &str, out: &mut String) {
        write_end([header_list, param_list], out, percent::push_encoded_str);
    }

    /// Appends the legacy query parameter `sign=…`, the whole text percent-encoded once.
    pub fn write_sign_parameter(&self, out: &mut String) {
        let mut text = String::new();
        self.write_header(&mut text);
        out.push_str("sign=");
        percent::push_encoded(out, text.as_bytes());
    }

    /// The same fields, owning their text.
    pub fn into_owned(self) -> Authorization<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Authorization {
            secret_id: own(self.secret_id),
            sign_time: self.sign_time,
            key_time: self.key_time,
            header_list: own(self.header_list),
            param_list: own(self.param_list),
            signature: self.signature,
            token: self.token.map(own),
        }
    }
}

/// The first two fields, each followed by `&`.
fn write_who(secret_id: &str, out: &mut String, write: impl Fn(&mut String, &str)) {
    let [algorithm, id, ..] = SIGNATURE_FIELDS;
    write_field(algorithm, out, |out| out.push_str("sha1"));
    write_field(id, out, |out| write(out, secret_id));
}

/// The two times, each followed by `&`.
fn write_when(
    [sign_time, key_time]: [&str; 2],
    out: &mut String,
    write: impl Fn(&mut String, &str),
) {
    let [_, _, signed, keyed, ..] = SIGNATURE_FIELDS;
    let start = out.len() + signed.len() + 1;
    write_field(signed, out, |out| write(out, sign_time));
    let end = out.len() - 1;
    write_field(keyed, out, |out| {
        // With all official SDKs the two are the same.
        if key_time == sign_time {
            out.extend_from_within(start..end);
        } else {
            write(out, key_time);
        }
    });
}

/// A time, percent-encoded: as a rule nothing of it is but the mark between its numbers.
fn push_encoded_time(out: &mut String, time: &str) {
    match time.split_once(';') {
        Some((start, end)) => {
            percent::push_encoded_str(out, start);
            out.push_str("%3B");
            percent::push_encoded_str(out, end);
        }
        None => percent::push_encoded_str(out, time),
    }
}

/// The last three fields, but for the digits of the signature.
fn write_end(values: [&str; 2], out: &mut String, write: impl Fn(&mut String, &str)) {
    let [.., headers, params, signature] = SIGNATURE_FIELDS;
    for (name, value) in [headers, params].into_iter().zip(values) {
        write_field(name, out, |out| write(out, value));
    }
    out.push_str(signature);
    out.push('=');
}

/// A field, followed by `&`.
fn write_field(name: &str, out: &mut String, write_value: impl FnOnce(&mut String)) {
    out.push_str(name);
    out.push('=');
    write_value(out);
    out.push('&');
}

impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("secret_id", &self.secret_id())
            .field("sign_time", &self.sign_time())
            .field("key_time", &self.key_time())
            .field("header_list", &self.header_list())
            .field("param_list", &self.param_list())
            .finish_non_exhaustive()
    }
}

impl Authorization<'_> {
    /// `q-sign-time` and `q-key-time` as numbers.
    pub(crate) fn times(&self) -> Option<Times> {
        let ((sign, sign_fraction), (key, key_fraction)) =
            (self.sign_time.number()?, self.key_time.number()?);
        Some(Times { sign, key, fractional: sign_fraction || key_fraction })
    }

    /// Whether the two times are the same text, as they are with all official SDKs.
    pub(crate) fn has_one_time(&self) -> bool {
        self.sign_time == self.key_time
    }

    /// `q-key-time` as numbers from which its text follows, if it is two numbers without anything else.
    pub(crate) fn plain_key_time(&self) -> Option<KeyTime> {
        match self.key_time {
            Time::Plain(key_time) => Some(key_time),
            Time::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const TEXT: &str = "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1;2&q-key-time=1;3\
        &q-header-list=host;range&q-url-param-list=a%2fb\
        &q-signature=0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn parse_and_print_are_inverse() {
        let mut out = String::new();
        Authorization::parse(TEXT).unwrap().write_header(&mut out);
        assert_eq!(out, TEXT);
    }

    #[test]
    fn the_query_forms_are_encoded_once_more() {
        let authorization = Authorization::parse(TEXT).unwrap();
        let (mut query, mut sign) = (String::new(), String::new());
        authorization.write_query(&mut query);
        authorization.write_sign_parameter(&mut sign);
        assert!(query.contains("q-sign-time=1%3B2&") && query.contains("=a%252fb&"));
        assert!(sign.starts_with("sign=q-sign-algorithm%3Dsha1%26q-ak%3DAKID%26"));
    }

    #[test]
    fn a_token_may_stand_among_the_fields() {
        let text = format!("{TEXT}&x-cos-security-token=tok/+=");
        let authorization = Authorization::parse(&text).unwrap();
        assert_eq!(authorization.token(), Some("tok/+="));
        assert!(!format!("{authorization:?}").contains("tok/"));
        let mut out = String::new();
        authorization.write_header(&mut out);
        assert_eq!(out, text);
        let twice = format!("{text}&x-cos-security-token=");
        assert_eq!(refusal(&twice), FieldError::Duplicate { field: "x-cos-security-token" });
    }

    #[test]
    fn the_order_of_the_fields_is_free() {
        let mut fields: Vec<_> = TEXT.split('&').collect();
        fields.reverse();
        assert_eq!(Authorization::parse(&fields.join("&")), Authorization::parse(TEXT));
    }

    fn refusal(text: &str) -> FieldError {
        Authorization::parse(text).unwrap_err()
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let field = "q-token".to_owned();
        assert_eq!(refusal(&format!("{TEXT}&q-token=x")), FieldError::Unknown { field });
    }

    #[test]
    fn another_kind_of_authorization_is_named_and_not_shown() {
        for (text, shown) in [
            ("Bearer hush", "Bearer"),
            ("Basic aHVzaDpodXNo==", "Basic"),
            ("AWS4-HMAC-SHA256 Credential=hush", "AWS4-HMAC-SHA256"),
            (&"h".repeat(64), &"h".repeat(fields::LONGEST_SHOWN_NAME)),
        ] {
            assert_eq!(refusal(text), FieldError::Unknown { field: shown.to_owned() });
        }
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        assert_eq!(refusal(&format!("{TEXT}&q-ak=x")), FieldError::Duplicate { field: "q-ak" });
    }

    #[test]
    fn a_missing_field_is_refused() {
        let text = TEXT.replace("&q-key-time=1;3", "");
        assert_eq!(refusal(&text), FieldError::Missing { field: "q-key-time" });
    }

    #[test]
    fn another_algorithm_is_refused() {
        let text = TEXT.replace("=sha1", "=md5");
        assert_eq!(refusal(&text), FieldError::Algorithm { value: "md5".into() });
    }

    #[test]
    fn an_empty_secret_id_is_refused() {
        assert_eq!(refusal(&TEXT.replace("AKID", "")), FieldError::EmptySecretId);
    }

    #[test]
    fn a_bad_time_is_refused() {
        let text = TEXT.replace("q-key-time=1;3", "q-key-time=1;");
        let value = "1;".to_owned();
        assert_eq!(refusal(&text), FieldError::Time { field: "q-key-time", value });
    }

    #[test]
    fn a_bad_signature_is_refused() {
        assert_eq!(refusal(&TEXT.replace("0123", "012x")), FieldError::Signature);
    }

    /// As any text is read that is not as everybody prints it.
    fn by_fields(text: &str) -> Result<Authorization<'_>, FieldError> {
        let mut fields = Fields::default();
        for piece in text.split('&') {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            fields.set(name, Cow::Borrowed(value))?;
        }
        fields.finish()
    }

    proptest! {
        #[test]
        fn what_stands_in_order_is_read_as_any_other(
            id in "[A-Z%;]{0,3}",
            times in vec("[0-9]{0,3}[;,]?(%3B)?[0-9]{1,20}[.]?", 2),
            lists in vec("[a-z;%=]{0,5}", 2),
            signature in "[0-9a-f]{40}[0-9]?",
            end in select(vec!["", "&", "&q-ak=b", "&x=y", "x"]),
        ) {
            let text = format!(
                "q-sign-algorithm=sha1&q-ak={id}&q-sign-time={}&q-key-time={}&q-header-list={}\
                 &q-url-param-list={}&q-signature={signature}{end}",
                times[0], times[1], lists[0], lists[1],
            );
            prop_assert_eq!(Authorization::parse(&text), by_fields(&text));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            if let Ok(authorization) = Authorization::parse(&text) {
                let mut out = String::new();
                authorization.write_header(&mut out);
                prop_assert_eq!(Authorization::parse(&out), Ok(authorization));
            }
        }

        #[test]
        fn what_was_printed_is_read(ak in "[^&]+", headers in "[^&]*", params in "[^&]*", start: i64, end: i64) {
            let signature = Signature::parse("0123456789abcdef0123456789abcdef01234567").unwrap();
            let key_time = KeyTime::new(start, end).to_string();
            let authorization = Authorization::new(&ak, &key_time, &headers, &params, signature);
            let mut out = String::new();
            authorization.write_header(&mut out);
            prop_assert_eq!(Authorization::parse(&out), Ok(authorization));
        }
    }
}
