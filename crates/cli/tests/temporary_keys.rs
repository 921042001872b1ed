//! Users, roles and STS as an operator configures them, and temporary keys as a command uses them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use cospass_protocol::sts::{Answer, AssumeRole, Outgoing, Request, RoleArn};
use cospass_sign::Credentials;
use support::*;

const USER_KEY: &str = "EXAMPLEuserKEY0123456789abcdefgh";

/// A file of a user, and of a role that it may take on, with policies in the file and beside it.
fn configured(folder: &Path) -> String {
    let private = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let policy = |action: &str, resource: &str| {
        format!(
            r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"{action}","resource":"{resource}"}}]}}"#
        )
    };
    let uploads = format!("qcs::cos:*:uid/1250000000:{BUCKET}/up/*");
    let text = format!(
        "[[user]]\nuin = \"100000000010\"\nsecret_id = \"AKIDUSER\"\nsecret_key_file = {:?}\n\
         policy = ['{}']\n\
         [[role]]\nname = \"uploader\"\nassumed_by = [\"qcs::cam::uin/100000000001:root\"]\n\
         policy_file = [{:?}]\n",
        private("user-key", USER_KEY),
        policy("sts:AssumeRole", "*"),
        private("policy.json", &policy("name/cos:PutObject", &uploads)),
    );
    private("cospass.toml", &text)
}

/// Takes on the role with some keys; the answer as it came.
fn assume_role(address: &str, keys: &Credentials) -> String {
    let request = Request::AssumeRole(AssumeRole {
        role: RoleArn::parse("qcs::cam::uin/100000000001:roleName/uploader").unwrap(),
        session_name: "test".to_owned(),
        duration: Some(900),
        policy: None,
        external_id: None,
        tags: Vec::new(),
        source_identity: None,
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let call = Outgoing::signed(&request, address, None, keys, now.try_into().unwrap());
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--noproxy", "*", "-X", call.method]);
    for (name, value) in &call.headers {
        curl.args(["-H", &format!("{name}: {value}")]);
    }
    curl.arg("--data-binary").arg(String::from_utf8(call.body).unwrap());
    let output = curl.arg(format!("http://{address}{}", call.path)).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_user_takes_on_a_role_and_may_upload_where_that_may() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let options = ["--config", &config, "--sts-listen", "127.0.0.1:0", "--default-bucket", BUCKET];
    let mut served = Served::start(&mut cospass(), &options);
    let line = served.line();
    let sts = line.trim_end().strip_prefix("sts on http://").unwrap();
    let answer = assume_role(sts, &Credentials::new("AKIDUSER", USER_KEY));
    let Ok(Answer::Issued(issued)) = Answer::read(answer.as_bytes()) else { panic!("{answer}") };
    let keys = issued.credentials;
    for (key, status) in [("up/a", "200"), ("a", "403")] {
        let target = format!("cos://{BUCKET}/{key}");
        let mut presign = bare();
        presign
            .env("COS_SECRET_ID", keys.secret_id().as_str())
            .env("COS_SECRET_KEY", keys.secret_key().expose())
            .env("COS_SESSION_TOKEN", keys.token().unwrap().expose())
            .args(["presign", "PUT", &target, "--scheme", "http", "--domain", served.address()]);
        let url = run(&mut presign).ends_with(0).line().to_owned();
        let curl = ["-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}"];
        let put = Command::new("curl").args(curl).args(["-X", "PUT", "-d", "x", &url]).output();
        assert_eq!(String::from_utf8(put.unwrap().stdout).unwrap(), status, "{key}");
    }
    let refused = assume_role(sts, &Credentials::new("AKIDUSER", "other"));
    assert!(refused.contains("\"AuthFailure.SignatureFailure\""), "{refused}");
    served.stop().ends_with(0);
}

#[test]
fn what_is_wrong_with_a_policy_or_a_key_file_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let start = |more: &[&str]| {
        let arguments = ["serve", "--in-memory", "--config", &config, "--listen", "127.0.0.1:0"];
        run(cospass().args([&arguments[..], more].concat())).ends_with(2).stderr
    };
    let told = start(&["--token-key", "/nonexistent"]);
    assert!(told.contains("/nonexistent"), "{told}");
    std::fs::write(folder.path().join("policy.json"), "{}").unwrap();
    let told = start(&[]);
    assert!(told.contains("the policy of the role uploader is none"), "{told}");
}
