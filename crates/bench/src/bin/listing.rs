//! What a page of a listing costs as the bucket grows, and how much memory the endpoint takes.
//!
//! ```text
//! cospass-bench-listing COSPASS OUT [COUNT …]      (by default 10000 and 1000000 objects)
//! ```
//!
//! `COSPASS` is the binary under test, `OUT` the JSON file: `pages`, an object for each count and kind of page with the times
//! within which half and 99 of 100 came and the processor's time for one, in milliseconds; `memory`, an object for each state
//! of the endpoint with what it took, in megabytes; `filling`, for each count the uploads a second. For each count an endpoint serves a temporary folder, which is filled through it with
//! empty objects. All of them run at the same time, and pages are asked for in turn, so that what else the machine does falls
//! on each alike: of 1000 keys from the start and behind random markers, and of 100 common prefixes behind random markers. Then 256 clients download from the largest, and upload to it, at the
//! same time. The endpoints do not wait for the disk meanwhile, or filling would take longer still.

#![allow(clippy::print_stdout, reason = "the table is this program's output")]

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

const BUCKET: &str = "bench-1250000000";
const KEY: &str = "bench";

const FILLERS: u32 = 16;
const PAGES: u32 = 300;

/// How many keys a folder has.
const FOLDER: u32 = 100;
const CLIENTS: usize = 256;
const LARGE: usize = 4 << 20;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: cospass-bench-listing COSPASS OUT [COUNT …]";
    let (binary, out) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let mut counts: Vec<u32> = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    if counts.is_empty() {
        counts = vec![10_000, 1_000_000];
    }
    let folder = std::env::temp_dir().join(format!("cospass-listing-{}", std::process::id()));
    let measured = measure(Path::new(&binary), &folder, &counts);
    let _ = std::fs::remove_dir_all(&folder);
    if let Some(folder) = Path::new(&out).parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(out, format!("{:#}\n", measured?.to_json()))?)
}

/// What was measured, told as it comes.
#[derive(Default)]
struct Measured {
    filling: Vec<Value>,
    pages: Vec<Value>,
    memory: Vec<Value>,
}

impl Measured {
    fn memory(&mut self, state: &str, megabytes: f64) {
        println!("{state:30} {megabytes:>6.1} MB");
        self.memory.push(json!({ "state": state, "megabytes": megabytes }));
    }

    fn to_json(&self) -> Value {
        json!({ "filling": self.filling, "pages": self.pages, "memory": self.memory })
    }
}

fn measure(binary: &Path, folder: &Path, counts: &[u32]) -> Result<Measured, Failure> {
    let (mut measured, mut filled) = (Measured::default(), Vec::new());
    for &count in counts {
        let served = Served::start(binary, &folder.join(count.to_string()))?;
        if filled.is_empty() {
            measured.memory("idle", served.memory("VmRSS")?);
        }
        let started = Instant::now();
        fill(&served, count)?;
        let speed = f64::from(count) / started.elapsed().as_secs_f64();
        filled.push(Filled { served, count, speed, pages: Kind::ALL.map(|_| Pages::default()) });
    }
    for number in 0..PAGES {
        for it in &mut filled {
            for (kind, pages) in Kind::ALL.into_iter().zip(&mut it.pages) {
                let before = it.served.processor_time()?;
                pages.times.push(page(&it.served, kind, it.count, number)?);
                pages.processor += it.served.processor_time()?.saturating_sub(before);
            }
        }
    }
    for Filled { served, count, speed, pages } in &mut filled {
        println!("{count} objects: {speed:.0} PUTs a second");
        measured.filling.push(json!({ "objects": count, "uploads_per_second": speed.round() }));
        measured.memory(&format!("{count} objects"), served.memory("VmRSS")?);
        for (kind, Pages { times, processor }) in Kind::ALL.into_iter().zip(pages) {
            times.sort_unstable();
            let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
            let (half, most) = (at(50).as_secs_f64() * 1e3, at(99).as_secs_f64() * 1e3);
            let processor = processor.as_secs_f64() * 1e3 / f64::from(PAGES);
            println!(
                "  {:35} half within {half:>6.2} ms, 99 % within {most:>6.2} ms, {processor:>5.2} ms of processor time",
                kind.name(),
            );
            measured.pages.push(json!({
                "objects": count, "page": kind.name(), "half": half, "most": most,
                "processor": processor,
            }));
        }
    }
    drop(filled);
    let most = counts.iter().max().ok_or("no counts")?;
    let folder = &folder.join(most.to_string());

    let served = Served::start(binary, folder)?;
    thread::sleep(Duration::from_secs(1));
    measured.memory("started again", served.memory("VmRSS")?);
    let body = vec![7; LARGE];
    Client::connect(&served)?.put("large", &body)?;
    together(|number| {
        let mut client = Client::connect(&served)?;
        client.get(if number % 2 == 0 { "large" } else { "key/000000/00" })
    })?;
    measured.memory(&format!("{CLIENTS} clients downloaded"), served.memory("VmHWM")?);
    drop(served);
    let served = Served::start(binary, folder)?;
    together(|number| Client::connect(&served)?.put(&format!("up/{number}"), &body))?;
    measured.memory(&format!("{CLIENTS} clients uploaded"), served.memory("VmHWM")?);
    Ok(measured)
}

/// Does something for many clients at once.
fn together(run: impl Fn(usize) -> Result<(), Failure> + Sync) -> Result<(), Failure> {
    thread::scope(|scope| {
        let run = &run;
        let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || run(number))).collect();
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| "a client panicked")?)
    })
}

fn key(number: u32) -> String {
    format!("key/{:06}/{:02}", number / FOLDER, number % FOLDER)
}

fn fill(served: &Served, count: u32) -> Result<(), Failure> {
    let next = AtomicU32::new(0);
    thread::scope(|scope| {
        let filler = || {
            let mut client = Client::connect(served)?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                client.put(&key(number), b"")?;
            }
        };
        let fillers: Vec<_> = (0..FILLERS).map(|_| scope.spawn(filler)).collect();
        fillers.into_iter().try_for_each(|filler| filler.join().map_err(|_| "a filler panicked")?)
    })
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Kind {
    FromTheStart,
    BehindAMarker,
    Folders,
}

impl Kind {
    const ALL: [Self; 3] = [Self::FromTheStart, Self::BehindAMarker, Self::Folders];

    fn name(self) -> &'static str {
        match self {
            Self::FromTheStart => "1000 keys from the start",
            Self::BehindAMarker => "1000 keys behind a marker",
            Self::Folders => "100 common prefixes behind a marker",
        }
    }
}

/// How long a page takes, somewhere in the bucket.
fn page(served: &Served, kind: Kind, count: u32, number: u32) -> Result<Duration, Failure> {
    let mut client = Client::connect(served)?;
    // A multiplicative walk: neither in order nor ever twice.
    let at = |entries: u32, shown: u32| {
        number.wrapping_mul(2_654_435_761) % entries.saturating_sub(shown).max(1)
    };
    let (marker, most, mut params, mark) = match kind {
        Kind::FromTheStart => (String::new(), 1000, vec![], "<Key>"),
        Kind::BehindAMarker => (key(at(count, 1001)), 1000, vec![], "<Key>"),
        Kind::Folders => {
            let marker = format!("key/{:06}/", at(count / FOLDER, 101));
            (marker, 100, vec![("delimiter", "/"), ("prefix", "key/")], "<CommonPrefixes>")
        }
    };
    let (text, behind) = (most.to_string(), usize::from(!marker.is_empty()));
    params.extend([("marker", &*marker), ("max-keys", &text)]);
    let started = Instant::now();
    let page = client.list(&params)?;
    let time = started.elapsed();
    let shown = page.windows(mark.len()).filter(|window| window == &mark.as_bytes()).count();
    let there = match kind {
        Kind::Folders => count.div_ceil(FOLDER) as usize - behind,
        _ => count as usize - behind,
    };
    if shown != there.min(most) {
        return Err(format!("{shown} times {mark} behind {marker:?}").into());
    }
    Ok(time)
}

/// The pages of one kind.
#[derive(Default)]
struct Pages {
    /// How long each took.
    times: Vec<Duration>,
    /// What they took of the processors, all together: less depends on what else the machine does.
    processor: Duration,
}

/// An endpoint that holds so many objects.
struct Filled {
    served: Served,
    count: u32,
    /// PUTs a second.
    speed: f64,
    pages: [Pages; Kind::ALL.len()],
}

/// An endpoint in a process of its own.
struct Served {
    child: Child,
    address: String,
    signer: Signer,
    bucket: Bucket,
}

impl Served {
    fn start(binary: &Path, folder: &Path) -> Result<Self, Failure> {
        let data: PathBuf = folder.join("data");
        std::fs::create_dir_all(folder)?;
        let mut child = Command::new(binary)
            .args(["serve", "--no-sync", "--listen", "127.0.0.1:0", "--default-bucket", BUCKET])
            .arg("--data")
            .arg(data)
            .env("COS_SECRET_ID", KEY)
            .env("COS_SECRET_KEY", KEY)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address =
            line.trim().strip_prefix("listening on http://").ok_or("it does not listen")?;
        let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
        let signer = Signer::new(Credentials::new(KEY, KEY), endpoint);
        let address = address.to_owned();
        Ok(Self { child, address, signer, bucket: Bucket::new(BUCKET)? })
    }

    /// The processor time of all threads so far: the first number of `schedstat`, in nanoseconds
    /// (`Documentation/scheduler/sched-stats.rst`).
    fn processor_time(&self) -> Result<Duration, Failure> {
        let mut nanoseconds = 0_u64;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may have ended since.
            let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else {
                continue;
            };
            nanoseconds += text.split_whitespace().next().ok_or("no number")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// A field of `/proc/PID/status`, in MB.
    fn memory(&self, field: &str) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such field")?;
        let kib: f64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
struct Client<'a> {
    served: &'a Served,
    stream: TcpStream,
    read: Vec<u8>,
}

impl<'a> Client<'a> {
    fn connect(served: &'a Served) -> Result<Self, Failure> {
        let stream = TcpStream::connect(&served.address)?;
        stream.set_nodelay(true)?;
        Ok(Self { served, stream, read: Vec::new() })
    }

    fn put(&mut self, key: &str, body: &[u8]) -> Result<(), Failure> {
        self.exchange("PUT", key, &[], body).map(drop)
    }

    fn get(&mut self, key: &str) -> Result<(), Failure> {
        self.exchange("GET", key, &[], b"").map(drop)
    }

    fn list(&mut self, params: &[(&'static str, &str)]) -> Result<Vec<u8>, Failure> {
        self.exchange("GET", "", params, b"")
    }

    fn exchange(
        &mut self,
        method: &'static str,
        key: &str,
        params: &[(&'static str, &str)],
        body: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let Served { signer, bucket, .. } = self.served;
        let key = ObjectKey::new(format!("/{key}"))?;
        let call = signer.authorization(method, bucket, &key);
        let signed = call.params(params.iter().copied()).sign_host(false).expires(600).sign()?;
        let mut request = format!("{method} {}", key.path());
        for (index, (name, value)) in params.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            write!(request, "{mark}{name}={}", value.replace('/', "%2F"))?;
        }
        write!(request, " HTTP/1.1\r\nHost: {}\r\n", self.served.address)?;
        write!(request, "Authorization: {}\r\n", signed.authorization())?;
        write!(request, "Content-Length: {}\r\n\r\n", body.len())?;
        self.stream.write_all(request.as_bytes())?;
        self.stream.write_all(body)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Vec<u8>, Failure> {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end.saturating_add(4);
            }
            self.fill()?;
        };
        let head = String::from_utf8(self.read.drain(..end).collect())?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(head.into());
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.ok_or("no length")?.parse()?;
        while self.read.len() < length {
            self.fill()?;
        }
        Ok(self.read.drain(..length).collect())
    }

    fn fill(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer)? {
            0 => Err("the connection ended".into()),
            read => {
                self.read.extend(buffer.iter().take(read));
                Ok(())
            }
        }
    }
}
