//! Every cause of the table in `refusal.rs`, as a client meets it: status, Code, Message.

mod support;

use std::time::Duration;

use cospass_protocol::xml::Evidence;
use cospass_server::Limits;
use cospass_sign::Credentials;
use support::*;

/// Asserts what the endpoint answers to a request, and that it still serves the next one.
#[track_caller]
fn refused(endpoint: &Endpoint, request: &Request, cause: &str, status: u16, code: &str) -> Answer {
    refused_bytes(endpoint, &request.bytes(), cause, status, code)
}

#[track_caller]
fn refused_bytes(
    endpoint: &Endpoint,
    bytes: &[u8],
    cause: &str,
    status: u16,
    code: &str,
) -> Answer {
    let answer = endpoint.exchange(bytes, false);
    assert_eq!(answer.status, status, "{cause}: {}", answer.text());
    assert_eq!(answer.header("Content-Type"), Some("application/xml"), "{cause}");
    let error = answer.error();
    assert_eq!(error.code, code, "{cause}");
    assert_eq!(answer.header("x-cos-request-id"), Some(error.request_id.as_str()), "{cause}");
    assert_eq!(answer.header("x-cos-trace-id"), Some(error.trace_id.as_str()), "{cause}");
    answer
}

#[test]
fn what_is_no_request() {
    let endpoint = Endpoint::start();
    let refused = |bytes: &[u8], cause| {
        refused_bytes(&endpoint, bytes, cause, 400, "InvalidRequest");
    };
    let long = get("/a").header("x-long", "v".repeat(40_000)).sign();
    refused(&long.bytes(), "head-too-long");
    let many =
        (0..200).fold(get("/a"), |request, index| request.header(&format!("x-{index}"), "v"));
    refused(&many.sign().bytes(), "head-too-long");
    refused(b"GET /a HTTP/9.9\r\n\r\n", "malformed-head");
    refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "malformed-head");
    refused(&get("/a?x=\"<>\"").sign().bytes(), "malformed-head");
}

#[test]
fn where_the_request_is_for() {
    let endpoint = Endpoint::start();
    let refused = |request: &Request, cause, status, code| {
        refused(&endpoint, request, cause, status, code);
    };
    let star = request("OPTIONS", "/").head_to("*");
    refused_bytes(&endpoint, &star, "bad-target", 400, "InvalidURI");
    let other_scheme = get("/a").head_to(&format!("ftp://{HOST}/a"));
    refused_bytes(&endpoint, &other_scheme, "bad-target", 400, "InvalidURI");
    refused(&get("/a").without_host().sign(), "host-missing", 400, "InvalidRequest");
    refused(&get("/a").header("Host", HOST).sign(), "host-missing", 400, "InvalidRequest");
    let elsewhere = get("/a").sign().head_to(&format!("http://other-1250000000.{HOST}/a"));
    refused_bytes(&endpoint, &elsewhere, "host-disagrees", 400, "InvalidRequest");
    refused(&get("/a").host("example.com").sign(), "bucket-missing", 400, "InvalidRequest");
    refused(&get("/a").host(SERVICE).sign(), "bucket-missing", 400, "InvalidRequest");
    let bad_name = "bad_bucket-1250000000.cos.ap-guangzhou.myqcloud.com";
    refused(&get("/").host(bad_name).sign(), "bad-bucket-name", 400, "InvalidBucketName");
    refused(&get("/%ff").sign(), "key-not-text", 400, "InvalidURI");
    let long = format!("/{}", "k".repeat(851));
    refused(&get(&long).sign(), "key-too-long", 400, "KeyTooLong");
    let long = get("/a").param("unused", &"u".repeat(17 * 1024)).sign();
    refused(&long, "target-too-long", 414, "RequestURITooLong");
    let preflight = request("OPTIONS", "/a").header("Origin", "http://example.com");
    refused(&preflight, "preflight-refused", 403, "AccessForbidden");
    let absent = "absent-1250000000.cos.ap-guangzhou.myqcloud.com";
    refused(&get("/a").host(absent), "no-such-bucket", 404, "NoSuchBucket");
    refused(&put("/a", b"x").host(absent).sign(), "no-such-bucket", 404, "NoSuchBucket");
}

#[test]
fn who_asks() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    let message = |answer: &Answer| answer.error().message;
    let anonymous = refused(&get("/a"), "anonymous", 403, "AccessDenied");
    assert_eq!(message(&anonymous), "Access Denied.");
    refused(&get("/a").header("Authorization", ""), "anonymous", 403, "AccessDenied");
    refused(&get("/a").unsigned_param("uploads", ""), "anonymous", 403, "AccessDenied");

    let lacking = get("/a").sign().tamper(|text| text.replace("q-ak", "q-xx"));
    refused(&lacking, "malformed-signature", 403, "AccessDenied");
    let foreign = get("/a").header("Authorization", "AWS AKID:signature");
    refused(&foreign, "malformed-signature", 403, "AccessDenied");
    let twice = get("/a").header("Authorization", "q-sign-algorithm=sha1").presign();
    refused(&twice, "several-signatures", 400, "InvalidRequest");

    let strange = refused(
        &get("/a").key("a b", SECRET_KEY).sign(),
        "secret-id-format",
        403,
        "InvalidAccessKeyId",
    );
    assert_eq!(message(&strange), "The access key Id format you provided is invalid.");
    let unknown = get("/a").key("AKIDOTHER", SECRET_KEY).sign();
    let unknown = refused(&unknown, "unknown-secret-id", 403, "InvalidAccessKeyId");
    assert_eq!(message(&unknown), "The Access Key Id you provided does not exist in our records");

    let mismatch = refused(
        &get("/a").key(SECRET_ID, "other").sign(),
        "signature-mismatch",
        403,
        "SignatureDoesNotMatch",
    );
    assert_eq!(message(&mismatch), "The Signature you specified is invalid.");
    let Some(Evidence::Signed { string_to_sign, format_string }) = mismatch.error().evidence else {
        panic!("{}", mismatch.text())
    };
    assert!(string_to_sign.starts_with("sha1\n1699999940;1700000300\n"), "{string_to_sign}");
    assert_eq!(format_string, format!("get\n/a\n\nhost={HOST}\n"));
}

#[test]
fn who_may() {
    let endpoint = Endpoint::start_with(|builder| {
        builder.bucket_signature(BUCKET, cospass_server::Coverage::Strict)
    });
    endpoint.put("/a", b"x");
    let unlisted = get("/a").presign().header("Range", "bytes=0-");
    refused(&endpoint, &unlisted, "not-signed", 403, "AccessDenied");
    let referers = b"<RefererConfiguration><Status>Enabled</Status><RefererType>White-List</RefererType><DomainList><Domain>example.com</Domain></DomainList></RefererConfiguration>";
    assert_eq!(endpoint.send(&put("/", referers).param("referer", "").sign()).status, 200);
    refused(&endpoint, &get("/a"), "denied-by-referer", 403, "AccessDenied");
    let policy = br#"{"version":"2.0","statement":[{"effect":"deny","principal":{"qcs":"qcs::cam::uin/100000000001:uin/100000000001"},"action":"cos:GetObject","resource":"*"}]}"#;
    assert_eq!(endpoint.send(&put("/", policy).param("policy", "").sign()).status, 204);
    refused(&endpoint, &get("/a").sign(), "denied", 403, "AccessDenied");
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    endpoint.put("/b", b"x");
    let signed = get("/a").param("response-expires", "1").header("x-cos-meta-a", "1").presign();
    assert_eq!(endpoint.send(&signed).status, 200);
    let text = String::from_utf8(signed.bytes()).unwrap();
    for (from, to) in [
        ("GET /a", "GET /b"),
        ("GET ", "HEAD "),
        ("response-expires=1", "response-expires=2"),
        ("response-expires=1&", ""),
        ("x-cos-meta-a: 1", "x-cos-meta-a: 2"),
        ("x-cos-meta-a: 1\r\n", ""),
        (HOST, "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"),
        ("q-key-time=1699999940%3B1700000300", "q-key-time=1699999940%3B1700000301"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        let answer = endpoint.exchange(changed.as_bytes(), to == "HEAD ");
        assert_eq!(answer.status, 403, "{from}");
        if to != "HEAD " {
            assert_eq!(answer.error().code, "SignatureDoesNotMatch", "{from}");
        }
    }
}

#[test]
fn when_it_is_signed_for() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let asked = get("/a").key_time(NOW, NOW + 10).presign();
    let at = |now: i64| {
        endpoint.clock.set(now);
        endpoint.send(&asked)
    };
    for now in [NOW - 900, NOW, NOW + 10] {
        assert_eq!(at(now).status, 200, "{now}");
    }
    let late = at(NOW + 11);
    assert_eq!((late.status, late.error().code.as_str()), (403, "AccessDenied"), "expired");
    assert_eq!(late.error().message, "Request has expired");
    let server_time = Evidence::ServerTime("2023-11-14T22:13:31Z".to_owned());
    assert_eq!(late.error().evidence, Some(server_time));
    let early = at(NOW - 901);
    assert_eq!(
        (early.status, early.error().code.as_str()),
        (403, "RequestTimeTooSkewed"),
        "not-yet-valid"
    );
    endpoint.clock.set(NOW);
    let endless = get("/a").sign().tamper(|text| text.replace("1700000300", ""));
    refused(&endpoint, &endless, "expired", 403, "AccessDenied");
}

#[test]
fn temporary_credentials_need_their_token() {
    let endpoint = Endpoint::start_with(|builder| {
        builder.credentials(Credentials::new(SECRET_ID, SECRET_KEY).with_token("t+/="))
    });
    let in_header = put("/a", b"x").token("t+/=").sign();
    assert_eq!(endpoint.send(&in_header).status, 200);
    let in_query = get("/a").param("x-cos-security-token", "t+/=").presign();
    assert_eq!(endpoint.send(&in_query).status, 200);
    let unsigned = get("/a").unsigned_param("x-cos-security-token", "t+/=").presign();
    assert_eq!(endpoint.send(&unsigned).status, 200);
    for request in [get("/a").sign(), get("/a").token("t").sign(), get("/a").token("").sign()] {
        refused(&endpoint, &request, "wrong-token", 403, "InvalidAccessKeyId");
    }
}

#[test]
fn a_token_beside_a_permanent_key_is_not_looked_at() {
    let endpoint = Endpoint::start();
    assert_eq!(endpoint.send(&put("/a", b"x").token("stray").sign()).status, 200);
}

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
    let unsigned = get("/a").unsigned_param("response-content-type", "text/html").presign();
    refused(&unsigned, "unsigned-override", 400, "InvalidRequest");
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
fn an_override_is_not_smuggled_in_beside_a_signed_one() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let signed = get("/a").param("Response-Content-Type", "text/plain").presign();
    let smuggled = signed.unsigned_param("response-content-type", "text/html");
    refused(&endpoint, &smuggled, "invalid-argument", 400, "InvalidArgument");
}

#[test]
fn the_body() {
    let limits = |builder: cospass_server::Builder| {
        let mut limits = Limits::default();
        limits.object_size = 10;
        limits.document_size = 1000;
        limits.list_document_size = 40_000;
        limits.body_pause = Duration::from_millis(200);
        builder.limits(limits)
    };
    let endpoint = Endpoint::start_with(limits);
    endpoint.put("/acl", b"x");
    let refused = |request: &Request, cause, status, code| {
        refused(&endpoint, request, cause, status, code);
    };
    let both = put("/a", b"x").header("Transfer-Encoding", "chunked").sign();
    refused(&both, "ambiguous-length", 400, "InvalidRequest");
    let other_way =
        request("PUT", "/a").header("Transfer-Encoding", "chunked").header("Content-Length", "1");
    refused(&other_way.sign(), "ambiguous-length", 400, "InvalidRequest");
    refused(&request("PUT", "/a").sign(), "missing-length", 411, "MissingContentLength");
    refused(&put("/a", &[b'x'; 11]).sign(), "entity-too-large", 400, "EntityTooLarge");
    let chunked = request("PUT", "/a").header("Transfer-Encoding", "chunked").sign();
    refused(
        &chunked.body(b"b\r\nxxxxxxxxxxx\r\n0\r\n\r\n"),
        "entity-too-large",
        400,
        "EntityTooLarge",
    );
    let short = request("PUT", "/a").header("Content-Length", "9").sign();
    refused(&short.body(b"abc"), "body-timeout", 400, "RequestTimeout");
    let no_chunk = request("PUT", "/a").header("Transfer-Encoding", "chunked").sign();
    refused(&no_chunk.body(b"zz\r\n"), "incomplete-body", 400, "IncompleteBody");
    let other = put("/a", b"x").header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==").sign();
    refused(&other, "bad-digest", 400, "BadDigest");
    refused(
        &put("/acl", b"").param("acl", "").sign(),
        "missing-body",
        400,
        "MissingRequestBodyError",
    );
    let of_bucket = put("/", b"").param("acl", "").sign();
    refused(&of_bucket, "missing-body", 400, "MissingRequestBodyError");
    let of_object = put("/", b"").param("acl", "").header("x-cos-acl", "bucket-owner-read");
    refused(&of_object.sign(), "invalid-argument", 400, "InvalidArgument");
    let not_xml = put("/acl", b"<AccessControlPolicy>").param("acl", "").sign();
    refused(&not_xml, "malformed-xml", 400, "MalformedXML");
    let large = put("/acl", &[b' '; 1001]).param("acl", "").sign();
    refused(&large, "entity-too-large", 400, "EntityTooLarge");
    let both = put("/acl", b"<a/>").param("acl", "").header("x-cos-acl", "private").sign();
    refused(&both, "invalid-argument", 400, "InvalidArgument");
    let delete = |body: &[u8]| {
        let length = body.len().to_string();
        request("POST", "/").param("delete", "").header("Content-Length", length).body(body)
    };
    refused(&delete(b"").sign(), "missing-body", 400, "MissingRequestBodyError");
    refused(&delete(b"<Delete/>").sign(), "malformed-xml", 400, "MalformedXML");
    let one = b"<Delete><Object><Key>acl</Key></Object></Delete>";
    let other = delete(one).header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==");
    refused(&other.sign(), "bad-digest", 400, "BadDigest");
    let many = format!("<Delete>{}</Delete>", "<Object><Key>acl</Key></Object>".repeat(1001));
    refused(&delete(many.as_bytes()).sign(), "malformed-xml", 400, "MalformedXML");
    let large = delete(&[b' '; 40_001]).sign();
    refused(&large, "entity-too-large", 400, "EntityTooLarge");
    assert_eq!((endpoint.blobs(1), endpoint.files("incoming")), (1, 0));
}

/// The document of a configuration that was put, or refused.
fn put_document(sub: &str, body: &str) -> Request {
    put("/", body.as_bytes()).param(sub, "")
}

#[test]
fn what_is_locked() {
    let endpoint = Endpoint::start();
    let until = |date: &str| {
        let body = format!("<Retention><RetainUntilDate>{date}</RetainUntilDate></Retention>");
        put("/a", body.as_bytes()).param("retention", "").sign()
    };
    let refused = |request: &Request, cause, status, code| {
        refused(&endpoint, request, cause, status, code);
    };
    endpoint.put("/a", b"");
    let (soon, later) = (until("2023-11-15T00:00:00.000Z"), until("2023-11-16T00:00:00.000Z"));
    refused(&soon, "not-lockable", 400, "InvalidRequest");
    let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    assert_eq!(endpoint.send(&put_document("object-lock", lock).sign()).status, 200);
    let read = get("/a").param("retention", "").sign();
    refused(&read, "no-such-retention", 404, "NoSuchObjectLockConfiguration");
    assert_eq!(endpoint.send(&later).status, 200);
    refused(&soon, "retention-shortened", 403, "AccessDenied");
    refused(&request("DELETE", "/a").sign(), "retained", 403, "AccessDenied");
}

#[test]
fn configurations_that_are_not_there() {
    let endpoint = Endpoint::start();
    let refused = |sub: &str, cause, code| {
        refused(&endpoint, &get("/").param(sub, "").sign(), cause, 404, code);
    };
    refused("cors", "no-such-cors", "NoSuchCORSConfiguration");
    refused("policy", "no-such-policy", "NoSuchBucketPolicy");
    refused("tagging", "no-such-tag-set", "NoSuchTagSet");
    refused("lifecycle", "no-such-lifecycle", "NoSuchLifecycleConfiguration");
    refused("website", "no-such-website", "NoSuchWebsiteConfiguration");
    refused("domain", "no-such-domain", "DomainConfigNotFoundError");
    refused("origin", "no-such-origin", "NoSuchOriginConfiguration");
    refused("encryption", "no-such-encryption", "NoSuchEncryptionConfiguration");
    refused("replication", "no-such-replication", "ReplicationConfigurationNotFoundError");
    refused("object-lock", "no-such-object-lock", "ObjectLockConfigurationNotFoundError");
    for sub in ["inventory", "intelligent-tiering"] {
        let absent = get("/").param(sub, "").param("id", "a").sign();
        self::refused(&endpoint, &absent, "no-such-configuration", 404, "NoSuchConfiguration");
    }
}

#[test]
fn what_a_configuration_may_not_be() {
    let endpoint = Endpoint::start_with(|builder| {
        let mut limits = Limits::default();
        limits.document_size = 4000;
        builder.bucket("other-1250000000").limits(limits)
    });
    let other = "other-1250000000.cos.ap-guangzhou.myqcloud.com";
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    let of = |sub: &str, body: &str| put_document(sub, body).sign();
    let done = |request: Request| {
        let answer = endpoint.send(&request);
        assert!((200..300).contains(&answer.status), "{}", answer.text());
    };
    refused(&of("cors", ""), "missing-body", 400, "MissingRequestBodyError");
    refused(&of("cors", &" ".repeat(4001)), "xml-size-limit", 400, "XMLSizeLimit");
    refused(&of("cors", "<CORSConfiguration/>"), "malformed-xml", 400, "MalformedXML");
    refused(&of("policy", "{}"), "malformed-policy", 400, "MalformedPolicy");
    let replication = |rules: &str| {
        format!("<ReplicationConfiguration><Role>r</Role>{rules}</ReplicationConfiguration>")
    };
    let rule = |prefix: &str, bucket: &str| {
        format!(
            "<Rule><Status>Enabled</Status><Prefix>{prefix}</Prefix><Destination><Bucket>qcs::cos:ap-guangzhou::{bucket}</Bucket></Destination></Rule>"
        )
    };
    let two = replication(&[rule("a", "b-1"), rule("b", "c-1")].concat());
    refused(&of("replication", &two), "multiple-buckets", 400, "MultiBucketNotSupport");
    let one = replication(&rule("a", "other-1250000000"));
    refused(&of("replication", &one), "not-in-that-state", 409, "InvalidBucketState");
    let overlapping = replication(&[rule("a", "b-1"), rule("ab", "b-1")].concat());
    refused(&of("replication", &overlapping), "invalid-argument", 400, "InvalidArgument");
    let versioning = |status: &str| {
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        put_document("versioning", &body)
    };
    done(versioning("Enabled").sign());
    refused(&of("replication", &one), "not-in-that-state", 409, "InvalidBucketState");
    done(versioning("Enabled").host(other).sign());
    done(of("replication", &one));
    let suspended = versioning("Suspended").sign();
    refused(&suspended, "not-in-that-state", 409, "InvalidBucketState");

    let domain = "<DomainConfiguration><DomainRule><Status>ENABLED</Status><Name>www.example.com</Name><Type>REST</Type></DomainRule></DomainConfiguration>";
    done(of("domain", domain));
    done(of("domain", domain));
    let elsewhere = put_document("domain", domain).host(other).sign();
    refused(&elsewhere, "domain-bound", 409, "RecordAlreadyExist");

    let tiering = "<IntelligentTieringConfiguration><Status>Enabled</Status><Transition><Days>30</Days><RequestFrequent>1</RequestFrequent></Transition></IntelligentTieringConfiguration>";
    done(of("intelligenttiering", tiering));
    let again = refused(&of("intelligenttiering", tiering), "tiering-stays", 400, "InvalidRequest");
    let message = again.error().message;
    assert_eq!(message, "Not support modify intelligent tiering configuration");
    let rule = "<IntelligentTieringConfiguration><Status>Enabled</Status><Tiering><AccessTier>INFREQUENT</AccessTier><Days>30</Days></Tiering></IntelligentTieringConfiguration>";
    let default = put_document("intelligent-tiering", rule).param("id", "default").sign();
    let default = refused(&default, "default-rule", 400, "InvalidRequest");
    assert_eq!(default.error().message, "The default rule cannot be modified");

    let report = "<InventoryConfiguration><Id>a</Id><Destination><COSBucketDestination><Format>CSV</Format><Bucket>b</Bucket></COSBucketDestination></Destination><IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>";
    let report = request("POST", "/")
        .param("inventory", "")
        .param("id", "a")
        .header("Content-Length", report.len().to_string())
        .body(report.as_bytes())
        .sign();
    done(report.clone());
    refused(&report, "duplicate-inventory", 409, "DuplicateInventoryId");

    let kms = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    refused(&of("encryption", kms), "unserved", 501, "NotImplemented");
    let other = kms.replace("KMS", "aes");
    let other = refused(&of("encryption", &other), "invalid-argument", 400, "InvalidArgument");
    assert!(other.error().message.contains("none of those"), "{}", other.text());
}

#[test]
fn what_lifecycle_rules_may_not_be() {
    let endpoint = Endpoint::start();
    let refused = |rules: &str, cause, code| {
        let body = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
        refused(&endpoint, &put_document("lifecycle", &body).sign(), cause, 400, code);
    };
    let rule = |inner: &str| format!("<Rule><Status>Enabled</Status>{inner}</Rule>");
    refused(&rule("<ID>a</ID>").repeat(2), "lifecycle-id-twice", "LifeCycleIdNotUnique");
    let expire = |days| rule(&format!("<Expiration><Days>{days}</Days></Expiration>"));
    refused(&[expire(1), expire(2)].concat(), "lifecycle-conflict", "LifeCycleRuleConflicted");
    let to = |class: &str| {
        rule(&format!(
            "<Transition><Days>1</Days><StorageClass>{class}</StorageClass></Transition>"
        ))
    };
    refused(&to("FROZEN"), "unsupported-class", "NotSupportedStorageClass");
    refused(&expire(0), "malformed-xml", "MalformedXML");
}

#[test]
fn a_policy_of_more_than_20_kib() {
    let endpoint = Endpoint::start();
    let long = format!(r#"{{"version":"2.0","statement":[]{}}}"#, " ".repeat(20 << 10));
    let refused =
        refused(&endpoint, &put_document("policy", &long).sign(), "policy-full", 400, "PolicyFull");
    assert_eq!(refused.error().message, "your policy or acl has reached the limit");
}

#[test]
fn more_than_1000_configurations_of_a_kind() {
    let endpoint = Endpoint::start();
    let body = "<DomainCertificate><CertificateInfo><CertType>CustomCert</CertType><CustomCert><CertId>c</CertId></CustomCert></CertificateInfo>LIST</DomainCertificate>";
    let names = |from: usize| -> String {
        let name = |index| format!("<DomainName>d{index}.example</DomainName>");
        (from..from + 100).map(name).collect()
    };
    let put = |from| {
        let list = format!("<DomainList>{}</DomainList>", names(from));
        put_document("domaincertificate", &body.replace("LIST", &list)).sign()
    };
    for from in (0..1000).step_by(100) {
        assert_eq!(endpoint.send(&put(from)).status, 200);
    }
    assert_eq!(endpoint.send(&put(0)).status, 200);
    refused(&endpoint, &put(901), "too-many-configurations", 400, "TooManyConfigurations");
}

#[test]
fn a_body_that_comes_too_slowly() {
    let mut limits = Limits::default();
    (limits.body_rate, limits.body_rate_window) = (u64::MAX, Duration::ZERO);
    let endpoint = Endpoint::start_with(|builder| builder.limits(limits));
    refused(&endpoint, &put("/a", b"x").sign(), "body-too-slow", 400, "UserNetworkTooSlow");
}

#[test]
fn what_is_there() {
    let endpoint = Endpoint::start();
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    refused(&get("/a").sign(), "no-such-key", 404, "NoSuchKey");
    refused(&get("/a").param("acl", "").sign(), "no-such-key", 404, "NoSuchKey");
    refused(
        &put("/a", b"").param("acl", "").header("x-cos-acl", "private").sign(),
        "no-such-key",
        404,
        "NoSuchKey",
    );
    refused(&put("/", b"").sign(), "bucket-owned", 409, "BucketAlreadyOwnedByYou");
    endpoint.put("/a", b"0123456789");
    refused(&request("DELETE", "/").sign(), "bucket-not-empty", 409, "BucketNotEmpty");
    let range = refused(
        &get("/a").header("Range", "bytes=10-").sign(),
        "invalid-range",
        416,
        "InvalidRange",
    );
    assert_eq!(range.header("Content-Range"), Some("bytes */10"));
    refused(
        &get("/a").header("If-Match", "\"other\"").sign(),
        "precondition-failed",
        412,
        "PreconditionFailed",
    );
    let once = put("/a", b"x").header("x-cos-forbid-overwrite", "true").sign();
    refused(&once, "precondition-failed", 412, "PreconditionFailed");
    let copy = |source: &str| put("/c", b"").header("x-cos-copy-source", source);
    let source = format!("{HOST}/a");
    for source in [format!("{HOST}/absent"), format!("absent-1.{HOST}/a")] {
        refused(&copy(&source).sign(), "no-such-copy-source", 404, "NoSuchCopySource");
    }
    let other = copy(&source).header("x-cos-copy-source-If-None-Match", "*").sign();
    refused(&other, "precondition-failed", 412, "PreconditionFailed");
    let archived = put("/b", b"x").header("x-cos-storage-class", "ARCHIVE").sign();
    assert_eq!(endpoint.send(&archived).status, 200);
    let source = format!("{HOST}/b");
    refused(&copy(&source).sign(), "not-restored", 403, "InvalidObjectState");
    let restore = |target| {
        let body = "<RestoreRequest><Days>1</Days></RestoreRequest>";
        let post = request("POST", target).header("Content-Length", body.len().to_string());
        post.body(body.as_bytes()).param("restore", "").sign()
    };
    refused(&restore("/a"), "not-archived", 405, "RestoreNonArchiveObject");
    assert_eq!(endpoint.send(&restore("/b")).status, 202);
    refused(&restore("/b"), "restore-running", 409, "RestoreAlreadyInProgress");
    let append = |target, position| {
        let post = request("POST", target).header("Content-Length", "1").body(b"x");
        post.param("append", "").param("position", position)
    };
    let none = get("/a").param("versionId", "MTg0NDUxNTc1NjIzMTQ1MDAwODg");
    refused(&none.sign(), "no-such-version", 404, "NoSuchVersion");
    let kept = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(endpoint.send(&put("/", kept).param("versioning", "").sign()).status, 200);
    let deleted = endpoint.send(&request("DELETE", "/gone").sign());
    let marker = deleted.header("x-cos-version-id").unwrap();
    let named = get("/gone").param("versionId", marker).sign();
    let named = refused(&named, "delete-marker", 405, "MethodNotAllowed");
    assert_eq!(named.header("x-cos-delete-marker"), Some("true"));
    let gone = refused(&get("/gone").sign(), "no-such-key", 404, "NoSuchKey");
    assert_eq!(gone.header("x-cos-version-id"), Some(marker));
    let source = copy(&format!("{HOST}/gone?versionId={marker}")).sign();
    refused(&source, "source-delete-marker", 400, "InvalidRequest");
    refused(&append("/new", "1").sign(), "append-position", 409, "AppendPositionErr");
    let archived = append("/new", "0").header("x-cos-storage-class", "ARCHIVE");
    refused(&archived.sign(), "class-not-appendable", 400, "InvalidArgument");
    let normal = refused(&append("/a", "1").sign(), "not-appendable", 409, "ObjectNotAppendable");
    let message = "The operation is not valid for the current state of the object";
    assert_eq!(normal.error().message, message);
    assert_eq!(endpoint.send(&append("/appended", "0").sign()).status, 200);
    let source = copy(&format!("{HOST}/appended"));
    refused(&source.sign(), "source-appendable", 400, "InvalidRequest");
    refused(&get("/a").param("symlink", "").sign(), "not-symlink", 400, "InvalidRequest");
    let link = request("PUT", "/link").param("symlink", "").header("x-cos-symlink-target", "no");
    assert_eq!(endpoint.send(&link.sign()).status, 200);
    refused(&get("/link").sign(), "symlink-target-missing", 404, "NoSuchKey");
    let archived = refused(&get("/b").sign(), "not-restored", 403, "InvalidObjectState");
    assert_eq!(archived.header("x-cos-storage-class"), Some("ARCHIVE"));
}

#[test]
fn what_was_uploaded_in_parts() {
    let endpoint = Endpoint::start();
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    let sized = |method, body: &str| {
        let request = request(method, "/a").header("Content-Length", body.len().to_string());
        request.body(body.as_bytes())
    };
    let begun = endpoint.send(&request("POST", "/a").param("uploads", "").sign());
    let id = begun.all("UploadId")[0].to_owned();
    let part = |number: &str, body: &str| {
        sized("PUT", body).param("partNumber", number).param("uploadId", &id)
    };
    let complete = |body: &str| sized("POST", body).param("uploadId", &id);
    let list = |parts: &[(&str, &str)]| {
        let part = |(number, etag): &(&str, &str)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let parts: String = parts.iter().map(part).collect();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    };
    for number in ["0", "10001", "x"] {
        refused(&part(number, "x").sign(), "invalid-argument", 400, "InvalidArgument");
    }
    let wrong = part("1", "x").header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==");
    refused(&wrong.sign(), "bad-digest", 400, "BadDigest");
    let no_length = request("PUT", "/a").param("partNumber", "1").param("uploadId", &id);
    refused(&no_length.sign(), "missing-length", 411, "MissingContentLength");
    for number in ["1", "2"] {
        assert_eq!(endpoint.send(&part(number, "x").sign()).status, 200);
    }
    let x = "9dd4e461268c8034f5c8564e155c67a6";
    for (parts, cause, code) in [
        (&[("2", x), ("1", x)][..], "invalid-part-order", "InvalidPartOrder"),
        (&[("1", x), ("1", x)], "invalid-part-order", "InvalidPartOrder"),
        (&[("3", x)], "invalid-part", "InvalidPart"),
        (&[("1", "other")], "invalid-part", "InvalidPart"),
        (&[("1", x), ("2", x)], "entity-too-small", "EntityTooSmall"),
        (&[], "malformed-xml", "MalformedXML"),
    ] {
        refused(&complete(&list(parts)).sign(), cause, 400, code);
    }
    refused(&complete("").sign(), "missing-body", 400, "MissingRequestBodyError");
    endpoint.put("/a", b"there");
    let once = complete(&list(&[("1", x)])).header("x-cos-forbid-overwrite", "true");
    refused(&once.sign(), "precondition-failed", 412, "PreconditionFailed");
    let again = request("POST", "/a").param("uploads", "").header("x-cos-forbid-overwrite", "true");
    refused(&again.sign(), "precondition-failed", 412, "PreconditionFailed");

    for (method, target) in [("PUT", "/a"), ("GET", "/a"), ("POST", "/a"), ("DELETE", "/a")] {
        let body = list(&[("1", x)]);
        let absent = request(method, target)
            .header("Content-Length", body.len().to_string())
            .body(body.as_bytes())
            .param("partNumber", "1")
            .param("uploadId", "1700");
        refused(&absent.sign(), "no-such-upload", 404, "NoSuchUpload");
    }
    let copy = |source: &str, range: &str| {
        let copy = part("1", "").header("x-cos-copy-source", source);
        copy.header("x-cos-copy-source-range", range).sign()
    };
    let (source, absent) = (format!("{HOST}/a"), format!("{HOST}/absent"));
    refused(&copy(&absent, ""), "no-such-copy-source", 404, "NoSuchCopySource");
    refused(&copy("a", ""), "invalid-copy-source", 400, "InvalidCopySource");
    refused(&copy(&source, "bytes=1-"), "invalid-argument", 400, "InvalidArgument");
    refused(&copy(&source, "bytes=4-5"), "invalid-range", 416, "InvalidRange");
    let other = part("1", "").header("x-cos-copy-source", &source);
    let other = other.header("x-cos-copy-source-If-Match", "other").sign();
    refused(&other, "precondition-failed", 412, "PreconditionFailed");
    let other_key = get("/b").param("uploadId", &id);
    refused(&other_key.sign(), "no-such-upload", 404, "NoSuchUpload");
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"there");
    assert_eq!((endpoint.blobs(3), endpoint.files("incoming")), (3, 0));
}

#[test]
fn who_comes_when_there_is_no_place() {
    let mut limits = Limits::default();
    limits.connections = 1;
    let endpoint = Endpoint::start_with(|builder| builder.limits(limits));
    let mut first = endpoint.connect();
    first.write(&get("/absent").sign().bytes());
    assert_eq!(first.answer(false).status, 404);
    refused(&endpoint, &put("/a", b"x").sign(), "slow-down", 503, "SlowDown");
    refused(&endpoint, &get("/a"), "slow-down", 503, "SlowDown");
}

#[test]
fn the_body_of_an_error_is_laid_out_as_captured() {
    let endpoint = Endpoint::start();
    let answer = endpoint.send(&get("/no%20such/%E9%A1%B5").sign());
    let (request_id, trace_id) = (answer.error().request_id, answer.error().trace_id);
    assert_eq!(
        answer.text(),
        format!(
            "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>NoSuchKey</Code>\n\t<Message>The specified key does not exist.</Message>\n\t<Resource>{HOST}/no+such/页</Resource>\n\t<RequestId>{request_id}</RequestId>\n\t<TraceId>{trace_id}</TraceId>\n</Error>\n\n"
        )
    );
}

#[test]
fn an_error_to_head_has_no_body() {
    let endpoint = Endpoint::start();
    let mut connection = endpoint.connect();
    for status in [404, 404] {
        connection.write(&request("HEAD", "/absent").sign().bytes());
        let answer = connection.answer(true);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("Content-Length"), Some("0"));
        assert_eq!(answer.header("Content-Type"), Some("application/xml"));
    }
}
