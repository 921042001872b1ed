//! What else comes from outside: XML documents, ranges, copy sources, URLs and hosts. Reading never
//! panics, and what was written is read and written as it was.

#![no_main]

use cospass_protocol::operation::{Configuration, CopySource};
use cospass_protocol::xml::{
    AccessControlPolicy, ConfigurationDocument, CorsConfiguration, Delete, ErrorDocument,
    LifecycleConfiguration, ObjectLockConfiguration, RefererConfiguration,
    ServerSideEncryptionConfiguration, VersioningConfiguration, WebsiteConfiguration,
    certificate_domains, read_parts,
};
use cospass_protocol::{ByteRange, Endpoint, UrlParts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(document) = ErrorDocument::read(input) {
        let text = document.write();
        let again = ErrorDocument::read(text.as_bytes()).expect("what was written is read");
        assert_eq!(again.write(), text);
    }
    let _ = AccessControlPolicy::read_grants(input);
    read_configurations(input);
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

/// What was written is read as it was, if it is read at all: a character that XML cannot hold is written as a longer one.
macro_rules! written {
    ($input:expr, $($document:ident),*) => {$(
        if let Ok(document) = $document::read($input) {
            let text = document.write();
            if let Ok(again) = $document::read(text.as_bytes()) {
                assert_eq!(again.write(), text);
            }
        }
    )*};
}

fn read_configurations(input: &[u8]) {
    written!(
        input,
        CorsConfiguration,
        LifecycleConfiguration,
        ObjectLockConfiguration,
        ServerSideEncryptionConfiguration,
        VersioningConfiguration,
        WebsiteConfiguration
    );
    if let Ok(Some(referer)) = RefererConfiguration::read(input) {
        let again = RefererConfiguration::read(referer.write().as_bytes());
        assert!(again.is_err() || again.is_ok_and(|again| again.is_some()));
    }
    let _ = certificate_domains(input);
    for &configuration in Configuration::ALL {
        if let Ok(Some(document)) = ConfigurationDocument::read(configuration, input) {
            let text = document.write();
            if let Ok(Some(again)) = ConfigurationDocument::read(configuration, text.as_bytes()) {
                assert_eq!(again.write(), text);
            }
        }
    }
}
