//! The `Authorization` text: the seven `q-…` fields of a signature, printed and parsed in one place
//! (COS document 436/7778).
//!
//! One signature travels in three ways: as the value of the `Authorization` header, as seven query
//! parameters, and, in the legacy form of the C, C++, PHP and older SDKs, whole in the one query
//! parameter `sign`.

use std::borrow::Cow;
use std::fmt;

use crate::head::{SIGNATURE_FIELDS, position_of_field};
use crate::key_time::{self, KeyTime};
use crate::percent;
use crate::secret::TOKEN_NAME;
use crate::signing::Signature;

/// The fields of one signature. Text as it stands in the fields, not percent-encoded by a query.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization<'a> {
    secret_id: Cow<'a, str>,
    sign_time: Cow<'a, str>,
    key_time: Cow<'a, str>,
    header_list: Cow<'a, str>,
    param_list: Cow<'a, str>,
    signature: Signature,
    token: Option<Cow<'a, str>>,
    /// None where somebody wrote fields that are no times.
    times: Option<Times>,
}

/// The two times as numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) sign: KeyTime,
    pub(crate) key: KeyTime,
    /// Whether one of them has a fraction.
    pub(crate) fractional: bool,
}

impl Times {
    fn of((sign, sign_fraction): (KeyTime, bool), (key, key_fraction): (KeyTime, bool)) -> Self {
        Self { sign, key, fractional: sign_fraction || key_fraction }
    }
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
            sign_time: Cow::Borrowed(key_time),
            key_time: Cow::Borrowed(key_time),
            header_list: Cow::Borrowed(header_list),
            param_list: Cow::Borrowed(param_list),
            signature,
            token: None,
            times: key_time::parse(key_time).ok().map(|time| Times::of(time, time)),
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
    pub fn sign_time(&self) -> &str {
        &self.sign_time
    }

    /// `q-key-time` as it stands: it makes the signing key.
    pub fn key_time(&self) -> &str {
        &self.key_time
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
        let (sign_time, key_time) = (&self.sign_time, &self.key_time);
        Self::write_header_start(&self.secret_id, sign_time, key_time, out);
        Self::write_header_end(&self.header_list, &self.param_list, out);
        out.push_str(self.signature.as_str());
        if let Some(token) = &self.token {
            out.push('&');
            out.push_str(TOKEN_NAME);
            out.push('=');
            out.push_str(token);
        }
    }

    /// Appends the first four fields of the value of an `Authorization` header, each followed by `&`: the same for all
    /// signatures of one pair of keys at one time.
    pub fn write_header_start(secret_id: &str, sign_time: &str, key_time: &str, out: &mut String) {
        write_start([secret_id, sign_time, key_time], out, |out, value| out.push_str(value));
    }

    /// Appends what [`write_header_start`](Self::write_header_start) leaves, up to the digits of the signature.
    pub fn write_header_end(header_list: &str, param_list: &str, out: &mut String) {
        write_end([header_list, param_list], out, |out, value| out.push_str(value));
    }

    /// Appends the seven query parameters, joined by `&`, values percent-encoded.
    pub fn write_query(&self, out: &mut String) {
        Self::write_query_start(&self.secret_id, &self.sign_time, &self.key_time, out);
        Self::write_query_end(&self.header_list, &self.param_list, out);
        out.push_str(self.signature.as_str());
    }

    /// Appends the first four of the seven query parameters, each followed by `&`: the same for all
    /// signatures of one pair of keys at one time.
    pub fn write_query_start(secret_id: &str, sign_time: &str, key_time: &str, out: &mut String) {
        write_start([secret_id, sign_time, key_time], out, percent::push_encoded_str);
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
            sign_time: own(self.sign_time),
            key_time: own(self.key_time),
            header_list: own(self.header_list),
            param_list: own(self.param_list),
            signature: self.signature,
            token: self.token.map(own),
            times: self.times,
        }
    }
}

/// The first four fields, each followed by `&`.
fn write_start(values: [&str; 3], out: &mut String, write: impl Fn(&mut String, &str)) {
    let [algorithm, names @ .., _, _, _] = SIGNATURE_FIELDS;
    for (name, value) in std::iter::once((algorithm, "sha1")).chain(names.into_iter().zip(values)) {
        out.push_str(name);
        out.push('=');
        write(out, value);
        out.push('&');
    }
}

/// The last three fields, but for the digits of the signature.
fn write_end(values: [&str; 2], out: &mut String, write: impl Fn(&mut String, &str)) {
    let [.., headers, params, signature] = SIGNATURE_FIELDS;
    for (name, value) in [headers, params].into_iter().zip(values) {
        out.push_str(name);
        out.push('=');
        write(out, value);
        out.push('&');
    }
    out.push_str(signature);
    out.push('=');
}

impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("secret_id", &self.secret_id)
            .field("sign_time", &self.sign_time)
            .field("key_time", &self.key_time)
            .field("header_list", &self.header_list)
            .field("param_list", &self.param_list)
            .finish_non_exhaustive()
    }
}

/// The fields on their way in, from a header text or from query parameters.
#[derive(Clone, Default)]
pub(crate) struct Fields<'a>([Option<Cow<'a, str>>; 7]);

impl<'a> Fields<'a> {
    pub(crate) fn set(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), FieldError> {
        match position_of_field(name.as_bytes()) {
            None => Err(FieldError::Unknown { field: shown(name) }),
            Some(position) => self.set_at(position, value),
        }
    }

    /// Sets the field of that position in [`SIGNATURE_FIELDS`].
    pub(crate) fn set_at(
        &mut self,
        position: usize,
        value: Cow<'a, str>,
    ) -> Result<(), FieldError> {
        match (self.0.get_mut(position), SIGNATURE_FIELDS.get(position)) {
            (Some(Some(_)), Some(field)) => Err(FieldError::Duplicate { field }),
            (Some(slot), _) => {
                *slot = Some(value);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    pub(crate) fn finish(self) -> Result<Authorization<'a>, FieldError> {
        for (field, slot) in SIGNATURE_FIELDS.into_iter().zip(&self.0) {
            if slot.is_none() {
                return Err(FieldError::Missing { field });
            }
        }
        let [algorithm, secret_id, sign_time, key_time, header_list, param_list, signature] =
            self.0.map(Option::unwrap_or_default);
        if algorithm != "sha1" {
            return Err(FieldError::Algorithm { value: algorithm.into_owned() });
        }
        if secret_id.is_empty() {
            return Err(FieldError::EmptySecretId);
        }
        let bad_time = |field, value: &str| FieldError::Time { field, value: value.to_owned() };
        let read = |field, value| key_time::parse(value).map_err(|_| bad_time(field, value));
        let of_sign = read("q-sign-time", &sign_time)?;
        let of_key = if key_time == sign_time { of_sign } else { read("q-key-time", &key_time)? };
        let signature = Signature::parse(&signature).ok_or(FieldError::Signature)?;
        Ok(Authorization {
            secret_id,
            sign_time,
            key_time,
            header_list,
            param_list,
            signature,
            token: None,
            times: Some(Times::of(of_sign, of_key)),
        })
    }
}

impl Authorization<'_> {
    /// `q-sign-time` and `q-key-time` as numbers.
    pub(crate) fn times(&self) -> Option<Times> {
        self.times
    }
}

/// The beginning of a field's name, up to the first character that no name has: behind it may stand
/// the password or token of another kind of `Authorization` (`Basic …`, `Bearer …`).
fn shown(name: &str) -> String {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars().take_while(is_part).take(LONGEST_SHOWN_NAME).collect()
}

/// The longest name of the documents has 20 characters (`x-cos-security-token`).
const LONGEST_SHOWN_NAME: usize = 32;

/// Why a text is no `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// A field that no signature has.
    Unknown {
        /// Its name, as far as it looks like one.
        field: String,
    },
    /// A field that stands twice.
    Duplicate {
        /// Its name.
        field: &'static str,
    },
    /// A field that is not there.
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// `q-sign-algorithm` is not `sha1`.
    Algorithm {
        /// What it is.
        value: String,
    },
    /// `q-ak` is empty.
    EmptySecretId,
    /// A time that is not `start;end` in Unix seconds.
    Time {
        /// `q-sign-time` or `q-key-time`.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// `q-signature` is not 40 lower-case hex digits.
    Signature,
}

impl FieldError {
    /// The stable name of the cause.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-field",
            Self::Duplicate { .. } => "duplicate-field",
            Self::Missing { .. } => "missing-field",
            Self::Algorithm { .. } => "unknown-algorithm",
            Self::EmptySecretId => "empty-secret-id",
            Self::Time { .. } => "bad-time",
            Self::Signature => "bad-signature",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { field } => write!(f, "the signature has an unknown field {field:?}"),
            Self::Duplicate { field } => write!(f, "the signature has the field {field} twice"),
            Self::Missing { field } => write!(f, "the signature lacks the field {field}"),
            Self::Algorithm { value } => {
                write!(f, "q-sign-algorithm is {value:?}; COS knows sha1 alone")
            }
            Self::EmptySecretId => f.write_str("q-ak is empty: it must name a SecretId"),
            Self::Time { field, value } => write!(
                f,
                "{field} is {value:?}; it must be two Unix times such as 1700000000;1700000300"
            ),
            Self::Signature => f.write_str("q-signature is not 40 lower-case hex digits"),
        }
    }
}

impl std::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            (&"h".repeat(64), &"h".repeat(LONGEST_SHOWN_NAME)),
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

    proptest! {
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
