//! The commands that move bytes, run against `cospass serve`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{BUCKET, Ran, Served, bare, cospass, run, run_with};

const MIB: usize = 1024 * 1024;

struct Setup {
    served: Served,
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let served = Served::start(&mut cospass(), &["--bucket", BUCKET]);
        Self { served, folder: tempfile::tempdir().unwrap() }
    }

    /// A command with credentials, whose requests reach the endpoint.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cospass();
        command.args(arguments).args(["--region", "ap-guangzhou", "--scheme", "http"]);
        command.args(["--connect-to", self.served.address()]).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// A command without credentials.
    fn alone(&self, arguments: &[&str]) -> Command {
        let mut command = bare();
        command.args(arguments).args(["--connect-to", self.served.address()]);
        command.current_dir(self.folder.path());
        command
    }

    fn presign(&self, method: &str, key: &str, more: &[&str]) -> String {
        let target = cos(key);
        let mut command = cospass();
        command.args(["presign", method, &target, "--region", "ap-guangzhou", "--scheme", "http"]);
        run(command.args(more)).ends_with(0).line().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn cos(key: &str) -> String {
    format!("cos://{BUCKET}/{key}")
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn a_file_goes_up_is_seen_comes_down_and_goes() {
    let setup = Setup::new();
    let bytes = noise(3 * MIB + 5);
    setup.write("a file", &bytes);
    let put =
        setup.run(&["put", "a file", &cos("x/"), "--part-size", "1M", "-H", "x-cos-meta-a: b"]);
    let put = put.ends_with(0);
    assert!(put.stderr.contains("a file -> cos://") && put.stdout.is_empty(), "{put:?}");
    let stat = setup.run(&["stat", &cos("x/a file"), "--json"]).ends_with(0).json();
    assert_eq!(
        (stat["size"].as_u64(), stat["metadata"][0][1].as_str()),
        (Some(bytes.len() as u64), Some("b"))
    );
    let listed = setup.run(&["ls", &cos("")]).ends_with(0);
    assert!(listed.line().ends_with(" x/"), "{listed:?}");
    let listed = setup.run(&["ls", "-r", "--json", &cos("")]).ends_with(0);
    assert_eq!(listed.json()["key"], "x/a file");
    setup.run(&["get", &cos("x/a file"), "copy", "--part-size", "1M"]).ends_with(0);
    assert!(std::fs::read(setup.path("copy")).unwrap() == bytes);
    setup.run(&["cp", &cos("x/a file"), &cos("y")]).ends_with(0);
    setup.run(&["get", &cos("y")]).ends_with(0);
    assert!(std::fs::read(setup.path("y")).unwrap() == bytes);
    let kept = setup.run(&["get", &cos("y"), "--no-clobber"]).ends_with(1);
    assert!(kept.stderr.contains("file-exists"), "{kept:?}");
    setup.run(&["rm", &cos("y"), &cos("x/a file")]).ends_with(0);
    let gone = setup.run(&["stat", &cos("y")]).ends_with(6);
    assert!(gone.stderr.contains("404"), "{gone:?}");
}

#[test]
fn standard_input_and_output_are_files_too() {
    let setup = Setup::new();
    let bytes = "line\n".repeat(1000);
    let put = run_with(&mut setup.command(&["put", "-", &cos("in")]), bytes.as_bytes());
    put.ends_with(0);
    assert_eq!(setup.run(&["cat", &cos("in")]).ends_with(0).stdout, bytes);
    assert_eq!(setup.run(&["get", &cos("in"), "-", "-q"]).ends_with(0).stdout, bytes);
    let nowhere = run_with(&mut setup.command(&["put", "-", &cos("")]), b"x").ends_with(2);
    assert!(nowhere.stderr.contains("no name"), "{nowhere:?}");
}

#[test]
fn folders_go_up_and_come_down_by_patterns() {
    let setup = Setup::new();
    for name in ["tree/a.txt", "tree/b/c.txt", "tree/b/d.jpg", "tree/line\nend"] {
        setup.write(name, name.as_bytes());
    }
    setup.run(&["put", "tree", &cos("t/")]).ends_with(2);
    let dry = setup.run(&["put", "-r", "tree", &cos("t/"), "--dry-run"]).ends_with(0);
    assert_eq!(dry.stderr.matches("would: ").count(), 4, "{dry:?}");
    let put = setup.run(&["put", "-r", "tree", &cos("t/"), "--json"]).ends_with(0);
    let done = put.lines().into_iter().filter(|event| event["event"] == "done");
    assert_eq!(done.count(), 4);
    setup.run(&["get", "-r", &cos("t/"), "back", "--include", "*.txt"]).ends_with(0);
    assert_eq!(std::fs::read(setup.path("back/b/c.txt")).unwrap(), b"tree/b/c.txt");
    assert!(!setup.path("back/b/d.jpg").exists());
    setup.run(&["get", "-r", &cos("t/"), "all", "-j", "3"]).ends_with(0);
    assert_eq!(std::fs::read(setup.path("all/line\nend")).unwrap(), b"tree/line\nend");
    setup.run(&["rm", "-r", &cos("t/"), "--exclude", "*.jpg"]).ends_with(0);
    assert_eq!(setup.run(&["ls", "-r", &cos("t/"), "--json"]).json()["key"], "t/b/d.jpg");
}

#[test]
fn no_key_is_written_outside_of_the_folder() {
    let setup = Setup::new();
    setup.write("inner", b"x");
    setup.run(&["put", "inner", &cos("p/../../outside")]).ends_with(0);
    setup.run(&["put", "inner", &cos("p/fine")]).ends_with(0);
    let got = setup.run(&["get", "-r", &cos("p/"), "deep/folder"]).ends_with(1);
    assert!(got.stderr.contains("unsafe-key"), "{got:?}");
    assert!(setup.path("deep/folder/fine").exists());
    assert!(!setup.path("outside").exists() && !setup.path("deep/outside").exists());
}

#[test]
fn buckets_are_made_and_removed() {
    let setup = Setup::new();
    setup.run(&["mb", "cos://other-1250000000/"]).ends_with(0);
    let buckets = setup.run(&["ls"]).ends_with(0);
    assert!(buckets.stdout.contains("other-1250000000"), "{buckets:?}");
    setup.run(&["rb", "cos://other-1250000000/"]).ends_with(0);
    setup.run(&["rb", "cos://other-1250000000/"]).ends_with(6);
    setup.run(&["mb", "cos://other-1250000000/key"]).ends_with(2);
}

/// The URL of a server that answers everything so.
fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/fresh", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn a_url_alone_is_enough() {
    let setup = Setup::new();
    let bytes = noise(2 * MIB + 1);
    setup.write("up", &bytes);
    let url = setup.presign("PUT", "u", &[]);
    run(&mut setup.alone(&["upload", &url, "up"])).ends_with(0);
    let url = setup.presign("GET", "u", &[]);
    run(&mut setup.alone(&["download", &url])).ends_with(0);
    assert!(std::fs::read(setup.path("u")).unwrap() == bytes);
    let mut shown = setup.alone(&["download", &url, "-", "-q"]);
    run(shown.stdout(Stdio::null())).ends_with(0);
    let hidden = run_with(&mut setup.alone(&["download", "-", "hidden"]), url.as_bytes());
    hidden.ends_with(0);
    assert!(std::fs::read(setup.path("hidden")).unwrap() == bytes);

    let ended = setup.presign("GET", "u", &["--now", "1700000000"]);
    let refused = run(&mut setup.alone(&["download", &ended, "v"])).ends_with(4);
    assert!(
        refused.stderr.contains("expired") && refused.stderr.contains("to go on"),
        "{refused:?}"
    );
    assert!(!refused.stderr.contains("q-signature"), "{refused:?}");
    let renew = format!("echo '{url}'");
    run(&mut setup.alone(&["download", &ended, "v", "--renew-command", &renew])).ends_with(0);
    assert!(std::fs::read(setup.path("v")).unwrap() == bytes);
    let length = url.len();
    let ok =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{url}");
    let fresh = answering(ok);
    run(&mut setup.alone(&["download", &ended, "x", "--renew-url", &fresh])).ends_with(0);
    assert!(std::fs::read(setup.path("x")).unwrap() == bytes);
    let gone = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let gone = answering(gone.to_owned());
    let refused = run(&mut setup.alone(&["download", &ended, "y", "--renew-url", &gone]));
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("the endpoint answered 404"), "{refused:?}");
    assert!(!setup.path("y").exists());
    let wrong = setup.presign("PUT", "u", &[]);
    let refused = run(&mut setup.alone(&["download", &wrong, "w"])).ends_with(5);
    assert!(refused.stderr.contains("wrong-method"), "{refused:?}");
    assert!(!setup.path("w").exists());
}

#[test]
fn a_shared_file_has_a_url() {
    let setup = Setup::new();
    setup.write("page.txt", b"shared");
    let shared = setup.run(&["share", "page.txt", &cos("s/"), "--expires", "10m"]).ends_with(0);
    let got = run(&mut setup.alone(&["download", shared.line(), "-", "-q"])).ends_with(0);
    assert_eq!(got.stdout, "shared");
}

/// Waits until the endpoint has some parts of an upload, and kills the command as `kill -9` does.
fn kill_on_the_way(command: &mut Command, wait: Duration) {
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(wait);
    child.kill().unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_a_risk_of_a_url_that_is_handed_out_is_told_or_refused() {
    let setup = Setup::new();
    setup.write("page.html", b"<html>");
    let denied = setup.run(&["share", "page.html", &cos("s/"), "--deny-warnings"]).ends_with(2);
    assert!(denied.stderr.contains("inline-type") && denied.stdout.is_empty(), "{denied:?}");
    // It was refused before it was uploaded.
    assert_eq!(setup.run(&["ls", &cos("s/")]).ends_with(0).stdout, "");
    let shared = setup.run(&["share", "page.html", &cos("s/"), "--expires", "30d"]).ends_with(0);
    for id in ["inline-type", "long-validity"] {
        assert!(shared.stderr.contains(&format!("warning: {id}: ")), "{shared:?}");
    }
    setup.write("page.txt", b"text");
    setup.run(&["share", "page.txt", &cos("s/"), "--deny-warnings"]).ends_with(0);

    let bundle = ["bundle", &cos("big"), "--size", "3M", "--part-size", "1M"];
    let denied = setup.run(&[&bundle[..], &["--deny-warnings"]].concat()).ends_with(2);
    assert!(denied.stderr.contains("permanent-key-write") && denied.stdout.is_empty());
    let made = setup.run(&bundle).ends_with(0);
    for id in ["permanent-key-write", "unsigned-content"] {
        assert_eq!(made.stderr.matches(&format!("warning: {id}: ")).count(), 1, "{made:?}");
    }
    setup.write("bundle.json", made.stdout.as_bytes());
    let renewed = setup.run(&["bundle", "--renew", "bundle.json"]).ends_with(0);
    assert!(renewed.stderr.contains("warning: permanent-key-write"), "{renewed:?}");
    setup.run(&["bundle", "--renew", "bundle.json", "--deny-warnings"]).ends_with(2);
}

#[test]
fn an_upload_with_a_bundle_survives_kill_9() {
    let setup = Setup::new();
    let bytes = noise(12 * MIB);
    setup.write("big", &bytes);
    let arguments =
        ["bundle", &cos("big"), "--size", "12M", "--part-size", "1M", "--expires", "15m"];
    let bundle = setup.run(&arguments).ends_with(0);
    setup.write("bundle.json", bundle.stdout.as_bytes());
    let slow = ["upload", "bundle.json", "big", "-j", "2", "--limit-rate", "6M", "-q"];
    for _ in 0..3 {
        kill_on_the_way(&mut setup.alone(&slow), Duration::from_millis(600));
    }
    let last = ["upload", "bundle.json", "big", "-j", "2", "--json"];
    run(&mut setup.alone(&last)).ends_with(0);
    setup.run(&["get", &cos("big"), "copy"]).ends_with(0);
    assert!(std::fs::read(setup.path("copy")).unwrap() == bytes);
    // Once more is done at once.
    run(&mut setup.alone(&last)).ends_with(0);
    let fresh = setup.run(&["bundle", "--renew", "bundle.json"]).ends_with(0);
    assert!(fresh.stdout.contains("cospass-upload-bundle"));
    setup.run(&["bundle", "--abort", "bundle.json"]).ends_with(6);
}

#[test]
fn a_download_goes_on_after_ctrl_c_and_kill_9() {
    let setup = Setup::new();
    let bytes = noise(10 * MIB);
    setup.write("big", &bytes);
    setup.run(&["put", "big", &cos("big"), "-q"]).ends_with(0);
    let url = setup.presign("GET", "big", &[]);
    let slow = ["download", &url, "copy", "--part-size", "1M", "--limit-rate", "3M", "-j", "2"];
    let mut child = setup.alone(&slow).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&setup.path("copy.cospass-part"));
    std::thread::sleep(Duration::from_millis(700));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{told}");
    assert!(
        told.contains("stopped") && told.contains("to go on: cospass download FRESH-URL copy"),
        "{told}"
    );
    assert!(setup.path("copy.cospass-checkpoint").exists() && !setup.path("copy").exists());
    kill_on_the_way(&mut setup.alone(&slow), Duration::from_millis(1500));
    let last = ["download", &url, "copy", "--part-size", "1M", "--json"];
    run(&mut setup.alone(&last)).ends_with(0);
    assert!(std::fs::read(setup.path("copy")).unwrap() == bytes);
    assert!(!setup.path("copy.cospass-part").exists());
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_wrong_on_the_command_line_is_said() {
    let setup = Setup::new();
    let missing = run(cospass().args(["get", &cos("a")])).ends_with(2);
    assert!(missing.stderr.contains("--region"), "{missing:?}");
    let keyless = run(bare().args(["get", &cos("a"), "--region", "ap-guangzhou"])).ends_with(3);
    assert!(keyless.stderr.contains("COS_SECRET_ID"), "{keyless:?}");
    setup.run(&["get", &cos("")]).ends_with(2);
    setup.run(&["put", "none", &cos("a")]).ends_with(1);
    setup.run(&["put", "none", &cos("a"), "--part-size", "x"]).ends_with(2);
    let full = setup.run(&["get", &cos("a"), "/no/such/a"]);
    assert_ne!(full.code, 0);
}
