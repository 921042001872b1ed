//! What else comes from outside: XML documents, ranges, URLs and hosts. Reading never panics, and a
//! document that was written is read and written as it was.

#![no_main]

use cospass_protocol::xml::{AccessControlPolicy, ErrorDocument};
use cospass_protocol::{ByteRange, Endpoint, UrlParts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(document) = ErrorDocument::read(input) {
        let text = document.write();
        let again = ErrorDocument::read(text.as_bytes()).expect("what was written is read");
        assert_eq!(again.write(), text);
    }
    let _ = AccessControlPolicy::read_grants(input);
    if let Some(part) = ByteRange::parse(input).and_then(|range| range.within(1000)) {
        assert!(part.start < part.end && part.end <= 1000);
    }
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = UrlParts::read(text);
        let _ = Endpoint::recognise(text);
    }
});
