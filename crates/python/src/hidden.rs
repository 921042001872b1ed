//! What of a request may be shown in a log.

use cospass_sign::Canonical;

use crate::call::Pair;

/// The `HttpString` of a request with secret values left out, so that it may be logged. The method is in lower case.
pub(crate) fn http_string<'a>(
    method: &str,
    key: &str,
    mut params: Vec<Pair<'a>>,
    mut headers: Vec<Pair<'a>>,
) -> String {
    for (name, value) in params.iter_mut().chain(headers.iter_mut()) {
        if is_secret(name) {
            *value = b"hidden";
        }
    }
    let slash = if key.starts_with('/') { "" } else { "/" };
    let path = format!("{slash}{key}");
    let mut canonical = Canonical::default();
    canonical.write(method, path.as_bytes(), &params, &headers);
    String::from_utf8_lossy(canonical.http_string()).into_owned()
}

/// Whether the value of a header or parameter lets whoever reads it act as the caller, or read what is encrypted
/// (436/7728: keys of the customer; 436/14048: tokens).
pub(crate) fn is_secret(name: &[u8]) -> bool {
    let secrets =
        ["x-cos-security-token", "x-ci-security-token", "authorization", "q-signature", "sign"];
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    secrets.contains(&name.as_str()) || name.ends_with("-customer-key")
}
