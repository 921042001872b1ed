//! The layer before a router of axum, on a socket, beside the endpoint that it must agree with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/axum.rs"]
mod example;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::{Extension, Router, routing::get};
use cospass_protocol::xml::ErrorDocument;
use cospass_protocol::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner};
use cospass_server::{Clock, Server};
use cospass_sign::{Acceptance, Credentials, KeyTime};
use cospass_tower::{CosAuthLayer, Identity, LookupFailed, SecretLookup};

const NOW: i64 = 1_700_000_000;
const HOST: &str = "examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com";
const BUCKET: &str = "examplebucket-1250000000";

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret")
}

fn layer() -> CosAuthLayer<Credentials> {
    CosAuthLayer::new(credentials()).clock(|| NOW)
}

/// Serves a router on a free port, until the test ends.
async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Path and query of a pre-signed URL, signed by some credentials from a time on for five minutes.
fn presign(
    method: &str,
    key: &str,
    params: &[(&str, &str)],
    by: Credentials,
    start: i64,
) -> String {
    let (bucket, key) = (Bucket::new(BUCKET).unwrap(), ObjectKey::new(key).unwrap());
    let endpoint = Endpoint::custom_domain(HOST).unwrap();
    let request =
        PresignRequest { params, ..PresignRequest::new(method, &bucket, &key, &endpoint) };
    let key_time = KeyTime::new(start, start + 300);
    let signed = Presigner::new(by).presign(&request, key_time).unwrap();
    signed.url().split_once(HOST).unwrap().1.to_owned()
}

/// Sends a request with some header lines: status, head and body of the answer.
async fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &str,
) -> (u16, String, String) {
    let length = body.len();
    let bytes = format!(
        "{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_takes_what_is_signed_and_refuses_the_rest() {
    let address = serve(example::app(layer())).await;
    let up = presign("PUT", "notes/a b", &[], credentials(), NOW);
    let (status, _, body) = send(address, "PUT", &up, "", "hello").await;
    assert_eq!((status, body.as_str()), (200, "kept for AKIDEXAMPLE"));
    let down = presign("GET", "notes/a b", &[], credentials(), NOW);
    let (status, _, body) = send(address, "GET", &down, "", "").await;
    assert_eq!((status, body.as_str()), (200, "hello"));
    // A URL for reading is none for writing.
    assert_eq!(send(address, "PUT", &down, "", "other").await.0, 403);
    assert_eq!(send(address, "GET", &down, "", "").await.2, "hello");
}

/// The endpoint and the layer say the same: status, Code, Message, evidence, resource.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_those_of_the_endpoint() {
    let endpoint = Server::builder()
        .in_memory()
        .credentials(credentials())
        .bucket(BUCKET)
        .clock(Clock::manual(NOW))
        .start()
        .await
        .unwrap();
    let address = serve(example::app(layer())).await;
    let by = |id: &str, key: &str| Credentials::new(id, key);
    let good = presign("GET", "a b", &[], credentials(), NOW);
    let cases = [
        ("anonymous", "/a%20b".to_owned(), ""),
        ("malformed", good.replace("q-ak", "q-xx"), ""),
        ("no signature of COS", "/a%20b".to_owned(), "Authorization: AWS AKID:signature\r\n"),
        ("several", good.clone(), "Authorization: q-sign-algorithm=sha1\r\n"),
        ("format of the id", presign("GET", "a b", &[], by("a.b", "secret"), NOW), ""),
        ("space in the id", presign("GET", "a b", &[], by("a b", "secret"), NOW), ""),
        ("unknown id", presign("GET", "a b", &[], by("AKIDOTHER", "secret"), NOW), ""),
        ("expired", presign("GET", "a b", &[], credentials(), NOW - 301), ""),
        ("early", presign("GET", "a b", &[], credentials(), NOW + 901), ""),
        ("time without end", good.replace("1700000300", "x"), ""),
        ("wrong key", presign("GET", "a b", &[], by("AKIDEXAMPLE", "other"), NOW), ""),
        ("another path", good.replace("/a%20b", "/a%20c"), ""),
        (
            "a listed header that is not sent",
            good.replace("q-header-list=host", "q-header-list=host;date"),
            "",
        ),
    ];
    for (what, target, headers) in cases {
        let there = send(endpoint.local_addr(), "GET", &target, headers, "").await;
        let here = send(address, "GET", &target, headers, "").await;
        assert_eq!(here.0, there.0, "{what}");
        let [here, there] = [here, there].map(|(_, head, body)| {
            let document = ErrorDocument::read(body.as_bytes()).unwrap();
            assert!(head.contains(&format!("x-cos-request-id: {}", document.request_id)), "{head}");
            ErrorDocument { request_id: String::new(), trace_id: String::new(), ..document }
        });
        assert_eq!(here, there, "{what}");
    }
    let (status, _, body) = send(address, "HEAD", "/a", "", "").await;
    assert_eq!((status, body.as_str()), (403, ""));
    endpoint.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_may_be_moved() {
    let now = Arc::new(AtomicI64::new(NOW));
    let shown = Arc::clone(&now);
    let auth = CosAuthLayer::new(credentials()).clock(move || shown.load(Ordering::SeqCst));
    let address = serve(example::app(auth)).await;
    let url = presign("GET", "a", &[], credentials(), NOW);
    for (time, status) in [(NOW, 404), (NOW + 301, 403), (NOW + 300, 404)] {
        now.store(time, Ordering::SeqCst);
        assert_eq!(send(address, "GET", &url, "", "").await.0, status, "{time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_learns_what_is_covered() {
    async fn covered(Extension(identity): Extension<Identity>) -> String {
        let covers = ["host", "x-extra"].map(|name| identity.covers_header(name));
        let params = ["Prefix", "extra"].map(|name| identity.covers_param(name));
        let canonical = identity.convention().is_canonical();
        format!("{} {covers:?} {params:?} {canonical}", identity.secret_id())
    }
    let address = serve(Router::new().route("/", get(covered)).layer(layer())).await;
    let url = presign("GET", "/", &[("prefix", "a")], credentials(), NOW);
    let target = format!("{url}&extra=1");
    let (status, _, body) = send(address, "GET", &target, "x-extra: 1\r\n", "").await;
    assert_eq!((status, body.as_str()), (200, "AKIDEXAMPLE [true, false] [true, false] true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_sign_gets_through_only_if_that_is_allowed() {
    async fn who(identity: Option<Extension<Identity>>) -> String {
        identity.map_or("nobody".to_owned(), |Extension(identity)| identity.secret_id().to_string())
    }
    let app = |auth| Router::new().route("/{*key}", get(who)).layer(auth);
    let open = serve(app(layer().allow_anonymous())).await;
    assert_eq!(send(open, "GET", "/a", "", "").await.2, "nobody");
    let good = presign("GET", "a", &[], credentials(), NOW);
    assert_eq!(send(open, "GET", &good, "", "").await.2, "AKIDEXAMPLE");
    let bad = good.replace("/a?", "/b?");
    assert_eq!(send(open, "GET", &bad, "", "").await.0, 403, "a bad signature is not none");
    let closed = serve(app(layer())).await;
    assert_eq!(send(closed, "GET", "/a", "", "").await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_secret_id_has_its_own_key_and_token() {
    let temporary = || Credentials::new("AKIDTEMP", "other").with_token("WHISPER");
    let known = [("AKIDEXAMPLE", credentials()), ("AKIDTEMP", temporary())];
    let known: BTreeMap<_, _> = known.map(|(id, both)| (id.to_owned(), both)).into();
    let auth = CosAuthLayer::new(Arc::new(known)).clock(|| NOW).acceptance(Acceptance::Strict);
    let address = serve(Router::new().route("/{*key}", get(|| async { "in" })).layer(auth)).await;
    let status =
        async |by| send(address, "GET", &presign("GET", "a", &[], by, NOW), "", "").await.0;
    assert_eq!(status(credentials()).await, 200);
    assert_eq!(status(temporary()).await, 200);
    assert_eq!(status(Credentials::new("AKIDTEMP", "other")).await, 403, "without the token");
    assert_eq!(status(temporary().with_token("MURMUR")).await, 403);
    assert_eq!(status(Credentials::new("AKIDTEMP", "secret").with_token("WHISPER")).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_fails_is_no_verdict() {
    #[derive(Clone)]
    struct Down;
    impl SecretLookup for Down {
        async fn look_up(&self, _: &str) -> Result<Option<Credentials>, LookupFailed> {
            Err(LookupFailed)
        }
    }
    let auth = CosAuthLayer::new(Down).clock(|| NOW);
    let address = serve(Router::new().route("/{*key}", get(|| async { "in" })).layer(auth)).await;
    let url = presign("GET", "a", &[], credentials(), NOW);
    let (status, _, body) = send(address, "GET", &url, "", "").await;
    assert_eq!(
        (status, ErrorDocument::read(body.as_bytes()).unwrap().code),
        (500, "InternalError".to_owned())
    );
}
