//! What a batch makes of a second thread, and of keys of many lengths.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use cospass::{Bucket, Expires, KeyTime, ObjectKey, Signer, Urls, fastest_engine};
use serde_json::{Value, json};
use sha1_lanes::{Blocks, State};

use crate::ours::Ours;
use crate::workload::{self, EXPIRES, Workload};
use crate::{ROUNDS, cpu};

/// So many keys are signed at once, which takes some hundredths of a second.
const KEYS: usize = 200_000;
/// How long the keys of many lengths are, in bytes: their texts have from two to five blocks.
const LENGTHS: [usize; 5] = [8, 40, 90, 160, 220];

/// URLs per second, in ascending order.
struct Rounds(Vec<f64>);

impl Rounds {
    fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn to_json(&self) -> Value {
        let of = |rate: Option<&f64>| rate.map(|rate| rate.round());
        json!({
            "median": self.median().round(), "min": of(self.0.first()), "max": of(self.0.last()),
        })
    }
}

/// Runs several ways in turns; says how fast each was.
fn in_turns<const N: usize>(
    mut run: impl FnMut(usize) -> Result<f64, Box<dyn Error>>,
) -> Result<[Rounds; N], Box<dyn Error>> {
    let mut rounds = [const { Rounds(Vec::new()) }; N];
    for _ in 0..ROUNDS {
        for (way, rounds) in rounds.iter_mut().enumerate() {
            rounds.0.push(run(way)?);
            rounds.0.sort_by(f64::total_cmp);
        }
    }
    Ok(rounds)
}

/// So many blocks are hashed side by side, in the nearest cache, to see what a second thread can make of this machine: two cores
/// that are halves of one, or that get warm together, do not hash twice as fast.
const BLOCKS: usize = 64;
/// How often, which takes as long as the keys.
const TIMES: usize = 10_000;

/// Blocks per second of so many threads that hash, and do nothing else.
fn bare_hashing(threads: usize) -> f64 {
    let mut blocks = Blocks::new(&State::INITIAL);
    (0..BLOCKS).for_each(|_| blocks.push(|out| out.extend_from_slice(b"one block")));
    let start = Instant::now();
    std::thread::scope(|scope| {
        let hash = || {
            let mut digests = Vec::new();
            for _ in 0..TIMES {
                fastest_engine().hash(black_box(&blocks), &mut digests);
                black_box(&digests);
            }
        };
        (0..threads).for_each(|_| drop(scope.spawn(hash)));
    });
    (threads * TIMES * BLOCKS) as f64 / start.elapsed().as_secs_f64()
}

/// One thread and two, by the time that passes: before the process is bound to a core. Beside it, what bare hashing makes of the
/// second thread.
pub(crate) fn threads() -> Result<Value, Box<dyn Error>> {
    let (bucket, key): (Bucket, _) = (workload::bucket()?, ObjectKey::bucket());
    let [get, ..] = Workload::all();
    let signer = Signer::new(get.credentials(), workload::endpoint()?);
    let keys: Vec<String> = get.keys.iter().cycle().take(KEYS).cloned().collect();
    let [one, two, bare_one, bare_two] = in_turns(|way| {
        if way > 1 {
            return Ok(bare_hashing(way - 1));
        }
        let start = Instant::now();
        let call = signer.presigned_url(get.method, &bucket, &key).expires(EXPIRES);
        black_box(call.sign_many(&keys, way + 1)?);
        Ok(keys.len() as f64 / start.elapsed().as_secs_f64())
    })?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(json!({
        "cores": cores, "one": one.to_json(), "two": two.to_json(), "ratio": two.median() / one.median(),
        "hashing": {
            "one": bare_one.to_json(), "two": bare_two.to_json(),
            "ratio": bare_two.median() / bare_one.median(),
        },
    }))
}

/// Keys of many lengths as they come, and the same keys with each length by itself, by the processor's time.
pub(crate) fn lengths() -> Result<Value, Box<dyn Error>> {
    let [get, ..] = Workload::all();
    let mut ours = Ours::new(&get)?;
    let key_time: KeyTime = Expires::from(EXPIRES).key_time(1_700_000_000)?;
    let mixed = keys_of_many_lengths();
    let of_length = |length: usize| mixed.iter().filter(move |key| key.len() == length);
    let sorted: Vec<Vec<&str>> =
        LENGTHS.iter().map(|&length| of_length(length).map(String::as_str).collect()).collect();
    let mixed: Vec<&str> = mixed.iter().map(String::as_str).collect();
    let mut urls = Urls::new();
    let [uniform, mixed] = in_turns(|way| {
        let batches = if way == 0 { sorted.as_slice() } else { std::slice::from_ref(&mixed) };
        let mut batch = ours.batch(&get, key_time, fastest_engine())?;
        let start = cpu::seconds();
        for keys in batches {
            for keys in keys.chunks(1000) {
                urls.clear();
                batch.presign(keys.iter().copied(), &mut urls)?;
                black_box(&urls);
            }
        }
        Ok(batches.iter().map(Vec::len).sum::<usize>() as f64 / (cpu::seconds() - start))
    })?;
    Ok(json!({
        "lengths": LENGTHS, "uniform": uniform.to_json(), "mixed": mixed.to_json(),
        "ratio": mixed.median() / uniform.median(),
    }))
}

/// As many of each length, in an order without a pattern.
fn keys_of_many_lengths() -> Vec<String> {
    let count = KEYS / LENGTHS.len();
    // Multiples of a number without a factor in common with theirs come in any order, each once.
    let places = (0..count * LENGTHS.len()).map(|n| n * 7919 % (count * LENGTHS.len()));
    let key = |place: usize| {
        let length = LENGTHS.get(place / count).copied().unwrap_or_default();
        format!("{place:0length$}")
    };
    places.map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_keys_of_each_length() {
        let keys = keys_of_many_lengths();
        for length in LENGTHS {
            let of_length = keys.iter().filter(|key| key.len() == length).count();
            assert_eq!(of_length, KEYS / LENGTHS.len());
        }
        assert_ne!(keys[0].len(), keys[KEYS / 2 + 1].len());
    }
}
