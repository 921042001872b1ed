//! `cospass doctor` beside an endpoint that is well, and endpoints that are not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod support;

use serde_json::Value;
use support::{BUCKET, Ran, Served, bare, cospass, run, run_with, signed, target};

fn served(more: &[&str]) -> Served {
    let bucket = format!("{BUCKET}=private");
    let own = ["--bucket", bucket.as_str(), "--default-bucket", BUCKET];
    Served::start(&mut cospass(), &[&own[..], more].concat())
}

fn examine(served: &Served, target: &str, more: &[&str]) -> Ran {
    let place = ["--domain", served.address(), "--scheme", "http", "--json"];
    signed(&[&["doctor", target][..], &place, more].concat())
}

/// The health of what was looked at.
fn health(ran: &Ran, check: &str) -> String {
    let lines = ran.lines();
    let line = lines.iter().find(|line| line["check"] == check);
    line.map(|line| line["health"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn what_is_well_is_told_and_what_may_be_read() {
    let served = served(&[]);
    let place = ["--domain", served.address(), "--scheme", "http"];
    run_with(cospass().args(["put", "-", &target("a.txt")]).args(place), b"x").ends_with(0);
    let ran = examine(&served, &target("a.txt"), &[]).ends_with(0);
    for check in ["domain", "clock", "bucket", "region", "credentials", "rights", "strict"] {
        assert_eq!(health(&ran, check), "ok", "{check}: {ran:?}");
    }
    assert_eq!(health(&ran, "scheme"), "warn");
    assert_eq!(health(&ran, "cors"), "");
    let rights = ran.lines().into_iter().find(|line| line["check"] == "rights").unwrap();
    assert!(rights["text"].as_str().unwrap().contains("GET the object"), "{rights}");
    let text = run(cospass().args(["doctor", &target("")]).args(place)).ends_with(0);
    assert!(text.stdout.contains("\nok   bucket: ") && text.stderr.is_empty(), "{text:?}");
}

#[test]
fn each_thing_that_is_wrong_is_told_with_its_remedy() {
    let served = served(&[]);
    let place = ["--domain", served.address(), "--scheme", "http", "--json"];
    let remedy = |ran: &Ran| {
        let lines = ran.lines();
        lines.into_iter().find(|line| line["health"] == "bad").map(|line: Value| {
            (
                line["check"].as_str().unwrap().to_owned(),
                line["remedy"].as_str().unwrap().to_owned(),
            )
        })
    };
    let wrong_key = run(bare()
        .env("COS_SECRET_ID", support::SECRET_ID)
        .env("COS_SECRET_KEY", "wrong")
        .args([&["doctor", &target("")][..], &place].concat()))
    .ends_with(1);
    let (check, what) = remedy(&wrong_key).unwrap();
    assert!(check == "credentials" && what.contains("SecretKey"), "{wrong_key:?}");
    let origin =
        examine(&served, &target(""), &["--origin", "https://app.example.com"]).ends_with(1);
    let (check, what) = remedy(&origin).unwrap();
    assert!(check == "cors" && what.contains("PUT ?cors"), "{origin:?}");
    let address = served.address().to_owned();
    let absent =
        ["--endpoint", "cos.localhost", "--scheme", "http", "--connect-to", &address, "--json"];
    let absent = signed(&[&["doctor", "cos://absent-1250000000/"][..], &absent].concat());
    let (check, what) = remedy(&absent.ends_with(1)).unwrap();
    assert!(check == "bucket" && what.contains("APPID"));
    drop(served);
    let gone = signed(
        &[&["doctor", &target("")][..], &["--domain", &address, "--scheme", "http", "--json"]]
            .concat(),
    );
    assert_eq!(remedy(&gone.ends_with(6)).unwrap().0, "reach");
}

#[test]
fn a_clock_that_is_off_and_a_strict_bucket_are_told() {
    let off = served(&["--clock", "offset:+2h", "--signature", "strict"]);
    let ran = examine(&off, &target(""), &[]).ends_with(1);
    assert_eq!(health(&ran, "clock"), "bad");
    // What else is wrong is found all the same.
    assert_eq!((health(&ran, "credentials"), health(&ran, "strict")), ("ok".into(), "warn".into()));
}

#[test]
fn a_region_that_is_not_the_bucket_s_is_told() {
    let served = served(&[]);
    let place = ["--scheme", "http", "--connect-to", served.address(), "--json"];
    let of =
        |region: &str| signed(&[&["doctor", &target(""), "--region", region][..], &place].concat());
    assert_eq!(health(&of("ap-guangzhou").ends_with(0), "region"), "ok");
    assert_eq!(health(&of("ap-beijing").ends_with(1), "region"), "bad");
    signed(&["doctor", &target("")]).ends_with(2);
}
