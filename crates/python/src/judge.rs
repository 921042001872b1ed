//! Whether the signature of a request holds, why not, and signing a request that is about to be sent.

use cospass_protocol::{Endpoint, Host};
use cospass_sign::explain::{Evidence, ServerView, explain};
use cospass_sign::percent::Plus;
use cospass_sign::{
    Acceptance, Claim, Credentials, RequestHead, SecurityToken, TOKEN_NAME, is_official_header,
};

use crate::call::Pair;
use crate::clock::Validity;
use crate::credentials::Keys;
use crate::desk::authorization;
use crate::outline::Request;
use crate::refusal::Refusal;

/// The convention by which a signature holds, or the cause and the message of its refusal.
pub(crate) type Verdict = Result<String, (&'static str, String)>;

/// As the service judges a request, with the secret at hand.
pub(crate) fn verify(
    head: &RequestHead<'_>,
    keys: &Keys,
    token: Option<&SecurityToken>,
    now: i64,
    strict: bool,
) -> Verdict {
    let claim = Claim::read(head).map_err(|error| (error.cause(), error.to_string()))?;
    let is_ours = claim.secret_id() == keys.id;
    let acceptance = if strict { Acceptance::Strict } else { Acceptance::Sdk };
    // The service looks for the SecretId and its token before it looks at the time.
    token
        .filter(|_| is_ours)
        .map_or(Ok(()), |token| claim.check_token(token))
        .and_then(|()| claim.verify(head, is_ours.then_some(&keys.key), now, acceptance))
        .map(|verified| verified.convention().to_string())
        .map_err(|refusal| (refusal.cause(), refusal.to_string()))
}

/// The finding on a request, as JSON.
pub(crate) fn explained(
    head: &RequestHead<'_>,
    credentials: Option<&Credentials>,
    server: Option<&ServerView>,
    now: i64,
    strict: bool,
) -> String {
    let host = String::from_utf8_lossy(head.header(b"host").unwrap_or_default());
    let bucket = Endpoint::recognise(&host)
        .and_then(|(endpoint, bucket)| Some((endpoint.region().cloned(), bucket?)));
    let other_hosts: Vec<String> = bucket.map_or_else(Vec::new, |(region, bucket)| {
        Endpoint::hosts_of(&bucket, region.as_ref()).filter(|other| *other != host).collect()
    });
    let explanation = explain(&Evidence {
        credentials,
        server,
        now: Some(now),
        other_hosts: &other_hosts,
        is_cdn: Host::is_of_cdn(&host),
        ..Evidence::new(*head)
    });
    if strict { explanation.strictly().to_json() } else { explanation.to_json() }
}

/// The `Authorization` text of a request that is about to be sent: its host as it is sent, its parameters, and those of
/// its headers that the official SDKs sign, the token among them.
pub(crate) fn authorize(
    head: &RequestHead<'_>,
    keys: &Keys,
    token: Option<&SecurityToken>,
    validity: &Validity,
) -> Result<String, Refusal> {
    let given: Vec<_> = head.params(Plus::Space).collect();
    let params: Vec<_> =
        given.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    let signed = |(name, _): &&(&[u8], &[u8])| {
        std::str::from_utf8(name)
            .is_ok_and(|name| is_official_header(name) && !name.eq_ignore_ascii_case(TOKEN_NAME))
    };
    let mut headers: Vec<_> = head.headers().iter().filter(signed).copied().collect();
    headers.extend(token.map(|token| (TOKEN_NAME.as_bytes(), token.expose().as_bytes())));
    if let Some(name) = twice(&params).or_else(|| twice(&headers)) {
        return Err(Refusal::Twice { name });
    }
    let path = head.decoded_path();
    let path = std::str::from_utf8(&path).map_err(|_| Refusal::PathNotUtf8)?;
    let method = head.method().to_lowercase();
    let request = Request { method: &method, params: &params, headers: &headers };
    Ok(authorization(&request, path, keys, validity))
}

/// The first name that is given twice, in any case: the canonical text would have it twice, and who reads it keeps one.
fn twice(pairs: &[Pair<'_>]) -> Option<String> {
    pairs.iter().enumerate().find_map(|(position, (name, _))| {
        let mut before = pairs.iter().take(position);
        let again = before.any(|(other, _)| other.eq_ignore_ascii_case(name));
        again.then(|| String::from_utf8_lossy(name).into_owned())
    })
}
