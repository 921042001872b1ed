//! `serve` and `demo`, run as a person runs them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use support::*;

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

fn url(served: &Served, method: &str, bucket: &str, place: &[&str]) -> String {
    let target = format!("cos://{bucket}/a b?.txt");
    let ran = signed(&[&["presign", method, &target, "--scheme", "http"], place].concat());
    let url = ran.ends_with(0).line().to_owned();
    assert!(url.contains(served.address().rsplit(':').next().unwrap()));
    url
}

#[test]
fn a_file_goes_up_and_comes_down_and_sigterm_ends_it() {
    let served = Served::start(
        &mut cospass(),
        &[
            "--bucket",
            "b-1",
            "--default-bucket",
            "b-2",
            "--map",
            "img.localhost=b-3",
            "--region",
            "ap-beijing",
        ],
    );
    let port = served.address().rsplit(':').next().unwrap().to_owned();
    let by_name = format!("localhost:{port}");
    let mapped = format!("img.localhost:{port}");
    for (bucket, place) in [
        ("b-1", ["--endpoint", &by_name]),
        ("b-2", ["--domain", served.address()]),
        ("b-3", ["--domain", &mapped]),
    ] {
        let up = url(&served, "PUT", bucket, &place);
        let (status, _) = curl(&["-X", "PUT", "--data-binary", bucket, "-H", "Content-Type:", &up]);
        assert_eq!(status, 200, "{up}");
        let down = url(&served, "GET", bucket, &place);
        assert_eq!(curl(&[&down]), (200, bucket.to_owned()));
        assert_eq!(curl(&["-X", "DELETE", &down]).0, 403);
    }
    let ran = served.stop().ends_with(0);
    assert!(ran.stderr.contains("export http_proxy=http://127.0.0.1:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("those of the environment"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(SECRET_KEY));
}

/// Starts an endpoint, and returns what it tells before it is killed.
fn told(args: &[&str]) -> String {
    let mut child = bare()
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !line.contains("stops the endpoint") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "{text}");
        text.push_str(&line);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    text
}

#[test]
fn what_is_given_up_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let unsynced = told(&["--data", data, "--no-sync"]);
    assert!(unsynced.contains("a power loss may lose any of them"), "{unsynced}");
    assert!(!told(&["--data", data]).contains("power loss"));
    let in_memory = told(&["--in-memory"]);
    assert!(in_memory.contains("gone when the endpoint stops"), "{in_memory}");
    assert!(in_memory.contains("export COS_SECRET_KEY="), "{in_memory}");
    for contradiction in [&["--in-memory", "--data", data][..], &["--in-memory", "--no-sync"], &[]]
    {
        let status = bare().arg("serve").args(contradiction).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{contradiction:?}");
    }
}

#[test]
fn made_credentials_are_shown_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let start = || told(&["--data", data.to_str().unwrap()]);
    let first = start();
    let kept = std::fs::read_to_string(data.join("credentials")).unwrap();
    let secret_key = kept.lines().find_map(|line| line.strip_prefix("SecretKey=")).unwrap();
    assert!(first.contains(&format!("export COS_SECRET_KEY={secret_key}\n")), "{first}");
    assert!(first.contains("No bucket is named"), "{first}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(data.join("credentials")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let second = start();
    assert!(!second.contains(secret_key) && second.contains("those kept in"), "{second}");
}

#[test]
fn the_demo_holds_with_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    for (name, content) in
        [("README.md", &b"hello"[..]), ("empty", b""), ("\u{1b}中 attachment'%?#.bin", &large)]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let ran = run(bare().arg("demo").arg(&path)).ends_with(0);
        assert!(ran.stdout.ends_with("\nAll of it held.\n"), "{}", ran.stdout);
        assert_eq!(ran.stdout.matches("   ok   ").count(), 11, "{}", ran.stdout);
        assert!(!ran.stdout.contains('\x1b'), "{}", ran.stdout);
        for told in ["explain: param-changed: ", "explain: expired: ", "explain: method: "] {
            assert!(ran.stdout.contains(told), "{}", ran.stdout);
        }
    }
}

#[test]
fn the_demo_takes_the_readme_or_makes_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let sample = run(bare().arg("demo").current_dir(folder.path())).ends_with(0);
    assert!(sample.stdout.contains("sample"), "{}", sample.stdout);
    std::fs::write(folder.path().join("README.md"), "x").unwrap();
    let readme = run(bare().arg("demo").current_dir(folder.path())).ends_with(0);
    assert!(readme.stdout.contains("README.md (1 bytes) goes up"), "{}", readme.stdout);
    let ran = run(bare().args(["demo", "/nonexistent"])).ends_with(1);
    assert!(ran.stderr.contains("/nonexistent"));
}

/// Every curl command that the demo prints does by hand what the demo did.
#[test]
fn the_commands_of_the_demo_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("it's 1.txt"), "hello\n").unwrap();
    let mut child = bare()
        .args(["demo", "--keep", "it's 1.txt"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap());
    let (mut commands, mut line) = (Vec::new(), String::new());
    while !line.starts_with("The endpoint stays up") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0);
        commands.extend(line.trim_end().strip_prefix("   $ curl ").map(str::to_owned));
    }
    let statuses: Vec<_> = commands
        .iter()
        .map(|command| {
            let script =
                format!("curl -s --noproxy '*' -o /dev/stderr -w '%{{http_code}}' {command}");
            let script = script.replace(" -o copy ", " -o copy -o /dev/stderr ");
            let output =
                Command::new("sh").arg("-c").arg(script).current_dir(folder.path()).output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        })
        .collect();
    // The bucket is there already.
    assert_eq!(statuses, ["409", "200", "200", "403", "403", "403"]);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Reading a named pipe blocks a thread for as long as somebody holds it open.
#[test]
#[cfg(unix)]
fn a_demo_that_waits_for_a_pipe_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = bare().arg("demo").arg(&pipe).stderr(Stdio::null()).spawn().unwrap();
    // Opened as soon as the demo has opened it, too.
    let held = std::fs::File::options().write(true).open(&pipe).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let exited = (0..1000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        child.try_wait().unwrap()
    });
    let _ = child.kill();
    drop(held);
    assert_eq!(exited.expect("it ends").code(), Some(1));
}
