//! What a Rust user's test looks like: the library signs, the endpoint of the same test judges, the clock is moved.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::TcpStream;

use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Signer};
use cospass_protocol::{Scheme, UrlParts};
use cospass_server::{Clock, Server};

const BUCKET: &str = "examplebucket-1250000000";

/// Sends a request to a URL as it stands: the status and the body of the answer.
fn send(method: &str, url: &str, body: &str) -> (String, String) {
    let parts = UrlParts::read(url).unwrap();
    let (path, query) = (parts.path(), parts.query().unwrap_or_default());
    let (host, length) = (parts.host_header(), body.len());
    let head = format!("{method} {path}?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let mut stream = TcpStream::connect(parts.host()).unwrap();
    stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.get(9..12).unwrap().to_owned(), body.to_owned())
}

#[test]
fn a_url_goes_up_comes_down_and_expires() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let credentials = Credentials::new("AKIDEXAMPLE", "secret");
    let clock = Clock::system();
    let endpoint = Server::builder()
        .in_memory()
        .credentials(credentials.clone())
        .bucket(BUCKET)
        .default_bucket(BUCKET)
        .clock(clock.clone());
    let endpoint = runtime.block_on(endpoint.start()).unwrap();

    let place = Endpoint::custom_domain(endpoint.local_addr().to_string()).unwrap();
    let signer = Signer::new(credentials, place);
    let (bucket, key) = (Bucket::new(BUCKET).unwrap(), ObjectKey::new("a b.txt").unwrap());
    let sign = |method| {
        let request = signer.presigned_url(method, &bucket, &key).scheme(Scheme::Http);
        request.expires(600).sign().unwrap()
    };
    let (up, down) = (sign("PUT"), sign("GET"));
    assert_eq!(send("PUT", up.url(), "hello").0, "200");
    assert_eq!(send("GET", down.url(), ""), ("200".to_owned(), "hello".to_owned()));
    clock.advance(3600);
    let (status, document) = send("GET", down.url(), "");
    assert!(status == "403" && document.contains("Request has expired"), "{document}");
    clock.advance(-3600);
    assert_eq!(send("GET", down.url(), "").0, "200");
    runtime.block_on(endpoint.shutdown());
}
