//! POST Object: uploads out of a form, as a browser sends it.

mod support;

use std::thread::sleep;
use std::time::Duration;

use cospass_protocol::operation::{Grant, Grantee, Permission};
use support::form::{BOUNDARY, Form, form, post};
use support::*;

/// The entity tag of `[Object Content]`, the documentation's example.
const ETAG: &str = "\"ee8de918d05640145b18f70f4c3aa602\"";

#[track_caller]
fn uploaded(endpoint: &Endpoint, form: &Form) -> Answer {
    let answer = endpoint.send(&form.request());
    assert_eq!(answer.status, 204, "{}", String::from_utf8_lossy(&answer.body));
    answer
}

fn content(endpoint: &Endpoint, target: &str) -> Vec<u8> {
    let answer = endpoint.send(&get(target).sign());
    assert_eq!(answer.status, 200, "{target}");
    answer.body
}

#[test]
fn the_documented_example() {
    let endpoint = Endpoint::start();
    let answer = uploaded(&endpoint, &form("exampleobject").sign());
    assert_eq!(answer.header("ETag"), Some(ETAG));
    assert_eq!(answer.header("x-cos-hash-crc64ecma"), Some("16749565679157681890"));
    let location = format!("http://{HOST}/exampleobject");
    assert_eq!(answer.header("Location"), Some(location.as_str()));
    assert_eq!(content(&endpoint, "/exampleobject"), b"[Object Content]");
}

#[test]
fn fields_describe_the_object() {
    let endpoint = Endpoint::start();
    let form = form("exampleobject")
        .field("acl", "public-read")
        .field("Cache-Control", "max-age=86400")
        .field("Content-Disposition", "attachment; filename=example.jpg")
        .field("Content-Type", "image/jpeg")
        .field("Expires", "0")
        .field("x-cos-meta-example-field", "example-value")
        .field("x-cos-storage-class", "STANDARD_IA")
        .field("x-cos-tagging", "a=b")
        .field("x-cos-server-side-encryption", "AES256")
        .field("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==")
        .field("x-cos-security-token", "stray")
        .field("submit", "Upload")
        .condition(r#"{"acl":"public-read"}"#)
        .condition(&format!(r#"{{"bucket":"{BUCKET}"}}"#))
        .condition(r#"["eq","$Content-Disposition","attachment; filename=example.jpg"]"#)
        .condition(r#"["starts-with","$Content-Type","image/"]"#)
        .condition(r#"["eq","$x-cos-meta-example-field","example-value"]"#)
        .condition(r#"["content-length-range",16,16]"#);
    let answer = uploaded(&endpoint, &form.sign());
    assert_eq!(answer.header("x-cos-server-side-encryption"), Some("AES256"));
    let head = endpoint.exchange(&request("HEAD", "/exampleobject").sign().bytes(), true);
    for (name, value) in [
        ("Cache-Control", "max-age=86400"),
        ("Content-Disposition", "attachment; filename=example.jpg"),
        ("Content-Type", "image/jpeg"),
        ("Expires", "0"),
        ("x-cos-meta-example-field", "example-value"),
        ("x-cos-storage-class", "STANDARD_IA"),
        ("Content-Length", "16"),
        ("ETag", ETAG),
    ] {
        assert_eq!(head.header(name), Some(value), "{name}");
    }
    let acl = endpoint.send(&get("/exampleobject").param("acl", "").sign());
    let grants = cospass_protocol::xml::AccessControlPolicy::read_grants(&acl.body).unwrap();
    let everyone = Grant { grantee: Grantee::everyone(), permission: Permission::Read };
    assert!(grants.contains(&everyone), "{grants:?}");
}

#[test]
fn without_a_field_the_part_s_own_type_is_not_taken() {
    let endpoint = Endpoint::start();
    let body = String::from_utf8(form("a").sign().body()).unwrap();
    let typed = body.replace(
        "filename=\"example.jpg\"\r\n",
        "filename=\"example.jpg\"\r\nContent-Type: image/jpeg\r\n",
    );
    assert_ne!(typed, body);
    assert_eq!(endpoint.send(&post(typed.as_bytes())).status, 204);
    let head = endpoint.exchange(&request("HEAD", "/a").sign().bytes(), true);
    assert_eq!(head.header("Content-Type"), Some("application/octet-stream"));
}

#[test]
fn the_file_s_name_makes_the_key_before_the_policy_is_asked() {
    let endpoint = Endpoint::start();
    for (filename, target, location) in [
        ("photo.jpg", "/folder/photo.jpg", "/folder/photo.jpg"),
        ("页 \"1\".jpg", "/folder/%E9%A1%B5%20%221%22.jpg", "/folder/%E9%A1%B5%20%221%22.jpg"),
        ("C:\\dir\\a.jpg", "/folder/a.jpg", "/folder/a.jpg"),
    ] {
        let form = form("folder/${filename}")
            .file(Some(filename), filename.as_bytes())
            .condition(r#"["starts-with","$key","folder/"]"#);
        let answer = uploaded(&endpoint, &form.sign());
        let location = format!("http://{HOST}{location}");
        assert_eq!(answer.header("Location"), Some(location.as_str()));
        assert_eq!(content(&endpoint, target), filename.as_bytes());
    }
    let named = form("${filename}").condition(r#"{"key":"${filename}"}"#).sign();
    let error = endpoint.send(&named.request()).error();
    assert_eq!(error.message, "Condition key key doesn't match the value ${filename}");
}

#[test]
fn the_form_chooses_its_answer() {
    let endpoint = Endpoint::start();
    let status = |status: &str| {
        endpoint.send(&form("a b").field("success_action_status", status).sign().request())
    };
    let location = format!("http://{HOST}/a%20b");
    for text in ["200", "204", ""] {
        let answer = status(text);
        assert_eq!(answer.status, text.parse().unwrap_or(204));
        assert_eq!(answer.header("Location"), Some(location.as_str()));
        assert_eq!((answer.header("ETag"), answer.body.len()), (Some(ETAG), 0));
    }
    let answer = status("201");
    assert_eq!((answer.status, answer.header("ETag")), (201, Some(ETAG)));
    for (name, value) in
        [("Location", location.as_str()), ("Bucket", BUCKET), ("Key", "a b"), ("ETag", ETAG)]
    {
        assert_eq!(answer.only(name).replace("&quot;", "\""), value);
    }
    let redirect = form("页&b")
        .field("success_action_redirect", "https://my.website/done?x=1#top")
        .field("success_action_status", "200")
        .condition(r#"["starts-with","$success_action_redirect","https://my.website/"]"#);
    let answer = endpoint.send(&redirect.sign().request());
    assert_eq!((answer.status, answer.header("ETag")), (303, Some(ETAG)));
    let location = format!(
        "https://my.website/done?x=1&bucket={BUCKET}&key=%E9%A1%B5%26b&etag=%22ee8de918d05640145b18f70f4c3aa602%22#top"
    );
    assert_eq!(answer.header("Location"), Some(location.as_str()));
}

#[test]
fn a_form_comes_however_it_is_cut() {
    let endpoint = Endpoint::start();
    // What looks like the end of the file, but for its last byte.
    let file = format!("\r\n--{BOUNDARY}").replace("21N", "21M\r\n--\r\n-\r");
    let form = form("a").file(None, file.as_bytes()).sign();
    let body = form.body();
    let head = post(&body).head();
    for cut in (0..body.len()).step_by(23).chain(body.len() - 60..body.len()) {
        let mut connection = endpoint.connect();
        connection.write(&[&head, &body[..cut]].concat());
        sleep(Duration::from_millis(1));
        connection.write(&body[cut..]);
        assert_eq!(connection.answer(false).status, 204, "cut at {cut}");
    }
    assert_eq!(content(&endpoint, "/a"), file.as_bytes());
    let chunked = request("POST", "/")
        .header("Content-Type", format!("multipart/form-data; boundary=\"{BOUNDARY}\""))
        .header("Transfer-Encoding", "chunked");
    let mut chunks = Vec::new();
    for piece in body.chunks(1) {
        chunks.extend_from_slice(b"1\r\n");
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(endpoint.send(&chunked.body(&chunks)).status, 204);
    assert_eq!(content(&endpoint, "/a"), file.as_bytes());
}

#[test]
fn a_large_file_streams_through() {
    let endpoint = Endpoint::start();
    let file: Vec<u8> = (0..3_000_000u32).map(|index| (index % 251) as u8).collect();
    let answer = uploaded(&endpoint, &form("large").file(Some("f"), &file).sign());
    assert!(answer.header("ETag").is_some());
    assert_eq!(content(&endpoint, "/large"), file);
    uploaded(&endpoint, &form("empty").file(Some(""), b"").sign());
    assert_eq!(content(&endpoint, "/empty"), b"");
    assert_eq!(endpoint.files("incoming"), 0);
}

#[test]
fn a_client_that_expects_to_be_told_sends_when_it_is() {
    let endpoint = Endpoint::start();
    let body = form("a").sign().body();
    let mut connection = endpoint.connect();
    connection.write(&post(&body).header("Expect", "100-continue").head());
    assert_eq!(connection.answer(false).status, 100);
    connection.write(&body);
    assert_eq!(connection.answer(false).status, 204);
    connection.write(&get("/a").sign().bytes());
    assert_eq!(connection.answer(false).status, 200, "the connection serves the next request");
}

#[test]
fn temporary_credentials_need_their_token() {
    let endpoint = Endpoint::start_with(|builder| {
        builder
            .credentials(cospass_sign::Credentials::new(SECRET_ID, SECRET_KEY).with_token("t+/="))
    });
    uploaded(&endpoint, &form("a").field("x-cos-security-token", "t+/=").sign());
    for form in [form("a").sign(), form("a").field("x-cos-security-token", "t").sign()] {
        let error = endpoint.send(&form.request()).error();
        assert_eq!(error.code, "InvalidAccessKeyId");
    }
}

#[test]
fn what_stands_behind_the_file_is_ignored_if_it_says_nothing() {
    let endpoint = Endpoint::start();
    let signed = form("a").sign();
    let (before, behind) = signed.around();
    let button = format!(
        "\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nUpload"
    );
    let body = [&before, &b"x"[..], button.as_bytes(), &behind, b"epilogue"].concat();
    assert_eq!(endpoint.send(&post(&body)).status, 204);
    assert_eq!(content(&endpoint, "/a"), b"x");
}
