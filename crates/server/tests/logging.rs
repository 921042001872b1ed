//! What the log tells, and what it must not.

mod support;

use cospass_sign::Credentials;
use support::log::Log;
use support::*;

#[test]
fn the_log_has_a_line_a_request_and_no_secret() {
    let log = Log::start();
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

    let log = log.text();
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
