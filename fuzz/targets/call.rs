//! A call of STS, in any form: reading never panics and is bounded, and what was read is what is sent and read again.

#![no_main]

use cospass_protocol::sts::{Answer, Call, Outgoing, Received, Request};
use cospass_sign::{Credentials, SecretKey};
use libfuzzer_sys::fuzz_target;

const AUTHORIZATION: &[u8] = b"TC3-HMAC-SHA256 Credential=AKID/2023-11-14/sts/tc3_request, SignedHeaders=content-type;host, Signature=0000000000000000000000000000000000000000000000000000000000000000";
const ACTIONS: [&[u8]; 4] =
    [b"GetFederationToken", b"AssumeRole", b"AssumeRoleWithWebIdentity", b"GetCallerIdentity"];

fuzz_target!(|input: &[u8]| {
    let _ = Answer::read(input);
    let [kind, body @ ..] = input else { return };
    let authorization: &[u8] = match kind & 3 {
        0 => AUTHORIZATION,
        1 => b"SKIP",
        2 => b"",
        _ => body,
    };
    let content_type: &[u8] = match kind & 4 {
        0 => b"application/json",
        _ => b"application/x-www-form-urlencoded",
    };
    let action = ACTIONS[usize::from(kind >> 3 & 3)];
    let headers: [(&[u8], &[u8]); 6] = [
        (b"Authorization", authorization),
        (b"Content-Type", content_type),
        (b"Host", b"sts.tencentcloudapi.com"),
        (b"X-TC-Action", action),
        (b"X-TC-Version", b"2018-08-13"),
        (b"X-TC-Timestamp", b"1700000000"),
    ];
    let path = if kind & 32 == 0 { "/" } else { "/v2/index.php" };
    let (method, query, body) = match kind & 64 {
        0 => ("POST", None, body),
        _ => ("GET", Some(body), &b""[..]),
    };
    let received = Received { method, path, query, headers: &headers, body };
    match Call::read(&received) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(call) => {
            let _ = call.verify(Some(&SecretKey::new("secret")), 1_700_000_000);
            if let Ok(request) = call.request() {
                read_again(&request);
            }
        }
    }
});

fn read_again(request: &Request) {
    let keys = Credentials::new("AKID", "secret");
    let sent = Outgoing::signed(request, "sts.tencentcloudapi.com", None, &keys, 1_700_000_000);
    let headers: Vec<_> =
        sent.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let received = Received {
        method: sent.method,
        path: sent.path,
        query: None,
        headers: &headers,
        body: &sent.body,
    };
    let call = Call::read(&received).expect("it was sent");
    call.verify(Some(keys.secret_key()), 1_700_000_000).expect("it was signed");
    assert_eq!(call.request().as_ref(), Ok(request));
}
