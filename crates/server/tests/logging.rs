//! What the log tells, and what it must not.

mod support;

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use cospass_sign::Credentials;
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps every event and span of every crate, at every level, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Log {
    fn line(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line<'_>)) {
        let mut log = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = write!(log, "{} {}", metadata.level(), metadata.target());
        record(&mut Line(&mut log));
        log.push('\n');
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.line(span.metadata(), |line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.line(event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn the_log_has_a_line_a_request_and_no_secret() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let endpoint = Endpoint::start_with(|builder| {
        builder.credentials(Credentials::new(SECRET_ID, SECRET_KEY).with_token("WHISPER"))
    });
    let presigned = put("/a%20b", b"CONTENT").param("x-cos-security-token", "WHISPER").presign();
    let signed = get("/a%20b").token("WHISPER").sign();
    let refused = get("/a%20b").token("WHISPER").key(SECRET_ID, "WRONGKEY").sign();
    assert_eq!(endpoint.send(&presigned).status, 200);
    assert_eq!(endpoint.send(&signed).status, 200);
    assert_eq!(endpoint.send(&refused).status, 403);
    endpoint.shutdown();

    let log = log.0.lock().unwrap().clone();
    for (method, status, cause) in
        [("PUT", 200, "-"), ("GET", 200, "-"), ("GET", 403, "signature-mismatch")]
    {
        let line = format!(" method={method} path=\"/a%20b\" status={status} cause={cause:?} ms=");
        assert!(log.contains(&line), "{line}\n{log}");
    }
    let signature = |request: &Request| {
        let head = String::from_utf8(request.head()).unwrap();
        let (_, rest) = head.split_once("q-signature=").unwrap();
        rest.get(..40).unwrap().to_owned()
    };
    let signatures = [&presigned, &signed, &refused].map(signature);
    let secrets = [SECRET_KEY, "WRONGKEY", "WHISPER", "CONTENT", "q-signature", "q-ak"];
    for secret in secrets.into_iter().chain(signatures.iter().map(String::as_str)) {
        assert!(!log.contains(secret), "{secret}\n{log}");
    }
}
