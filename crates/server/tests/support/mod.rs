//! A started endpoint, and a client that writes every byte of a request itself.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "it serves tests alone"
)]

pub mod form;
pub mod log;
pub mod sts;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use cospass_protocol::xml::ErrorDocument;
use cospass_server::{Builder, Clock, Running, Server};
use cospass_sign::{
    Authorization, Canonical, Credentials, SecretKey, SigningKey, TOKEN_NAME, percent,
};
use redb::{ReadableDatabase, ReadableTableMetadata};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What the endpoint's clock shows when it starts.
pub const NOW: i64 = 1_700_000_000;
pub const SECRET_ID: &str = "AKIDEXAMPLE";
pub const SECRET_KEY: &str = "EXAMPLEKEY";
pub const BUCKET: &str = "examplebucket-1250000000";
pub const HOST: &str = "examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com";
pub const SERVICE: &str = "service.cos.myqcloud.com";

/// A running endpoint with the bucket [`BUCKET`].
pub struct Endpoint {
    running: Option<Running>,
    runtime: Runtime,
    pub clock: Clock,
    pub folder: TempDir,
    pub address: SocketAddr,
}

impl Endpoint {
    pub fn start() -> Self {
        Self::start_with(|builder| builder)
    }

    pub fn start_with(change: impl FnOnce(Builder) -> Builder) -> Self {
        Self::start_in(TempDir::new().unwrap(), change)
    }

    pub fn start_in(folder: TempDir, change: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock = Clock::manual(NOW);
        let builder = Server::builder()
            .data_dir(folder.path())
            .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
            .bucket(BUCKET)
            .clock(clock.clone());
        let running = runtime.block_on(change(builder).start()).unwrap();
        let address = running.local_addr();
        Self { running: Some(running), runtime, clock, folder, address }
    }

    pub fn shutdown(mut self) -> TempDir {
        self.runtime.block_on(self.running.take().unwrap().shutdown());
        let Self { folder, .. } = self;
        folder
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Takes the running endpoint out, to be stopped elsewhere: with the handle of its runtime.
    pub fn take_running(&mut self) -> (Running, tokio::runtime::Handle) {
        (self.running.take().unwrap(), self.runtime.handle().clone())
    }

    pub fn drop_running(&mut self) {
        self.running = None;
    }

    pub fn connect(&self) -> Connection {
        Connection::over(TcpStream::connect(self.address).unwrap())
    }

    /// Sends one request and reads its answer.
    pub fn send(&self, request: &Request) -> Answer {
        self.exchange(&request.bytes(), request.method == "HEAD")
    }

    pub fn exchange(&self, bytes: &[u8], is_head: bool) -> Answer {
        let mut connection = self.connect();
        connection.write(bytes);
        connection.answer(is_head)
    }

    /// Uploads an object and checks that it was taken.
    pub fn put(&self, target: &str, body: &[u8]) -> Answer {
        let answer = self.send(&put(target, body).sign());
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer
    }

    /// How many contents of objects and parts are kept, in blobs and in rows, when there are as many as expected, or soon.
    /// What is held while it is read or swept is removed a moment later.
    pub fn kept(&self, expected: usize) -> usize {
        let rows = self.rows();
        self.blobs(expected - rows) + rows
    }

    /// How many objects are kept beside their metadata: in what the endpoint has written so far, as a copy of it has it.
    fn rows(&self) -> usize {
        let copy = self.folder.path().join("copy.redb");
        std::fs::copy(self.folder.path().join("metadata.redb"), &copy).unwrap();
        let database = redb::Database::open(&copy).unwrap();
        let contents = redb::TableDefinition::<&[u8], &[u8]>::new("contents");
        let count = database.begin_read().unwrap().open_table(contents).unwrap().len().unwrap();
        std::fs::remove_file(copy).unwrap();
        count.try_into().unwrap()
    }

    /// How many blobs there are, when there are as many as expected, or soon.
    pub fn blobs(&self, expected: usize) -> usize {
        self.blobs_once(|blobs| blobs == expected)
    }

    /// How many blobs there are once there are as many as they are to be, now or soon: what nobody needs any more is removed
    /// behind the answer.
    pub fn blobs_once(&self, are_as_many: impl Fn(usize) -> bool) -> usize {
        for _ in 0..60 {
            let blobs = self.files("blobs");
            if are_as_many(blobs) {
                return blobs;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.files("blobs")
    }

    /// How many blobs, or uploads under way, there are.
    pub fn files(&self, folder: &str) -> usize {
        fn count(path: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
            let of = |entry: std::fs::DirEntry| match entry.file_type().unwrap().is_dir() {
                true => count(&entry.path()),
                false => 1,
            };
            entries.map(of).sum()
        }
        count(&self.folder.path().join(folder))
    }
}

pub struct Connection {
    pub stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Sends a request and reads the status of its answer; `None` if there is no whole head.
    pub fn exchange(&mut self, bytes: &[u8]) -> Option<u16> {
        self.stream.write_all(bytes).ok()?;
        let mut buffer = [0; 65536];
        while find(&self.read, b"\r\n\r\n").is_none() {
            let read = self.stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
            self.read.extend_from_slice(&buffer[..read]);
        }
        std::str::from_utf8(self.read.get(9..12)?).ok()?.parse().ok()
    }

    pub fn write(&mut self, bytes: &[u8]) {
        // The endpoint may have refused and closed before everything was sent.
        let _ = self.stream.write_all(bytes);
    }

    pub fn end_writing(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Reads an answer; the ones to HEAD have no body.
    pub fn answer(&mut self, is_head: bool) -> Answer {
        let end = loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                break end;
            }
            assert!(self.fill() > 0, "closed before an answer: {:?}", self.read);
        };
        let head = String::from_utf8(self.read.drain(..end + 4).take(end).collect()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new(), head };
        if !is_head && status >= 200 && status != 204 && status != 304 {
            let length = answer.header("Content-Length").map_or(0, |text| text.parse().unwrap());
            while self.read.len() < length {
                assert!(self.fill() > 0, "closed within a body");
            }
            answer.body = self.read.drain(..length).collect();
        }
        answer
    }

    /// Whether the endpoint closed the connection, within the read timeout.
    pub fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => !matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ),
        }
    }

    fn fill(&mut self) -> usize {
        let mut buffer = [0; 65536];
        let read = self.stream.read(&mut buffer).unwrap();
        self.read.extend_from_slice(&buffer[..read]);
        read
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// As they came, in their spelling.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub head: String,
}

impl Answer {
    /// A header by its exact spelling.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// What stands in all elements of a name, as it stands.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let pieces = self.text().split(open.as_str()).skip(1);
        pieces.map(|piece| piece.split_once(close.as_str()).unwrap().0).collect()
    }

    /// What stands in the only element of a name.
    pub fn only(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name}: {}", self.text());
        all[0]
    }

    pub fn error(&self) -> ErrorDocument {
        let document = ErrorDocument::read(&self.body).unwrap();
        for field in [&document.resource, &document.request_id, &document.trace_id] {
            assert!(!field.is_empty(), "{}", self.text());
        }
        document
    }
}

/// A request in the making.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub target: String,
    params: Vec<(String, String)>,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    secret_id: String,
    secret_key: String,
    key_time: (i64, i64),
    unsigned_params: Vec<(String, String)>,
    signature: Option<String>,
    in_query: bool,
}

pub fn request(method: &'static str, target: &str) -> Request {
    Request {
        method,
        target: target.to_owned(),
        params: Vec::new(),
        headers: vec![("Host".to_owned(), HOST.as_bytes().to_vec())],
        body: Vec::new(),
        secret_id: SECRET_ID.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        key_time: (NOW - 60, NOW + 300),
        unsigned_params: Vec::new(),
        signature: None,
        in_query: false,
    }
}

pub fn get(target: &str) -> Request {
    request("GET", target)
}

pub fn put(target: &str, body: &[u8]) -> Request {
    let length = body.len().to_string();
    request("PUT", target).header("Content-Length", length).body(body)
}

impl Request {
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.headers.retain(|(name, _)| name != "Host");
        self.header("Host", host)
    }

    pub fn without_host(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "Host");
        self
    }

    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn unsigned_param(mut self, name: &str, value: &str) -> Self {
        self.unsigned_params.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// With another length told than that of the body.
    pub fn replace_length(mut self, length: u64) -> Self {
        self.headers.retain(|(name, _)| name != "Content-Length");
        self.header("Content-Length", length.to_string())
    }

    pub fn key(mut self, secret_id: &str, secret_key: &str) -> Self {
        (self.secret_id, self.secret_key) = (secret_id.to_owned(), secret_key.to_owned());
        self
    }

    pub fn key_time(mut self, start: i64, end: i64) -> Self {
        self.key_time = (start, end);
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header(TOKEN_NAME, token)
    }

    /// Signs everything so far, in the Authorization header.
    pub fn sign(self) -> Self {
        self.sign_as(false)
    }

    /// Signs everything so far, in the query.
    pub fn presign(self) -> Self {
        self.sign_as(true)
    }

    fn sign_as(mut self, in_query: bool) -> Self {
        let path = percent::decode(self.target.split('?').next().unwrap().as_bytes()).into_owned();
        let mut canonical = Canonical::new();
        canonical.write(self.method, &path, &self.params, &self.headers);
        let time = format!("{};{}", self.key_time.0, self.key_time.1);
        let key = SigningKey::derive(&SecretKey::new(self.secret_key.clone()), &time);
        let signature = key.sign(&time, &canonical);
        let authorization = Authorization::new(
            &self.secret_id,
            &time,
            canonical.header_list(),
            canonical.param_list(),
            signature,
        );
        let mut text = String::new();
        match in_query {
            true => authorization.write_query(&mut text),
            false => authorization.write_header(&mut text),
        }
        (self.signature, self.in_query) = (Some(text), in_query);
        self
    }

    /// Changes the signature text.
    pub fn tamper(mut self, change: impl FnOnce(String) -> String) -> Self {
        self.signature = self.signature.map(change);
        self
    }

    /// The path and query as they are sent.
    pub fn sent_target(&self) -> String {
        let encode = |text: &str| percent::encode(text.as_bytes());
        let params = self.params.iter().chain(&self.unsigned_params);
        let mut pieces: Vec<String> = params
            .map(|(name, value)| match value.as_str() {
                "" => encode(name),
                _ => format!("{}={}", encode(name), encode(value)),
            })
            .collect();
        pieces.extend(self.signature.clone().filter(|_| self.in_query));
        match pieces.is_empty() {
            true => self.target.clone(),
            false => format!("{}?{}", self.target, pieces.join("&")),
        }
    }

    pub fn head(&self) -> Vec<u8> {
        self.head_to(&self.sent_target())
    }

    /// The head with another request target.
    pub fn head_to(&self, target: &str) -> Vec<u8> {
        let mut bytes = format!("{} {target} HTTP/1.1\r\n", self.method).into_bytes();
        let authorization = self.signature.clone().filter(|_| !self.in_query);
        let authorization = authorization.map(|text| ("Authorization".to_owned(), text.into()));
        for (name, value) in self.headers.iter().chain(&authorization) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    pub fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}
