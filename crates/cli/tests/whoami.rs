//! Where credentials come from: `whoami`, and the commands that use them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::path::Path;
use std::process::Command;

use support::*;

fn at_home(home: &Path) -> Command {
    let mut command = bare();
    command.env("HOME", home);
    command
}

#[test]
fn the_source_that_won_is_told_and_why_the_others_did_not() {
    let home = tempfile::tempdir().unwrap();
    let text = "[common]\nsecret_id = AKIDCONF\nsecret_key = hidden-key\ntoken = hidden-token\n";
    std::fs::write(home.path().join(".cos.conf"), text).unwrap();
    let told = run(at_home(home.path()).arg("whoami")).ends_with(0);
    let lines: Vec<_> = told.stdout.lines().collect();
    assert_eq!(lines[..2], ["SecretId  AKIDCONF", "from      ~/.cos.conf (coscmd)"]);
    assert!(lines[2].starts_with("kind      temporary, with an end that"), "{told:?}");
    assert_eq!(lines[3], "not from  environment variables: none of their names is set");
    assert!(lines[4].starts_with("not from  ~/.cos.yaml (coscli): /"), "{told:?}");
    assert!(lines[5].ends_with("not asked, since one before it was used"), "{told:?}");
    assert!(!told.stdout.contains("hidden") && told.stderr.is_empty(), "{told:?}");

    let json =
        run(at_home(home.path()).args(["whoami", "--json", "--offline"])).ends_with(0).json();
    assert_eq!((&json["secret_id"], &json["temporary"]), (&"AKIDCONF".into(), &true.into()));
    let fates: Vec<_> =
        json["tried"].as_array().unwrap().iter().map(|tried| &tried["fate"]).collect();
    assert_eq!(fates, ["absent", "absent", "used", "not-asked", "not-asked"]);

    // The environment comes first.
    let mut command = at_home(home.path());
    command.env("COS_SECRET_ID", SECRET_ID).env("COS_SECRET_KEY", SECRET_KEY);
    let told = run(command.arg("whoami")).ends_with(0);
    assert!(
        told.stdout
            .starts_with(&format!("SecretId  {SECRET_ID}\nfrom      environment variables\n"))
    );
    assert!(told.stdout.contains("kind      permanent\n") && !told.stdout.contains(SECRET_KEY));
}

#[test]
fn without_any_every_source_is_told() {
    let home = tempfile::tempdir().unwrap();
    let told = run(at_home(home.path()).arg("whoami")).ends_with(3);
    for source in [".cos.yaml", ".cos.conf", ".tccli", ".tencentcloud", "TKE_ROLE_ARN", "METADATA"]
    {
        assert!(told.stdout.contains(source), "{source}: {told:?}");
    }
    let refused =
        run(at_home(home.path()).args(["presign", "GET", &target("a"), "--region", "ap-x"]));
    let refused = refused.ends_with(3);
    assert!(refused.stderr.contains("COS_SECRET_ID") && refused.stderr.contains(".cos.conf"));
}

#[test]
fn a_file_that_is_wrong_is_not_passed_over() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".cos.yaml"), "cos:\n  base:\n    secretid\n").unwrap();
    for arguments in [&["whoami"][..], &["ls", "--region", "ap-guangzhou"]] {
        let told = run(at_home(home.path()).args(arguments)).ends_with(3);
        assert!(told.stderr.contains(".cos.yaml, line 3: "), "{told:?}");
    }
}

#[test]
fn a_url_that_outlives_its_credentials_says_so() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".tccli")).unwrap();
    let profile = format!(
        "{{\"secretId\":\"{SECRET_ID}\",\"secretKey\":\"{SECRET_KEY}\",\"token\":\"t\",\"expiresAt\":1700000100}}"
    );
    std::fs::write(home.path().join(".tccli/default.credential"), profile).unwrap();
    let presign = |expires: &str| {
        let target = target("a");
        let mut command = at_home(home.path());
        command.args(["presign", "GET", &target, "--region", "ap-guangzhou", "--now", NOW]);
        run(command.args(["--json", "--expires", expires])).ends_with(0)
    };
    let within = presign("60").json();
    assert_eq!(
        (&within["effective_end"], &within["warnings"]),
        (&1_700_000_060.into(), &serde_json::json!([]))
    );
    let beyond = presign("300");
    assert!(
        beyond
            .stderr
            .contains("token-ends-first: the token of the temporary credentials ends 201 s before"),
        "{beyond:?}"
    );
    let beyond = beyond.json();
    assert_eq!(beyond["expires_at"], 1_700_000_300);
    assert_eq!(beyond["effective_end"], 1_700_000_099);
    assert_eq!(beyond["warnings"], serde_json::json!(["token-ends-first"]));
}

#[test]
fn sts_is_asked_whose_the_credentials_are() {
    let served = Served::start(&mut cospass(), &["--bucket", BUCKET]);
    let sts = format!("http://sts.localhost:{}", served.address().rsplit(':').next().unwrap());
    let ask = |command: &mut Command, more: &[&str]| {
        run(command.env("COSPASS_STS_ENDPOINT", &sts).args(["whoami", "--ask"]).args(more))
    };
    let told = ask(&mut cospass(), &[]).ends_with(0);
    assert!(told.stdout.contains("\nas        qcs::cam:"), "{told:?}");
    let arn = ask(&mut cospass(), &["--json"]).ends_with(0).json();
    assert!(arn["arn"].as_str().unwrap().starts_with("qcs::cam:"), "{arn}");
    // A key that is known and wrong, one that is not known, and temporary ones.
    let mut wrong = bare();
    wrong.env("COS_SECRET_ID", SECRET_ID).env("COS_SECRET_KEY", "wrong-secret-key");
    let refused = ask(&mut wrong, &[]).ends_with(3);
    assert!(refused.stderr.contains("AuthFailure.SignatureFailure"), "{refused:?}");
    assert!(!refused.stderr.contains("wrong-secret-key"), "{refused:?}");
    let mut stranger = bare();
    stranger.env("COS_SECRET_ID", "AKIDstranger").env("COS_SECRET_KEY", "x");
    let refused = ask(&mut stranger, &[]).ends_with(3);
    assert!(refused.stderr.contains("AuthFailure.SecretIdNotFound"), "{refused:?}");
    drop(served);
    let gone = ask(&mut cospass(), &[]).ends_with(6);
    assert!(gone.stderr.contains(&sts), "{gone:?}");
    run(cospass().args(["whoami", "--ask", "--offline"])).ends_with(2);
}
