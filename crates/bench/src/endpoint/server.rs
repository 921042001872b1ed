//! The servers, as processes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Scheme, Signer};

use crate::Outcome;

const BUCKET: &str = "bench-1250000000";
const SECRET_ID: &str = "AKIDBENCH";
const SECRET_KEY: &str = "bench";

/// A server that ends with this value.
pub(crate) struct Process(Child);

impl Process {
    /// The memory of this process and those that it started, resident, in bytes.
    pub(crate) fn memory(&self) -> Option<u64> {
        self.family()?.into_iter().map(resident).sum()
    }

    /// The processor time that this process and those that it started have taken so far, in and for them.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        self.family()?.into_iter().map(processor_time).sum()
    }

    fn family(&self) -> Option<Vec<u32>> {
        let pid = self.0.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        Some(std::iter::once(pid).chain(children).collect())
    }
}

/// That of all threads: the first number of `schedstat`, in nanoseconds (`Documentation/scheduler/sched-stats.rst`).
fn processor_time(pid: u32) -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

impl Drop for Process {
    fn drop(&mut self) {
        // The master of nginx ends its workers when it is asked to, not when it is killed.
        #[cfg(target_os = "linux")]
        if let Some(pid) = rustix::process::Pid::from_raw(self.0.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The endpoint, and a signer for its bucket.
pub(crate) struct Cospass {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    bucket: Bucket,
    signer: Signer,
}

impl Cospass {
    pub(crate) fn start(command: &Path, data: &Path) -> Outcome<Self> {
        fs::create_dir_all(data)?;
        let mut child = Command::new(command)
            .args(["serve", "--listen", "127.0.0.1:0", "--default-bucket", BUCKET, "--data"])
            .arg(data)
            .env("COS_SECRET_ID", SECRET_ID)
            .env("COS_SECRET_KEY", SECRET_KEY)
            .stdout(Stdio::piped())
            // What it tells a person.
            .stderr(Stdio::null())
            .spawn()?;
        let greeting = child.stdout.take().map(BufReader::new);
        let process = Process(child);
        let mut line = String::new();
        greeting.ok_or("no output")?.read_line(&mut line)?;
        let address = line.trim().rsplit("http://").next().unwrap_or_default().parse()?;
        let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
        let endpoint = Endpoint::custom_domain(format!("{address}"))?;
        let signer = Signer::new(credentials, endpoint);
        Ok(Self { process, address, bucket: Bucket::new(BUCKET)?, signer })
    }

    /// Path and query of a pre-signed URL.
    pub(crate) fn target(&self, method: &str, key: &str) -> Outcome<String> {
        self.target_with(method, key, &[])
    }

    /// As [`target`](Self::target), with parameters.
    pub(crate) fn target_with(
        &self,
        method: &str,
        key: &str,
        params: &[(&str, &str)],
    ) -> Outcome<String> {
        let key = ObjectKey::new(key)?;
        let call = self.signer.presigned_url(method, &self.bucket, &key);
        let call = call.scheme(Scheme::Http).expires(7200).params(params.iter().copied());
        let url = call.sign()?.url().to_owned();
        let path = url.splitn(4, '/').nth(3).ok_or("a URL without path")?;
        Ok(format!("/{path}"))
    }
}

/// nginx, and the folder that it serves.
pub(crate) struct Nginx {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) files: PathBuf,
}

impl Nginx {
    /// `None` if it is not installed.
    pub(crate) fn start(folder: &Path) -> Outcome<Option<Self>> {
        let Some(program) = find("nginx") else { return Ok(None) };
        let files = folder.join("files");
        fs::create_dir_all(&files)?;
        fs::create_dir_all(folder.join("body"))?;
        let folder = folder.canonicalize()?;
        let address = free_address()?;
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, configured(&folder, address))?;
        let child = Command::new(program)
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&configuration)
            .arg("-e")
            .arg(folder.join("error.log"))
            .stdout(Stdio::null())
            .spawn()?;
        let process = Process(child);
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            if started.elapsed() > Duration::from_secs(10) {
                return Err("nginx does not listen".into());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(Some(Self { process, address, files }))
    }
}

/// A worker for each core, `sendfile`, no access log (the endpoint writes none either unless it is asked to), and uploads
/// as files.
fn configured(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    #[cfg(target_os = "linux")]
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    #[cfg(not(target_os = "linux"))]
    let user = "";
    format!(
        "{user}
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    server {{
        listen {address} reuseport;
        root {folder}/files;
        dav_methods PUT DELETE;
    }}
}}
"
    )
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Where a program is installed. Debian keeps nginx where not everyone looks.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}
