//! What else comes from outside: XML documents, ranges, copy sources, URLs and hosts. Reading never
//! panics, and what was written is read and written as it was.

#![no_main]

use cospass_protocol::operation::CopySource;
use cospass_protocol::xml::{AccessControlPolicy, Delete, ErrorDocument, read_parts};
use cospass_protocol::{ByteRange, Endpoint, UrlParts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(document) = ErrorDocument::read(input) {
        let text = document.write();
        let again = ErrorDocument::read(text.as_bytes()).expect("what was written is read");
        assert_eq!(again.write(), text);
    }
    let _ = AccessControlPolicy::read_grants(input);
    if let Ok(delete) = Delete::read(input) {
        assert!((1..=1000).contains(&delete.objects.len()));
    }
    if let Ok(parts) = read_parts(input) {
        assert!((1..=10_000).contains(&parts.len()));
    }
    if let Ok(source) = CopySource::parse(input) {
        assert_eq!(CopySource::parse(source.to_string().as_bytes()), Ok(source));
    }
    if let Some(part) = ByteRange::parse(input).and_then(|range| range.within(1000)) {
        assert!(part.start < part.end && part.end <= 1000);
    }
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = UrlParts::read(text);
        let _ = Endpoint::recognise(text);
    }
});
