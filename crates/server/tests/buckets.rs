//! Buckets and the account, and the ways in which a request reaches them.

mod support;

use support::*;

const OTHER: &str = "other-1250000000";
const OTHER_HOST: &str = "other-1250000000.cos.ap-guangzhou.myqcloud.com";

#[test]
fn a_bucket_is_made_told_and_deleted() {
    let endpoint = Endpoint::start();
    let to = |method| endpoint.send(&request(method, "/").host(OTHER_HOST).sign());
    assert_eq!(to("HEAD").status, 404);
    assert_eq!(to("PUT").status, 200);
    assert_eq!(to("PUT").status, 409);
    let head = to("HEAD");
    assert_eq!((head.status, head.header("x-cos-bucket-region")), (200, Some("ap-guangzhou")));
    assert_eq!(to("DELETE").status, 204);
    assert_eq!(to("DELETE").status, 404);
}

#[test]
fn a_bucket_of_the_plain_kind_may_say_so() {
    let endpoint = Endpoint::start();
    let body = b"<CreateBucketConfiguration/>";
    let made = request("PUT", "/").host(OTHER_HOST).header("x-cos-acl", "private");
    let made = made.header("Content-Length", body.len().to_string()).body(body).sign();
    assert_eq!(endpoint.send(&made).status, 200);
    let bad = request("PUT", "/").host(OTHER_HOST).header("x-cos-acl", "bucket-owner-read").sign();
    assert_eq!(endpoint.send(&bad).status, 400);
}

#[test]
fn a_bucket_may_be_made_with_tags_and_in_several_zones() {
    let endpoint = Endpoint::start();
    let body = b"<CreateBucketConfiguration><BucketAZConfig>MAZ</BucketAZConfig></CreateBucketConfiguration>";
    let made = put("/", body).host(OTHER_HOST).header("x-cos-tagging", "a=1&b%20c=").sign();
    assert_eq!(endpoint.send(&made).status, 200);
    let head = |host| endpoint.send(&request("HEAD", "/").host(host).sign());
    assert_eq!(head(OTHER_HOST).header("x-cos-bucket-az-type"), Some("MAZ"));
    assert_eq!(head(HOST).header("x-cos-bucket-az-type"), None);
    let tags = endpoint.send(&get("/").host(OTHER_HOST).param("tagging", "").sign());
    assert_eq!(tags.all("Key"), ["a", "b c"]);
    let bad = request("PUT", "/").host(OTHER_HOST).header("x-cos-tagging", "?=1").sign();
    assert_eq!(endpoint.send(&bad).error().code, "InvalidTag");
    let bad = put("/", &body.map(|byte| if byte == b'M' { b'L' } else { byte }));
    assert_eq!(endpoint.send(&bad.host(OTHER_HOST).sign()).status, 400);
}

#[test]
fn the_list_of_buckets_is_filtered() {
    let endpoint = Endpoint::start();
    endpoint.clock.set(NOW + 10);
    let made = request("PUT", "/").host(OTHER_HOST).header("x-cos-tagging", "a=1&b=2").sign();
    assert_eq!(endpoint.send(&made).status, 200);
    let list = |params: &[(&str, &str)]| -> Vec<String> {
        let asked = params.iter().fold(get("/"), |asked, (name, value)| asked.param(name, value));
        let answer = endpoint.send(&asked.host(SERVICE).sign());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.all("Name").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(list(&[]), [BUCKET, OTHER]);
    assert_eq!(list(&[("tagkey", "b"), ("tagvalue", "2")]), [OTHER]);
    assert!(list(&[("tagkey", "b"), ("tagvalue", "1")]).is_empty());
    let at = |range, time: i64| list(&[("create-time", &time.to_string()), ("range", range)]);
    assert_eq!((at("lt", NOW + 10), at("lte", NOW)), (vec![BUCKET.into()], vec![BUCKET.into()]));
    assert_eq!((at("gt", NOW), at("gte", NOW + 10)), (vec![OTHER.into()], vec![OTHER.into()]));
    assert!(at("lt", NOW).is_empty() && at("gt", NOW + 10).is_empty());
    assert_eq!(list(&[("region", "ap-guangzhou"), ("marker", BUCKET)]), [OTHER]);
}

#[test]
fn a_regional_host_lists_the_buckets_of_its_region() {
    let endpoint = Endpoint::start();
    for (host, names) in [
        ("cos.ap-guangzhou.myqcloud.com", vec![BUCKET]),
        ("cos.ap-beijing.myqcloud.com", vec![]),
        ("cos.accelerate.myqcloud.com", vec![BUCKET]),
    ] {
        let answer = endpoint.send(&get("/").host(host).sign());
        assert_eq!((answer.status, answer.all("Name")), (200, names), "{host}");
    }
    let elsewhere = get("/").host("cos.ap-guangzhou.myqcloud.com").param("region", "ap-beijing");
    assert!(endpoint.send(&elsewhere.sign()).all("Name").is_empty());
    let unsigned = endpoint.send(&get("/").host("cos.ap-guangzhou.myqcloud.com"));
    assert_eq!(unsigned.error().code, "AccessDenied");
}

#[test]
fn access_control_of_a_bucket_is_kept() {
    let endpoint = Endpoint::start();
    let acl = || endpoint.send(&get("/").param("acl", "").sign());
    assert_eq!(
        (acl().header("x-cos-acl"), acl().all("Permission")),
        (Some("private"), vec!["FULL_CONTROL"])
    );
    let canned = put("/", b"").param("acl", "").header("x-cos-acl", "public-read-write").sign();
    assert_eq!(endpoint.send(&canned).status, 200);
    assert_eq!(acl().all("Permission"), ["FULL_CONTROL", "READ", "WRITE"]);
    let body = b"<AccessControlPolicy><AccessControlList><Grant><Grantee><ID>qcs::cam::uin/2:uin/2</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>";
    assert_eq!(endpoint.send(&put("/", body).param("acl", "").sign()).status, 200);
    let kept = acl();
    assert_eq!((kept.header("x-cos-acl"), kept.all("Permission")), (None, vec!["READ"]));
    assert_eq!(endpoint.send(&get("/").param("acl", "")).error().code, "AccessDenied");
}

#[test]
fn the_account_lists_its_buckets() {
    let endpoint = Endpoint::start_with(|builder| builder.bucket(OTHER).owner_uin("7"));
    let list = |request: Request| {
        let answer = endpoint.send(&request.host(SERVICE).sign());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().to_owned()
    };
    assert_eq!(
        list(get("/").param("marker", BUCKET)),
        "<ListAllMyBucketsResult>\n\t<Owner>\n\t\t<ID>qcs::cam::uin/7:uin/7</ID>\n\t\t<DisplayName>7</DisplayName>\n\t</Owner>\n\t<Marker>examplebucket-1250000000</Marker>\n\t<NextMarker/>\n\t<IsTruncated>false</IsTruncated>\n\t<Buckets>\n\t\t<Bucket>\n\t\t\t<Name>other-1250000000</Name>\n\t\t\t<Location>ap-guangzhou</Location>\n\t\t\t<CreationDate>2023-11-14T22:13:20Z</CreationDate>\n\t\t\t<BucketType>cos</BucketType>\n\t\t</Bucket>\n\t</Buckets>\n</ListAllMyBucketsResult>"
    );
    let first = list(get("/").param("max-keys", "1"));
    assert!(first.contains("<NextMarker>examplebucket-1250000000</NextMarker>"));
    assert!(first.contains("<IsTruncated>true</IsTruncated>") && !first.contains(OTHER));
    assert!(list(get("/").param("region", "ap-beijing")).contains("<Buckets/>"));
    assert!(list(get("/").param("region", "ap-guangzhou")).contains(OTHER));
}

#[test]
fn absolute_form_reaches_what_the_host_header_names() {
    let endpoint = Endpoint::start();
    let upload = put("/a%20b", b"x").sign();
    let upload = [upload.head_to(&format!("http://{HOST}:80/a%20b")), b"x".to_vec()].concat();
    assert_eq!(endpoint.exchange(&upload, false).status, 200);
    let down = get("/a%20b").presign();
    let down = down.head_to(&format!("http://{HOST}{}", down.sent_target()));
    assert_eq!(endpoint.exchange(&down, false).body, b"x");
    let service = get("/").host(SERVICE).sign().head_to(&format!("http://{SERVICE}"));
    assert_eq!(endpoint.exchange(&service, false).status, 200);
}

#[test]
fn a_host_may_carry_a_port_that_was_not_signed() {
    let endpoint = Endpoint::start();
    let signed = String::from_utf8(put("/a", b"x").sign().bytes()).unwrap();
    let sent = signed.replace(&format!("Host: {HOST}"), &format!("Host: {HOST}:9000"));
    assert_eq!(endpoint.exchange(sent.as_bytes(), false).status, 200);
}

#[test]
fn mapped_hosts_and_the_default_bucket() {
    let endpoint = Endpoint::start_with(|builder| {
        builder.map("files.example.com", BUCKET).default_bucket(BUCKET)
    });
    endpoint.put("/a", b"x");
    let address = endpoint.address.to_string();
    for host in ["files.example.com", "Files.Example.Com:81", address.as_str(), "cdn.example.com"] {
        assert_eq!(endpoint.send(&get("/a").host(host).sign()).status, 200, "{host}");
    }
    assert_eq!(endpoint.send(&get("/").host(SERVICE).sign()).status, 200);
    let plain = Endpoint::start();
    let address = plain.address.to_string();
    assert_eq!(plain.send(&get("/").host(&address).sign()).status, 200);
}

#[test]
fn a_region_may_be_chosen() {
    let endpoint = Endpoint::start_with(|builder| builder.region("ap-beijing"));
    let head = endpoint.send(&request("HEAD", "/").sign());
    assert_eq!(head.header("x-cos-bucket-region"), Some("ap-beijing"));
}

/// Writes whose bodies end after the bucket that they were let into is gone, and another has its name.
#[test]
fn a_bucket_is_made_in_the_region_that_its_host_names() {
    let endpoint = Endpoint::start();
    let shanghai = "other-1250000000.cos.ap-shanghai.myqcloud.com";
    assert_eq!(endpoint.send(&put("/", b"").host(shanghai).sign()).status, 200);
    for host in [shanghai, "other-1250000000.cos.ap-guangzhou.myqcloud.com"] {
        let head = endpoint.send(&request("HEAD", "/").host(host).sign());
        assert_eq!((head.status, head.header("x-cos-bucket-region")), (200, Some("ap-shanghai")));
        let list = endpoint.send(&get("/").host(host).sign());
        assert_eq!(list.header("x-cos-bucket-region"), Some("ap-shanghai"));
    }
    let location = endpoint.send(&get("/").host(shanghai).param("location", "").sign());
    assert_eq!(location.only("LocationConstraint"), "ap-shanghai");
    let names = |region| {
        let list = get("/").host("service.cos.myqcloud.com").param("region", region).sign();
        let list = endpoint.send(&list);
        let names = list.all("Name").into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert!(list.all("Location").iter().all(|location| *location == region));
        names
    };
    assert_eq!(names("ap-shanghai"), ["other-1250000000"]);
    assert_eq!(names("ap-guangzhou"), [BUCKET]);

    // A policy names the region, too: one for the endpoint's own is about no bucket here.
    assert_eq!(endpoint.send(&put("/a", b"x").host(shanghai).sign()).status, 200);
    for (region, status) in [("ap-shanghai", 200), ("ap-guangzhou", 403)] {
        let policy = format!(
            r#"{{"version":"2.0","Statement":[{{"Effect":"Allow","Principal":{{"qcs":["qcs::cam::anyone:anyone"]}},"Action":["name/cos:GetObject"],"Resource":["qcs::cos:{region}:uid/1250000000:other-1250000000/*"]}}]}}"#
        );
        let policy = put("/", policy.as_bytes()).host(shanghai).param("policy", "").sign();
        assert_eq!(endpoint.send(&policy).status, 204);
        assert_eq!(endpoint.send(&get("/a").host(shanghai)).status, status, "{region}");
    }
}

#[test]
fn a_write_is_for_the_bucket_that_it_was_let_into() {
    let tagging = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let delete = "<Delete><Object><Key>a</Key></Object></Delete>";
    let locked = "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2033-01-01T00:00:00.000Z</RetainUntilDate></Retention>";
    let post = |target: &str, body: &str| {
        let length = body.len().to_string();
        request("POST", target).header("Content-Length", length).body(body.as_bytes())
    };
    let canned = |request: Request| request.param("acl", "").header("x-cos-acl", "public-read");
    let acl = b"<AccessControlPolicy><AccessControlList><Grant><Grantee><ID>qcs::cam::uin/2:uin/2</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>";
    for write in [
        put("/a", b"bytes"),
        put("/a", &vec![7; 300_000]),
        post("/a", "bytes").param("append", "").param("position", "0"),
        put("/a", tagging.as_bytes()).param("tagging", ""),
        put("/a", acl).param("acl", ""),
        put("/a", locked.as_bytes()).param("retention", ""),
        post("/a", "<RestoreRequest><Days>1</Days></RestoreRequest>").param("restore", ""),
        post("/", delete).param("delete", ""),
        put("/", tagging.as_bytes()).param("tagging", ""),
        put("/", acl).param("acl", ""),
    ] {
        let endpoint = Endpoint::start();
        let bytes = write.clone().header("Expect", "100-continue").sign().bytes();
        let (head, last) = bytes.split_at(bytes.len() - 1);
        let mut connection = endpoint.connect();
        connection.write(head);
        assert_eq!(connection.answer(false).status, 100, "{write:?}");
        assert_eq!(endpoint.send(&request("DELETE", "/").sign()).status, 204);
        assert_eq!(endpoint.send(&canned(put("/", b"")).sign()).status, 404, "it is gone");
        assert_eq!(endpoint.send(&request("PUT", "/").sign()).status, 200);
        endpoint.put("/a", b"another's");
        connection.write(last);
        let refused = connection.answer(false);
        assert_eq!((refused.status, &*refused.error().code), (404, "NoSuchBucket"), "{write:?}");
        assert_eq!(endpoint.send(&get("/a").sign()).body, b"another's", "{write:?}");
        assert_eq!(endpoint.send(&get("/").sign()).all("Key"), ["a"], "{write:?}");
        assert_eq!(endpoint.send(&canned(put("/", b"")).sign()).status, 200, "this one is there");
    }
}
