//! `--keys`: one key a line in, one URL a line out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use support::*;

fn command(target: &str, more: &[&str]) -> Vec<String> {
    let target = format!("cos://{BUCKET}/{target}");
    let fixed = ["presign", "GET", &target, "--region", "ap-guangzhou", "--now", NOW];
    fixed.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn presign(target: &str, input: &[u8], more: &[&str]) -> Ran {
    let more = [&["--keys", "-"], more].concat();
    run_with(cospass().args(command(target, &more)), input)
}

#[test]
fn each_line_gets_the_url_that_it_gets_alone() {
    let keys = ["a b?", "中", "../x", "a\tb", "%2F", "/k", "x\ry"];
    for (end, prefix) in [("\n", ""), ("\r\n", "2024/")] {
        let ran = presign(prefix, keys.join(end).as_bytes(), &["-q", "acl"]).ends_with(0);
        let urls: Vec<_> = ran.stdout.lines().collect();
        assert_eq!(urls.len(), keys.len());
        for (url, key) in urls.iter().zip(keys) {
            assert_eq!(*url, presigned("GET", &format!("{prefix}{key}"), &["-q", "acl"]));
        }
    }
    assert_eq!(presign("", b"", &[]).ends_with(0).stdout, "");
}

#[test]
fn a_bad_line_is_told_and_keeps_its_place() {
    let long = "k".repeat(851);
    let longer = "y".repeat(600 * 1024);
    let lines: [&[u8]; 9] =
        [b"a", b"", b"b\xff", long.as_bytes(), b"..", longer.as_bytes(), b"\r", b"c", b"d"];
    let ran = presign("", &lines.join(&b'\n'), &[]).ends_with(1);
    let urls: Vec<_> = ran.stdout.split('\n').collect();
    assert_eq!(urls.len(), lines.len() + 1);
    for (number, url) in urls.iter().enumerate() {
        let is_good = [0, 7, 8].contains(&number);
        assert_eq!(url.contains("q-signature="), is_good, "{number}: {url}");
    }
    let told: Vec<_> = ran.stderr.lines().filter(|line| line.contains(": line ")).collect();
    let numbers: Vec<_> =
        told.iter().map(|line| line.split(": ").nth(1).unwrap().to_owned()).collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6, 7].map(|number| format!("line {number}")));
    assert!(told[1].contains("UTF-8") && told[1].contains(r"b\xff"), "{}", told[1]);
    assert!(told[2].contains("851 bytes") && told[3].contains("\"..\""), "{told:?}");
    assert!(told[4].contains("too long") && told[4].len() < 300, "{}", told[4]);
}

#[test]
fn many_lines_keep_their_order() {
    let lines: String = (0..200_000)
        .map(|number| if number % 5000 == 4999 { "\n".to_owned() } else { format!("k{number}\n") })
        .collect();
    let ran = presign("p/", lines.as_bytes(), &[]).ends_with(1);
    let mut answered = 0;
    for (number, line) in ran.stdout.lines().enumerate() {
        let expected = match number % 5000 {
            4999 => String::new(),
            _ => format!("https://{BUCKET}.cos.ap-guangzhou.myqcloud.com/p/k{number}?"),
        };
        assert!(line.starts_with(&expected) && line.is_empty() == expected.is_empty(), "{line}");
        answered += 1;
    }
    assert_eq!(answered, 200_000);
}

#[test]
fn the_output_may_be_a_file_and_not_the_one_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (keys, urls) = (path("keys"), path("urls"));
    fs::write(&keys, "a\nb\n").unwrap();
    let ran = run(cospass().args(command("", &["--keys", &keys, "--output", &urls]))).ends_with(0);
    assert_eq!((ran.stdout.as_str(), fs::read_to_string(&urls).unwrap().lines().count()), ("", 2));
    let refused =
        run(cospass().args(command("", &["--keys", &keys, "--output", &keys]))).ends_with(2);
    assert!(refused.stderr.contains("--output"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&keys).unwrap(), "a\nb\n");
    let line = format!("{{\"key\":\"a\",\"bucket\":\"{BUCKET}\"}}");
    fs::write(&keys, &line).unwrap();
    let from = ["presign", "--from", &keys, "--region", "ap-guangzhou", "--output", &urls];
    assert_eq!(run(cospass().args(from)).ends_with(0).stdout, "");
    assert!(fs::read_to_string(&urls).unwrap().starts_with("{\"url\":"));
}

#[test]
fn what_makes_no_sense_with_it_is_refused() {
    let auth = ["auth", "GET", &format!("cos://{BUCKET}/"), "--region", "ap-x", "--keys", "-"];
    let ran = run(cospass().args(auth)).ends_with(2);
    assert!(ran.stderr.contains("--from"), "{}", ran.stderr);
    run(cospass().args(command("", &["--keys", "-", "--json"]))).ends_with(2);
    run(cospass().args(command("", &["--keys", "/nowhere/at/all"]))).ends_with(1);
}

/// A peer may wait for the answer to each line before it writes the next.
#[test]
fn each_line_is_answered_when_it_comes_and_a_reader_may_go_away() {
    let mut child = cospass()
        .args(command("", &["--keys", "-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, urls) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut urls = BufReader::new(urls);
    for name in ["a", "b"] {
        writeln!(keys, "{name}").unwrap();
        let mut url = String::new();
        urls.read_line(&mut url).unwrap();
        assert!(url.contains(&format!("/{name}?")), "{url}");
    }
    drop(urls);
    // Whether it still takes the line or is gone already, it ends well.
    let _ = writeln!(keys, "c");
    drop(keys);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Ctrl-C while it waits for lines.
#[cfg(unix)]
#[test]
fn a_signal_to_stop_leaves_whole_lines() {
    let mut child = cospass()
        .args(command("", &["--keys", "-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = child.stdin.take().unwrap();
    writeln!(keys, "a").unwrap();
    let mut urls = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    urls.read_line(&mut url).unwrap();
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("stopped"));
    assert!(url.ends_with('\n') && url.contains("q-signature="));
}
