//! What a bucket holds, and where it is.

mod support;

use support::*;

fn endpoint_with(keys: &[&str]) -> Endpoint {
    let endpoint = Endpoint::start();
    for key in keys {
        endpoint.put(&format!("/{key}"), key.as_bytes());
    }
    endpoint
}

#[track_caller]
fn list(endpoint: &Endpoint, params: &[(&str, &str)]) -> Answer {
    let asked = params.iter().fold(get("/"), |asked, (name, value)| asked.param(name, value));
    let answer = endpoint.send(&asked.sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

#[test]
fn a_bucket_tells_what_it_holds() {
    let endpoint = endpoint_with(&["b", "a/2", "a/1"]);
    let answer = list(&endpoint, &[]);
    assert_eq!(answer.header("x-cos-bucket-region"), Some("ap-guangzhou"));
    assert_eq!(answer.all("Key"), ["a/1", "a/2", "b"]);
    assert_eq!(answer.all("Size"), ["3", "3", "1"]);
    assert_eq!(answer.all("LastModified"), ["2023-11-14T22:13:20.000Z"; 3]);
    assert_eq!(answer.all("ETag")[2], "&quot;92eb5ffee6ae2fec3ad71c777531578f&quot;");
    assert_eq!(answer.all("Name"), ["examplebucket-1250000000"]);
    assert_eq!(answer.all("ID"), ["1250000000"; 3]);
    assert_eq!(answer.all("IsTruncated"), ["false"]);
    assert!(list(&Endpoint::start(), &[]).text().ends_with("</IsTruncated>\n</ListBucketResult>"));
}

/// 436/38314: the one class that has tiers. How often an object is read is not counted.
#[test]
fn an_object_of_intelligent_tiering_tells_its_tier() {
    let endpoint = endpoint_with(&["plain"]);
    let tiered = put("/tiered", b"x").header("x-cos-storage-class", "INTELLIGENT_TIERING");
    assert_eq!(endpoint.send(&tiered.sign()).status, 200);
    for (path, tier) in [("/tiered", Some("FREQUENT")), ("/plain", None)] {
        for method in ["GET", "HEAD"] {
            let answer = endpoint.send(&request(method, path).sign());
            assert_eq!(answer.header("x-cos-storage-tier"), tier, "{method} {path}");
        }
    }
    for params in [&[][..], &[("versions", "")]] {
        let answer = list(&endpoint, params);
        assert_eq!(answer.all("Key"), ["plain", "tiered"]);
        let shown = "<StorageClass>INTELLIGENT_TIERING</StorageClass>\n\t\t<StorageTier>FREQUENT</StorageTier>";
        assert!(answer.text().contains(shown), "{}", answer.text());
        assert_eq!(answer.only("StorageTier"), "FREQUENT");
    }
}

#[test]
fn prefixes_delimiters_and_pages() {
    let endpoint = endpoint_with(&["a/1", "a/2", "a/b/3", "b", "c/1"]);
    let folded = list(&endpoint, &[("delimiter", "/")]);
    assert_eq!(folded.all("Key"), ["b"]);
    assert_eq!(
        folded.all("CommonPrefixes"),
        ["\n\t\t<Prefix>a/</Prefix>\n\t", "\n\t\t<Prefix>c/</Prefix>\n\t"]
    );
    let below = list(&endpoint, &[("delimiter", "/"), ("prefix", "a/")]);
    assert_eq!(below.all("Key"), ["a/1", "a/2"]);

    let (mut marker, mut seen) = (String::new(), Vec::new());
    loop {
        let page = list(&endpoint, &[("delimiter", "/"), ("max-keys", "1"), ("marker", &marker)]);
        assert_eq!(page.all("MaxKeys"), ["1"]);
        seen.extend(page.all("Key").into_iter().map(str::to_owned));
        seen.extend(page.all("CommonPrefixes").into_iter().map(str::to_owned));
        match page.all("NextMarker").first() {
            Some(next) => marker = (*next).to_owned(),
            None => break assert_eq!(page.all("IsTruncated"), ["false"]),
        }
        assert_eq!(page.all("IsTruncated"), ["true"]);
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn keys_that_xml_cannot_hold_travel_encoded() {
    let endpoint = endpoint_with(&["a%0D%01+%20%26/%E9%A1%B5"]);
    let answer = list(&endpoint, &[("encoding-type", "url"), ("prefix", "a\r")]);
    assert_eq!(answer.all("Key"), ["a%0D%01%2B%20%26/%E9%A1%B5"]);
    assert_eq!(answer.text().matches("<Prefix>a%0D</Prefix>").count(), 1);
}

#[test]
fn a_bucket_tells_its_region() {
    let answer = list(&Endpoint::start(), &[("location", "")]);
    assert_eq!(answer.all("LocationConstraint"), ["ap-guangzhou"]);
}

#[test]
fn only_who_may_lists() {
    let endpoint = endpoint_with(&["a"]);
    for target in [get("/"), get("/").param("location", "")] {
        assert_eq!(endpoint.send(&target).error().code, "AccessDenied");
    }
}
