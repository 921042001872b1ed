//! The two worked examples of the documentation (COS document 436/7778) hold at every stage.
//!
//! The requests and the signatures stand in `vectors/spec.jsonl`; the texts and the values between
//! stand here, as the document prints them. Two corrections are known: the path holds `腾讯云`, also
//! where the international page prints `tencentcloud`, and the page masks the signatures' ends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use cospass_sign::{
    Acceptance, Authorization, Canonical, Claim, KeyTime, RequestHead, SecretKey, SigningKey,
    percent,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::{Digest, Sha1};

/// What the document prints for one example.
struct Stages {
    http_string: &'static str,
    http_string_hash: &'static str,
    signing_key: &'static str,
    signature: &'static str,
}

const UPLOAD: Stages = Stages {
    http_string: "put\n/exampleobject(腾讯云)\n\ncontent-length=13\
        &content-md5=mQ%2FfVh815F3k6TAUm8m0eg%3D%3D&content-type=text%2Fplain\
        &date=Thu%2C%2016%20May%202019%2006%3A45%3A51%20GMT\
        &host=examplebucket-1250000000.cos.ap-beijing.myqcloud.com&x-cos-acl=private\
        &x-cos-grant-read=uin%3D%22100000000011%22\n",
    http_string_hash: "8b2751e77f43a0995d6e9eb9477f4b685cca4172",
    signing_key: "eb2519b498b02ac213cb1f3d1a3d27a3b3c9bc5f",
    signature: "3b8851a11a569213c17ba8fa7dcf2abec6935172",
};

const DOWNLOAD: Stages = Stages {
    http_string: "get\n/exampleobject(腾讯云)\nresponse-cache-control=max-age%3D600\
        &response-content-type=application%2Foctet-stream\n\
        date=Thu%2C%2016%20May%202019%2006%3A55%3A53%20GMT\
        &host=examplebucket-1250000000.cos.ap-beijing.myqcloud.com\n",
    http_string_hash: "54ecfe22f59d3514fdc764b87a32d8133ea611e6",
    signing_key: "937914bf490e9e8c189836aad2052e4feeb35eaf",
    signature: "01681b8c9d798a678e43b685a9f1bba0f6c0e012",
};

#[test]
fn the_upload_holds_at_every_stage() {
    Example::read("doc-7778-upload").assert_stages(&UPLOAD);
}

#[test]
fn the_download_holds_at_every_stage() {
    Example::read("doc-7778-download").assert_stages(&DOWNLOAD);
}

/// One line of `vectors/spec.jsonl`.
struct Example {
    method: String,
    path: String,
    params: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    secret_id: String,
    secret_key: String,
    key_time: String,
    authorization: String,
}

impl Example {
    fn read(tag: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/spec.jsonl");
        let lines = fs::read_to_string(file).unwrap();
        let line = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find(|line| line["tag"] == tag)
            .unwrap();
        let input = &line["input"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pairs = |value: &Value| {
            value.as_object().unwrap().iter().map(|(n, v)| (n.clone(), text(v))).collect()
        };
        Self {
            method: text(&input["method"]),
            path: format!("/{}", text(&input["key"])),
            params: pairs(&input["params"]),
            headers: pairs(&input["headers"]),
            secret_id: text(&input["secret_id"]),
            secret_key: text(&input["secret_key"]),
            key_time: text(&input["conf"]["key_time"]),
            authorization: text(&line["authorization"]),
        }
    }

    fn assert_stages(&self, want: &Stages) {
        let mut canonical = Canonical::new();
        canonical.write(&self.method, self.path.as_bytes(), &self.params, &self.headers);
        let http_string = std::str::from_utf8(canonical.http_string()).unwrap();
        assert_eq!(http_string, want.http_string);
        assert_eq!(hex(&Sha1::digest(http_string)), want.http_string_hash);

        let mut string_to_sign = String::new();
        canonical.write_string_to_sign(&self.key_time, &mut string_to_sign);
        let hash = want.http_string_hash;
        assert_eq!(string_to_sign, format!("sha1\n{}\n{hash}\n", self.key_time));

        // The signing key cannot be printed, so it is made here a second time, by the plain formula.
        let signing_key = hmac(self.secret_key.as_bytes(), &self.key_time);
        assert_eq!(signing_key, want.signing_key);
        assert_eq!(hmac(signing_key.as_bytes(), &string_to_sign), want.signature);

        let secret_key = SecretKey::new(&*self.secret_key);
        let signature =
            SigningKey::derive(&secret_key, &self.key_time).sign(&self.key_time, &canonical);
        assert_eq!(signature.as_str(), want.signature);

        let mut authorization = String::new();
        let (headers, params) = (canonical.header_list(), canonical.param_list());
        Authorization::new(&self.secret_id, &self.key_time, headers, params, signature)
            .write_header(&mut authorization);
        assert_eq!(authorization, self.authorization);
        self.assert_verified(&secret_key);
    }

    /// The request as a client sends it is accepted until its last second, under the strict rule.
    fn assert_verified(&self, secret_key: &SecretKey) {
        let path = format!("/{}", percent::encode(&self.path.as_bytes()[1..]));
        let query: Vec<_> = self
            .params
            .iter()
            .map(|(n, v)| format!("{n}={}", percent::encode(v.as_bytes())))
            .collect();
        let query = query.join("&");
        let mut headers: Vec<_> =
            self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        headers.push((b"Authorization", self.authorization.as_bytes()));
        let head =
            RequestHead::new(&self.method, path.as_bytes(), Some(query.as_bytes()), &headers);
        let claim = Claim::read(&head).unwrap();
        let end = self.key_time.parse::<KeyTime>().unwrap().end();
        let verdict = |now| claim.verify(&head, Some(secret_key), now, Acceptance::Strict);
        assert!(verdict(end).unwrap().convention().is_canonical());
        assert_eq!(verdict(end + 1).unwrap_err().cause(), "expired");
    }
}

/// `hex(HMAC-SHA1(key, text))`.
fn hmac(key: &[u8], text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(key).unwrap().chain_update(text);
    hex(&mac.finalize().into_bytes())
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
