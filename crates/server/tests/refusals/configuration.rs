//! How a bucket is to be configured.

use cospass_server::Limits;

use crate::refused;
use crate::support::*;

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
    for (sub, cause, code) in [
        ("inventory", "no-such-configuration", "NoSuchConfiguration"),
        (
            "intelligent-tiering",
            "no-such-tiering-rule",
            "IntelligentTieringConfigurationNotFoundError",
        ),
    ] {
        let absent = get("/").param(sub, "").param("id", "a").sign();
        self::refused(&endpoint, &absent, cause, 404, code);
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
