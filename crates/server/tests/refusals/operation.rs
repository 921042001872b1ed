//! What is asked.

use crate::refused;
use crate::support::*;

#[test]
fn what_is_asked() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    for unserved in [
        get("/a").header("x-cos-copy-source", "b-1.x/c").sign(),
        get("/").param("notification", "").sign(),
        request("PUT", "/").header("Content-Length", "95").body(b"<CreateBucketConfiguration><BucketArchConfig>OFS</BucketArchConfig></CreateBucketConfiguration>").sign(),
    ] {
        refused(&unserved, "unserved", 501, "NotImplemented");
    }
    let upload = refused(
        &request("POST", "/a").param("select", "").sign(),
        "unserved",
        501,
        "NotImplemented",
    );
    assert_eq!(upload.error().message, "the parameter select is not served here");
    refused(&request("PATCH", "/a").sign(), "method-not-allowed", 405, "MethodNotAllowed");
    refused(
        &request("DELETE", "/").host(SERVICE).sign(),
        "method-not-allowed",
        405,
        "MethodNotAllowed",
    );
    for (name, value) in [
        ("x-cos-acl", "public"),
        ("x-cos-traffic-limit", "819199"),
        ("x-cos-traffic-limit", "fast"),
        ("x-cos-storage-class", "COLDER"),
        ("x-cos-grant-read", "id=x"),
        ("x-cos-meta-a_b", "v"),
    ] {
        let answer = refused(
            &put("/a", b"").header(name, value).sign(),
            "invalid-argument",
            400,
            "InvalidArgument",
        );
        assert!(answer.error().message.contains(name), "{}", answer.text());
    }
    for (name, value) in [("tagkey", "a"), ("tagvalue", "b"), ("range", "lt"), ("create-time", "1")]
    {
        let alone = get("/").host(SERVICE).param(name, value).sign();
        refused(&alone, "invalid-argument", 400, "InvalidArgument");
    }
    for (name, value) in [("max-keys", "0"), ("max-keys", "ten"), ("encoding-type", "base64")] {
        let list = get("/").param(name, value).sign();
        refused(&list, "invalid-argument", 400, "InvalidArgument");
    }
    refused(
        &put("/a", b"").header("Content-MD5", "string").sign(),
        "invalid-digest",
        400,
        "InvalidDigest",
    );
    let copy = put("/a", b"").header("x-cos-copy-source", "b/c").sign();
    refused(&copy, "invalid-copy-source", 400, "InvalidCopySource");
    let twice = put("/a", b"").header("x-cos-tagging", "k=1&k=2").sign();
    refused(&twice, "invalid-tag", 400, "InvalidTag");
    let customer = |request: Request, key: &str, md5: &str| {
        let name = "x-cos-server-side-encryption-customer";
        let request = request.header(&format!("{name}-algorithm"), "AES256");
        let request = request.header(&format!("{name}-key"), key);
        request.header(&format!("{name}-key-MD5"), md5).sign()
    };
    let (zeros, md5) = ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "cLyPS3KoaSFGi/joRB3OUQ==");
    let kms = put("/k", b"x")
        .header("x-cos-server-side-encryption", "cos/kms")
        .header("x-cos-server-side-encryption-cos-kms-key-id", "kms-test");
    let upload = refused(&kms.sign(), "unknown-kms-key", 400, "InvalidArgument");
    let message = "The kms key you provided can not be found in kms";
    assert_eq!(upload.error().message, message);
    let (ones, other) =
        ("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "4Funlf7OsLF0HL+vKU+fkg==");
    let lying = customer(put("/c", b"x"), zeros, other);
    refused(&lying, "customer-key-md5", 400, "InvalidArgument");
    assert_eq!(endpoint.send(&customer(put("/c", b"x"), zeros, md5)).status, 200);
    refused(&get("/c").sign(), "customer-key-missing", 400, "InvalidRequest");
    refused(&customer(get("/c"), ones, other), "wrong-customer-key", 403, "AccessDenied");
    refused(&customer(get("/a"), zeros, md5), "customer-key-unused", 400, "InvalidRequest");
    let long = put("/a", b"").header("x-cos-meta-a", "v".repeat(2048)).sign();
    refused(&long, "metadata-too-long", 400, "KeyTooLong");
}

#[test]
fn an_override_without_a_signature() {
    let open = "open-1250000000";
    let endpoint = Endpoint::start_with(|builder| {
        builder.bucket_with_acl(open, cospass_server::CannedAcl::PublicRead)
    });
    let unsigned = get("/a").host("open-1250000000.cos.ap-guangzhou.myqcloud.com");
    let unsigned = unsigned.unsigned_param("response-content-type", "text/html");
    refused(&endpoint, &unsigned, "unsigned-override", 400, "InvalidRequest");
}

#[test]
fn an_override_is_not_smuggled_in_beside_a_signed_one() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let signed = get("/a").param("Response-Content-Type", "text/plain").presign();
    let smuggled = signed.unsigned_param("response-content-type", "text/html");
    refused(&endpoint, &smuggled, "invalid-argument", 400, "InvalidArgument");
}
