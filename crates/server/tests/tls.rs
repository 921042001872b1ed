//! The endpoint over TLS, with a certificate made for the test and a client of rustls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cospass_server::{Limits, ReloadError, Server, StartError, TlsError};
use cospass_sign::Credentials;
use support::*;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

/// Writes a certificate for a host, and its key, into a folder.
fn certify(folder: &Path, host: &str) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

fn secured(folder: &Path, limits: Limits) -> Endpoint {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    Endpoint::start_with(|builder| builder.limits(limits).tls(certificate, key))
}

type Client = StreamOwned<ClientConnection, TcpStream>;

/// Connects and trusts that certificate alone.
fn client(endpoint: &Endpoint, trusted: &CertificateDer<'static>, alpn: &[&[u8]]) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from(HOST).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(endpoint.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(connection, stream)
}

/// Sends one request and reads until the endpoint closes: the status and all of the answer.
fn exchange(client: &mut Client, bytes: &[u8]) -> (u16, String) {
    let answer = rest(client, bytes);
    (answer[9..12].parse().unwrap(), answer)
}

/// Sends bytes and reads all that is still to come.
fn rest(client: &mut Client, bytes: &[u8]) -> String {
    client.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

#[test]
fn an_object_goes_up_and_down_and_bad_signatures_are_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let trusted = certify(folder.path(), HOST);
    let endpoint = secured(folder.path(), Limits::default());
    let exchange = |request: Request| {
        let mut client = client(&endpoint, &trusted, &[b"http/1.1"]);
        let answer = exchange(&mut client, &request.header("Connection", "close").sign().bytes());
        assert_eq!(client.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        answer
    };
    let body = vec![b'x'; 300_000];
    assert_eq!(exchange(put("/a", &body)).0, 200);
    let (status, down) = exchange(get("/a"));
    assert_eq!((status, down.split_once("\r\n\r\n").unwrap().1.len()), (200, body.len()));
    assert_eq!(exchange(get("/absent")).0, 404);
    let (status, refused) = exchange(get("/a").key_time(NOW - 60, NOW - 1));
    assert!(status == 403 && refused.contains("Request has expired"), "{refused}");
}

#[test]
fn the_location_of_a_completed_upload_says_https() {
    let folder = tempfile::TempDir::new().unwrap();
    let trusted = certify(folder.path(), HOST);
    let endpoint = secured(folder.path(), Limits::default());
    let exchange = |request: Request| {
        let mut client = client(&endpoint, &trusted, &[]);
        exchange(&mut client, &request.header("Connection", "close").sign().bytes()).1
    };
    let between = |text: &str, start: &str, end: &str| {
        text.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned()
    };
    let begun = exchange(request("POST", "/a").param("uploads", "").header("Content-Length", "0"));
    let id = between(&begun, "<UploadId>", "</UploadId>");
    let part = put("/a", b"content").param("partNumber", "1").param("uploadId", &id);
    let etag = between(&exchange(part), "ETag: ", "\r\n");
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = request("POST", "/a").param("uploadId", &id);
    let complete = complete.header("Content-Length", document.len().to_string());
    let answer = exchange(complete.body(document.as_bytes()));
    assert!(answer.contains(&format!("<Location>https://{HOST}/a</Location>")), "{answer}");
}

/// A client that speaks that version of TLS alone.
fn client_of(
    endpoint: &Endpoint,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(HOST).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(endpoint.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(connection, stream)
}

/// A policy that lets everyone read under a condition.
fn policy(condition: &str) -> Request {
    let document = format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","principal":{{"qcs":["qcs::cam::anyone:anyone"]}},"action":["name/cos:GetObject"],"resource":["*"],"condition":{{{condition}}}}}]}}"#
    );
    put("/", document.as_bytes()).param("policy", "").header("Connection", "close").sign()
}

#[test]
fn policies_ask_for_the_version_of_tls() {
    let folder = tempfile::TempDir::new().unwrap();
    let trusted = certify(folder.path(), HOST);
    let endpoint = secured(folder.path(), Limits::default());
    let with = |version, request: &Request| {
        exchange(&mut client_of(&endpoint, &trusted, version), &request.bytes()).0
    };
    let upload = put("/a", b"x").header("Connection", "close").sign();
    assert_eq!(with(&TLS12, &upload), 200);
    let read = get("/a").header("Connection", "close");
    for (condition, of_12, of_13) in [
        (r#""numeric_greater_than":{"cos:tls-version":"1.2"}"#, 403, 200),
        (r#""numeric_equal":{"cos:tls-version":"1.2"}"#, 200, 403),
        (r#""numeric_greater_than_equal":{"cos:tls-version":"1.2"}"#, 200, 200),
        (r#""bool_equal":{"cos:secure-transport":"true"}"#, 200, 200),
        (r#""bool_equal":{"cos:secure-transport":"false"}"#, 403, 403),
    ] {
        assert_eq!(with(&TLS13, &policy(condition)), 204, "{condition}");
        let found = (with(&TLS12, &read), with(&TLS13, &read));
        assert_eq!(found, (of_12, of_13), "{condition}");
    }
}

#[test]
fn without_tls_there_is_no_version_to_ask_for() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    for (condition, status) in [
        // It has none, so that no comparison holds.
        (r#""numeric_greater_than":{"cos:tls-version":"0"}"#, 403),
        (r#""numeric_less_than":{"cos:tls-version":"9"}"#, 403),
        (r#""bool_equal":{"cos:secure-transport":"false"}"#, 200),
        (r#""bool_equal":{"cos:secure-transport":"true"}"#, 403),
    ] {
        assert_eq!(endpoint.send(&policy(condition)).status, 204, "{condition}");
        assert_eq!(endpoint.send(&get("/a")).status, status, "{condition}");
    }
}

#[test]
fn a_certificate_is_replaced_while_connections_go_on() {
    let folder = tempfile::TempDir::new().unwrap();
    let old = certify(folder.path(), HOST);
    let endpoint = secured(folder.path(), Limits::default());
    let mut kept = client(&endpoint, &old, &[]);
    kept.write_all(&get("/absent").sign().bytes()).unwrap();
    let mut buffer = [0; 12];
    kept.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer[..], b"HTTP/1.1 404");

    let new = certify(folder.path(), HOST);
    endpoint.running().reload().unwrap();
    let request = get("/absent").header("Connection", "close").sign().bytes();
    assert_eq!(exchange(&mut client(&endpoint, &new, &[]), &request).0, 404);
    assert!(client(&endpoint, &old, &[]).write_all(&request).is_err(), "no longer the old one");
    assert!(rest(&mut kept, &request).contains("HTTP/1.1 404"));

    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let refused = endpoint.running().reload();
    assert!(matches!(refused, Err(ReloadError::Tls(TlsError::Missing { .. }))));
    assert_eq!(exchange(&mut client(&endpoint, &new, &[]), &request).0, 404, "the good one stays");
}

#[test]
fn whoever_speaks_no_tls_is_cut_off() {
    let folder = tempfile::TempDir::new().unwrap();
    let trusted = certify(folder.path(), HOST);
    let mut limits = Limits::default();
    limits.handshake_time = Duration::from_millis(300);
    let endpoint = secured(folder.path(), limits);
    let mut plain = endpoint.connect();
    plain.write(&get("/a").sign().bytes());
    let mut answer = Vec::new();
    let _ = plain.stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(endpoint.connect().is_closed(), "a handshake that does not begin");
    assert!(client(&endpoint, &trusted, &[b"h2"]).write_all(b"x").is_err(), "no HTTP/2");
    let request = get("/absent").header("Connection", "close").sign().bytes();
    assert_eq!(exchange(&mut client(&endpoint, &trusted, &[]), &request).0, 404);
}

#[test]
fn a_slow_reader_is_cut_off() {
    let folder = tempfile::TempDir::new().unwrap();
    let trusted = certify(folder.path(), HOST);
    let mut limits = Limits::default();
    limits.answer_pause = Duration::from_millis(300);
    let endpoint = secured(folder.path(), limits);
    let mut up = client(&endpoint, &trusted, &[]);
    let object = put("/a", &vec![0; 32 << 20]).header("Connection", "close").sign();
    assert_eq!(exchange(&mut up, &object.bytes()).0, 200);
    let mut down = client(&endpoint, &trusted, &[]);
    down.write_all(&get("/a").sign().bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let (mut read, mut buffer) = (0, vec![0; 1 << 20]);
    while let Ok(more @ 1..) = down.read(&mut buffer) {
        read += more;
    }
    assert!(read < 32 << 20, "{read}");
}

#[test]
fn stopping_lets_an_open_request_end() {
    let folder = tempfile::TempDir::new().unwrap();
    let trusted = certify(folder.path(), HOST);
    let mut endpoint = secured(folder.path(), Limits::default());
    let mut client_open = client(&endpoint, &trusted, &[]);
    client_open.write_all(&put("/a", b"0123456789").sign().head()).unwrap();
    client_open.write_all(b"01234").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    // Within a handshake, nothing is open that would have to end.
    let _silent = endpoint.connect();
    let (running, runtime) = endpoint.take_running();
    let start = Instant::now();
    let stopping = std::thread::spawn(move || runtime.block_on(running.shutdown()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!stopping.is_finished());
    let (status, answer) = exchange(&mut client_open, b"56789");
    assert!(status == 200 && answer.contains("\r\nConnection: close\r\n"), "{answer}");
    stopping.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    certify(folder.path(), HOST);
    std::fs::rename(path("key.pem"), path("other.pem")).unwrap();
    certify(folder.path(), HOST);
    std::fs::write(path("empty.pem"), "").unwrap();
    std::fs::write(
        path("broken.pem"),
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let start = |certificate: &str, key: &str| {
        let builder = Server::builder()
            .data_dir(path("data"))
            .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
            .tls(path(certificate), path(key));
        let error = runtime.block_on(builder.start()).unwrap_err();
        assert!(error.to_string().contains(".pem"), "{error}");
        match error {
            StartError::Tls(error) => error,
            other => panic!("{other}"),
        }
    };
    assert!(matches!(start("absent.pem", "key.pem"), TlsError::Io { .. }));
    assert!(matches!(start("cert.pem", "absent.pem"), TlsError::Io { .. }));
    assert!(matches!(start("broken.pem", "key.pem"), TlsError::Pem { .. }));
    assert!(matches!(start("empty.pem", "key.pem"), TlsError::Missing { what: "certificate", .. }));
    assert!(matches!(
        start("cert.pem", "empty.pem"),
        TlsError::Missing { what: "private key", .. }
    ));
    assert!(matches!(start("cert.pem", "other.pem"), TlsError::Unusable { .. }));
}
