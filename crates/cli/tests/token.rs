//! `cospass token` beside the STS of a local endpoint: what its keys may do, and how they are written.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{BUCKET, Ran, Served, bare, cospass, run, target};

struct Issuing {
    served: Served,
    policy: String,
}

impl Issuing {
    fn start() -> Self {
        let bucket = format!("{BUCKET}=private");
        let more = ["--bucket", bucket.as_str(), "--default-bucket", BUCKET];
        let served = Served::start(&mut cospass(), &more);
        let access = format!("PUT {}", target("u/42/*"));
        let written = run(bare().args(["policy", "for", &access, "--region", "ap-guangzhou"]));
        let path = served.folder.path().join("policy.json");
        std::fs::write(&path, written.ends_with(0).stdout).unwrap();
        Self { policy: path.to_str().unwrap().to_owned(), served }
    }

    fn command(&self) -> Command {
        let mut command = cospass();
        let port = self.served.address().rsplit(':').next().unwrap();
        command.env("COSPASS_STS_ENDPOINT", format!("http://sts.localhost:{port}"));
        command
    }

    fn token(&self, more: &[&str]) -> Ran {
        run(self.command().args(["token", "--policy", &self.policy]).args(more))
    }

    /// Uploads a file with keys as `--format json` writes them.
    fn put(&self, keys: &Value, key: &str) -> i32 {
        let text = |name: &str| keys[name].as_str().unwrap();
        let mut command = bare();
        command
            .env("COS_SECRET_ID", text("secret_id"))
            .env("COS_SECRET_KEY", text("secret_key"))
            .env("COS_SESSION_TOKEN", text("token"));
        let place = ["--domain", self.served.address(), "--scheme", "http"];
        run(command.args(["put", &self.policy, &target(key)]).args(place)).code
    }
}

#[test]
fn its_keys_may_do_what_the_policy_says_and_no_more() {
    let issuing = Issuing::start();
    let keys = issuing.token(&["--duration", "15m", "--format", "json"]).ends_with(0).json();
    assert_eq!(issuing.put(&keys, "u/42/a.json"), 0);
    assert_ne!(issuing.put(&keys, "u/43/a.json"), 0);
}

#[test]
fn they_are_written_for_shells_and_for_the_official_sdks() {
    let issuing = Issuing::start();
    let lines = issuing.token(&[]).ends_with(0);
    let names: Vec<_> = lines.stdout.lines().map(|line| line.split('=').next().unwrap()).collect();
    assert_eq!(
        names,
        ["export COS_SECRET_ID", "export COS_SECRET_KEY", "export COS_SESSION_TOKEN"]
    );
    assert!(lines.stderr.contains("the keys end at 20"), "{lines:?}");
    let sdk = issuing.token(&["--format", "sdk", "--duration", "900"]).ends_with(0).json();
    let seconds = sdk["expiredTime"].as_i64().unwrap() - sdk["startTime"].as_i64().unwrap();
    assert_eq!(seconds, 900);
    for name in ["sessionToken", "tmpSecretId", "tmpSecretKey"] {
        assert!(!sdk["credentials"][name].as_str().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn what_sts_does_not_give_is_told() {
    let issuing = Issuing::start();
    let long = issuing.token(&["--duration", "3h"]).ends_with(3);
    assert!(long.stdout.is_empty() && long.stderr.contains("OverTimeError"), "{long:?}");
    issuing.token(&["--duration", "0"]).ends_with(2);
    let nobody = run(issuing.command().env("COSPASS_STS_ENDPOINT", "http://127.0.0.1:1").args([
        "token",
        "--policy",
        &issuing.policy,
    ]));
    assert_eq!(nobody.code, 6, "{nobody:?}");
    let absent = run(issuing.command().args(["token", "--policy", "/nonexistent"]));
    assert_eq!(absent.code, 1, "{absent:?}");
}
