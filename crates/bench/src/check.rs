//! Before anything is measured: the same output as the official SDK's, at the same time.

use std::error::Error;

use cospass::{Expires, Urls, fastest_engine};
use cospass_protocol::UrlParts;
use cospass_sign::percent::{Plus, decode_query};
use cospass_sign::{Acceptance, Claim, RequestHead};

use crate::ours::Ours;
use crate::peer::Peer;
use crate::workload::{EXPIRES, Workload};

const NOW: i64 = 1_700_000_000;

pub(crate) fn equal_to_python(
    workload: &Workload,
    python: &mut Peer,
) -> Result<(), Box<dyn Error>> {
    let (mut ours, mut ours_batched) = (Ours::new(workload)?, Ours::new(workload)?);
    let key_time = Expires::from(EXPIRES).key_time(NOW)?;
    for key in workload.keys.iter().step_by(workload.keys.len() / 5) {
        let theirs = python.output(workload, key, NOW)?;
        let built = ours.build(workload, key, Some(NOW))?;
        let built = if workload.authorization { built.authorization() } else { built.url() };
        let filled = ours.fill(workload, key, key_time)?;
        let mut urls = Urls::new();
        if !workload.authorization {
            ours_batched
                .batch(workload, key_time, fastest_engine())?
                .presign([key.as_str()], &mut urls)?;
        }
        for output in [built, filled].into_iter().chain(urls.get(0)) {
            let same = if workload.authorization {
                output == theirs
            } else {
                Decoded::of(output)? == Decoded::of(&theirs)?
            };
            if !same {
                return Err(format!("{}: {output} is not {theirs}", workload.name).into());
            }
        }
    }
    Ok(())
}

/// Whether what another tool signs at this moment holds, by the rule or by a convention of the official SDKs, which is told.
/// Where it signs the same names as cospass, its signature is the same as that of cospass at its time; where it does not, the
/// names are told.
pub(crate) fn holds(workload: &Workload, peer: &mut Peer) -> Result<String, Box<dyn Error>> {
    let key = workload.keys.first().ok_or("a workload has keys")?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let now = i64::try_from(now)?;
    let output = peer.output(workload, key, now)?;
    let credentials = workload.credentials();
    let (verified, theirs) = with_claim(workload, key, &output, |claim, head| {
        let secret_key = Some(credentials.secret_key());
        let verdict = claim.verify(head, secret_key, now, Acceptance::Sdk);
        (verdict, Signed::of(claim))
    })?;
    let verified = verified.map_err(|refusal| format!("{}: {output}: {refusal}", workload.name))?;
    let mut ours = Ours::new(workload)?;
    let ours = ours.fill(workload, key, theirs.key_time.parse()?)?;
    let ours = with_claim(workload, key, ours, |claim, _| Signed::of(claim))?;
    let convention = verified.convention();
    if theirs.names != ours.names {
        return Ok(format!("{convention}, {}", theirs.difference(&ours)));
    }
    if convention.is_canonical() && theirs.signature != ours.signature {
        return Err(format!("{}: {output} has not the signature of cospass", workload.name).into());
    }
    Ok(convention.to_string())
}

/// What a signature says of itself.
struct Signed {
    key_time: String,
    /// Headers and parameters.
    names: [Vec<String>; 2],
    signature: String,
}

impl Signed {
    fn of(claim: &Claim<'_>) -> Self {
        let headers = claim.signed_headers().map(str::to_owned).collect();
        let params = claim.signed_params().map(str::to_owned).collect();
        let authorization = claim.authorization();
        Self {
            key_time: authorization.key_time().into_owned(),
            names: [headers, params],
            signature: authorization.signature().as_str().to_owned(),
        }
    }

    /// The names that one of the two signs and the other does not.
    fn difference(&self, ours: &Self) -> String {
        let [theirs, ours] = [self, ours].map(|signed| signed.names.concat());
        let without = |some: &[String], others: &[String]| {
            let names = some.iter().filter(|name| !others.contains(name));
            names.cloned().collect::<Vec<_>>().join(" and ")
        };
        let (less, more) = (without(&ours, &theirs), without(&theirs, &ours));
        let parts = [("without ", less), ("with ", more)];
        let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
        parts.map(|(word, names)| format!("{word}{names}")).collect::<Vec<_>>().join(", ")
    }
}

/// Reads a URL, or an `Authorization` text, for a key of a workload as a server would.
fn with_claim<R>(
    workload: &Workload,
    key: &str,
    output: &str,
    run: impl FnOnce(&Claim<'_>, &RequestHead<'_>) -> R,
) -> Result<R, Box<dyn Error>> {
    let host = workload.host()?;
    let mut headers = vec![("Host", host.as_str())];
    headers.extend(workload.headers.iter().copied());
    let path = format!("/{key}");
    let url;
    let (path, query) = if workload.authorization {
        headers.push(("Authorization", output));
        (path.as_str(), None)
    } else {
        url = UrlParts::read(output)?;
        if (url.host(), url.path()) != (host.as_str(), path.as_str()) {
            return Err(format!("{}: {output} is not of {host}{path}", workload.name).into());
        }
        (url.path(), url.query())
    };
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let head =
        RequestHead::new(workload.method, path.as_bytes(), query.map(str::as_bytes), &headers);
    Ok(run(&Claim::read(&head)?, &head))
}

/// A URL with its query decoded: the Python SDK writes a space as `+`.
#[derive(PartialEq)]
struct Decoded<'a> {
    origin_and_path: (&'a str, &'a str),
    query: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Decoded<'a> {
    fn of(url: &'a str) -> Result<Self, Box<dyn Error>> {
        let parts = UrlParts::read(url)?;
        let decode = |text: &str| decode_query(text.as_bytes(), Plus::Space).into_owned();
        let query = parts.query().unwrap_or_default().split('&').map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (decode(name), decode(value))
        });
        Ok(Self { origin_and_path: (parts.host(), parts.path()), query: query.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_another_signs_or_does_not_are_told() {
        let of = |headers: &[&str], params: &[&str]| Signed {
            key_time: "1;2".to_owned(),
            names: [headers, params]
                .map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            signature: String::new(),
        };
        let ours = of(&["host"], &["a", "b"]);
        assert_eq!(of(&[], &["a"]).difference(&ours), "without host and b");
        assert_eq!(of(&["host", "date"], &["a", "b"]).difference(&ours), "with date");
    }

    #[test]
    fn what_is_of_another_object_is_no_output() {
        let [workload, ..] = Workload::all();
        let key_time = Expires::from(EXPIRES).key_time(NOW).unwrap();
        let mut ours = Ours::new(&workload).unwrap();
        let url = ours.fill(&workload, "a", key_time).unwrap();
        assert!(with_claim(&workload, "a", url, |_, _| ()).is_ok());
        assert!(with_claim(&workload, "b", url, |_, _| ()).is_err());
    }
}
