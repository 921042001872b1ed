//! An endpoint in a process of its own, killed and starved.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cospass_server::{Clock, Server};
use cospass_sign::Credentials;
use support::*;
use tempfile::TempDir;

const FOLDER: &str = "COSPASS_TEST_FOLDER";
const ROUNDS: usize = 8;

/// The endpoint's process: this test, run again by the others.
#[test]
#[ignore = "it serves until it is killed"]
fn endpoint_of_its_own() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let running = Server::builder()
            .data_dir(folder)
            .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
            .bucket(BUCKET)
            .clock(Clock::manual(NOW))
            .start()
            .await
            .unwrap();
        println!("\nlistening {}", running.local_addr());
        std::future::pending::<()>().await;
    });
}

struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts one, through a shell that may set limits first.
    fn start(folder: &Path, setup: &str) -> Self {
        let exe = std::env::current_exe().unwrap();
        let script =
            format!("{setup} exec \"$0\" --ignored --exact --nocapture endpoint_of_its_own");
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .arg(exe)
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map(Result::unwrap)
            .find_map(|line| Some(line.strip_prefix("listening ")?.parse().unwrap()));
        Self { child, address: address.unwrap() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an upload of a round holds: told by its name, and longer than one chunk at times.
fn content(round: usize, writer: usize, upload: usize) -> Vec<u8> {
    let length = [10, 70_000, 300_000][(round + upload) % 3];
    format!("{round}/{writer}/{upload} ").into_bytes().into_iter().cycle().take(length).collect()
}

#[test]
#[cfg(unix)]
fn what_was_acknowledged_survives_a_kill() {
    let folder = TempDir::new().unwrap();
    // The last acknowledged, and the unanswered, content of each key.
    let mut acknowledged: Vec<Option<Vec<u8>>> = vec![None; 3];
    for round in 0..ROUNDS {
        let process = Process::start(folder.path(), "");
        let address = process.address;
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                std::thread::spawn(move || {
                    let mut last = None;
                    for upload in 0.. {
                        let content = content(round, writer, upload);
                        let request = put(&format!("/{writer}"), &content).sign();
                        let sent = TcpStream::connect(address)
                            .ok()
                            .and_then(|stream| Connection::over(stream).exchange(&request.bytes()));
                        match sent {
                            Some(status) => assert_eq!(status, 200),
                            None => return (last, content),
                        }
                        last = Some(content);
                    }
                    unreachable!("the endpoint is killed")
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(40 + 17 * round as u64));
        drop(process);
        let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();

        let process = Process::start(folder.path(), "");
        for (writer, (last, unanswered)) in outcomes.into_iter().enumerate() {
            let mut connection = Connection::over(TcpStream::connect(process.address).unwrap());
            connection.write(&get(&format!("/{writer}")).sign().bytes());
            let answer = connection.answer(false);
            let found = (answer.status == 200).then_some(answer.body);
            let expected = last.or_else(|| acknowledged[writer].clone());
            let is_whole = found == expected || found.as_ref() == Some(&unanswered);
            assert!(is_whole, "round {round}, key {writer}: {:?}", found.map(|body| body.len()));
            acknowledged[writer] = found;
        }
    }
}

#[test]
#[cfg(unix)]
fn an_endpoint_without_file_descriptors_recovers() {
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), "ulimit -n 40;");
    let hoard: Vec<_> = (0..60).filter_map(|_| TcpStream::connect(process.address).ok()).collect();
    std::thread::sleep(Duration::from_millis(300));
    drop(hoard);
    // Who comes while the endpoint still finds out that the others are gone is told to come later.
    let upload = || {
        let mut connection = Connection::over(TcpStream::connect(process.address).unwrap());
        connection.write(&put("/a", b"x").sign().bytes());
        std::thread::sleep(Duration::from_millis(100));
        connection.answer(false).status
    };
    let answers: Vec<_> = (0..50).map(|_| upload()).take_while(|status| *status == 503).collect();
    assert!(answers.len() < 50, "it does not recover");
    assert_eq!(upload(), 200);
}
