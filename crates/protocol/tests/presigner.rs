//! What a presigner keeps from one request to the next changes nothing of the next, and saves it from asking for memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use allocation_counter::measure;
use cospass_protocol::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region, Scheme};
use cospass_sign::{Credentials, KeyTime};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const TIME: KeyTime = KeyTime::new(1_700_000_000, 1_700_000_300);

fn presigner(token: Option<&str>) -> Presigner {
    let credentials = Credentials::new("AKID/EXAMPLE", "secret");
    Presigner::new(match token {
        Some(token) => credentials.with_token(token),
        None => credentials,
    })
}

fn endpoint(region: &str) -> Endpoint {
    Endpoint::default_domain(Region::new(region).unwrap())
}

/// The three workloads of the benchmark: a download, one with parameters and a token, an upload with headers.
fn workloads<'a>(
    bucket: &'a Bucket,
    key: &'a ObjectKey,
    endpoint: &'a Endpoint,
) -> [(Presigner, PresignRequest<'a>); 3] {
    let get = PresignRequest::new("GET", bucket, key, endpoint);
    let params = &[("response-content-disposition", "attachment; filename=example.xlsx")];
    let headers = &[("x-cos-storage-class", "STANDARD_IA"), ("content-type", "image/jpeg")];
    [
        (presigner(None), get),
        (presigner(Some("ab+c/d==")), PresignRequest { params, ..get }),
        (presigner(None), PresignRequest { method: "PUT", headers, ..get }),
    ]
}

#[test]
fn a_warm_presigner_allocates_nothing() {
    let (bucket, endpoint) = (Bucket::new("b-1").unwrap(), endpoint("ap-x"));
    let keys = ["a.txt", "photos/b c/照片.jpg", "a/../b"].map(|key| ObjectKey::new(key).unwrap());
    for (mut presigner, request) in workloads(&bucket, &keys[0], &endpoint) {
        let mut sign_all = |out: &mut String, later: i64| {
            let key_time = KeyTime::new(TIME.start() + later, TIME.end() + later);
            for key in &keys {
                let request = PresignRequest { key, ..request };
                out.clear();
                presigner.presign_into(&request, key_time, out).unwrap();
                out.clear();
                presigner.authorization_into(&request, key_time, out).unwrap();
                // Another request, and back.
                let other = PresignRequest { method: "HEAD", params: &[("a", "b")], ..request };
                presigner.presign_into(&other, key_time, out).unwrap();
            }
        };
        let mut out = String::new();
        let cold = measure(|| sign_all(&mut out, 0));
        let warm = measure(|| (1..9).for_each(|later| sign_all(&mut out, later)));
        assert!(cold.count_total > 0, "allocations are counted");
        assert_eq!(warm.count_total, 0, "{request:?}");
    }
}

#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    bucket: &'static str,
    region: &'static str,
    key: String,
    params: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    flags: [bool; 4],
    later: i64,
}

fn asked() -> impl Strategy<Value = Asked> {
    let pairs = || vec(("[a-z/%A]{1,3}", "[a-z &=腾]{0,3}[a-z]"), 0..4);
    let of_few = |few: &'static [&'static str]| select(few);
    (
        (of_few(&["GET", "put", "PUT"]), of_few(&["b-1", "c-1"]), of_few(&["ap-x", "ap-y"])),
        "[a-z./ 腾%]{1,40}",
        pairs(),
        pairs(),
        any::<[bool; 4]>(),
        0_i64..3,
    )
        .prop_map(|((method, bucket, region), key, params, headers, flags, later)| Asked {
            method,
            bucket,
            region,
            key,
            params,
            headers,
            flags,
            later,
        })
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

proptest! {
    #[test]
    fn nothing_of_one_request_is_in_the_next(all in vec(asked(), 1..12), token in any::<bool>()) {
        let token = token.then_some("tok/+=");
        let mut used = presigner(token);
        for asked in &all {
            let [sign_host, https, listed, header] = asked.flags;
            let (bucket, endpoint) = (Bucket::new(asked.bucket).unwrap(), endpoint(asked.region));
            let key = ObjectKey::new(&asked.key).unwrap();
            let (params, headers) = (borrowed(&asked.params), borrowed(&asked.headers));
            let first: Vec<&str> = headers.iter().take(1).map(|(name, _)| *name).collect();
            let request = PresignRequest {
                scheme: if https { Scheme::Https } else { Scheme::Http },
                params: &params,
                headers: &headers,
                sign_host,
                signed_headers: listed.then_some(&first),
                ..PresignRequest::new(asked.method, &bucket, &key, &endpoint)
            };
            let key_time = KeyTime::new(TIME.start() + asked.later, TIME.end() + asked.later);
            let mut fresh = presigner(token);
            let mut outs = ["> ".to_owned(), "> ".to_owned()];
            let [out, fresh_out] = &mut outs;
            let (signed, expected) = if header {
                prop_assert_eq!(
                    used.authorization_into(&request, key_time, out),
                    fresh.authorization_into(&request, key_time, fresh_out)
                );
                let signed = used.authorization(&request, key_time);
                if let Ok(signed) = &signed {
                    prop_assert_eq!(&out["> ".len()..], signed.authorization());
                }
                (signed, fresh.authorization(&request, key_time))
            } else {
                prop_assert_eq!(
                    used.presign_into(&request, key_time, out),
                    fresh.presign_into(&request, key_time, fresh_out)
                );
                let signed = used.presign(&request, key_time);
                if let Ok(signed) = &signed {
                    prop_assert_eq!(&out["> ".len()..], signed.url());
                }
                (signed, fresh.presign(&request, key_time))
            };
            prop_assert_eq!(&outs[0], &outs[1]);
            prop_assert_eq!(signed, expected);
        }
    }
}
