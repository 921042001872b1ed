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

use cospass::{Bucket, Credentials, Expires, KeyTime, ObjectKey, PresignRequest, Presigner, Urls};
use cospass_sign::{Acceptance, Claim, RequestHead, SecretKey, Verifier};
use sha1_lanes::Engine;

use crate::ours::Ours;
use crate::received::Received;
use crate::workload::{self, EXPIRES, Workload};

/// How often a function is run for one count.
const TIMES: usize = 100;
const NOW: i64 = 1_700_000_000;
/// How much more than what is kept a function may take.
const MARGIN: f64 = 0.05;
/// Ten times as many parameters take so many times as many instructions at most: sorting takes a little more than ten.
const MOST_FOR_TEN_TIMES: f64 = 15.0;

const CASES: [&str; 10] = [
    "presign-W1",
    "presign-W2",
    "presign-W3",
    "presign-W4",
    "verify-W1",
    "batch-W1",
    "presign-100-parameters",
    "presign-1000-parameters",
    "verify-100-parameters",
    "verify-1000-parameters",
];

/// The functions that hash, by what their names begin with.
const HASHING: [&str; 3] = ["sha1::", "sha1_lanes::engine", "sha1_lanes::single::compress"];

/// Counts every case and compares it with the file of numbers, or writes that if it is to be made anew.
pub(crate) fn compare(file: &Path, anew: bool) -> Result<(), Box<dyn Error>> {
    let kept = if anew { BTreeMap::new() } else { read(file)? };
    let counted: Vec<(&str, u64)> = CASES
        .iter()
        .map(|case| Ok((*case, count(case)?)))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let mut worse = Vec::new();
    for (case, now) in &counted {
        let before = kept.get(*case).copied();
        let change = before.map_or(0.0, |before| *now as f64 / before as f64 - 1.0);
        println!("{case}: {now} instructions, {:+.1} %", change * 100.0);
        if !anew && (before.is_none() || change > MARGIN) {
            worse.push(*case);
        }
    }
    for of in ["presign", "verify"] {
        let of_many = |many: &str| {
            counted.iter().find(|(case, _)| *case == format!("{of}-{many}-parameters"))
        };
        if let (Some((_, few)), Some((_, many))) = (of_many("100"), of_many("1000"))
            && *many as f64 > *few as f64 * MOST_FOR_TEN_TIMES
        {
            return Err(
                format!("{of}: 1000 parameters take {many} instructions, 100 take {few}").into()
            );
        }
    }
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
        .args(["run", case])
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = fs::read_to_string(&out);
    fs::remove_file(&out).ok();
    if !status.success() {
        return Err(format!("{case} failed under valgrind: {status}").into());
    }
    Ok(without_hashing(&text?) / TIMES as u64)
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

/// Runs a case as often as it is counted. What it needs at hand is made, and used once, before.
pub(crate) fn run(case: &str) -> Result<(), Box<dyn Error>> {
    let (what, of) = case.split_once('-').ok_or("a case is named WHAT-OF")?;
    if let Some(count) = of.strip_suffix("-parameters") {
        return run_with_parameters(what, count.parse()?);
    }
    let workload = Workload::all().into_iter().find(|workload| workload.name == of);
    let workload = workload.ok_or("there is no such workload")?;
    let mut ours = Ours::new(&workload)?;
    let key_time = Expires::from(EXPIRES).key_time(NOW)?;
    let mut keys = workload.keys.iter().cycle();
    let mut next = move || keys.next().map_or("", String::as_str).to_owned();
    match what {
        "presign" => counted(|| ours.fill(&workload, &next(), key_time).map(|_| ())),
        "verify" => {
            let received = Received::all(&workload, &ours, NOW)?;
            let secret_key = workload.credentials().secret_key().clone();
            let mut verifier = Verifier::new();
            let mut received = received.iter().cycle();
            counted(|| {
                let received = received.next().ok_or("a workload has keys")?;
                received.verify(&mut verifier, &secret_key, NOW)
            })
        }
        "batch" => {
            let mut batch = ours.batch(&workload, key_time, Engine::portable())?;
            let mut urls = Urls::new();
            let keys: Vec<_> = workload.keys.iter().take(TIMES).map(String::as_str).collect();
            batch.presign(keys.iter().copied(), &mut urls)?;
            urls.clear();
            // All of them at once: a count is that of one key here, too.
            let mut left = 1;
            counted_by_callgrind(&mut || match left {
                0 => Ok(()),
                _ => {
                    left = 0;
                    Ok(batch.presign(keys.iter().copied(), &mut urls)?)
                }
            })
        }
        _ => Err("a case is of presign, verify or batch".into()),
    }
}

fn run_with_parameters(what: &str, count: usize) -> Result<(), Box<dyn Error>> {
    // Not in their order, so that there is something to sort.
    let names: Vec<String> = (0..count).map(|n| format!("name-{}", (n * 7919) % count)).collect();
    let params: Vec<_> = names.iter().map(|name| (name.as_str(), "value")).collect();
    let (bucket, endpoint): (Bucket, _) = (workload::bucket()?, workload::endpoint()?);
    let key = ObjectKey::new("key")?;
    let request =
        PresignRequest { params: &params, ..PresignRequest::new("GET", &bucket, &key, &endpoint) };
    let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
    let key_time = KeyTime::new(NOW, NOW + EXPIRES);
    let mut url = String::new();
    if what == "presign" {
        // In turns, so that nothing of one is left for the next.
        let mut methods = ["GET", "HEAD"].into_iter().cycle();
        return counted(|| {
            url.clear();
            let request = PresignRequest { method: methods.next().unwrap_or_default(), ..request };
            Ok(presigner.presign_into(&request, key_time, &mut url)?)
        });
    }
    presigner.presign_into(&request, key_time, &mut url)?;
    let (_, query) = url.split_once('?').ok_or("a pre-signed URL has a query")?;
    let host = endpoint.host(&bucket, cospass::Scheme::Https);
    let headers = [(&b"host"[..], host.as_bytes())];
    let head = RequestHead::new("GET", b"/key", Some(query.as_bytes()), &headers);
    let (mut verifier, secret_key) = (Verifier::new(), SecretKey::new("secret"));
    counted(|| {
        let claim = Claim::read(black_box(&head))?;
        verifier.verify(&claim, &head, Some(&secret_key), NOW, Acceptance::Service)?;
        Ok(())
    })
}

fn counted(mut once: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    once()?;
    once()?;
    counted_by_callgrind(&mut once)
}

/// Only what happens in here is counted.
#[inline(never)]
fn counted_by_callgrind(
    once: &mut dyn FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..TIMES {
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
    fn each_case_runs() {
        for case in CASES {
            run(case).unwrap();
        }
        assert!(run("presign-W9").is_err() && run("nothing").is_err());
    }
}
