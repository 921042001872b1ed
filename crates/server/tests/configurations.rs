//! The configurations of a bucket: what is put comes back, in the documented shape, and nothing else.

mod support;

use support::*;

fn document(sub: &str, body: &str) -> Request {
    put("/", body.as_bytes()).param(sub, "")
}

/// Puts a configuration and returns what GET answers then, on one line.
#[track_caller]
fn kept(endpoint: &Endpoint, sub: &str, body: &str, status: u16) -> String {
    let put = endpoint.send(&document(sub, body).sign());
    assert_eq!((put.status, put.text()), (status, ""), "{sub}");
    one_line(&told(endpoint, sub))
}

fn told(endpoint: &Endpoint, sub: &str) -> Answer {
    let answer = endpoint.send(&get("/").param(sub, "").sign());
    assert_eq!(answer.status, 200, "{sub}: {}", answer.text());
    assert_eq!(answer.header("Content-Type"), Some("application/xml"), "{sub}");
    answer
}

fn one_line(answer: &Answer) -> String {
    answer.text().split(['\n', '\t']).collect()
}

fn inventory(id: &str) -> String {
    format!(
        "<InventoryConfiguration><Id>{id}</Id><IsEnabled>True</IsEnabled><Destination><COSBucketDestination><Format>CSV</Format><Bucket>qcs::cos:ap-guangzhou::b-1</Bucket></COSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>"
    )
}

/// Sub-resource, document, status of PUT, whether there is DELETE.
const DOCUMENTS: [(&str, &str, u16, bool); 14] = [
    (
        "cors",
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><ExposeHeader>ETag</ExposeHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>",
        200,
        true,
    ),
    (
        "policy",
        r#"{"version":"2.0","Statement":[{"effect":"allow","action":["name/cos:GetObject"],"principal":{"qcs":["qcs::cam::anyone:anyone"]},"resource":["*"]}]}"#,
        204,
        true,
    ),
    (
        "referer",
        "<RefererConfiguration><Status>Enabled</Status><RefererType>White-List</RefererType><DomainList><Domain>*.example.com</Domain></DomainList><EmptyReferConfiguration>Allow</EmptyReferConfiguration></RefererConfiguration>",
        200,
        false,
    ),
    (
        "versioning",
        "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
        200,
        false,
    ),
    (
        "tagging",
        "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>",
        204,
        true,
    ),
    (
        "lifecycle",
        "<LifecycleConfiguration><Rule><ID>a</ID><Filter><And><Prefix>p</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition><Expiration><Days>100</Days></Expiration></Rule></LifecycleConfiguration>",
        200,
        true,
    ),
    (
        "website",
        "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>",
        200,
        true,
    ),
    (
        "logging",
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b-1</TargetBucket><TargetPrefix>logs/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
        200,
        false,
    ),
    (
        "domain",
        "<DomainConfiguration><DomainRule><Status>DISABLED</Status><Name>www.example.com</Name><Type>WEBSITE</Type></DomainRule></DomainConfiguration>",
        200,
        true,
    ),
    (
        "origin",
        "<OriginConfiguration><OriginRule><RulePriority>1</RulePriority><OriginType>Mirror</OriginType><OriginCondition><HTTPStatusCode>404</HTTPStatusCode></OriginCondition><OriginParameter><Protocol>HTTP</Protocol></OriginParameter><OriginInfo><HostInfo><HostName>a.example</HostName></HostInfo></OriginInfo></OriginRule></OriginConfiguration>",
        200,
        true,
    ),
    (
        "encryption",
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        200,
        true,
    ),
    (
        "intelligenttiering",
        "<IntelligentTieringConfiguration><Status>Enabled</Status><Transition><Days>60</Days><RequestFrequent>1</RequestFrequent></Transition></IntelligentTieringConfiguration>",
        200,
        false,
    ),
    (
        "accelerate",
        "<AccelerateConfiguration><Status>Enabled</Status><Type>COS</Type></AccelerateConfiguration>",
        200,
        false,
    ),
    (
        "replication",
        "<ReplicationConfiguration><Role>qcs::cam::uin/1:uin/1</Role><Rule><Status>Enabled</Status><ID>1</ID><Prefix>p</Prefix><Destination><Bucket>qcs::cos:ap-beijing::b-1</Bucket></Destination></Rule></ReplicationConfiguration>",
        200,
        true,
    ),
];

#[test]
fn what_is_put_comes_back_and_outlives_a_restart() {
    let endpoint = Endpoint::start();
    let enabled = DOCUMENTS[3].1.replace("Suspended", "Enabled");
    for (sub, body, status, _) in DOCUMENTS {
        if sub == "replication" {
            assert_eq!(kept(&endpoint, "versioning", &enabled, 200), enabled);
        }
        assert_eq!(kept(&endpoint, sub, body, status), body, "{sub}");
    }
    let endpoint = Endpoint::start_in(endpoint.shutdown(), |builder| builder);
    for (sub, body, _, has_delete) in DOCUMENTS {
        let body = if sub == "versioning" { &enabled } else { body };
        assert_eq!(one_line(&told(&endpoint, sub)), *body, "{sub}");
        let delete = || endpoint.send(&request("DELETE", "/").param(sub, "").sign());
        if !has_delete {
            assert_eq!(delete().status, 405, "{sub}");
            continue;
        }
        // What is absent is as good as deleted.
        assert_eq!((delete().status, delete().status), (204, 204), "{sub}");
        assert_eq!(endpoint.send(&get("/").param(sub, "").sign()).status, 404, "{sub}");
    }
}

/// It does not go with some of the others.
#[test]
fn object_lock_comes_back_and_outlives_a_restart() {
    let endpoint = Endpoint::start();
    let body = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
    assert_eq!(kept(&endpoint, "object-lock", body, 200), body);
    let endpoint = Endpoint::start_in(endpoint.shutdown(), |builder| builder);
    assert_eq!(one_line(&told(&endpoint, "object-lock")), body);
    let delete = endpoint.send(&request("DELETE", "/").param("object-lock", "").sign());
    assert_eq!(delete.status, 405);
}

#[test]
fn some_answer_with_an_empty_document_where_nothing_was_put() {
    let endpoint = Endpoint::start();
    for (sub, document) in [
        ("referer", "<RefererConfiguration/>"),
        ("versioning", "<VersioningConfiguration/>"),
        ("logging", "<BucketLoggingStatus/>"),
        ("accelerate", "<AccelerateConfiguration/>"),
        ("intelligenttiering", "<IntelligentTieringConfiguration/>"),
        ("intelligent-tiering", "<ListBucketIntelligentTieringConfigurationsOutput/>"),
    ] {
        assert_eq!(told(&endpoint, sub).text(), document);
    }
    let list = "<ListInventoryConfigurationResult><IsTruncated>false</IsTruncated></ListInventoryConfigurationResult>";
    assert_eq!(one_line(&told(&endpoint, "inventory")), list);
    let certificate = get("/").param("domaincertificate", "").param("domainname", "a.example");
    let certificate = endpoint.send(&certificate.sign());
    let disabled = "<DomainCertificate><Status>Disabled</Status></DomainCertificate>";
    assert_eq!((certificate.status, one_line(&certificate).as_str()), (200, disabled));
}

#[test]
fn nobody_else_may_and_no_other_bucket_answers() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[0];
    assert_eq!(endpoint.send(&document(sub, body)).status, 403);
    assert_eq!(endpoint.send(&get("/").param(sub, "")).status, 403);
    let absent = "absent-1250000000.cos.ap-guangzhou.myqcloud.com";
    for method in ["GET", "PUT", "DELETE"] {
        let answer = endpoint.send(&request(method, "/").param(sub, "").host(absent).sign());
        assert_eq!(answer.error().code, "NoSuchBucket", "{method}");
    }
}

#[test]
fn a_bucket_takes_its_configurations_along() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[0];
    kept(&endpoint, sub, body, 200);
    for method in ["DELETE", "PUT"] {
        assert!(endpoint.send(&request(method, "/").sign()).status < 300);
    }
    assert_eq!(endpoint.send(&get("/").param(sub, "").sign()).status, 404);
}

#[test]
fn the_md5_counts_where_it_is_given() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[0];
    let with = |md5: &str| document(sub, body).header("Content-MD5", md5).sign();
    assert_eq!(endpoint.send(&with("7o3pGNBWQBRbGPcPTDqmAg==")).error().code, "BadDigest");
    assert_eq!(endpoint.send(&with("x")).error().code, "InvalidDigest");
    assert_eq!(endpoint.send(&get("/").param(sub, "").sign()).status, 404);
}

#[test]
fn unknown_elements_and_another_order_do_not_matter() {
    let endpoint = Endpoint::start();
    let body = "<?xml version=\"1.0\"?><AccelerateConfiguration xmlns=\"urn:x\"><Type>COS</Type><Other>1</Other><Status>Suspended</Status></AccelerateConfiguration>";
    assert_eq!(
        kept(&endpoint, "accelerate", body, 200),
        "<AccelerateConfiguration><Status>Suspended</Status><Type>COS</Type></AccelerateConfiguration>"
    );
    for (sub, root) in [
        ("website", "WebsiteConfiguration"),
        ("versioning", "VersioningConfiguration"),
        ("accelerate", "AccelerateConfiguration"),
    ] {
        let empty = endpoint.send(&document(sub, &format!("<{root}/>")).sign());
        assert_eq!(empty.error().code, "MalformedXML", "{sub}");
    }
}

#[test]
fn an_empty_referer_takes_it_away() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[2];
    for nothing in ["", "<RefererConfiguration/>"] {
        assert_eq!(kept(&endpoint, sub, body, 200), body);
        assert_eq!(kept(&endpoint, sub, nothing, 200), "<RefererConfiguration/>");
    }
}

#[test]
fn an_empty_logging_takes_it_away() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[7];
    assert_eq!(kept(&endpoint, sub, body, 200), body);
    assert_eq!(kept(&endpoint, sub, "<BucketLoggingStatus/>", 200), "<BucketLoggingStatus/>");
}

#[test]
fn statements_of_a_policy_are_capital() {
    let endpoint = Endpoint::start();
    let statement =
        r#"{"Effect":"allow","principal":"*","action":"name/cos:GetObject","resource":"*"}"#;
    let sent = format!(r#"{{"statement": [{statement}], "version": "2.0"}}"#);
    assert_eq!(
        kept(&endpoint, "policy", &sent, 204),
        format!(r#"{{"Statement":[{statement}],"version":"2.0"}}"#)
    );
    let unknown = sent.replace("GetObject", "");
    let refused = endpoint.send(&document("policy", &unknown.replace("action", "Aktion")).sign());
    assert!(refused.error().message.contains("statement[0]"), "{}", refused.text());
}

#[test]
fn a_website_tells_of_its_redirects() {
    let endpoint = Endpoint::start();
    let rule = |more: &str| {
        format!(
            "<RoutingRule><Condition><KeyPrefixEquals>a</KeyPrefixEquals></Condition><Redirect><ReplaceKeyWith>b</ReplaceKeyWith>{more}</Redirect></RoutingRule>"
        )
    };
    let website = |rules: String| {
        format!(
            "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules>{rules}</RoutingRules></WebsiteConfiguration>"
        )
    };
    let disabled = rule("<URLRedirect>Disabled</URLRedirect>");
    let sent = website(rule("") + &disabled);
    let told = website(rule("<URLRedirect>Enabled</URLRedirect>") + &disabled);
    assert_eq!(kept(&endpoint, "website", &sent, 200), told);
}

#[test]
fn a_domain_is_verified_by_one_text() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[8];
    kept(&endpoint, sub, body, 200);
    let text = |answer: &Answer| answer.header("x-cos-domain-txt-verification").unwrap().to_owned();
    let first = text(&told(&endpoint, sub));
    let hash = first.strip_prefix("tencent-cloud-cos-verification=").unwrap();
    assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    assert_eq!(text(&told(&endpoint, sub)), first);
}

#[test]
fn certificates_are_told_by_domain_and_their_keys_are_not_kept() {
    let endpoint = Endpoint::start();
    let body = "<DomainCertificate><CertificateInfo><CertType>CustomCert</CertType><CustomCert><Cert>PUBLIC</Cert><PrivateKey>VERYPRIVATE</PrivateKey></CustomCert></CertificateInfo><DomainList><DomainName>a.example</DomainName></DomainList><DomainList><DomainName>b.example</DomainName></DomainList></DomainCertificate>";
    assert_eq!(endpoint.send(&document("domaincertificate", body).sign()).status, 200);
    let of = |method, name: &str| {
        let asked = request(method, "/").param("domaincertificate", "").param("domainname", name);
        endpoint.send(&asked.sign())
    };
    let status = |name: &str| of("GET", name).only("Status").to_owned();
    assert_eq!((status("a.example"), status("b.example")), ("Enabled".into(), "Enabled".into()));
    assert_eq!(of("DELETE", "a.example").status, 204);
    assert_eq!((status("a.example"), status("b.example")), ("Disabled".into(), "Enabled".into()));
    let folder = endpoint.shutdown();
    let metadata = std::fs::read(folder.path().join("metadata.redb")).unwrap();
    assert!(!metadata.windows(11).any(|window| window == b"VERYPRIVATE"));
}

#[test]
fn inventories_are_listed_in_the_order_of_their_making() {
    let endpoint = Endpoint::start();
    let of = |method, id: &str, body: &str| {
        let asked = request(method, "/").param("inventory", "").param("id", id);
        let asked = asked.header("Content-Length", body.len().to_string());
        endpoint.send(&asked.body(body.as_bytes()).sign())
    };
    let ids: Vec<_> = (0..150).map(|index| format!("ID-{index}")).collect();
    for id in &ids {
        assert_eq!(of("PUT", id, &inventory(id)).status, 200, "{id}");
    }
    // Replaced, it keeps its place.
    assert_eq!(of("PUT", "ID-3", &inventory("ID-3")).status, 200);
    let one = of("GET", "ID-3", "");
    assert_eq!((one.only("IsEnabled"), one.text().contains("<OptionalFields/>")), ("true", true));
    let page = |token: &str| {
        let list = get("/").param("inventory", "").param("continuation-token", token);
        endpoint.send(&list.sign())
    };
    let first = page("");
    assert_eq!(first.only("IsTruncated"), "true");
    let token = first.only("NextContinuationToken");
    let second = page(token);
    assert_eq!((second.only("IsTruncated"), second.only("ContinuationToken")), ("false", token));
    let found: Vec<_> = first.all("Id").into_iter().chain(second.all("Id")).collect();
    assert_eq!(found, ids);
    assert_eq!(page("x").error().code, "InvalidArgument");
    assert_eq!(of("DELETE", "ID-3", "").status, 204);
    assert_eq!(of("GET", "ID-3", "").error().code, "NoSuchConfiguration");
    assert_eq!(of("PUT", "ID-3", &inventory("ID-4")).error().code, "InvalidArgument");
}

#[test]
fn a_report_is_asked_for_once() {
    let endpoint = Endpoint::start();
    let post = |id: &str, body: &str| {
        let asked = request("POST", "/").param("inventory", "").param("id", id);
        let asked = asked.header("Content-Length", body.len().to_string());
        endpoint.send(&asked.body(body.as_bytes()).sign())
    };
    let scheduled = inventory("a");
    assert_eq!(post("a", &scheduled).error().code, "MalformedXML");
    let once = scheduled.replace("<IsEnabled>True</IsEnabled>", "");
    let once = once.replace("<Schedule><Frequency>Daily</Frequency></Schedule>", "");
    assert_eq!(post("a", &once).status, 200);
    assert_eq!(post("b", &once).error().code, "InvalidArgument");
    assert_eq!(told(&endpoint, "inventory").all("Id"), Vec::<&str>::new());
}

#[test]
fn the_first_form_of_tiering_shows_as_the_rule_default() {
    let endpoint = Endpoint::start();
    let (sub, body, ..) = DOCUMENTS[11];
    kept(&endpoint, sub, body, 200);
    let rule = "<IntelligentTieringConfiguration><Id>default</Id><Status>Enabled</Status><Tiering><AccessTier>INFREQUENT</AccessTier><Days>60</Days><RequestFrequent>1</RequestFrequent></Tiering></IntelligentTieringConfiguration>";
    let of = |method, id: &str| {
        endpoint.send(&request(method, "/").param("intelligent-tiering", "").param("id", id).sign())
    };
    assert_eq!(one_line(&of("GET", "default")), rule);
    assert_eq!(of("DELETE", "default").error().message, "The default rule cannot be modified");
    let own = rule.replace("<Id>default</Id>", "");
    let put = document("intelligent-tiering", &own).param("id", "own").sign();
    assert_eq!(endpoint.send(&put).status, 200);
    assert_eq!(told(&endpoint, "intelligent-tiering").all("Id"), ["default", "own"]);
    assert_eq!((of("DELETE", "own").status, of("GET", "own").status), (204, 404));
}

/// cos-go-sdk-v5 `costesting/ci_test.go` does so with a bucket that it makes in another region, without versions.
#[test]
fn replication_looks_at_buckets_of_its_own_region() {
    let endpoint = Endpoint::start();
    let enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(endpoint.send(&put("/", enabled).param("versioning", "").sign()).status, 200);
    for (region, status) in [("ap-chengdu", 200), ("ap-guangzhou", 409)] {
        let name = format!("to-{region}-1250000000");
        let host = format!("{name}.cos.{region}.myqcloud.com");
        assert_eq!(endpoint.send(&put("/", b"").host(&host).sign()).status, 200);
        let body = format!(
            "<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status><Prefix>a</Prefix><Destination><Bucket>qcs::cos:{region}::{name}</Bucket></Destination></Rule></ReplicationConfiguration>"
        );
        let answer = endpoint.send(&put("/", body.as_bytes()).param("replication", "").sign());
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[test]
fn replication_tells_when_it_was_made() {
    let endpoint = Endpoint::start();
    kept(&endpoint, "versioning", &DOCUMENTS[3].1.replace("Suspended", "Enabled"), 200);
    let (sub, body, ..) = DOCUMENTS[13];
    kept(&endpoint, sub, body, 200);
    let made = told(&endpoint, sub);
    let made = made.header("x-cos-replication-rule-creation-time");
    assert_eq!(made, Some("Tue, 14 Nov 2023 22:13:20 GMT"));
}

#[test]
fn tags_of_a_bucket_have_limits() {
    let endpoint = Endpoint::start();
    let tags = |count: usize, key: &str| {
        let tag = |index| format!("<Tag><Key>{key}{index}</Key><Value>v</Value></Tag>");
        let tags: String = (0..count).map(tag).collect();
        let body = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
        endpoint.send(&document("tagging", &body).sign())
    };
    assert_eq!(tags(50, "k").status, 204);
    assert_eq!(tags(51, "k").error().code, "InvalidTag");
    assert_eq!(tags(1, "?").error().code, "InvalidTag");
    let twice = "<Tagging><TagSet><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>";
    assert_eq!(endpoint.send(&document("tagging", twice).sign()).status, 400);
}

#[test]
fn objects_are_encrypted_as_their_bucket_says() {
    let endpoint = Endpoint::start();
    let name = "x-cos-server-side-encryption";
    assert_eq!(endpoint.put("/before", b"x").header(name), None);
    let (sub, body, ..) = DOCUMENTS[10];
    kept(&endpoint, sub, body, 200);
    assert_eq!(endpoint.put("/a", b"x").header(name), Some("AES256"));
    for (method, target, want) in
        [("GET", "/a", Some("AES256")), ("HEAD", "/a", Some("AES256")), ("GET", "/before", None)]
    {
        let answer = endpoint.send(&request(method, target).sign());
        assert_eq!((answer.status, answer.header(name)), (200, want), "{method} {target}");
    }
    let copy = put("/c", b"").header("x-cos-copy-source", format!("{HOST}/before")).sign();
    assert_eq!(endpoint.send(&copy).header(name), Some("AES256"));
    let begin = request("POST", "/d").param("uploads", "").sign();
    assert_eq!(endpoint.send(&begin).header(name), Some("AES256"));
    let append = request("POST", "/e").param("append", "").param("position", "0");
    let append = append.header("Content-Length", "1").body(b"x").sign();
    assert_eq!(endpoint.send(&append).header(name), Some("AES256"));
    assert_eq!(endpoint.send(&request("DELETE", "/").param(sub, "").sign()).status, 204);
    assert_eq!(endpoint.put("/after", b"x").header(name), None);
}
