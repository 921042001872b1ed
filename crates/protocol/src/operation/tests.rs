use super::*;
use crate::{Bucket, ByteRange, ObjectKey, Tag, TagSet};
use parts::pair;
use proptest::prelude::*;

fn bucket() -> Bucket {
    Bucket::new("examplebucket-1250000000").unwrap()
}

fn key() -> ObjectKey {
    ObjectKey::new("a/b c").unwrap()
}

fn decode(
    method: &'static str,
    resource: Resource,
    params: &[(&'static str, &'static str)],
    headers: &[(&'static str, &'static str)],
) -> Result<Operation, DecodeError> {
    let pairs = |list: &[(&'static str, &'static str)]| {
        list.iter().map(|&(name, value)| pair(name, value)).collect()
    };
    let (params, headers) = (pairs(params), pairs(headers));
    Operation::decode(Parts { method: method.into(), resource, params, headers })
}

fn object(
    method: &'static str,
    params: &[(&'static str, &'static str)],
    headers: &[(&'static str, &'static str)],
) -> Result<Operation, DecodeError> {
    decode(method, Resource::new(bucket(), key()), params, headers)
}

#[test]
fn the_plain_operations() {
    let names = |resource: Resource, methods: [&'static str; 4]| {
        methods.map(|method| decode(method, resource.clone(), &[], &[]).map(|op| op.name()))
    };
    assert_eq!(decode("GET", Resource::Service, &[], &[]).unwrap().name(), "GET Service");
    assert_eq!(
        names(Resource::new(bucket(), key()), ["PUT", "GET", "HEAD", "DELETE"]),
        [Ok("PUT Object"), Ok("GET Object"), Ok("HEAD Object"), Ok("DELETE Object")]
    );
    assert_eq!(
        names(Resource::Bucket(bucket()), ["PUT", "HEAD", "DELETE", "GET"]),
        [Ok("PUT Bucket"), Ok("HEAD Bucket"), Ok("DELETE Bucket"), Ok("GET Bucket")]
    );
    assert_eq!(object("GET", &[("acl", "")], &[]).unwrap().name(), "GET Object acl");
    assert_eq!(object("PUT", &[("acl", "")], &[]).unwrap().name(), "PUT Object acl");
}

#[test]
fn a_subresource_names_another_operation() {
    let of_bucket = |method, name| {
        let named = decode(method, Resource::Bucket(bucket()), &[(name, "")], &[]);
        named.map(|operation| operation.name())
    };
    assert_eq!(of_bucket("GET", "location"), Ok("GET Bucket location"));
    assert_eq!(of_bucket("GET", "acl"), Ok("GET Bucket acl"));
    assert_eq!(of_bucket("PUT", "acl"), Ok("PUT Bucket acl"));
    assert_eq!(of_bucket("POST", "delete"), Ok("DELETE Multiple Objects"));
    assert_eq!(of_bucket("POST", "unused"), Err(DecodeError::NotAForm));
    let not_allowed = DecodeError::MethodNotAllowed { method: "PUT".to_owned() };
    assert_eq!(of_bucket("PUT", "location"), Err(not_allowed));
    let both = [("acl", ""), ("location", "")];
    assert_eq!(object("GET", &both, &[]), Err(invalid("location", "beside acl")));
}

#[test]
fn a_source_makes_a_copy_of_an_upload() {
    let source = ("X-Cos-Copy-Source", "b-1.cos.ap-guangzhou.myqcloud.com/a");
    assert_eq!(object("PUT", &[], &[source]).unwrap().name(), "PUT Object - Copy");
    assert_eq!(object("PUT", &[], &[(source.0, "")]), Err(DecodeError::InvalidCopySource));
    let elsewhere = Unserved::Header("x-cos-copy-source".to_owned());
    assert_eq!(object("GET", &[], &[source]), Err(DecodeError::Unserved(elsewhere)));
    let begins = |header| object("POST", &[("uploads", "")], &[header]);
    let key = "x-cos-copy-source-server-side-encryption-customer-algorithm";
    assert!(begins((key, "AES256")).is_ok());
    assert!(begins(source).is_err() && object("GET", &[], &[(key, "AES256")]).is_err());
    let range = ("x-cos-copy-source-range", "bytes=0-1");
    let unserved = Unserved::Header(range.0.to_owned());
    assert_eq!(object("PUT", &[], &[source, range]), Err(DecodeError::Unserved(unserved)));
    let directive = |value| object("PUT", &[], &[source, ("x-cos-metadata-directive", value)]);
    // cos-java-sdk-v5 sends the second.
    for value in ["Replaced", "REPLACE"] {
        let Ok(Operation::PutObjectCopy(copy)) = directive(value) else { panic!("{value}") };
        assert!(copy.replaced.is_some(), "{value}");
    }
    assert_eq!(directive("Move"), Err(invalid("x-cos-metadata-directive", "Move")));
}

#[test]
fn the_operations_on_uploads() {
    let id = ("uploadId", "1700");
    let name = |method, params: &[_]| object(method, params, &[]).map(|op| op.name());
    assert_eq!(name("POST", &[("uploads", "")]), Ok("Initiate Multipart Upload"));
    assert_eq!(name("PUT", &[id, ("partNumber", "1")]), Ok("Upload Part"));
    assert_eq!(name("GET", &[id]), Ok("List Parts"));
    assert_eq!(name("POST", &[id]), Ok("Complete Multipart Upload"));
    assert_eq!(name("DELETE", &[id]), Ok("Abort Multipart Upload"));
    for value in ["0", "10001", "one", "", "-1", "99999999999999999999"] {
        let refused = name("PUT", &[id, ("partNumber", value)]);
        assert_eq!(refused, Err(invalid("partNumber", value)));
    }
    assert_eq!(name("GET", &[id, ("max-parts", "0")]), Err(invalid("max-parts", "0")));
    let marker = ("part-number-marker", "x");
    assert_eq!(name("GET", &[id, marker]), Err(invalid(marker.0, marker.1)));
    let copy = |range| {
        let headers = [("x-cos-copy-source", "b-1.x/a"), ("x-cos-copy-source-range", range)];
        object("PUT", &[id, ("partNumber", "1")], &headers).map(|op| op.name())
    };
    assert_eq!((copy(""), copy("bytes=0-1")), (Ok("Upload Part - Copy"), Ok("Upload Part - Copy")));
    for range in ["bytes=1-", "bytes=-1", "bytes=2-1", "0-1"] {
        assert_eq!(copy(range), Err(invalid("x-cos-copy-source-range", range)));
    }

    let uploads = |name, value| {
        let params = [("uploads", ""), (name, value)];
        decode("GET", Resource::Bucket(bucket()), &params, &[]).map(|op| op.name())
    };
    for value in ["0", "1000"] {
        assert_eq!(uploads("max-uploads", value), Ok("List Multipart Uploads"));
    }
    for value in ["1001", "", "x"] {
        assert_eq!(uploads("max-uploads", value), Err(invalid("max-uploads", value)));
    }
}

#[test]
fn a_listing_is_bounded() {
    let list = |name, value| match decode("GET", Resource::Bucket(bucket()), &[(name, value)], &[])
    {
        Ok(Operation::GetBucket(list)) => Ok(list),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    assert_eq!(list("max-keys", "99999999999").map(|list| list.max_keys), Ok(1000));
    assert_eq!(list("encoding-type", "url").map(|list| list.url_encoded), Ok(true));
    assert_eq!(list("delimiter", ""), Ok(GetBucket::new(bucket())));
    for (name, value) in [
        ("max-keys", "0"),
        ("max-keys", "-1"),
        ("max-keys", "+1"),
        ("max-keys", ""),
        ("encoding-type", "base64"),
    ] {
        assert_eq!(list(name, value), Err(invalid(name, value)));
    }
}

#[test]
fn unknown_parameters_and_headers_are_ignored() {
    let plain = object("GET", &[], &[]).unwrap();
    let more = object("GET", &[("unsed", "123"), ("prefix", "x")], &[("x-unknown", "1")]).unwrap();
    assert_eq!(plain, more);
}

#[test]
fn what_names_another_operation_is_refused() {
    for (method, name) in
        [("GET", "partNumber"), ("GET", "ci-process"), ("GET", "imageMogr2/thumbnail/!50p")]
    {
        let refused = object(method, &[(name, "")], &[]);
        assert!(matches!(refused, Err(DecodeError::Unserved(Unserved::Parameter(_)))), "{name}");
    }
    // Without the name, the first would upload, the others delete, an object or the bucket.
    for (method, name) in [("PUT", "live"), ("PUT", "rename"), ("DELETE", "recursive")] {
        let want = Unserved::Parameter(name.to_owned());
        assert_eq!(object(method, &[(name, "")], &[]), Err(DecodeError::Unserved(want)));
    }
    for (method, name) in [("PUT", "notification"), ("DELETE", "style"), ("DELETE", "hotlink")] {
        let refused = decode(method, Resource::Bucket(bucket()), &[(name, "")], &[]);
        let want = Unserved::Parameter(name.to_owned());
        assert_eq!(refused, Err(DecodeError::Unserved(want)));
    }
    let kms = [("x-cos-server-side-encryption-cos-kms-key-id", "kms-test")];
    assert_eq!(object("PUT", &[], &kms), Err(DecodeError::UnknownKmsKey));
    assert!(object("PUT", &[], &[(kms[0].0, "")]).is_ok());
    let lock = "x-cos-object-lock-mode";
    for (method, params) in
        [("GET", &[][..]), ("POST", &[("append", "")]), ("PUT", &[("symlink", "")])]
    {
        let want = Err(DecodeError::Unserved(Unserved::Header(lock.to_owned())));
        assert_eq!(object(method, params, &[(lock, "COMPLIANCE")]), want, "{method} {params:?}");
    }
    for name in
        ["X-Cos-Callback", "x-cos-server-side-encryption-context", "x-cos-object-lock-legal-hold"]
    {
        let want = Unserved::Header(name.to_ascii_lowercase());
        assert_eq!(object("PUT", &[], &[(name, "x")]), Err(DecodeError::Unserved(want)));
    }
}

#[test]
fn a_method_that_does_not_go_with_the_resource_is_refused() {
    for (method, resource, params) in [
        ("PATCH", Resource::new(bucket(), key()), &[][..]),
        ("POST", Resource::new(bucket(), key()), &[]),
        ("DELETE", Resource::new(bucket(), key()), &[("acl", "")]),
        ("HEAD", Resource::new(bucket(), key()), &[("acl", "")]),
        ("PATCH", Resource::Bucket(bucket()), &[]),
        ("PUT", Resource::Service, &[]),
    ] {
        let want = DecodeError::MethodNotAllowed { method: method.to_owned() };
        assert_eq!(decode(method, resource, params, &[]), Err(want));
    }
}

#[test]
fn a_value_that_is_not_allowed_is_refused() {
    for (name, value) in [
        ("x-cos-traffic-limit", "819199"),
        ("x-cos-storage-class", "STANDARDS"),
        ("x-cos-forbid-overwrite", "yes"),
        ("x-cos-acl", "public"),
    ] {
        assert_eq!(object("PUT", &[], &[(name, value)]), Err(invalid(name, value)));
    }
    assert_eq!(object("PUT", &[], &[("Content-MD5", "string")]), Err(DecodeError::InvalidDigest));
    for value in ["0", "-1", "x", ""] {
        let refused = decode("GET", Resource::Service, &[("max-keys", value)], &[]);
        assert!(matches!(refused, Err(DecodeError::InvalidArgument { name: "max-keys", .. })));
    }
}

#[test]
fn what_stands_twice_is_refused() {
    let twice = [("response-expires", "a"), ("response-expires", "b")];
    assert_eq!(object("GET", &twice, &[]), Err(invalid("response-expires", "b")));
    let twice = [("Content-Type", "a"), ("content-type", "b")];
    assert_eq!(object("PUT", &[], &twice), Err(invalid("Content-Type", "b")));
}

#[test]
fn an_override_cannot_break_out_of_its_header() {
    let value = "x\r\nSet-Cookie: y";
    let refused = object("GET", &[("response-content-type", value)], &[]);
    assert_eq!(refused, Err(invalid("response-content-type", value)));
}

#[test]
fn the_traffic_limit_is_a_header_or_a_parameter() {
    let limit = |params: &[_], headers: &[_]| match object("GET", params, headers).ok()? {
        Operation::GetObject(get) => get.traffic_limit.map(TrafficLimit::bits_per_second),
        other => panic!("{other:?}"),
    };
    let (slow, fast) = (("x-cos-traffic-limit", "819200"), ("X-Cos-Traffic-Limit", "819201"));
    assert_eq!(limit(&[slow], &[]), Some(819_200));
    assert_eq!(limit(&[], &[fast]), Some(819_201));
    assert_eq!(limit(&[slow], &[slow]), Some(819_200));
    assert_eq!(object("GET", &[slow], &[fast]), Err(invalid("x-cos-traffic-limit", "819200")));
}

#[test]
fn metadata_has_names_of_letters_digits_and_hyphens_each_once() {
    let of = |names: &[&str]| {
        let name =
            |name: &&str| (format!("x-cos-meta-{name}").into_bytes().into(), b"v"[..].into());
        let headers = names.iter().map(name).collect();
        let resource = Resource::new(bucket(), key());
        Operation::decode(Parts { method: "PUT".into(), resource, params: vec![], headers })
    };
    assert!(of(&["a", "B-1", "c"]).is_ok());
    for (names, wrong) in
        [(&["a_b"][..], "a_b"), (&["a.b"], "a.b"), (&[""], ""), (&["a", "A"], "a")]
    {
        let name = format!("x-cos-meta-{wrong}");
        assert_eq!(of(names), Err(DecodeError::MetadataName { name }));
    }
}

#[test]
fn too_much_metadata_is_refused() {
    let of = |length: usize| {
        let headers = vec![(b"x-cos-meta-a"[..].into(), vec![b'v'; length].into())];
        let resource = Resource::new(bucket(), key());
        Operation::decode(Parts { method: "PUT".into(), resource, params: vec![], headers })
    };
    assert!(of(2047).is_ok());
    assert_eq!(of(2048), Err(DecodeError::MetadataTooLong { length: 2049 }));
}

fn conditions() -> impl Strategy<Value = Conditions> {
    prop::option::of("[ -~]{0,20}").prop_map(|value| Conditions {
        if_match: value.clone().map(String::into_bytes),
        if_none_match: value.map(String::into_bytes),
        ..Conditions::default()
    })
}

fn customer_key() -> CustomerKey {
    CustomerKey::new([7; 32], [8; 16])
}

fn tags(some: bool) -> TagSet {
    let tag = Tag { key: "a +".to_owned(), value: "页=".to_owned() };
    TagSet::new(if some { vec![tag] } else { vec![] }, TagSet::OF_OBJECT).unwrap()
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let acl = prop::option::of(prop::sample::select(vec![
        AclHeaders::Canned(CannedAcl::Private),
        AclHeaders::Canned(CannedAcl::AuthenticatedRead),
        AclHeaders::Grants(CannedAcl::PublicRead.grants("1")),
        AclHeaders::CannedAndGrants(CannedAcl::Private, CannedAcl::PublicRead.grants("1")),
    ]));
    let limit = prop::option::of(
        (TrafficLimit::MIN..=TrafficLimit::MAX).prop_map(|bits| TrafficLimit::new(bits).unwrap()),
    );
    let range = prop::option::of((0..9_u64, 9..99_u64).prop_map(|(a, b)| ByteRange::FromTo(a, b)));
    let class = prop::sample::select(StorageClass::ALL.to_vec());
    let text = "[ -~页]{0,20}";
    (0..33, acl, limit, range, class, text, conditions(), any::<bool>()).prop_map(
        |(which, acl, traffic_limit, range, storage_class, text, conditions, flag)| {
            let (bucket, key) = (bucket(), key());
            let md5 = flag.then_some(ContentMd5([7; 16]));
            let version_id = flag.then(|| "MTg0".to_owned());
            match which {
                0 => Operation::GetService(GetService {
                    region: flag.then(|| text.clone()),
                    tag: flag.then(|| Tag { key: text.clone(), value: text.clone() }),
                    created: flag.then_some((CreatedRange::NotAfter, 7)),
                    marker: Some(text),
                    max_keys: if flag { 2000 } else { 7 },
                }),
                1 => Operation::PutBucket(PutBucket {
                    bucket,
                    acl,
                    tags: match flag {
                        true => TagSet::new(vec![Tag { key: "k".into(), value: "页 +".into() }], 1),
                        false => TagSet::new(vec![], 0),
                    }
                    .unwrap(),
                }),
                2 => Operation::HeadBucket(HeadBucket { bucket }),
                3 => Operation::DeleteBucket(DeleteBucket { bucket }),
                10 => Operation::GetBucketLocation(GetBucketLocation { bucket }),
                14..20 => of_upload(which, text, flag, storage_class, acl, traffic_limit),
                20 => Operation::UploadPartCopy(UploadPartCopy {
                    source: CopySource::parse(b"source-1.x:80/a%20b").unwrap(),
                    range: flag.then_some((3, 7)),
                    source_conditions: conditions,
                    customer_key: flag.then(customer_key),
                    source_key: flag.then(customer_key),
                    number: 7,
                    upload_id: text,
                    bucket,
                    key,
                }),
                21 => Operation::GetBucketAcl(GetBucketAcl { bucket }),
                22 => Operation::PutBucketAcl(PutBucketAcl { bucket, acl, md5 }),
                13 => Operation::PutObjectCopy(PutObjectCopy {
                    source: CopySource {
                        bucket: Bucket::new("source-1").unwrap(),
                        domain: "cos.ap-guangzhou.myqcloud.com".to_owned(),
                        key: ObjectKey::new(format!("a{text}")).unwrap(),
                        version_id,
                    },
                    source_conditions: conditions,
                    replaced: flag.then(|| Replaced {
                        metadata: vec![("a-b".to_owned(), text.into_bytes())],
                        ..Replaced::default()
                    }),
                    encryption: flag.then(|| ServerSideEncryption::Customer(customer_key())),
                    retain_until: flag.then_some(1_670_661_288),
                    source_key: flag.then(customer_key),
                    replaced_tags: flag.then(|| tags(flag)),
                    storage_class,
                    acl,
                    forbid_overwrite: flag,
                    conditions: Conditions {
                        if_match: Some(b"*".to_vec()),
                        ..Conditions::default()
                    },
                    bucket,
                    key,
                }),
                12 => Operation::DeleteObjects(DeleteObjects { bucket, md5 }),
                11 => Operation::GetBucket(GetBucket {
                    prefix: text.clone(),
                    delimiter: text.chars().take(1).collect(),
                    marker: text,
                    max_keys: if flag { 1000 } else { 7 },
                    url_encoded: flag,
                    bucket,
                }),
                4 => Operation::PutObject(PutObject {
                    content: ContentHeaders {
                        content_type: Some(text.clone().into_bytes()),
                        ..ContentHeaders::default()
                    },
                    metadata: vec![("a-b".to_owned(), text.into_bytes())],
                    storage_class,
                    acl,
                    tags: tags(flag),
                    encryption: flag.then_some(ServerSideEncryption::Aes256),
                    retain_until: flag.then_some(1_670_661_288),
                    md5,
                    traffic_limit,
                    forbid_overwrite: flag,
                    conditions,
                    ..PutObject::new(bucket, key)
                }),
                5 => Operation::GetObject(GetObject {
                    bucket,
                    key,
                    version_id,
                    range,
                    if_range: conditions.if_match.clone(),
                    conditions,
                    customer_key: flag.then(customer_key),
                    overrides: ResponseOverrides::default().with("response-expires", text),
                    traffic_limit,
                }),
                6 => Operation::HeadObject(HeadObject {
                    bucket,
                    key,
                    version_id,
                    conditions,
                    customer_key: flag.then(customer_key),
                }),
                7 => Operation::DeleteObject(DeleteObject { bucket, key, version_id }),
                23 => Operation::GetObjectTagging(GetObjectTagging { bucket, key, version_id }),
                24 => {
                    Operation::PutObjectTagging(PutObjectTagging { bucket, key, version_id, md5 })
                }
                25 => {
                    Operation::DeleteObjectTagging(DeleteObjectTagging { bucket, key, version_id })
                }
                26 => {
                    Operation::PostObjectRestore(PostObjectRestore { bucket, key, version_id, md5 })
                }
                27 => Operation::GetSymlink(GetSymlink { bucket, key, version_id }),
                28 => Operation::PutSymlink(PutSymlink {
                    target: SymlinkTarget::parse(format!("/a{}", text.replace('%', "")).as_bytes())
                        .unwrap(),
                    content: ContentHeaders::default(),
                    metadata: vec![("a-b".to_owned(), text.into_bytes())],
                    acl,
                    forbid_overwrite: flag,
                    bucket,
                    key,
                }),
                29 => Operation::AppendObject(AppendObject {
                    position: u64::from(flag) * 7,
                    content: ContentHeaders::default(),
                    metadata: vec![("a-b".to_owned(), text.into_bytes())],
                    storage_class,
                    acl,
                    tags: tags(flag),
                    encryption: Some(if flag {
                        ServerSideEncryption::Aes256
                    } else {
                        ServerSideEncryption::Customer(customer_key())
                    }),
                    md5,
                    traffic_limit,
                    bucket,
                    key,
                }),
                30 => Operation::GetBucketObjectVersions(GetBucketObjectVersions {
                    prefix: text.clone(),
                    delimiter: text.chars().take(1).collect(),
                    key_marker: text,
                    version_id_marker: version_id.unwrap_or_default(),
                    max_keys: if flag { 1000 } else { 7 },
                    url_encoded: flag,
                    bucket,
                }),
                31 => Operation::GetObjectRetention(GetObjectRetention { bucket, key, version_id }),
                32 => Operation::PutObjectRetention(PutObjectRetention {
                    bucket,
                    key,
                    version_id,
                    md5,
                }),
                8 => Operation::GetObjectAcl(GetObjectAcl { bucket, key, version_id }),
                _ => Operation::PutObjectAcl(PutObjectAcl { bucket, key, version_id, acl, md5 }),
            }
        },
    )
}

fn of_upload(
    which: i32,
    text: String,
    flag: bool,
    storage_class: StorageClass,
    acl: Option<AclHeaders>,
    traffic_limit: Option<TrafficLimit>,
) -> Operation {
    let (bucket, key, upload_id) = (bucket(), key(), text.clone());
    let md5 = flag.then_some(ContentMd5([7; 16]));
    match which {
        14 => Operation::InitiateMultipartUpload(InitiateMultipartUpload {
            content: ContentHeaders {
                expires: Some(text.clone().into_bytes()),
                ..ContentHeaders::default()
            },
            metadata: vec![("a-b".to_owned(), text.into_bytes())],
            storage_class,
            acl,
            tags: tags(flag),
            encryption: flag.then_some(ServerSideEncryption::Aes256),
            retain_until: flag.then_some(1_670_661_288),
            forbid_overwrite: flag,
            bucket,
            key,
        }),
        15 => Operation::UploadPart(UploadPart {
            number: if flag { 1 } else { 10_000 },
            md5,
            customer_key: flag.then(customer_key),
            traffic_limit,
            bucket,
            key,
            upload_id,
        }),
        16 => Operation::ListParts(ListParts {
            part_number_marker: u64::from(flag),
            max_parts: if flag { 1000 } else { 7 },
            url_encoded: flag,
            bucket,
            key,
            upload_id,
        }),
        17 => Operation::ListMultipartUploads(ListMultipartUploads {
            prefix: text.clone(),
            delimiter: text.chars().take(1).collect(),
            key_marker: text,
            upload_id_marker: upload_id,
            max_uploads: if flag { 1000 } else { 0 },
            url_encoded: flag,
            bucket,
        }),
        18 => Operation::CompleteMultipartUpload(CompleteMultipartUpload {
            md5,
            forbid_overwrite: flag,
            conditions: Conditions { if_none_match: Some(b"*".to_vec()), ..Conditions::default() },
            ..CompleteMultipartUpload::new(bucket, key, upload_id)
        }),
        _ => Operation::AbortMultipartUpload(AbortMultipartUpload { bucket, key, upload_id }),
    }
}

fn any_pairs() -> impl Strategy<Value = Vec<Pair<'static>>> {
    let names = prop::sample::select(vec![
        "acl",
        "x-cos-acl",
        "range",
        "x-cos-grant-read",
        "x-cos-meta-\u{e9}",
        "max-keys",
        "encoding-type",
        "location",
        "delete",
        "uploadId",
        "partNumber",
        "x-cos-copy-source",
        "x-cos-copy-source-if-match",
        "x-cos-metadata-directive",
        "content-md5",
        "response-expires",
        "x-cos-traffic-limit",
        "if-match",
        "uploads",
        "",
    ]);
    let name = prop_oneof![
        names.prop_map(|name| name.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..12)
    ];
    let pair = (name, prop::collection::vec(any::<u8>(), 0..24));
    prop::collection::vec(pair.prop_map(|(name, value)| (name.into(), value.into())), 0..6)
}

proptest! {
    #[test]
    fn encode_and_decode_are_inverse(operation in any_operation()) {
        prop_assert_eq!(Operation::decode(operation.encode()), Ok(operation.clone()));
    }

    #[test]
    fn decode_never_panics(
        method in "GET|PUT|HEAD|DELETE|POST|\\PC{0,5}",
        which in 0..3,
        params in any_pairs(),
        headers in any_pairs(),
    ) {
        let resource = match which {
            0 => Resource::Service,
            1 => Resource::Bucket(bucket()),
            _ => Resource::new(bucket(), key()),
        };
        let _ = Operation::decode(Parts { method: method.into(), resource, params, headers });
    }
}
