//! Object keys: the path of a key names that key and no other, after a WHATWG parser has had it.

#![no_main]

use cospass_protocol::{ObjectKey, UrlParts};
use cospass_sign::percent;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|key: &str| {
    let Ok(key) = ObjectKey::new(key) else { return };
    let Ok(path) = key.url_path() else { return };
    assert_eq!(&*percent::decode(path.as_bytes()), key.path().as_bytes());

    let text = format!("https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com{path}?acl");
    let url = Url::parse(&text).expect("a URL");
    assert_eq!(url.as_str(), text);
    assert_eq!(url.path(), path);
    let parts = UrlParts::read(&text).expect("a URL");
    assert_eq!((parts.path(), parts.query()), (&*path, Some("acl")));
});
