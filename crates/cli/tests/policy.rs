//! `cospass policy`: what it writes, and what it says of requests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod support;

use std::path::{Path, PathBuf};

use support::{BUCKET, Ran, bare, run, run_with, target};

fn policy(arguments: &[&str]) -> Ran {
    run(bare().arg("policy").args(arguments).env("COS_REGION", "ap-guangzhou"))
}

/// A file with a policy.
fn kept(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_policy_for_an_intent_permits_it_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (put, get) = (format!("PUT {}", target("u/42/*")), format!("GET {}", target("pub/*")));
    let written = policy(&[
        "for",
        &put,
        &get,
        "--max-size",
        "20MiB",
        "--content-type",
        "image/*",
        "--from-ip",
        "203.0.113.0/24",
    ])
    .ends_with(0);
    let file = kept(&folder, "policy.json", &written.stdout);
    let check = |method: &str, key: &str, more: &[&str]| {
        let target = target(key);
        policy(&[&["check", &file, method, &target], more].concat())
    };
    let png =
        ["-H", "Content-Type: image/png", "-H", "Content-Length: 5", "--from-ip", "203.0.113.9"];
    let allowed = check("PUT", "u/42/a.png", &png).ends_with(0);
    assert_eq!(
        allowed.line(),
        format!(
            "allowed by statement[0]: name/cos:PutObject on qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/u/42/a.png"
        )
    );
    let elsewhere = check("PUT", "u/43/a.png", &png).ends_with(5);
    assert_eq!(
        elsewhere.line(),
        format!(
            "denied since nothing allows name/cos:PutObject on qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/u/43/a.png; statement[0] allows the action, but not on this resource"
        )
    );
    let html = ["-H", "Content-Type: text/html", "--from-ip", "203.0.113.9"];
    let other_type = check("PUT", "u/42/a", &html).ends_with(5);
    assert!(
        other_type.line().ends_with(
            "statement[0] would, but its condition string_like.cos:content-type does not hold"
        ),
        "{other_type:?}"
    );
    check("GET", "pub/a", &["--from-ip", "203.0.113.9"]).ends_with(0);
    check("GET", "pub/a", &["--from-ip", "198.51.100.1"]).ends_with(5);
    check("DELETE", "pub/a", &["--from-ip", "203.0.113.9"]).ends_with(5);
    check("GET", "pub/a", &["--region", "ap-beijing", "--from-ip", "203.0.113.9"]).ends_with(5);
    let keys = check("POST", "", &["-q", "delete"]).ends_with(2);
    assert!(keys.stderr.contains("ask of each key by DELETE"), "{keys:?}");
}

#[test]
fn every_case_of_the_vectors_is_told_by_the_command() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/policy");
    // Each is a process: one of every few is enough, the library's own test runs all.
    let mut cases: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|case| case.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    for case in cases.iter().step_by(7) {
        let expected = std::fs::read_to_string(case.join("decision")).unwrap();
        let ran = check_vector(case);
        let (verdict, rest) =
            expected.trim_end().split_once(' ').unwrap_or((expected.trim_end(), ""));
        match verdict {
            "malformed" => assert_eq!(ran.code, 2, "{case:?} {ran:?}"),
            verdict => {
                let said: Vec<_> = ran.stdout.split_whitespace().collect();
                assert_eq!(said[0], verdict, "{case:?} {ran:?}");
                assert!(ran.stdout.contains(rest), "{case:?} {ran:?}");
                assert_eq!(ran.code, if verdict == "allowed" { 0 } else { 5 }, "{case:?}");
            }
        }
    }
}

fn check_vector(case: &Path) -> Ran {
    let request: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(case.join("request.json")).unwrap()).unwrap();
    let mut command = bare();
    command.args(["policy", "check"]).arg(case.join("policy.json"));
    command.arg(request["method"].as_str().unwrap()).arg(request["target"].as_str().unwrap());
    command.args(["--region", request["region"].as_str().unwrap()]);
    for (option, name, joint) in [("-q", "params", "="), ("-H", "headers", ":")] {
        for (name, value) in request[name].as_object().into_iter().flatten() {
            command.args([option, &[name, joint, value.as_str().unwrap()].concat()]);
        }
    }
    if let Some(ip) = request["from_ip"].as_str() {
        command.args(["--from-ip", ip]);
    }
    if let Some(version) = request.get("tls") {
        command.args(["--tls", version.as_str().unwrap_or("none")]);
    }
    command.args(["--now", &request["now"].as_i64().unwrap_or(0).to_string()]);
    run(&mut command)
}

#[test]
fn a_bucket_s_policy_is_asked_for_somebody() {
    let text = r#"{"version":"2.0","statement":[
        {"sid":"one","effect":"allow","principal":{"qcs":["qcs::cam::uin/1:uin/2"]},
         "action":"name/cos:GetObject","resource":"*"}]}"#;
    let object = target("a");
    let check = |more: &[&str]| {
        let arguments = [&["policy", "check", "-", "GET", &object, "--region", "ap-x"], more];
        run_with(bare().args(arguments.concat()), text.as_bytes())
    };
    let named = check(&["--as", "qcs::cam::uin/1:uin/2"]).ends_with(0);
    assert!(named.line().starts_with("allowed by statement[0] \"one\": "), "{named:?}");
    let another = check(&["--as", "qcs::cam::uin/1:uin/3"]).ends_with(5);
    assert!(another.line().ends_with("; statement[0] would, but its principal is another"));
    assert!(check(&[]).ends_with(5).stderr.contains("an unsigned request is asked about; --as"));
    check(&["--as", "everyone"]).ends_with(2);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = kept(
        &folder,
        "wrong.json",
        "{\n\"version\": \"2.0\",\n\"statement\": [{\"effect\": \"allow\", \"action\": \"*\",\n\"resource\": \"b\"}]}",
    );
    let refused = policy(&["check", &file, "GET", &target("a")]).ends_with(2);
    assert!(
        refused.stderr.contains("statement[0].resource: \"b\" is not a resource"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("(line 4)"), "{refused:?}");
    policy(&["check", "/nonexistent", "GET", &target("a")]).ends_with(1);
    let resumed =
        policy(&["for", &format!("PUT {}", target("a")), "--upload", "resume", "--max-size", "1M"]);
    assert!(resumed.ends_with(2).stderr.contains("each part is a request of its own"));
}

#[test]
fn without_a_region_the_policy_itself_tells_where_a_bucket_is() {
    let folder = tempfile::tempdir().unwrap();
    let policy = |arguments: &[&str]| run(bare().arg("policy").args(arguments));
    let get = format!("GET {}", target("pub/*"));
    let requests = |name: &str, key: &str| kept(&folder, name, &format!("GET {}\n", target(key)));
    let (yes, no) = (requests("yes", "pub/a"), requests("no", "a"));
    // Of no region: of each. Of one: the bucket is there.
    for (region, segment) in [(&[][..], ""), (&["--region", "ap-beijing"], "ap-beijing")] {
        let written = policy(&[&["for", &get], region].concat()).ends_with(0).stdout;
        assert!(written.contains(&format!("qcs::cos:{segment}:uid/")), "{written}");
        let file = kept(&folder, "policy.json", &written);
        policy(&["check", &file, "GET", &target("pub/a")]).ends_with(0);
        let denied = policy(&["check", &file, "GET", &target("a")]).ends_with(5);
        assert!(denied.line().contains(&format!("on qcs::cos:{segment}:uid/")), "{denied:?}");
        policy(&["prove", &file, "--allow", &yes, "--deny", &no]).ends_with(0);
    }
    // Of several it says the same in each, or has to be told which is meant.
    let statement = |effect: &str, region: &str| {
        let resource = format!("qcs::cos:{region}:uid/1250000000:{BUCKET}/pub/*");
        format!(r#"{{"effect": "{effect}", "action": "cos:GetObject", "resource": "{resource}"}}"#)
    };
    let of_two = |first: &str, second: &str| {
        let both = [statement(first, "ap-beijing"), statement(second, "ap-shanghai")].join(",");
        kept(&folder, "two.json", &format!(r#"{{"version": "2.0", "statement": [{both}]}}"#))
    };
    let alike = of_two("allow", "allow");
    policy(&["check", &alike, "GET", &target("pub/a")]).ends_with(0);
    let proved = policy(&["prove", &alike, "--allow", &yes]).ends_with(2);
    assert!(proved.stderr.contains("several regions (ap-beijing, ap-shanghai)"), "{proved:?}");
    let unlike = of_two("allow", "deny");
    let undecided = policy(&["check", &unlike, "GET", &target("pub/a")]).ends_with(2);
    assert!(undecided.stderr.contains("the region decides, give --region"), "{undecided:?}");
    policy(&["check", &unlike, "GET", &target("pub/a"), "--region", "ap-beijing"]).ends_with(0);
}

#[test]
fn what_a_policy_adds_is_told_with_a_request_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, access: &str| {
        let text = policy(&["for", &format!("PUT {}", target(access))]).ends_with(0).stdout;
        kept(&folder, name, &text)
    };
    let (narrow, wide) = (write("narrow.json", "u/42/*"), write("wide.json", "u/*"));
    assert_eq!(policy(&["diff", &wide, &wide]).ends_with(0).stdout, "");
    let fewer = policy(&["diff", &wide, &narrow]).ends_with(0);
    assert!(
        fewer.line().starts_with("- name/cos:PutObject by statement[0]: PUT cos://"),
        "{fewer:?}"
    );
    let more = policy(&["diff", &narrow, &wide]).ends_with(5);
    let request = more.line().strip_prefix("+ name/cos:PutObject by statement[0]: ").unwrap();
    let words: Vec<_> = request.split(' ').collect();
    policy(&[&["check", &wide], words.as_slice()].concat()).ends_with(0);
    policy(&[&["check", &narrow], words.as_slice()].concat()).ends_with(5);
    policy(&["diff", "/nonexistent", &wide]).ends_with(1);
}

#[test]
fn a_policy_is_learned_from_the_log_of_an_endpoint() {
    let log = tempfile::tempdir().unwrap();
    let path = log.path().join("access.log");
    let bucket = format!("{BUCKET}=private");
    let more = ["--bucket", &bucket, "--default-bucket", BUCKET, "--access-log"];
    let more = [&more[..], &[path.to_str().unwrap()]].concat();
    let served = support::Served::start(&mut support::cospass(), &more);
    let file = kept(&log, "a.txt", "content");
    let place = ["--domain", served.address(), "--scheme", "http"];
    let of = |arguments: &[&str]| support::signed(&[arguments, &place].concat());
    of(&["put", &file, &target("u/42/a.txt")]).ends_with(0);
    of(&["cat", &target("u/42/a.txt")]).ends_with(0);
    // What was refused is not learned.
    assert_ne!(of(&["cat", &target("absent")]).code, 0);
    served.stop();
    let learned = policy(&["from-log", path.to_str().unwrap()]).ends_with(0);
    let file = kept(&log, "learned.json", &learned.stdout);
    for (method, key, code) in [
        ("PUT", "u/42/a.txt", 0),
        ("GET", "u/42/a.txt", 0),
        ("GET", "absent", 5),
        ("DELETE", "u/42/a.txt", 5),
    ] {
        policy(&["check", &file, method, &target(key)]).ends_with(code);
    }
    let nobody = policy(&["from-log", path.to_str().unwrap(), "--secret-id", "AKIDnobody"]);
    assert!(nobody.ends_with(1).stderr.contains("--secret-id"));
    policy(&["from-log", &file]).ends_with(2);
}

#[test]
fn a_policy_that_is_too_wide_is_told_or_refused() {
    let all = format!("GET {}", target("*"));
    let told = policy(&["for", &all]).ends_with(0);
    assert!(told.stderr.contains("warning: wildcard-resource: statement[0]"), "{told:?}");
    let denied = policy(&["for", &all, "--deny-warnings"]).ends_with(2);
    assert!(denied.stdout.is_empty(), "{denied:?}");
    policy(&["for", &format!("GET {}", target("pub/*")), "--deny-warnings"]).ends_with(0);
}

#[test]
fn a_policy_is_proved_by_requests_that_are_really_sent() {
    let folder = tempfile::tempdir().unwrap();
    let put = format!("PUT {}", target("u/42/*"));
    let get = format!("GET {}", target("pub/*"));
    let more = ["--max-size", "20", "--content-type", "image/*"];
    let written = policy(&[&["for", &put, &get][..], &more].concat()).ends_with(0).stdout;
    let file = kept(&folder, "policy.json", &written);
    let png = "-H 'Content-Type: image/png' -H 'Content-Length: 20'";
    let (inside, outside) = (target("u/42/a b.png"), target("u/43/a.png"));
    let allow = format!("# what is meant\nPUT '{inside}' {png}\n\nGET {}\n", target("pub/x"));
    let deny = [
        format!("PUT {outside} {png}"),
        format!("PUT '{inside}' -H 'Content-Type: text/html' -H 'Content-Length: 20'"),
        format!("PUT '{inside}' -H 'Content-Type: image/png' -H 'Content-Length: 21'"),
        format!("POST '{inside}' -H 'Content-Type: image/png'"),
        format!("PUT '{inside}' -q acl -H 'x-cos-acl: public-read'"),
        format!("DELETE '{inside}'"),
        format!("GET {}", target("")),
        "PUT cos://other-1250000000/u/42/a -H 'Content-Type: image/png' -H 'Content-Length: 1'"
            .to_owned(),
    ];
    let allow = kept(&folder, "allow.txt", &allow);
    let deny = kept(&folder, "deny.txt", &deny.join("\n"));
    let proved = policy(&["prove", &file, "--allow", &allow, "--deny", &deny]).ends_with(0);
    let marks: Vec<_> = proved.stdout.lines().map(|line| &line[..13]).collect();
    assert_eq!(marks[..2], ["ok   allowed ", "ok   allowed "], "{proved:?}");
    assert_eq!(marks[2..], ["ok   denied  "; 8], "{proved:?}");
    let swapped = policy(&["prove", &file, "--allow", &deny, "--deny", &allow]).ends_with(5);
    assert_eq!(swapped.stdout.matches("FAIL").count(), 10, "{swapped:?}");
    let form = format!("POST {} -H 'Content-Type: image/png'", target("u/42/a"));
    let form = kept(&folder, "form.txt", &form);
    let by_form = policy(&["for", &put, "--upload", "form", "--content-type", "image/*"]).stdout;
    let by_form = kept(&folder, "form.json", &by_form);
    policy(&["prove", &by_form, "--allow", &form]).ends_with(0);
    for (wrong, told) in [
        ("", "has no request"),
        ("\nGET", "line 2: a request is a method and a target"),
        ("GET cos://b-1/a --from-ip 10.0.0.1", "sees 127.0.0.1 alone"),
        ("GET cos://b-1/a --tls 1.3", "plain HTTP"),
        ("POST cos://b-1/ -q delete", "ask of each key"),
        ("FETCH cos://b-1/a", "it is no method"),
        ("GET cos://b-1/a b", "quote what has spaces"),
        ("PUT cos://b-1/a -H 'Content-Length: -1'", "line 1: Content-Length: \"-1\""),
        ("PUT cos://b-1/a -H 'host: x'", "line 1: the header host is made"),
    ] {
        let wrong = kept(&folder, "wrong.txt", wrong);
        let refused = policy(&["prove", &file, "--allow", &wrong]).ends_with(2);
        assert!(refused.stderr.contains(told), "{refused:?}");
    }
    policy(&["prove", &file]).ends_with(2);
}

/// Proves requests of one kind, and returns what was printed.
fn proved(folder: &tempfile::TempDir, policy_text: &str, more: &[&str], requests: &str) -> Ran {
    let file = kept(folder, "proved.json", policy_text);
    let requests = kept(folder, "requests.txt", requests);
    let kind = if more.contains(&"--deny") { None } else { Some("--allow") };
    let arguments = [&["prove", &file][..], more, kind.as_slice(), &[&requests]].concat();
    policy(&arguments)
}

/// A policy of one statement that allows.
fn allowing(actions: &str, resources: &[&str]) -> String {
    let resources = serde_json::to_string(resources).unwrap();
    format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"{actions}","resource":{resources}}}]}}"#
    )
}

const OWN: &str = "qcs::cos:ap-guangzhou:uid/1250000000:examplebucket-1250000000/*";

#[test]
fn what_sts_would_not_hand_out_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    let get = format!("GET {}", target("a"));
    // Resources of two accounts.
    let two = allowing("name/cos:GetObject", &[OWN, "qcs::cos::uid/1260000000:b-1260000000/*"]);
    let refused = proved(&folder, &two, &[], &get).ends_with(1);
    assert!(refused.stderr.contains("STS gives no keys with this policy"), "{refused:?}");
    assert!(refused.stderr.contains("GrantOtherResource"), "{refused:?}");
    // More than a token holds: a user may have it.
    let many: Vec<_> =
        (0..50).map(|n| OWN.replace('*', &format!("a-long-folder-{n:0>40}/*"))).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let long = allowing("name/cos:GetObject", &many);
    let inside = format!("GET {}", target(&format!("a-long-folder-{:0>40}/x", 1)));
    let refused = proved(&folder, &long, &[], &inside).ends_with(1);
    assert!(refused.stderr.contains("ExtendStrategyOverSize"), "{refused:?}");
    assert!(refused.stderr.contains("--user"), "{refused:?}");
    let of_user = proved(&folder, &long, &["--user"], &inside).ends_with(0);
    assert!(of_user.stdout.starts_with("ok   allowed 404 GET "), "{of_user:?}");
    proved(&folder, &long, &["--user", "--deny"], &get).ends_with(0);
}

#[test]
fn another_account_s_bucket_is_out_of_reach_whatever_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let all = allowing("*", &["*"]);
    let foreign = "GET cos://a-1250000000/x\nGET cos://b-1260000000/x\n";
    let ran = proved(&folder, &all, &[], foreign).ends_with(5);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("ok   allowed 404"), "{ran:?}");
    assert!(lines[1].starts_with("FAIL denied  403"), "{ran:?}");
    assert!(lines[2].contains("of another account"), "{ran:?}");
    assert!(ran.stderr.contains("wildcard-resource"), "{ran:?}");
    proved(&folder, &all, &["--deny"], foreign).ends_with(5);
    proved(&folder, &all, &["--deny", "--deny-warnings"], foreign).ends_with(2);
}

#[test]
fn what_a_request_changed_does_not_decide_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let policy_text = allowing("name/cos:DeleteBucket", &[OWN]);
    let delete = kept(&folder, "allow.txt", &format!("DELETE {0}\nDELETE {0}\n", target("")));
    let get = kept(&folder, "deny.txt", &format!("GET {}\n", target("a")));
    let file = kept(&folder, "policy.json", &policy_text);
    let ran = policy(&["prove", &file, "--allow", &delete, "--deny", &get]).ends_with(0);
    let marks: Vec<_> = ran.stdout.lines().map(|line| &line[..16]).collect();
    assert_eq!(marks, ["ok   allowed 204", "ok   allowed 204", "ok   denied  403"], "{ran:?}");
}

#[test]
fn a_bucket_s_policy_is_proved_by_whom_it_names_and_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"version":"2.0","statement":[
        {"effect":"allow","principal":{"qcs":["qcs::cam::uin/1:uin/2"]},
         "action":["name/cos:GetObject","name/cos:PostObject"],"resource":"*"},
        {"effect":"allow","principal":"*","action":["name/cos:HeadObject","name/cos:PutObject","name/cos:PostObject"],
         "resource":"qcs::cos:ap-guangzhou:uid/1250000000:examplebucket-1250000000/pub/*"}]}"#;
    let form = |key: &str| format!("POST {} -H 'Content-Type: image/png'", target(key));
    let named = ["--as", "qcs::cam::uin/1:uin/2"];
    let requests = format!("GET {}\n{}\nHEAD '{}'\n", target("a"), form("a"), target("pub/a b"));
    proved(&folder, text, &named, &requests).ends_with(0);
    let others = ["--as", "qcs::cam::uin/1:uin/3", "--deny"];
    proved(&folder, text, &others, &format!("GET {}\n{}\n", target("a"), form("a"))).ends_with(0);
    let put = format!("PUT '{}' -H 'Content-Length: 3'", target("pub/a b"));
    let unsigned = format!("HEAD {} -q x=1\n{put}\n{}\n", target("pub/a"), form("pub/a"));
    proved(&folder, text, &[], &unsigned).ends_with(0);
    let requests = format!("GET {}\n{}\nHEAD {}\n", target("a"), form("a"), target("a"));
    proved(&folder, text, &["--deny"], &requests).ends_with(0);
    // What makes no sense is refused.
    let role = proved(&folder, text, &["--as", "qcs::cam::uin/1:role/3"], &requests).ends_with(2);
    assert!(role.stderr.contains("is a role"), "{role:?}");
    proved(&folder, text, &["--user"], &requests).ends_with(2);
    proved(&folder, &allowing("*", &[OWN]), &named, &requests).ends_with(2);
}

#[test]
fn a_file_that_is_no_policy_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    let check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        policy(&["check", path.to_str().unwrap(), "GET", &target("a")])
    };
    let good = allowing("name/cos:GetObject", &[OWN]);
    let many: Vec<_> = (0..22_000).map(|n| OWN.replace('*', &format!("{n}/*"))).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let wide = allowing("name/cos:GetObject", &many);
    let too_long = format!("the policy is {} bytes long; at most 20480", wide.len());
    for (bytes, told) in [
        (&b""[..], "nothing stands there; write {"),
        (b"hello", "not JSON from line 1, column 1 on; see whether a comma"),
        (b"\xFF\xFE{\0", "byte 1 and those behind it are not UTF-8"),
        (&good.as_bytes()[..40], "column 40 on; see whether"),
        (wide.as_bytes(), &too_long),
        (good.replace("effect", "effekt").as_bytes(), "write \"effect\", if that is meant"),
        (good.replace("2.0", "1.0").as_bytes(), "write \"2.0\""),
    ] {
        let refused = check(bytes).ends_with(2);
        assert!(refused.stderr.contains(told), "{told}: {refused:?}");
    }
    // What an editor puts before it says nothing, and neither does the case of an effect.
    check(format!("\u{feff}{good}").as_bytes()).ends_with(0);
    check(good.replace("allow", "Allow").as_bytes()).ends_with(0);
    let misspelt = check(good.replace("GetObject", "GetObjekt").as_bytes()).ends_with(5);
    assert!(misspelt.stderr.contains("warning: unknown-action: statement[0]"), "{misspelt:?}");
    let tls = ["check", path.to_str().unwrap(), "GET", &target("a"), "--tls", "9"];
    policy(&tls).ends_with(2);
    let twice = policy(&["diff", "-", "-"]).ends_with(2);
    assert!(twice.stderr.contains("standard input can be read once"), "{twice:?}");
}
