//! A started endpoint, a client of it, and a transport between them that fails where it is told.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "it serves tests alone"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cospass::{
    Body, Bucket, Client, ClientBuilder, Credentials, Endpoint, HyperTransport, ObjectKey, Region,
    RetryPolicy, Scheme, Sending, Transport, TransportError,
};
use cospass_server::{Builder, Clock, Running, Server};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tempfile::TempDir;

pub const BUCKET: &str = "examplebucket-1250000000";

/// An endpoint with the bucket [`BUCKET`], whose clock shows the time of the system until it is set.
pub struct Served {
    pub running: Running,
    pub clock: Clock,
    pub folder: TempDir,
}

pub fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "EXAMPLEKEY")
}

pub fn bucket() -> Bucket {
    Bucket::new(BUCKET).unwrap()
}

pub fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Bytes that repeat nowhere near.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
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

pub async fn serve() -> Served {
    serve_with(|builder| builder).await
}

pub async fn serve_with(change: impl FnOnce(Builder) -> Builder) -> Served {
    let folder = TempDir::new().unwrap();
    let clock = Clock::manual(now());
    let builder = Server::builder()
        .data_dir(folder.path())
        .credentials(credentials())
        .bucket(BUCKET)
        .clock(clock.clone());
    let running = change(builder).start().await.unwrap();
    Served { running, clock, folder }
}

impl Served {
    /// A client that takes the endpoint for the service, and what it sends.
    pub fn client(&self) -> (Client, Arc<Faulty>) {
        self.client_with(|builder| builder)
    }

    pub fn client_with(
        &self,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> (Client, Arc<Faulty>) {
        let transport = Arc::new(Faulty::to(self));
        let quick = RetryPolicy { first_wait: Duration::from_millis(2), ..RetryPolicy::default() };
        let region = Region::new("ap-guangzhou").unwrap();
        let builder = Client::builder(credentials(), Endpoint::default_domain(region))
            .scheme(Scheme::Http)
            .retry(quick)
            .transport(Handle(Arc::clone(&transport)));
        (change(builder).build(), transport)
    }
}

/// What happens to one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is not sent.
    NotConnected,
    /// It is sent, and the answer is lost.
    AnswerLost,
    /// It is not sent, and answered like this: status, header, body.
    Answered(u16, &'static str, &'static str, &'static str),
    /// Of the answer's body so many bytes come.
    CutAt(usize),
    /// A byte of the answer's body is another.
    Flipped(usize),
    /// A byte of the request's body is another.
    SentFlipped(usize),
    /// The answer tells the CRC64 1.
    OtherCrc,
}

/// What was sent: method, URL, body's length.
#[derive(Clone, Debug)]
pub struct Logged {
    pub method: String,
    pub url: String,
    pub range: Option<String>,
    pub status: u16,
}

/// A transport that fails where it is told, and keeps what went through it.
pub struct Faulty {
    inner: HyperTransport,
    script: Mutex<VecDeque<Fault>>,
    log: Mutex<Vec<Logged>>,
}

impl Faulty {
    pub fn to(served: &Served) -> Self {
        Self {
            inner: HyperTransport::to_address(served.running.local_addr()),
            script: Mutex::default(),
            log: Mutex::default(),
        }
    }

    /// What happens to the next requests.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.lock().unwrap().extend(faults);
    }

    pub fn log(&self) -> Vec<Logged> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let fault = self.script.lock().unwrap().pop_front().unwrap_or(Fault::None);
        let range = request.headers().get("range").map(|range| range.to_str().unwrap().to_owned());
        let logged = Logged {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            range,
            status: 0,
        };
        let (id, answer) = {
            let mut log = self.log.lock().unwrap();
            log.push(logged);
            (log.len() - 1, self.act(request, fault))
        };
        let answer = answer.await;
        if let Some(logged) = self.log.lock().unwrap().get_mut(id) {
            logged.status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        }
        answer
    }

    async fn act(
        &self,
        request: Request<Body>,
        fault: Fault,
    ) -> Result<Response<Body>, TransportError> {
        match fault {
            Fault::None => self.inner.send(request).await,
            Fault::NotConnected => Err(TransportError::Connect { cause: "told so".to_owned() }),
            Fault::AnswerLost => {
                let answer = self.inner.send(request).await?;
                answer.into_body().collect().await.unwrap();
                Err(TransportError::Interrupted { cause: "told so".to_owned() })
            }
            Fault::Answered(status, name, value, body) => {
                let answer = Response::builder().status(status).header(name, value);
                Ok(answer.body(whole(body.as_bytes().to_vec())).unwrap())
            }
            Fault::CutAt(length) => {
                let (head, body) = self.inner.send(request).await?.into_parts();
                let bytes = body.collect().await.unwrap().to_bytes();
                let frames = [Ok(bytes.slice(..length.min(bytes.len()))), Err(())];
                Ok(Response::from_parts(head, broken(frames)))
            }
            Fault::Flipped(at) => {
                let (head, body) = self.inner.send(request).await?.into_parts();
                let mut bytes = body.collect().await.unwrap().to_bytes().to_vec();
                bytes[at] ^= 1;
                Ok(Response::from_parts(head, whole(bytes)))
            }
            Fault::OtherCrc => {
                let mut answer = self.inner.send(request).await?;
                answer.headers_mut().insert("x-cos-hash-crc64ecma", 1.into());
                Ok(answer)
            }
            Fault::SentFlipped(at) => {
                let (head, body) = request.into_parts();
                let mut bytes = body.collect().await.unwrap().to_bytes().to_vec();
                bytes[at] ^= 1;
                self.inner.send(Request::from_parts(head, whole(bytes))).await
            }
        }
    }
}

/// So that a test can keep the transport that it gives away.
pub struct Handle(pub Arc<Faulty>);

impl Transport for Handle {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        Box::pin(self.0.exchange(request))
    }
}

fn whole(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync()
}

fn broken(frames: [Result<Bytes, ()>; 2]) -> Body {
    struct Frames(VecDeque<Result<Bytes, ()>>);
    impl hyper::body::Body for Frames {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<std::io::Result<hyper::body::Frame<Bytes>>>> {
            std::task::Poll::Ready(self.0.pop_front().map(|frame| {
                let reset = || std::io::ErrorKind::ConnectionReset.into();
                frame.map(hyper::body::Frame::data).map_err(|()| reset())
            }))
        }
    }
    Frames(frames.into_iter().collect()).boxed_unsync()
}
