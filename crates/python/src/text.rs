//! Values of Python as the bytes that the official SDK makes of them (`cos_comm.py` `to_str`, `to_unicode`, `to_bytes`).

use cospass_sign::percent;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::refusal::Refusal;

/// Any value as bytes: `bytes` as they are, `str` in UTF-8, everything else as its `str()`.
pub(crate) fn bytes_of<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyBytes>, Refusal> {
    if let Ok(text) = value.cast::<PyString>() {
        text.encode_utf8().map_err(|_| Refusal::TextNotUtf8)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(bytes.clone())
    } else {
        value.str()?.encode_utf8().map_err(|_| Refusal::TextNotUtf8)
    }
}

/// `str` or `bytes` of UTF-8, as the bytes of UTF-8; `what` names it where it is neither.
pub(crate) fn utf8_of<'py>(
    value: &Bound<'py, PyAny>,
    what: &'static str,
) -> Result<Bound<'py, PyBytes>, Refusal> {
    if let Ok(text) = value.cast::<PyString>() {
        text.encode_utf8().map_err(|_| Refusal::TextNotUtf8)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        text_in(bytes)?;
        Ok(bytes.clone())
    } else {
        Err(Refusal::NotText { what, found: type_name(value) })
    }
}

/// The same as text.
pub(crate) fn text_of(value: &Bound<'_, PyAny>, what: &'static str) -> Result<String, Refusal> {
    text_in(&utf8_of(value, what)?).map(str::to_owned)
}

/// Bytes of UTF-8 as text.
pub(crate) fn text_in<'a>(bytes: &'a Bound<'_, PyBytes>) -> Result<&'a str, Refusal> {
    std::str::from_utf8(bytes.as_bytes()).map_err(|_| Refusal::BytesNotUtf8)
}

/// The name of a value's type, which, unlike the value, is no secret.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "unknown".to_owned(), |name| name.to_string())
}

/// Appends `raw` as `urllib.parse.quote_plus` does: percent-encoded, but for spaces, which become `+`.
pub(crate) fn push_form_encoded(out: &mut String, raw: &[u8]) {
    for (position, word) in raw.split(|&byte| byte == b' ').enumerate() {
        if position > 0 {
            out.push('+');
        }
        // Text of which nothing is to be encoded, such as a token's, is copied as a whole.
        match std::str::from_utf8(word) {
            Ok(text) => percent::push_encoded_str(out, text),
            Err(_) => percent::push_encoded(out, word),
        }
    }
}
