//! URLs that a CDN lets in (`cospass cdn-url`).

use cospass::{CdnKey, CdnSigner, CdnType};
use pyo3::prelude::*;

use crate::clock::Clock;
use crate::refusal::Refusal;

/// The URL as the CDN lets it in from `now` on.
#[pyfunction]
pub(crate) fn cdn_url(
    py: Python<'_>,
    url: &str,
    key: String,
    kind: &str,
    names: (String, String, String),
    now: Option<Bound<'_, PyAny>>,
) -> Result<String, Refusal> {
    let kind = match kind {
        "A" | "a" => CdnType::A,
        "B" | "b" => CdnType::B,
        "D" | "d" => CdnType::D,
        other => return Err(Refusal::CdnType { found: other.to_owned() }),
    };
    let (param, time_param, random) = names;
    let now = Clock::default().now(py, now.as_ref())?;
    let signed = CdnKey::new(key)
        .and_then(|key| CdnSigner::new(kind, key).param(&param))
        .and_then(|signer| signer.time_param(&time_param))
        .and_then(|signer| signer.random(&random))
        .and_then(|signer| signer.url(url, now));
    signed.map_err(|error| Refusal::Cdn(error.to_string()))
}
