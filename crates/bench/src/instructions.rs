//! A guard against getting slower that does not depend on the clock: how many instructions the hot functions take, counted by
//! valgrind's callgrind, beside the numbers that are kept in the repository.
//!
//! The hashing is left out. Under valgrind it is done without the instructions that processors have for it, and would hide the
//! rest; `tests` of the crates hold it to be no more than it has to be.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use cospass::{
    Bucket, Credentials, Expires, KeyTime, ObjectKey, PresignRequest, Presigner, Urls,
    fastest_engine,
};
use cospass_sign::{RequestHead, SecretKey, Verifier};
use sha1_lanes::Engine;

use crate::floor::Floor;
use crate::ours::Ours;
use crate::received::{Received, holds};
use crate::workload::{self, EXPIRES, Workload};

/// How often a function is run for one count; one that has much to do, less often.
const TIMES: u64 = 100;
const TIMES_OF_MUCH: u64 = 10;
const NOW: i64 = 1_700_000_000;
/// How much more than what is kept a function may take.
const MARGIN: f64 = 0.05;
/// Ten times as much takes so many times as many instructions at most: sorting takes a little more than ten.
const MOST_FOR_TEN_TIMES: f64 = 15.0;
/// Refusing a signature takes so many times as many instructions as accepting it, at most.
const MOST_TO_REFUSE: f64 = 1.02;

const CASES: [&str; 13] = [
    "presign-W1",
    "presign-W2",
    "presign-W3",
    "presign-W4",
    "new-key-W1",
    "signer-W1",
    "verify-W1",
    "verify-W2",
    "verify-W3",
    "verify-W4",
    "refuse-W1",
    "refuse-W3",
    "batch-W1",
];

/// What there can be a hundred of, or a thousand: [`much`].
const OF_MUCH: [&str; 6] = [
    "presign-parameters",
    "presign-percents",
    "verify-parameters",
    "verify-duplicates",
    "verify-headers",
    "verify-bytes",
];

/// The functions that hash, by what their names begin with.
const HASHING: [&str; 4] =
    ["sha1::", "sha1_lanes::engine", "sha1_lanes::portable", "sha1_lanes::single::compress"];

/// Counts every case and compares it with the file of numbers, or writes that if it is to be made anew.
pub(crate) fn compare(file: &Path, anew: bool) -> Result<(), Box<dyn Error>> {
    let kept = if anew { BTreeMap::new() } else { read(file)? };
    let of_much = OF_MUCH.iter().flat_map(|case| [100, 1000].map(|n| format!("{case}-{n}")));
    let cases = CASES.iter().map(|case| (*case).to_owned()).chain(of_much);
    let mut counted = Vec::new();
    let mut worse = Vec::new();
    for case in cases {
        let now = count(&case)?;
        let before = kept.get(&case).copied();
        let change = before.map_or(0.0, |before| now as f64 / before as f64 - 1.0);
        println!("{case}: {now} instructions, {:+.1} %", change * 100.0);
        if !anew && (before.is_none() || change > MARGIN) {
            worse.push(case.clone());
        }
        counted.push((case, now));
    }
    check_proportions(&counted)?;
    if anew {
        let lines = counted.iter().map(|(case, count)| format!("{case} {count}\n"));
        fs::write(file, lines.collect::<String>())?;
    }
    match worse.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "more than {} % over {}: {}; if that has to be, `make instructions` writes the new numbers",
            MARGIN * 100.0,
            file.display(),
            worse.join(", ")
        )
        .into()),
    }
}

/// Whether much takes no more than in proportion, and a refusal no more than what it refuses.
fn check_proportions(counted: &[(String, u64)]) -> Result<(), Box<dyn Error>> {
    let of = |case: &str| {
        let found = counted.iter().find(|(name, _)| name == case);
        found.map(|(_, count)| *count as f64).ok_or_else(|| format!("{case} is not counted"))
    };
    let tenfold =
        OF_MUCH.map(|case| (format!("{case}-100"), format!("{case}-1000"), MOST_FOR_TEN_TIMES));
    let refused = ["W1", "W3"]
        .map(|name| (format!("verify-{name}"), format!("refuse-{name}"), MOST_TO_REFUSE));
    for (less, more, most) in tenfold.into_iter().chain(refused) {
        let (of_less, of_more) = (of(&less)?, of(&more)?);
        if of_more > of_less * most {
            return Err(format!(
                "{more} takes {of_more} instructions, more than {most} times the {of_less} of {less}"
            )
            .into());
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let line = |line: &str| {
        let (case, count) = line.split_once(' ').ok_or("a line is a case and a number")?;
        Ok((case.to_owned(), count.parse()?))
    };
    text.lines().map(line).collect()
}

/// The instructions of one run of a case, without the hashing.
fn count(case: &str) -> Result<u64, Box<dyn Error>> {
    let out = std::env::temp_dir().join(format!("cospass-callgrind-{}", std::process::id()));
    let status = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--collect-atstart=no",
            "--toggle-collect=*counted_by_callgrind*",
        ])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["run", case, &times(case).to_string()])
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = fs::read_to_string(&out);
    fs::remove_file(&out).ok();
    if !status.success() {
        return Err(format!("{case} failed under valgrind: {status}").into());
    }
    Ok(without_hashing(&text?) / times(case))
}

fn times(case: &str) -> u64 {
    if much(case).is_some() { TIMES_OF_MUCH } else { TIMES }
}

/// Adds up what each function took itself (Callgrind Format Specification, "Cost Lines"), but those that hash.
fn without_hashing(profile: &str) -> u64 {
    let mut names = BTreeMap::new();
    let (mut hashes, mut sum, mut is_call) = (false, 0, false);
    for line in profile.lines() {
        if let Some(function) = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn=")) {
            // A name stands behind its number when that is met first.
            let (number, name) = function.split_once(' ').unwrap_or((function, ""));
            if !name.is_empty() {
                names.insert(number, HASHING.iter().any(|hashing| name.contains(hashing)));
            }
            if line.starts_with("fn=") {
                hashes = names.get(number).copied().unwrap_or_default();
            }
        } else if line.starts_with("calls=") {
            // The next line has the cost of what was called.
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok());
            if !std::mem::take(&mut is_call) && !hashes {
                sum += cost.unwrap_or_default();
            }
        }
    }
    sum
}

/// What there is much of in a case, and how much.
fn much(case: &str) -> Option<(&str, usize)> {
    let (of, count) = case.rsplit_once('-')?;
    Some((of, count.parse().ok()?))
}

/// Runs a case so many times. What it needs at hand is made, and used twice, before.
pub(crate) fn run(case: &str, times: u64) -> Result<(), Box<dyn Error>> {
    if let Some((of, count)) = much(case) {
        return run_with_much(of, count, times);
    }
    let (what, of) = case.rsplit_once('-').ok_or("a case is named WHAT-OF")?;
    let workload = Workload::all().into_iter().find(|workload| workload.name == of);
    let workload = workload.ok_or("there is no such workload")?;
    let mut ours = Ours::new(&workload)?;
    let key_time = Expires::from(EXPIRES).key_time(NOW)?;
    let mut keys = workload.keys.iter().map(String::as_str).cycle();
    let mut next = move || keys.next().unwrap_or_default();
    let floor = Floor::new(&workload, &workload.host()?).ok_or("a workload has keys")?;
    match what {
        "floor" => counted(times, || {
            floor.hash();
            Ok(())
        }),
        "new-key-floor" => counted(times, || {
            floor.hash_with_new_key();
            Ok(())
        }),
        "presign" => counted(times, || ours.fill(&workload, next(), key_time).map(|_| ())),
        "new-key" => {
            let mut second = NOW;
            counted(times, || {
                second += 1;
                let key_time = KeyTime::new(second, second + EXPIRES);
                ours.fill(&workload, next(), key_time).map(|_| ())
            })
        }
        "signer" => counted(times, || {
            black_box(ours.build(&workload, next(), None)?);
            Ok(())
        }),
        "verify" | "refuse" => {
            let received = Received::all(&workload, &ours, NOW)?;
            let headers: Vec<_> = received.iter().map(Received::headers).collect();
            let heads = received.iter().zip(&headers).map(|(received, of)| received.head(of));
            let heads: Vec<_> = heads.collect();
            let mut heads = heads.iter().cycle();
            let is_to_hold = what == "verify";
            let own = workload.credentials().secret_key().clone();
            let secret_key = if is_to_hold { own } else { SecretKey::new(OTHER_KEY) };
            let mut verifier = Verifier::new();
            counted(times, || {
                let head = heads.next().ok_or("a workload has keys")?;
                match holds(head, &mut verifier, &secret_key, NOW)? == is_to_hold {
                    true => Ok(()),
                    false => Err("a signature is judged wrongly".into()),
                }
            })
        }
        "batch" => run_batch(&workload, &mut ours, key_time, (Engine::portable(), times)),
        // Not counted: valgrind has no processor with lanes. For a profile.
        "lanes" => run_batch(&workload, &mut ours, key_time, (fastest_engine(), times)),
        _ => Err("a case is of presign, new-key, signer, verify, refuse or batch".into()),
    }
}

/// As long as the workloads' own.
const OTHER_KEY: &str = "otherSecretKey000000000000000000";

/// So many of one batch: a count is that of one key here, too.
fn run_batch(
    workload: &Workload,
    ours: &mut Ours,
    key_time: KeyTime,
    (engine, times): (Engine, u64),
) -> Result<(), Box<dyn Error>> {
    let mut batch = ours.batch(workload, key_time, engine)?;
    let mut urls = Urls::new();
    let keys: Vec<_> = workload.keys.iter().take(TIMES as usize).map(String::as_str).collect();
    counted(times / TIMES, || {
        urls.clear();
        Ok(batch.presign(keys.iter().copied(), &mut urls)?)
    })
}

/// So many parameters, `%` in a key, bytes of a value, … The names are not in their order, so that there is something to sort.
fn run_with_much(of: &str, count: usize, times: u64) -> Result<(), Box<dyn Error>> {
    let (what, much) = of.split_once('-').ok_or("a case is named WHAT-OF-COUNT")?;
    let names: Vec<String> = (0..count).map(|n| format!("name-{}", (n * 7919) % count)).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "value")).collect();
    let many_headers: Vec<(String, &str)> =
        names.iter().map(|name| (format!("x-cos-meta-{name}"), "value")).collect();
    let many_headers: Vec<_> =
        many_headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let percents = "%".repeat(count.min(850));
    let bytes = "+/".repeat(count / 2);
    let long = [("token", bytes.as_str())];
    type Pairs<'a> = &'a [(&'a str, &'a str)];
    let (key, params, headers): (&str, Pairs<'_>, Pairs<'_>) = match much {
        "parameters" => ("key", &many, &[]),
        "percents" => (&percents, &[], &[]),
        "headers" => ("key", &[], &many_headers),
        "bytes" => ("key", &long, &[]),
        "duplicates" => ("key", &[("name", "value")], &[]),
        _ => return Err(format!("there is no case of many {much}").into()),
    };
    let (bucket, endpoint): (Bucket, _) = (workload::bucket()?, workload::endpoint()?);
    let key = ObjectKey::new(key)?;
    let request =
        PresignRequest { params, headers, ..PresignRequest::new("GET", &bucket, &key, &endpoint) };
    let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
    let key_time = KeyTime::new(NOW, NOW + EXPIRES);
    let mut url = String::new();
    if what == "presign" {
        // In turns, so that nothing of one is left for the next.
        let mut methods = ["GET", "HEAD"].into_iter().cycle();
        return counted(times, || {
            url.clear();
            let request = PresignRequest { method: methods.next().unwrap_or_default(), ..request };
            Ok(presigner.presign_into(&request, key_time, &mut url)?)
        });
    }
    presigner.presign_into(&request, key_time, &mut url)?;
    if much == "duplicates" {
        // The last one counts, and all of them may have been meant.
        (1..count).for_each(|_| url.push_str("&name=value"));
    }
    let (_, query) = url.split_once('?').ok_or("a pre-signed URL has a query")?;
    let host = endpoint.host(&bucket, cospass::Scheme::Https);
    let mut headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    headers.push((b"host", host.as_bytes()));
    let path = key.url_path()?;
    let head = RequestHead::new("GET", path.as_bytes(), Some(query.as_bytes()), &headers);
    let (mut verifier, secret_key) = (Verifier::new(), SecretKey::new("secret"));
    counted(times, || match holds(&head, &mut verifier, &secret_key, NOW)? {
        true => Ok(()),
        false => Err("a signature of ours does not hold".into()),
    })
}

fn counted(
    times: u64,
    mut once: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    once()?;
    once()?;
    counted_by_callgrind(times, &mut once)
}

/// Only what happens in here is counted.
#[inline(never)]
fn counted_by_callgrind(
    times: u64,
    once: &mut dyn FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..times {
        once()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_called_and_what_hashes_is_left_out() {
        let profile = "fn=(1) cospass::sign\n1 10\n+2 5\ncfn=(2) sha1::compress\ncalls=1 9\n3 1000\n\
            fn=(2)\n9 1000\n\nfn=(1)\n* 1\ntotals: 1016\n";
        assert_eq!(without_hashing(profile), 16);
    }

    #[test]
    fn what_grows_out_of_proportion_is_refused() {
        let counts = |of_a_thousand: u64, of_a_refusal: u64| {
            let much = OF_MUCH.iter().flat_map(|case| {
                [(format!("{case}-100"), 100), (format!("{case}-1000"), of_a_thousand)]
            });
            let verified = ["W1", "W3"].into_iter().flat_map(|name| {
                [(format!("verify-{name}"), 100), (format!("refuse-{name}"), of_a_refusal)]
            });
            much.chain(verified).collect::<Vec<_>>()
        };
        assert!(check_proportions(&counts(1500, 102)).is_ok());
        assert!(check_proportions(&counts(1501, 102)).is_err());
        assert!(check_proportions(&counts(1500, 103)).is_err());
    }

    #[test]
    fn each_case_runs() {
        for case in CASES {
            run(case, 2).unwrap();
        }
        for case in OF_MUCH {
            run(&format!("{case}-100"), 2).unwrap();
        }
        for none in ["presign-W9", "nothing", "verify-what-100", "sign-W1"] {
            assert!(run(none, 1).is_err(), "{none}");
        }
    }
}
