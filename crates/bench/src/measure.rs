//! One round: each tool signs one workload for a slice of time.

use std::error::Error;
use std::hint::black_box;

use cospass::{Expires, KeyTime, Urls, fastest_engine};
use cospass_sign::Verifier;

use crate::floor::Floor;
use crate::ours::Ours;
use crate::peer::Listed;
use crate::received::{Received, holds};
use crate::workload::{EXPIRES, Workload};
use crate::{SLICE_SECONDS, cpu};

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// The bare hashing.
    Floor,
    /// The bare hashing with the derivation of the key.
    NewKeyFloor,
    /// `cospass::Presigner`, the bulk call.
    Presigner,
    /// `cospass::Presigner`, a new key time for each URL.
    NewKey,
    /// `cospass::Presigner::batch`, many keys at once; there is none for an `Authorization` text.
    Batch,
    /// `cospass::Signer`, the builder.
    Signer,
    /// `cospass_sign::Verifier`, which verifies the signed request: read, compare.
    Verifier,
    /// Another tool, by its place in the list.
    Peer(usize),
}

impl Tool {
    /// The hashing that it cannot do without.
    pub(crate) fn floor(self) -> Self {
        match self {
            Self::NewKeyFloor | Self::NewKey => Self::NewKeyFloor,
            _ => Self::Floor,
        }
    }

    /// Of cospass and of the bare hashing; that of another tool stands in the list.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "bare hashing",
            Self::NewKeyFloor => "bare hashing, new key",
            Self::NewKey => "cospass Presigner, new key",
            Self::Presigner => "cospass Presigner",
            Self::Batch => "cospass batch",
            Self::Signer => "cospass Signer",
            Self::Verifier => "cospass verify",
            Self::Peer(_) => "",
        }
    }
}

/// URLs for each second of processor time, of each tool. They take turns, so that what else runs on the machine disturbs all.
pub(crate) fn round(
    workload: &Workload,
    peers: &mut [Listed],
) -> Result<Vec<(Tool, f64)>, Box<dyn Error>> {
    let floor = Floor::new(workload, &workload.host()?).ok_or("a workload has keys")?;
    let mut ours = Ours::new(workload)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let now = i64::try_from(now)?;
    let key_time = Expires::from(EXPIRES).key_time(now)?;
    let received = Received::all(workload, &ours, now)?;
    let secret_key = workload.credentials().secret_key().clone();
    let headers: Vec<_> = received.iter().map(Received::headers).collect();
    let heads: Vec<_> =
        received.iter().zip(&headers).map(|(received, headers)| received.head(headers)).collect();
    let mut next = heads.iter().cycle();
    let mut verifier = Verifier::new();
    let mut second = now;
    let mut rates = vec![
        (
            Tool::Floor,
            sign_for_a_slice(workload, |_| {
                floor.hash();
                Ok(())
            })?,
        ),
        (
            Tool::Presigner,
            sign_for_a_slice(workload, |key| {
                black_box(ours.fill(workload, key, key_time)?);
                Ok(())
            })?,
        ),
        (
            Tool::NewKeyFloor,
            sign_for_a_slice(workload, |_| {
                floor.hash_with_new_key();
                Ok(())
            })?,
        ),
        (
            Tool::NewKey,
            sign_for_a_slice(workload, |key| {
                second += 1;
                let key_time = KeyTime::new(second, second + EXPIRES);
                black_box(ours.fill(workload, key, key_time)?);
                Ok(())
            })?,
        ),
        (
            Tool::Signer,
            sign_for_a_slice(workload, |key| {
                black_box(ours.build(workload, key, None)?);
                Ok(())
            })?,
        ),
        (
            Tool::Verifier,
            sign_for_a_slice(workload, |_| {
                match next.next().map(|head| holds(head, &mut verifier, &secret_key, now)) {
                    Some(Ok(true)) => Ok(()),
                    Some(Err(error)) => Err(error),
                    _ => Err("a signature of ours does not hold".into()),
                }
            })?,
        ),
    ];
    for (place, listed) in peers.iter_mut().enumerate() {
        if let Ok(peer) = &mut listed.peer
            && peer.cannot(workload).is_none()
        {
            rates.push((Tool::Peer(place), peer.measure(workload, SLICE_SECONDS)?));
        }
    }
    if !workload.authorization {
        rates.push((Tool::Batch, batch_for_a_slice(workload, &mut ours, key_time)?));
    }
    Ok(rates)
}

fn batch_for_a_slice(
    workload: &Workload,
    ours: &mut Ours,
    key_time: KeyTime,
) -> Result<f64, Box<dyn Error>> {
    let mut urls = Urls::new();
    let mut batch = ours.batch(workload, key_time, fastest_engine())?;
    let mut count = 0;
    let start = cpu::seconds();
    loop {
        urls.clear();
        batch.presign(black_box(&workload.keys).iter().map(String::as_str), &mut urls)?;
        black_box(&urls);
        count += urls.len();
        let seconds = cpu::seconds() - start;
        if seconds >= SLICE_SECONDS {
            return Ok(count as f64 / seconds);
        }
    }
}

fn sign_for_a_slice(
    workload: &Workload,
    mut sign: impl FnMut(&str) -> Result<(), Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    let mut urls = 0;
    let start = cpu::seconds();
    loop {
        for key in &workload.keys {
            sign(black_box(key))?;
        }
        urls += workload.keys.len();
        let seconds = cpu::seconds() - start;
        if seconds >= SLICE_SECONDS {
            return Ok(urls as f64 / seconds);
        }
    }
}
