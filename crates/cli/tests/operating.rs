//! `serve` as an operator runs it: the clock, the control listener, the access log, signals.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::*;

/// The status and the body of an answer.
fn curl(arguments: &[&str]) -> (u16, String) {
    let output = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "-w", "\n%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

/// A URL of an object that need not be there, signed at a time.
fn url(served: &Served, time: &str) -> String {
    let target = format!("cos://{BUCKET}/a");
    let place = ["--scheme", "http", "--domain", served.address(), "--now", time];
    signed(&[&["presign", "GET", &target], &place[..]].concat()).ends_with(0).line().to_owned()
}

const SERVED: [&str; 2] = ["--default-bucket", BUCKET];

#[test]
fn signatures_are_judged_by_the_clock_that_is_given() {
    for (clock, good) in [("fixed:1700000000", NOW), ("offset:-9m", "now"), ("offset:+1d", "later")]
    {
        let served = Served::start(&mut cospass(), &[&SERVED[..], &["--clock", clock]].concat());
        let system = std::time::SystemTime::now();
        let system = system.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let (good, bad) = match good {
            "now" => (system - 540, system - 2000),
            "later" => (system + 86_400, system),
            fixed => (fixed.parse().unwrap(), system),
        };
        assert_eq!(curl(&[&url(&served, &good.to_string())]).0, 404, "{clock}");
        assert_eq!(curl(&[&url(&served, &bad.to_string())]).0, 403, "{clock}");
        let told = served.stop().ends_with(0).stderr;
        assert!(told.contains("The clock is not the system's"), "{told}");
    }
}

#[test]
fn the_control_listener_moves_the_clock_and_explains() {
    let control = ["--control", "127.0.0.1:0", "--clock", "fixed:1700000000"];
    let mut served = Served::start(&mut cospass(), &[&SERVED[..], &control].concat());
    let line = served.line();
    let control = line.trim_end().strip_prefix("control on ").unwrap();
    let url = url(&served, NOW);
    assert_eq!(curl(&[&url]).0, 404);
    let moved = format!("{control}/clock");
    let json_type = ["-H", "Content-Type: application/json"];
    let (status, clock) = curl(&[&json_type[..], &["-d", r#"{"advance":"1h"}"#, &moved]].concat());
    let clock: Value = serde_json::from_str(&clock).unwrap();
    let shown = json!({"now": 1_700_003_600, "clock": "fixed:1700003600"});
    assert_eq!((status, clock), (200, shown));
    assert_eq!(curl(&[&url]).0, 403);
    let (status, list) = curl(&[&format!("{control}/requests?limit=1")]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((status, &list["requests"][0]["explanation"]["cause"]), (200, &json!("expired")));
    // The same words as those of the command.
    let told = signed(&["explain", "GET", &url, "--now", "1700003600", "--json"]).ends_with(4);
    assert_eq!(list["requests"][0]["explanation"], told.json());
    assert_eq!(curl(&[&format!("{control}/health")]), (200, "{\"status\":\"ready\"}\n".to_owned()));
    let address = control.strip_prefix("http://").unwrap();
    let ready = run(bare().args(["health", address])).ends_with(0);
    assert_eq!(ready.stdout, "{\"status\":\"ready\"}\n");
    let address = address.to_owned();
    served.stop().ends_with(0);
    let gone = run(bare().args(["health", &address])).ends_with(6);
    assert!(gone.stderr.contains(&address) && gone.stdout.is_empty(), "{gone:?}");
}

#[test]
fn the_access_log_goes_to_a_file_that_sighup_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let (log, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let path = log.to_str().unwrap();
    let served = Served::start(&mut cospass(), &[&SERVED[..], &["--access-log", path]].concat());
    curl(&[&url(&served, "1700000000")]);
    std::fs::rename(&log, &moved).unwrap();
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(10);
    while !log.exists() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    curl(&[&url(&served, "1700000000")]);
    served.stop().ends_with(0);
    for path in [&log, &moved] {
        let text = std::fs::read_to_string(path).unwrap();
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["cause"], &line["secret_id"]), (&json!("expired"), &json!(SECRET_ID)));
        assert!(!text.contains("q-signature"));
    }
}

/// `head -1` takes the announcement and closes the pipe; nobody reads the log.
#[test]
fn the_access_log_goes_to_standard_output_and_nobody_need_read_it() {
    let mut served = Served::start(&mut cospass(), &[&SERVED[..], &["--access-log", "-"]].concat());
    let url = url(&served, NOW);
    assert_eq!(curl(&[&url]).0, 403);
    let line: Value = serde_json::from_str(&served.line()).unwrap();
    assert_eq!((&line["method"], &line["status"]), (&json!("GET"), &json!(403)));
    drop(served.told.take());
    for _ in 0..3 {
        assert_eq!(curl(&[&url]).0, 403);
    }
    served.stop().ends_with(0);
}

/// `openssl` makes the certificate, as an operator would.
/// Where a certificate and its key are to be.
fn certificate_in(folder: &tempfile::TempDir) -> [String; 2] {
    ["cert.pem", "key.pem"].map(|name| folder.path().join(name).to_str().unwrap().to_owned())
}

/// Makes a certificate as people make them for a machine of their own.
fn certify(cert: &str, key: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"])
        .args(["/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-keyout", key, "-out", cert])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_certificate_of_one_s_own_is_trusted_where_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [cert, key] = certificate_in(&folder);
    certify(&cert, &key);
    let more = ["--tls-cert", cert.as_str(), "--tls-key", key.as_str()];
    let served = Served::start(&mut cospass(), &[&SERVED[..], &more].concat());
    let port = served.origin.strip_prefix("https://127.0.0.1:").unwrap();
    let list = |host: &str, trusted: Option<&str>| {
        let mut command = cospass();
        command.args(["ls", &format!("cos://{BUCKET}/"), "--domain", &format!("{host}:{port}")]);
        command.env_remove("SSL_CERT_FILE").envs(trusted.map(|path| ("SSL_CERT_FILE", path)));
        run(&mut command)
    };
    list("localhost", Some(&cert)).ends_with(0);
    let other_name = list("127.0.0.1", Some(&cert)).ends_with(6);
    assert!(other_name.stderr.contains("not valid for name"), "{other_name:?}");
    certify(&format!("{cert}.other"), &format!("{key}.other"));
    for trusted in [None, Some(format!("{cert}.other"))] {
        let doubted = list("localhost", trusted.as_deref()).ends_with(6);
        let told = "the server's certificate is not trusted: nobody who is trusted has signed it";
        assert!(doubted.stderr.contains(told), "{doubted:?}");
    }
}

#[test]
fn https_is_served_and_sighup_reads_the_certificate_again() {
    let folder = tempfile::tempdir().unwrap();
    let [cert, key] = certificate_in(&folder);
    let (cert, key) = (cert.as_str(), key.as_str());
    certify(cert, key);
    let more = ["--tls-cert", cert, "--tls-key", key];
    let served = Served::start(&mut cospass(), &[&SERVED[..], &more].concat());
    let address = served.origin.strip_prefix("https://127.0.0.1:").unwrap();
    let domain = format!("localhost:{address}");
    let target = format!("cos://{BUCKET}/a");
    let presign = |method| {
        signed(&["presign", method, &target, "--domain", &domain]).ends_with(0).line().to_owned()
    };
    let curl = |arguments: &[&str]| {
        // curl is another client than ours, and another library of TLS.
        let output = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--cacert", cert, "-w", "\n%{http_code}"])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        curl(&["-X", "PUT", "-H", "Content-Type:", "-d", "hello", &presign("PUT")]),
        "\n200"
    );
    assert_eq!(curl(&[&presign("GET")]), "hello\n200");
    certify(cert, key);
    let url = presign("GET");
    assert_eq!(curl(&[&url]), "\n000", "the endpoint still has the old certificate");
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(10);
    while curl(&[&url]) != "hello\n200" {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    std::fs::write(cert, "nothing").unwrap();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    let told = served.stop().ends_with(0).stderr;
    assert!(told.contains("the certificate stays as it was: there is no certificate in"), "{told}");
}

#[test]
#[cfg(unix)]
fn a_file_says_what_the_command_line_does_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = (folder.path().join("cospass.toml"), folder.path().join("secret-key"));
    std::fs::write(&key, format!("{SECRET_KEY}\n")).unwrap();
    let text = format!(
        "clock = \"fixed:{NOW}\"\nregion = \"ap-beijing\"\nlisten = \"127.0.0.1:1\"\n[map]\n\"127.0.0.1\" = \
         {BUCKET:?}\n[[account]]\nsecret_id = {SECRET_ID:?}\nsecret_key_file = {key:?}\n[[bucket]]\nname = \"b-1\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let path = config.to_str().unwrap();
    let mode = |mode| std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();

    mode(0o644);
    let refused = run(bare().args(["serve", "--in-memory", "--config", path])).ends_with(3);
    assert!(refused.stderr.contains("can be read by everybody"), "{refused:?}");
    mode(0o600);
    // The port of the file is one that nobody may take; the command line wins.
    let served = Served::start(&mut bare(), &["--config", path]);
    assert_eq!(curl(&[&url(&served, NOW)]).0, 404);
    let told = served.stop().ends_with(0).stderr;
    assert!(told.contains("--config") && !told.contains(SECRET_KEY), "{told}");

    std::fs::write(&config, "clock = \"system\"\nprot = 9000\n").unwrap();
    let refused = run(bare().args(["serve", "--in-memory", "--config", path])).ends_with(2);
    assert!(refused.stderr.contains("line 2, prot: unknown field"), "{refused:?}");
    run(bare().args(["serve", "--config", "/nonexistent"])).ends_with(1);
}

#[test]
#[cfg(unix)]
fn a_file_says_whose_buckets_are_whose_and_which_are_strict() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = (folder.path().join("cospass.toml"), folder.path().join("secret-key"));
    std::fs::write(&key, format!("{SECRET_KEY}\n")).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let account = |id: &str, more: &str| {
        format!("[[account]]\nsecret_id = {id:?}\nsecret_key_file = {key:?}\n{more}")
    };
    let write = |other: &str| {
        let text = format!(
            "clock = \"fixed:{NOW}\"\nin_memory = true\n[map]\n\"127.0.0.1\" = {BUCKET:?}\n{}{other}[[bucket]]\nname = \
             {BUCKET:?}\nsignature = \"strict\"\n",
            account(SECRET_ID, "")
        );
        std::fs::write(&config, text).unwrap();
    };
    let appid = BUCKET.rsplit('-').next().unwrap();
    let path = config.to_str().unwrap();
    let serve = ["--config", path];

    write("");
    let served = Served::start(&mut bare(), &serve);
    let url_of_mine = url(&served, NOW);
    assert_eq!(curl(&[&url_of_mine]).0, 404);
    let (status, refused) = curl(&["-H", "Range: bytes=0-0", &url_of_mine]);
    assert!(status == 403 && refused.contains("header range must be signed"), "{refused}");
    served.stop().ends_with(0);

    // The bucket is another account's now, whose key did not sign.
    write(&account("AKIDOTHER", &format!("uin = \"2\"\nappid = {appid:?}\n")));
    let served = Served::start(&mut bare(), &serve);
    let (status, refused) = curl(&[&url(&served, NOW)]);
    assert!(status == 403 && refused.contains("Access Denied."), "{refused}");
    served.stop().ends_with(0);

    for (other, told) in [
        (account("AKIDOTHER", ""), "uin and appid"),
        (account(SECRET_ID, "uin = \"2\"\nappid = \"3\"\n"), "have the SecretId"),
    ] {
        write(&other);
        let refused = run(bare().args(["serve"]).args(serve)).ends_with(2);
        assert!(refused.stderr.contains(told), "{refused:?}");
    }
}

/// With 64 open files there are places for (64 - 32) / 2 connections.
#[test]
#[cfg(target_os = "linux")]
fn few_files_make_few_places_and_who_finds_none_is_told() {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    let folder = tempfile::tempdir().unwrap();
    let mut command = cospass_in_a_shell("ulimit -n 64", folder.path());
    let served = Served::start(&mut command, &SERVED);
    let address = served.address().to_owned();
    let ask = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("GET /a HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8_lossy(&status[9..]).into_owned()
    };
    let connect = || TcpStream::connect(&address).unwrap();
    let mut kept: Vec<_> = (0..16).map(|_| connect()).collect();
    for stream in &mut kept {
        assert_eq!(ask(stream), "403", "anonymous, and served");
    }
    for _ in 0..40 {
        assert_eq!(ask(&mut connect()), "503");
    }
    drop(kept);
    let deadline = Instant::now() + Duration::from_secs(10);
    while ask(&mut connect()) != "403" {
        assert!(Instant::now() < deadline, "it recovers");
        std::thread::sleep(Duration::from_millis(10));
    }
    // More at once than there are files.
    let crowd: Vec<_> = (0..100).map(|_| connect()).collect();
    drop(crowd);
    assert_eq!(curl(&[&url(&served, NOW)]).0, 403, "expired, and served");
    served.stop().ends_with(0);
}

/// The command, after something else in the same process.
#[cfg(target_os = "linux")]
fn cospass_in_a_shell(first: &str, folder: &std::path::Path) -> Command {
    let script = folder.join("run");
    let text = format!("{first}\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_cospass"));
    std::fs::write(&script, text).unwrap();
    let mut command = Command::new("sh");
    command.arg(script).env("COS_SECRET_ID", SECRET_ID).env("COS_SECRET_KEY", SECRET_KEY);
    command
}
