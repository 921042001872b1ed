//! Running the real command, with nothing of the surroundings in its environment.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE0123456789abcdefABCDEF";
pub(crate) const SECRET_KEY: &str = "EXAMPLEsecretKEY0123456789abcdef";
pub(crate) const BUCKET: &str = "examplebucket-1250000000";
pub(crate) const NOW: &str = "1700000000";

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output without the end of its one line.
    pub(crate) fn line(&self) -> &str {
        let line = self.stdout.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{self:?}");
        line
    }

    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.line()).unwrap()
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// A command without credentials.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cospass"));
    // No home folder, and no machine that has a role: nothing is asked of a network.
    command.env_clear().env("COSPASS_METADATA_ENDPOINT", "");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// A command with the credentials of the vectors.
pub(crate) fn cospass() -> Command {
    let mut command = bare();
    command.env("COS_SECRET_ID", SECRET_ID).env("COS_SECRET_KEY", SECRET_KEY);
    command
}

pub(crate) fn run(command: &mut Command) -> Ran {
    ran(command.stdin(Stdio::null()).output().unwrap())
}

pub(crate) fn run_with(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A command that refuses its arguments reads nothing.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    ran(output)
}

fn ran(output: std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs with the credentials of the vectors.
pub(crate) fn signed(arguments: &[&str]) -> Ran {
    run(cospass().args(arguments))
}

pub(crate) fn target(key: &str) -> String {
    format!("cos://{BUCKET}/{key}")
}

/// A URL that is pre-signed at [`NOW`].
pub(crate) fn presigned(method: &str, key: &str, more: &[&str]) -> String {
    let target = target(key);
    let arguments = [&["presign", method, &target, "--region", "ap-guangzhou", "--now", NOW], more];
    signed(&arguments.concat()).ends_with(0).line().to_owned()
}

pub(crate) fn vectors(name: &str) -> Vec<serde_json::Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An endpoint on a free port, killed when it is dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) origin: String,
    /// What it tells after that.
    pub(crate) told: Option<BufReader<ChildStdout>>,
    pub(crate) folder: tempfile::TempDir,
}

impl Served {
    pub(crate) fn start(command: &mut Command, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        told.read_line(&mut line).unwrap();
        let origin = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, origin, told: Some(told), folder }
    }

    /// The next line on standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn address(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    /// Sends SIGTERM and waits.
    pub(crate) fn stop(mut self) -> Ran {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut stderr = String::new();
        let mut reader = BufReader::new(self.child.stderr.take().unwrap());
        while reader.read_line(&mut stderr).unwrap() > 0 {}
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, stdout: String::new(), stderr }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
