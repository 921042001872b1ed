//! The operation of any request: decoding never panics, and what is decoded is encoded to a request
//! that is decoded to the same.

#![no_main]

mod request;

use std::borrow::Cow;

use cospass_protocol::operation::{Operation, Parts, Request, Resource};
use cospass_protocol::{Bucket, ObjectKey};
use cospass_sign::percent::Plus;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let request = request::parse(input);
    let head = request.head();
    let parts = Parts {
        method: Cow::Borrowed(request.method),
        resource: resource(&head.decoded_path()),
        params: head.params(Plus::Space).collect(),
        headers: head.headers().iter().map(|&(n, v)| (Cow::from(n), Cow::from(v))).collect(),
    };
    let Ok(operation) = Operation::decode(parts) else { return };
    let again = Operation::decode(operation.encode()).expect("what was encoded is decoded");
    assert_eq!(again, operation);
});

/// The object of that path in some bucket, or the account where there is no path.
fn resource(path: &[u8]) -> Resource {
    let key = std::str::from_utf8(path).ok().and_then(|path| ObjectKey::new(path).ok());
    match (Bucket::new("examplebucket-1250000000"), key) {
        (Ok(bucket), Some(key)) => Resource::new(bucket, key),
        _ => Resource::Service,
    }
}
