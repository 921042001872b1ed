//! The worked examples of the documentation, and every call that it shows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use cospass::{Bucket, Credentials, Endpoint, KeyTime, ObjectKey, Presigned, Region, Signer};
use cospass_protocol::UrlParts;
use cospass_sign::{Acceptance, Claim, RequestHead, SecretKey};
use serde_json::Value;

const EXAMPLES: &str = include_str!("../../../vectors/spec.jsonl");
const CALLS: &str = include_str!("../../../vectors/documentation-calls.jsonl");
const NOW: i64 = 1_700_000_000;

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value[field].as_str()
}

fn pairs<'a>(value: &'a Value, field: &str) -> Vec<(&'a str, &'a str)> {
    let pairs = value[field].as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
}

/// Document 436/7778: the examples sign `date`, which is on no SDK's list, so the list is said.
#[test]
fn the_worked_examples_hold() {
    for line in lines(EXAMPLES) {
        let input = &line["input"];
        let region = Region::new(text(input, "region").unwrap()).unwrap();
        let credentials =
            Credentials::new(text(input, "secret_id").unwrap(), text(input, "secret_key").unwrap());
        let signer = Signer::new(credentials, Endpoint::default_domain(region));
        let bucket = Bucket::new(text(input, "bucket").unwrap()).unwrap();
        let key = ObjectKey::new(text(input, "key").unwrap()).unwrap();
        let key_time: KeyTime = text(&input["conf"], "key_time").unwrap().parse().unwrap();
        let headers = pairs(input, "headers");
        let signed = signer
            .authorization(text(input, "method").unwrap(), &bucket, &key)
            .headers(headers.clone())
            .signed_headers(headers.iter().map(|(name, _)| *name))
            .params(pairs(input, "params"))
            .key_time(key_time)
            .sign()
            .unwrap();
        assert_eq!(Some(signed.authorization()), text(&line, "authorization"));
    }
}

/// What a strict verifier says of the request that the documentation makes with the result.
fn verdict(method: &str, signed: &Presigned, by_header: bool) -> Result<(), String> {
    let url = UrlParts::read(signed.url()).unwrap();
    let host = url.host_header();
    let mut headers: Vec<(&[u8], &[u8])> = vec![(b"Host", host.as_bytes())];
    headers
        .extend(signed.headers().iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    if by_header {
        headers.push((b"Authorization", signed.authorization().as_bytes()));
    }
    let head =
        RequestHead::new(method, url.path().as_bytes(), url.query().map(str::as_bytes), &headers);
    let claim = Claim::read(&head).map_err(|refusal| refusal.to_string())?;
    let verified = claim.verify(&head, Some(&SecretKey::new("secret")), NOW, Acceptance::Strict);
    verified.map(|_| ()).map_err(|refusal| refusal.to_string())
}

#[test]
fn every_call_that_the_documentation_shows_is_accepted() {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret");
    let region = Region::new("ap-guangzhou").unwrap();
    let signer = Signer::new(credentials, Endpoint::default_domain(region));
    let mut count = 0;
    for line in lines(CALLS) {
        let arguments = &line["arguments"];
        let bucket = Bucket::new(text(arguments, "Bucket").unwrap()).unwrap();
        let key = ObjectKey::new(text(arguments, "Key").unwrap()).unwrap();
        let method = text(arguments, "Method").unwrap_or("GET");
        let call = text(&line, "call").unwrap();
        let signing = match call {
            "get_presigned_url" => signer.presigned_url(method, &bucket, &key),
            "get_presigned_download_url" => signer.presigned_download_url(&bucket, &key),
            "get_auth" => signer.authorization(method, &bucket, &key),
            other => panic!("{other}"),
        };
        let expires = arguments["Expired"].as_i64().unwrap_or(300);
        let signed = signing
            .headers(pairs(arguments, "Headers"))
            .params(pairs(arguments, "Params"))
            .sign_host(arguments["SignHost"] != false)
            .expires(expires)
            .now(NOW)
            .sign()
            .unwrap();
        assert_eq!(signed.expires_at(), NOW + expires);
        assert_eq!(signed.headers().len(), pairs(arguments, "Headers").len());
        assert_eq!(verdict(method, &signed, call == "get_auth"), Ok(()), "{line}");
        count += 1;
    }
    assert_eq!(count, 33);
}
