//! What of a request may be shown: everything but what would let a reader act as its sender.

use std::borrow::Cow;

use cospass_sign::{is_signature_field, is_token_name, percent};

/// Stands where something was left out.
const CUT: &str = "…";

/// What only a signature or a token has before it.
const MARKS: [&[u8]; 3] = [b"q-signature=", b"x-cos-security-token=", b"x-ci-security-token="];

/// What of a call of STS proves who made it (1278/55346): in a query, that of a GET.
const OF_STS: [&str; 3] = ["signature", "token", "webidentitytoken"];

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
        let is_of_sts = OF_STS.iter().any(|of_sts| name == of_sts.as_bytes());
        !piece.is_empty() && !is_signature_field(&name) && !is_of_sts && !is_token_name(&name)
    });
    let shown: Vec<_> = pieces.map(pair).collect();
    (!shown.is_empty()).then(|| shown.join("&"))
}

/// A `FormatString` as the client is told it: it may end in a log of whoever sent the request, or of a bystander. The
/// method and the path stand in it by themselves, the rest is pairs.
pub(crate) fn format_string(raw: &[u8]) -> String {
    let raw = String::from_utf8_lossy(raw);
    let line = |line: &str| line.split('&').map(pair).collect::<Vec<_>>().join("&");
    raw.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// A name and a value that are shown, as far as they may be.
fn pair(raw: &str) -> String {
    let name = raw.split('=').next().unwrap_or_default();
    let is_secret = || is_secret(&percent::decode(name.as_bytes()));
    match has_mark(raw.as_bytes()) || is_secret() {
        false => raw.to_owned(),
        true if has_mark(name.as_bytes()) => CUT.to_owned(),
        true => format!("{name}={CUT}"),
    }
}

/// The value of a header that may be kept, for an explanation: every one but a key of SSE-C. Where that is signed, the
/// explanation is of another text.
pub(crate) fn header<'a>(name: &[u8], value: &'a [u8]) -> &'a [u8] {
    if is_customer_key(name) { CUT.as_bytes() } else { value }
}

/// A query that may be kept, for an explanation: with no key of SSE-C, which has no business there.
pub(crate) fn query_to_explain(raw: &str) -> String {
    let pieces = raw.split('&').map(|piece| {
        let name = piece.split('=').next().unwrap_or_default();
        match is_customer_key(&percent::decode(name.as_bytes())) {
            true => format!("{name}={CUT}"),
            false => piece.to_owned(),
        }
    });
    pieces.collect::<Vec<_>>().join("&")
}

/// Whether a parameter or a header of that name is a secret by itself.
fn is_secret(name: &[u8]) -> bool {
    is_customer_key(name) || is_token_name(name)
}

/// A key of SSE-C, that of a copy's source as well.
fn is_customer_key(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b"server-side-encryption-customer-key")
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
        assert_eq!(query("a=1&x-ci-security-token=WHISPER&X-CI-Security-Token=WHISPER"), "a=1");
        assert_eq!(query("url=http://h/?x-ci-security-token=WHISPER"), "url=…");
        assert_eq!(query("Q-Signature=cafe&X-Cos-Security-Token=WHISPER&%71-signature=cafe"), "");
        assert_eq!(query("url=http://h/?q-signature=cafe&a=1"), "url=…&a=1");
        assert_eq!(query("url=h%3Fq-signature%253Dcafe"), "url=…");
        assert_eq!(query("k?q-signature%3Dcafe"), "…");
        assert_eq!(query("Action=X&Signature=cafe&Token=W&WebIdentityToken=W"), "Action=X");
        assert_eq!(query("&&"), "");
        let key = "X-Cos-Server-Side-Encryption-Customer-Key";
        for (shown, text) in [
            (format!("{key}=…&a=1"), format!("{key}=MDEy&a=1")),
            (format!("{key}-MD5=MDEy"), format!("{key}-MD5=MDEy")),
        ] {
            assert_eq!(super::query(&text), Some(shown.clone()));
            assert_eq!(query_to_explain(&text), shown);
        }
    }

    #[test]
    fn a_format_string_keeps_what_is_no_secret() {
        let key = "x-cos-copy-source-server-side-encryption-customer-key";
        let text = |key_value, token| {
            format!(
                "put\n/a&b=c\nprefix=%26\nhost=h&{key}={key_value}&{key}-md5=MDEy&x-cos-security-token={token}\n"
            )
        };
        assert_eq!(format_string(text("MDEy", "WHISPER").as_bytes()), text("…", "…"));
        let plain = "get\n/a%20b\n\nhost=h&range=bytes%3D0-1\n";
        assert_eq!(format_string(plain.as_bytes()), plain);
        let path = format_string(b"get\n/a?q-signature=cafe\n\n\n");
        assert_eq!(path, "get\n/a?q-signature=…\n\n\n");
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
