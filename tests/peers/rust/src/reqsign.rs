//! reqsign-tencent-cos, as a caller without a client has it: a request head is made and signed.
//!
//! It signs the headers that stand in the head, so that `host` is put there, and appends the token without signing it. An
//! `Authorization` of its holds for an hour, whatever is asked.

use std::error::Error;

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, HeaderValue, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqsign_core::{Context, Signer};
use reqsign_tencent_cos::{RequestSigner, StaticCredentialProvider};

use cospass_peers::{Cannot, Sign, Workload, answer_lines, at_once};

/// What stays as it is in a query, and in a path but for its slashes (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

fn main() -> Result<(), Box<dyn Error>> {
    answer_lines("reqsign-tencent-cos 3.0.7, Rust", |workload| Ok(prepare(workload)))
}

fn prepare(workload: Workload) -> Result<Sign, Cannot> {
    let Workload { secret_id, secret_key, token, .. } = &workload;
    let credentials = match token {
        Some(token) => StaticCredentialProvider::with_security_token(secret_id, secret_key, token),
        None => StaticCredentialProvider::new(secret_id, secret_key),
    };
    let signer = Signer::new(Context::new(), credentials, RequestSigner::new());
    Ok(Box::new(move |key| {
        let mut uri = format!("https://{}/", workload.host);
        uri.extend(utf8_percent_encode(key, PATH));
        for (place, (name, value)) in workload.params.iter().enumerate() {
            uri.push(if place == 0 { '?' } else { '&' });
            uri.extend(utf8_percent_encode(name, UNRESERVED));
            uri.push('=');
            uri.extend(utf8_percent_encode(value, UNRESERVED));
        }
        let mut request = Request::builder().method(workload.method.as_str()).uri(uri);
        request = request.header(HOST, workload.host.as_str());
        for (name, value) in &workload.headers {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            request = request.header(name, HeaderValue::from_str(value)?);
        }
        let (mut head, ()) = request.body(())?.into_parts();
        let expires = (!workload.authorization).then_some(workload.expires);
        at_once(signer.sign(&mut head, expires))??;
        if workload.authorization {
            let value = head.headers.get(AUTHORIZATION).ok_or("it made no Authorization")?;
            return Ok(value.to_str()?.to_owned());
        }
        Ok(head.uri.to_string())
    }))
}
