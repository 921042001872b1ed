//! What lets a reader act as the sender of a request reaches no output: keys of SSE-C, SecretKeys, signatures, tokens.
//!
//! Each of them is random, and looked for in every form it may take (raw, base64, hex, a list of numbers, however often
//! percent-encoded) in all that the endpoint tells: answers, access log, log at every level, recent requests with their
//! explanations, metrics.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests")]

mod support;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use cospass_protocol::sts::{Answer as StsAnswer, Outgoing, Request as StsRequest, v1};
use cospass_server::{AccessLogTarget, Coverage, User};
use cospass_sign::{Credentials, percent};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use support::form::form;
use support::log::Log;
use support::sts::{STS, federation, policy, resource};
use support::*;

const CUSTOMER: &str = "x-cos-server-side-encryption-customer";
const OF_SOURCE: &str = "x-cos-copy-source-server-side-encryption-customer";
const STRICT: &str = "strict-1250000000";

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text of letters and digits, as SecretKeys and tokens are.
fn word() -> String {
    hex(&random(20)).to_ascii_uppercase()
}

/// Secrets by name, and what was told so far.
#[derive(Default)]
struct Search {
    secrets: RefCell<Vec<(&'static str, Vec<u8>)>>,
    told: RefCell<Vec<u8>>,
}

impl Search {
    fn secret(&self, name: &'static str, raw: &[u8]) {
        assert!(raw.len() >= 16, "{name} is found by chance");
        self.secrets.borrow_mut().push((name, raw.to_vec()));
    }

    fn told(&self, bytes: impl AsRef<[u8]>) {
        let mut told = self.told.borrow_mut();
        told.extend_from_slice(bytes.as_ref());
        told.push(b'\n');
    }

    /// The secrets that were told, each with where.
    fn found(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut told = self.told.borrow().clone();
        for _ in 0..4 {
            let (shown, lower) = (characters(&told), characters(&told.to_ascii_lowercase()));
            for (name, raw) in &*self.secrets.borrow() {
                for form in forms(raw) {
                    let form = characters(&form.to_ascii_lowercase());
                    if let Some(line) = lower.split('\n').position(|line| line.contains(&form)) {
                        let line = shown.split('\n').nth(line).unwrap();
                        found.push(format!("{name}: {line}"));
                    }
                }
            }
            told = percent::decode(&told).into_owned();
        }
        found
    }
}

/// A character for each byte.
fn characters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// How some bytes may be written.
fn forms(raw: &[u8]) -> Vec<Vec<u8>> {
    let base64 = [STANDARD.encode(raw), URL_SAFE.encode(raw)];
    let base64 = base64.iter().map(|text| text.trim_end_matches('=').as_bytes().to_vec());
    let numbers = format!("{raw:?}");
    let compact = numbers.replace(' ', "");
    let lists = [numbers, compact].map(|list| list.trim_matches(['[', ']']).as_bytes().to_vec());
    let mut forms: Vec<_> = base64.chain(lists).collect();
    forms.extend([raw.to_vec(), hex(raw).into_bytes()]);
    // The hex of a text is that of its bytes; a signature is a text that is hex already.
    forms
}

#[test]
fn the_search_finds_every_form() {
    for raw in [b"0123456789abcdef0123", &b"\xfb\xff\xfe3456789\tbcdef0\x00\x01"[..]] {
        for form in forms(raw) {
            let once = percent::encode(&form);
            for text in [form, percent::encode(once.as_bytes()).into(), once.into()] {
                let search = Search::default();
                search.secret("it", raw);
                search.told(b"before");
                assert!(search.found().is_empty());
                search.told([b"<", &text[..], b">"].concat());
                assert!(!search.found().is_empty(), "{text:?}");
            }
        }
    }
}

struct Key(Vec<u8>);

fn with(request: Request, prefix: &str, key: &Key) -> Request {
    with_text(request, prefix, &STANDARD.encode(&key.0), &key.0)
}

fn with_text(request: Request, prefix: &str, text: &str, key: &[u8]) -> Request {
    request
        .header(&format!("{prefix}-algorithm"), "AES256")
        .header(&format!("{prefix}-key"), text)
        .header(&format!("{prefix}-key-MD5"), STANDARD.encode(Md5::digest(key)))
}

/// An endpoint with everything on, and what is known to be secret.
struct Watched {
    endpoint: Endpoint,
    search: Search,
    secret_key: String,
    wrong_key: String,
    token: String,
    user: Credentials,
}

impl Watched {
    fn start(log: &std::path::Path) -> Self {
        let (secret_key, wrong_key, token) = (word(), word(), word());
        let user = Credentials::new("AKIDUSER", word());
        let endpoint = Endpoint::start_with(|builder| {
            builder
                .credentials(Credentials::new(SECRET_ID, secret_key.clone()).with_token(&*token))
                .access_log(AccessLogTarget::File(log.to_owned()))
                .control("127.0.0.1:0".parse().unwrap())
                .bucket(STRICT)
                .user(User::new(user.clone(), "100000000010").policy(policy("cos:* sts:*", "*")))
                .bucket_signature(STRICT, Coverage::Strict)
        });
        let search = Search::default();
        for (name, secret) in [
            ("the SecretKey", &secret_key),
            ("a wrong SecretKey", &wrong_key),
            ("the token", &token),
            ("the key of a user", &user.secret_key().expose().to_owned()),
        ] {
            search.secret(name, secret.as_bytes());
        }
        let keys = std::fs::read_to_string(endpoint.folder.path().join("token-keys")).unwrap();
        search.secret("the key of tokens", &from_hex(keys.trim()));
        let time = format!("{};{}", NOW - 60, NOW + 300);
        for secret in [&secret_key, &wrong_key] {
            let mut hmac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
            hmac.update(time.as_bytes());
            let sign_key = hex(&hmac.finalize().into_bytes());
            search.secret("the SignKey", sign_key.as_bytes());
        }
        Self { endpoint, search, secret_key, wrong_key, token, user }
    }

    fn key(&self, name: &'static str) -> Key {
        let raw = random(32);
        self.search.secret(name, &raw);
        Key(raw)
    }

    /// Sends a request with that secret, in the header and in the query, with the token in either place; the signature
    /// that would have been right is a secret as well.
    fn send_each_way(&self, request: &Request, secret: &str) -> Vec<Answer> {
        let mut answers = Vec::new();
        for in_query in [false, true] {
            let request = match in_query {
                false => request.clone().token(&self.token),
                true => request.clone().param("x-cos-security-token", &self.token),
            };
            let signed = |secret: &str| {
                let request = request.clone().key(SECRET_ID, secret);
                if in_query { request.presign() } else { request.sign() }
            };
            self.learn_signature(&signed(&self.secret_key));
            answers.push(self.send(&signed(secret)));
        }
        answers
    }

    fn learn_signature(&self, request: &Request) {
        let head = String::from_utf8_lossy(&request.head()).into_owned();
        let signature = head.split_once("q-signature=").unwrap().1.get(..40).unwrap();
        self.search.secret("a signature", signature.as_bytes());
        self.search.secret("a signature", &from_hex(signature));
    }

    fn send(&self, request: &Request) -> Answer {
        if request.head().windows(12).any(|window| window == b"q-signature=") {
            self.learn_signature(request);
        }
        self.send_bytes(&request.bytes(), request.method == "HEAD")
    }

    fn send_bytes(&self, bytes: &[u8], is_head: bool) -> Answer {
        let answer = self.endpoint.exchange(bytes, is_head);
        self.search.told(&answer.head);
        self.search.told(&answer.body);
        answer
    }

    fn accepted(&self, request: Request) -> Vec<Answer> {
        let answers = self.send_each_way(&request, &self.secret_key);
        for answer in &answers {
            let text = String::from_utf8_lossy(&answer.body);
            assert!(answer.status < 300, "{}: {} {text}", request.target, answer.status);
        }
        answers
    }

    /// Refused for what it asks.
    fn refused(&self, request: Request) {
        for answer in self.send_each_way(&request, &self.secret_key) {
            assert!(answer.status >= 400, "{}: {}", request.target, answer.status);
        }
    }

    /// Refused for its signature, which is explained.
    fn mismatch(&self, request: Request) {
        for answer in self.send_each_way(&request, &self.wrong_key) {
            assert_eq!(answer.status, 403, "{}", request.target);
        }
    }

    /// What the control listener tells, when all explanations are worked out.
    fn ask_control(&self) {
        let ask = |path| control(self.endpoint.running().control_addr().unwrap(), path);
        while ask("/requests?limit=256").contains("\"explanation_pending\":true") {}
        for path in ["/requests?limit=256", "/metrics", "/health", "/clock"] {
            let text = ask(path);
            assert!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
            let explained = text.matches("\"explanation\":{").count();
            assert!(explained > 10 || !path.starts_with("/requests"), "{explained} explanations");
            self.search.told(text);
        }
    }
}

fn control(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn no_secret_reaches_an_output() {
    let log = Log::start();
    let folder = tempfile::TempDir::new().unwrap();
    let access_log = folder.path().join("access.log");
    let watched = Watched::start(&access_log);
    objects(&watched);
    parts_and_copies(&watched);
    forms_of_browsers(&watched);
    mistakes(&watched);
    temporary_keys(&watched);
    watched.ask_control();

    let Watched { endpoint, search, .. } = watched;
    endpoint.shutdown();
    let (lines, traced) = (std::fs::read_to_string(&access_log).unwrap(), log.text());
    assert!(lines.lines().count() > 50 && traced.contains("DEBUG") && traced.contains("INFO"));
    search.told(lines);
    search.told(traced);
    let found = search.found();
    assert!(found.is_empty(), "{} secrets were told:\n{}", found.len(), found.join("\n"));
}

fn objects(watched: &Watched) {
    let (key, other) = (watched.key("a key of SSE-C"), watched.key("a wrong key of SSE-C"));
    watched.accepted(with(put("/a", b"x"), CUSTOMER, &key));
    watched.accepted(with(get("/a"), CUSTOMER, &key));
    watched.accepted(with(request("HEAD", "/a"), CUSTOMER, &key));
    watched.refused(with(get("/a"), CUSTOMER, &other));
    watched.mismatch(with(get("/a"), CUSTOMER, &other));
    watched.mismatch(with(put("/a", b"x"), CUSTOMER, &key));
    watched.refused(with(get("/absent"), CUSTOMER, &key));
    watched.refused(get("/a"));
    let strict = "strict-1250000000.cos.ap-guangzhou.myqcloud.com";
    watched.accepted(with(put("/a", b"x").host(strict), CUSTOMER, &key));
    // Not signed, which the bucket wants.
    let bare = put("/a", b"x").host(strict).token(&watched.token);
    let bare = bare.key(SECRET_ID, &watched.secret_key).sign();
    assert_eq!(watched.send(&with(bare, CUSTOMER, &key)).status, 403);
}

fn parts_and_copies(watched: &Watched) {
    let (key, other) = (watched.key("a key of parts"), watched.key("another key of parts"));
    let copy =
        |target: &str| put(target, b"").header("x-cos-copy-source", format!("{HOST}/source"));
    watched.accepted(with(put("/source", b"x"), CUSTOMER, &key));
    watched.accepted(with(with(copy("/copy"), OF_SOURCE, &key), CUSTOMER, &other));
    watched.refused(with(with(copy("/copy"), OF_SOURCE, &other), CUSTOMER, &key));
    watched.mismatch(with(with(copy("/copy"), OF_SOURCE, &key), CUSTOMER, &other));
    let begun = with(request("POST", "/parts").param("uploads", ""), CUSTOMER, &key);
    let id = watched.accepted(begun)[0].only("UploadId").to_owned();
    let part = |body: &[u8]| put("/parts", body).param("partNumber", "1").param("uploadId", &id);
    watched.accepted(with(part(b"x"), CUSTOMER, &key));
    let source = || part(b"").header("x-cos-copy-source", format!("{HOST}/source"));
    watched.accepted(with(with(source(), OF_SOURCE, &key), CUSTOMER, &key));
    watched.refused(with(with(source(), OF_SOURCE, &other), CUSTOMER, &key));
    watched.refused(with(part(b"x"), CUSTOMER, &other));
}

fn forms_of_browsers(watched: &Watched) {
    for (secret, status) in [(&watched.secret_key, 204), (&watched.wrong_key, 403)] {
        let form = form("form").secret(SECRET_ID, secret);
        let form = form.field("x-cos-security-token", &watched.token).sign();
        let request = form.request();
        let body = String::from_utf8_lossy(&request.bytes()).into_owned();
        let signature = body.split_once("q-signature\"").unwrap().1.trim_start();
        watched.search.secret("a signature of a form", &signature.as_bytes()[..40]);
        let answer = watched.send(&request);
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    }
}

fn from_hex(digits: &str) -> Vec<u8> {
    let pair = |index: usize| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).unwrap();
    (0..digits.len() / 2).map(pair).collect()
}

/// Keys of STS, whose answer alone tells them; then everything that goes wrong with them.
fn temporary_keys(watched: &Watched) {
    let all = policy("name/cos:*", &resource("t/*"));
    let ask = |keys: &Credentials| {
        let call = Outgoing::signed(&federation(&all, None), STS, None, keys, NOW);
        let authorization = &call.headers.last().unwrap().1;
        let signature = authorization.rsplit_once("Signature=").unwrap().1;
        watched.search.secret("a signature of a call", signature.as_bytes());
        watched.search.secret("a signature of a call", &from_hex(signature));
        watched.endpoint.raw_call(&call)
    };
    let issued = match StsAnswer::read(&ask(&watched.user).body) {
        Ok(StsAnswer::Issued(issued)) => issued.credentials,
        other => panic!("{other:?}"),
    };
    let token = issued.token().unwrap().expose();
    watched.search.secret("a temporary key", issued.secret_key().expose().as_bytes());
    watched.search.secret("the token of a temporary key", token.as_bytes());
    let wrong = word();
    watched.search.secret("a wrong temporary key", wrong.as_bytes());
    let wrong = Credentials::new(issued.secret_id().as_str(), wrong).with_token(token);
    let stray = Credentials::new("AKIDUSER", watched.wrong_key.clone());
    for keys in [&issued, &wrong, &stray] {
        // No federation token for temporary keys.
        let refused = ask(keys);
        assert!(refused.text().contains("\"Error\""), "{}", refused.text());
        watched.search.told(&refused.head);
        watched.search.told(&refused.body);
    }
    for (keys, target, status) in [
        (&issued, "/t/a", 200),
        (&issued, "/u", 403),
        (&wrong, "/t/a", 403),
        (&issued.clone().with_token(format!("{token}A")), "/t/a", 403),
    ] {
        for request in [put(target, b"x").with_keys(keys), put(target, b"x").presigned_with(keys)] {
            assert_eq!(watched.send(&request).status, status, "{target}");
        }
    }
    let altered = issued.clone().with_token(token.replacen(&token[20..21], "!", 1));
    watched.send(&get("/t/a").presigned_with(&altered));
    by_query(watched, token);
}

/// Calls that carry their proof in a query.
fn by_query(watched: &Watched, token: &str) {
    let (identity, time) = (word(), NOW.to_string());
    watched.search.secret("a web identity", identity.as_bytes());
    let params = [
        ("Action", "GetCallerIdentity"),
        ("Version", "2018-08-13"),
        ("SecretId", "AKIDUSER"),
        ("Timestamp", &time),
        ("Token", token),
        ("WebIdentityToken", &identity),
    ];
    let signed = v1::Signed { method: "GET", host: STS, path: "/", params: &params };
    for keys in [watched.user.secret_key(), &cospass_sign::SecretKey::new(&*watched.wrong_key)] {
        let signature = signed.signature(v1::Method::HmacSha1, keys);
        watched.search.secret("a signature of a call", signature.as_bytes());
        let call = params
            .iter()
            .fold(get("/").host(STS), |call, (name, value)| call.unsigned_param(name, value));
        let call = call.unsigned_param("Signature", &signature);
        let answer = watched.send(&call);
        assert!(answer.text().contains("\"Error\""), "{}", answer.text());
        // Sent to a bucket by mistake, and in a head that cannot be read.
        watched.send(&call.clone().host(HOST));
        let head = String::from_utf8(call.head()).unwrap().replace("Host: ", "Host: a b");
        watched.send_bytes(head.as_bytes(), false);
    }
    let unsigned = Outgoing::skipping(&StsRequest::GetCallerIdentity, STS, None, NOW);
    let answer = watched.endpoint.raw_call(&unsigned);
    watched.search.told(&answer.body);
}

/// What is sent in the wrong place, or in the wrong form.
fn mistakes(watched: &Watched) {
    let key = watched.key("a misplaced key of SSE-C");
    let text = STANDARD.encode(&key.0);
    let long = random(33);
    watched.search.secret("a key of SSE-C that is too long", &long);
    watched.refused(with_text(get("/a"), CUSTOMER, &STANDARD.encode(&long), &long));
    watched.refused(with_text(get("/a"), CUSTOMER, &hex(&key.0), &key.0));
    watched.refused(with_text(get("/a"), CUSTOMER, &format!("{text}!"), &key.0));
    // As a parameter, as metadata's neighbour, beside a signature that is none.
    for name in [format!("{CUSTOMER}-key"), format!("{OF_SOURCE}-key").to_ascii_uppercase()] {
        watched.mismatch(get("/a").param(&name, &text));
        watched.send(&get("/a").unsigned_param(&name, &text));
    }
    let right = get("/a").token(&watched.token).key(SECRET_ID, &watched.secret_key);
    let (signed, presigned) = (right.clone().sign(), right.presign());
    watched.learn_signature(&signed);
    watched.learn_signature(&presigned);
    let head = String::from_utf8(signed.head()).unwrap();
    let query = presigned.sent_target().split_once('?').unwrap().1.to_owned();
    let old = format!("/a?sign={}", percent::encode(query.as_bytes()));
    for head in [
        head.replace("q-signature=", "Q-Signature="),
        head.replace("q-signature=", "q-signature=%20"),
        head.replace("q-signature=", "q-signature= "),
        head.replace("Authorization: ", "X-Authorization: "),
        head.replace("Authorization: ", "Authorization: Bearer "),
        // Twice, which is refused; in a head that cannot be read; in the old form; as a path.
        head.replace(" /a ", &format!(" /a?{query} ")),
        head.replace("HTTP/1.1", "HTTP/9.9"),
        String::from_utf8(get(&old).head()).unwrap(),
        head.replace(" /a ", &format!(" /{} ", percent::encode(query.as_bytes()))),
    ] {
        let answer = watched.send_bytes(head.as_bytes(), false);
        assert!(answer.status >= 400, "{}: {head}", answer.status);
    }
}
