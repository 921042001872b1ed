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
/// Their times are their own, so that the texts cannot be compared.
pub(crate) fn holds(workload: &Workload, peer: &mut Peer) -> Result<String, Box<dyn Error>> {
    let key = workload.keys.first().ok_or("a workload has keys")?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let now = i64::try_from(now)?;
    let output = peer.output(workload, key, now)?;
    let host = workload.host()?;
    let mut headers = vec![("Host", host.as_str())];
    headers.extend(workload.headers.iter().copied());
    let path = format!("/{key}");
    let url;
    let (path, query) = if workload.authorization {
        headers.push(("Authorization", output.as_str()));
        (path.as_str(), None)
    } else {
        url = UrlParts::read(&output)?;
        if (url.host(), url.path()) != (host.as_str(), path.as_str()) {
            return Err(format!("{}: {output} is not of {host}{path}", workload.name).into());
        }
        (url.path(), url.query())
    };
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let head =
        RequestHead::new(workload.method, path.as_bytes(), query.map(str::as_bytes), &headers);
    let claim = Claim::read(&head)?;
    let credentials = workload.credentials();
    let secret_key = Some(credentials.secret_key());
    let verified = claim.verify(&head, secret_key, now, Acceptance::Sdk);
    let verified = verified.map_err(|refusal| format!("{}: {output}: {refusal}", workload.name))?;
    Ok(verified.convention().to_string())
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
