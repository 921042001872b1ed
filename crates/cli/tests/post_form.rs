//! `cospass post-form`: what the form lets through, and what it does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use support::{BUCKET, Ran, Served, cospass, run, signed, target};

/// An endpoint whose clock can be told, and a form for it.
struct Forms {
    served: Served,
}

impl Forms {
    fn start() -> Self {
        let bucket = format!("{BUCKET}=private");
        let more = ["--bucket", bucket.as_str(), "--default-bucket", BUCKET];
        Self { served: Served::start(&mut cospass(), &more) }
    }

    fn make(&self, prefix: &str, more: &[&str]) -> Ran {
        let target = target(prefix);
        let place = ["--domain", self.served.address(), "--scheme", "http"];
        run(cospass().arg("post-form").arg(target).args(place).args(more))
    }

    fn json(&self, prefix: &str, more: &[&str]) -> Value {
        self.make(prefix, &[more, &["--json"]].concat()).ends_with(0).json()
    }

    /// Sends a form with some of its fields in place of others; the status and the body of the answer.
    fn send(&self, form: &Value, other: &[(&str, &str)], file: &str) -> (u16, String) {
        let mut body = String::new();
        let mut part = |name: &str, value: &str| {
            body += &format!(
                "--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        };
        for (name, value) in form["fields"].as_object().unwrap() {
            if !other.iter().any(|(other, _)| other == name) {
                part(name, value.as_str().unwrap());
            }
        }
        other.iter().for_each(|(name, value)| part(name, value));
        body += &format!(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n{file}\r\n--B--\r\n"
        );
        let address = self.served.address();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }
}

#[test]
fn each_condition_lets_through_what_it_says_and_refuses_what_it_does_not() {
    let forms = Forms::start();
    let limits = ["--max-size", "10", "--min-size", "2", "--content-type", "image/*"];
    let form = forms.json("u/42/", &[&limits[..], &["--field", "x-cos-acl=private"]].concat());
    let png = ("Content-Type", "image/png");
    let sent = |other: &[(&str, &str)], file: &str| forms.send(&form, other, file).0;
    assert_eq!(sent(&[png], "0123456789"), 204);
    assert_eq!(sent(&[png, ("key", "u/42/deeper/b")], "01"), 204);
    // Outside each of them in turn.
    assert_eq!(sent(&[png], "0123456789x"), 400);
    assert_eq!(sent(&[png], "0"), 400);
    assert_eq!(sent(&[png, ("key", "u/43/a")], "01"), 403);
    assert_eq!(sent(&[("Content-Type", "text/html")], "01"), 403);
    assert_eq!(sent(&[], "01"), 403);
    assert_eq!(sent(&[png, ("x-cos-acl", "public-read")], "01"), 403);
    assert_eq!(sent(&[png, ("q-ak", "AKIDother")], "01"), 403);
    let place = ["--domain", forms.served.address(), "--scheme", "http"];
    let listed = signed(&[&["ls", &target(""), "-r"][..], &place].concat());
    assert!(listed.stdout.contains("u/42/a.png") && !listed.stdout.contains("u/43"), "{listed:?}");
}

#[test]
fn a_form_for_one_key_ends_and_says_so() {
    let forms = Forms::start();
    let exact = forms
        .json("a.txt", &["--content-type", "text/plain", "--field", "success_action_status=200"]);
    assert_eq!(forms.send(&exact, &[], "x").0, 200);
    assert_eq!(forms.send(&exact, &[("key", "b.txt")], "x").0, 403);
    let old = forms.json("a.txt", &["--now", "1700000000"]);
    let (status, answer) = forms.send(&old, &[], "x");
    assert!(status == 403 && answer.contains("expired"), "{answer}");
    assert_eq!(old["expires_at"], 1_700_000_300);
    assert_eq!(old["warnings"], serde_json::json!(["permanent-key-write", "unsigned-content"]));
}

#[test]
fn the_html_is_alone_on_standard_output() {
    let place = ["--region", "ap-guangzhou", "--now", support::NOW];
    let target = target("u/42/");
    let html = signed(&[&["post-form", &target][..], &place].concat()).ends_with(0);
    assert!(html.stdout.starts_with("<form method=\"post\""), "{html:?}");
    assert!(html.stderr.contains("warning: permanent-key-write"), "{html:?}");
    assert!(!html.stdout.contains(support::SECRET_KEY));
    for more in [
        &["--deny-warnings"][..],
        &["--content-type", "image"],
        &["--max-size", "1", "--min-size", "2"],
        &["--field", "policy=x"],
        &["--expires", "0"],
    ] {
        let refused = signed(&[&["post-form", &target][..], &place, more].concat()).ends_with(2);
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
}
