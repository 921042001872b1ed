//! What of a request may be shown: everything but what would let a reader act as its sender.

use std::borrow::Cow;

use cospass_sign::{TOKEN_NAME, is_signature_field, percent};

/// Stands where something was left out.
const CUT: &str = "…";

/// What only a signature or a token has before it.
const MARKS: [&[u8]; 2] = [b"q-signature=", b"x-cos-security-token="];

/// The path as sent, unless a signature was encoded into it by mistake.
pub(crate) fn path(raw: &str) -> Cow<'_, str> {
    text(raw)
}

/// Any text, unless there is a signature or a token in it.
pub(crate) fn text(raw: &str) -> Cow<'_, str> {
    if has_mark(raw.as_bytes()) { CUT.into() } else { raw.into() }
}

/// The query as sent without the parameters of the signature and without the token; `None` if nothing is left.
pub(crate) fn query(raw: &str) -> Option<String> {
    let pieces = raw.split('&').filter(|piece| {
        let name = piece.split('=').next().unwrap_or_default();
        let name = percent::decode(name.as_bytes()).to_ascii_lowercase();
        !piece.is_empty() && !is_signature_field(&name) && name != TOKEN_NAME.as_bytes()
    });
    let shown = pieces.map(|piece| {
        let name = piece.split('=').next().unwrap_or_default();
        match has_mark(piece.as_bytes()) {
            false => piece.to_owned(),
            true if has_mark(name.as_bytes()) => CUT.to_owned(),
            true => format!("{name}={CUT}"),
        }
    });
    let shown: Vec<_> = shown.collect();
    (!shown.is_empty()).then(|| shown.join("&"))
}

/// Whether a signature or a token stands in a text, however often it is encoded: a few times.
fn has_mark(raw: &[u8]) -> bool {
    let mut text = Cow::Borrowed(raw);
    for _ in 0..4 {
        let lower = text.to_ascii_lowercase();
        if MARKS.iter().any(|mark| lower.windows(mark.len()).any(|window| window == *mark)) {
            return true;
        }
        let decoded = percent::decode(&text).into_owned();
        if decoded == *text {
            return false;
        }
        text = Cow::Owned(decoded);
    }
    // Whatever is encoded that often is not worth showing.
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_what_was_asked_alone() {
        let query = |text| query(text).unwrap_or_default();
        assert_eq!(query("acl&prefix=a%20b"), "acl&prefix=a%20b");
        let signed = "uploads&q-sign-algorithm=sha1&q-ak=A&q-sign-time=1;2&q-key-time=1;2&q-header-list=&\
                      q-url-param-list=uploads&q-signature=cafe&x-cos-security-token=WHISPER";
        assert_eq!(query(signed), "uploads");
        assert_eq!(query("sign=q-ak%3DA%26q-signature%3Dcafe&a=1"), "a=1");
        assert_eq!(query("Q-Signature=cafe&X-Cos-Security-Token=WHISPER&%71-signature=cafe"), "");
        assert_eq!(query("url=http://h/?q-signature=cafe&a=1"), "url=…&a=1");
        assert_eq!(query("url=h%3Fq-signature%253Dcafe"), "url=…");
        assert_eq!(query("k?q-signature%3Dcafe"), "…");
        assert_eq!(query("&&"), "");
    }

    #[test]
    fn a_path_with_a_signature_in_it_is_not_shown() {
        assert_eq!(path("/a%20b%ff"), "/a%20b%ff");
        assert_eq!(path("/a%3Fq-ak=A&q-signature=cafe"), "…");
        assert_eq!(path("/a%253Fx-cos-security-token%253DWHISPER"), "…");
        assert_eq!(path("/%25%25%2f%"), "/%25%25%2f%");
        assert_eq!(path("/%2525252525252541"), "…");
    }
}
