//! The client against the endpoint, on a socket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod endpoint;

use cospass::operation::{
    AclHeaders, AppendObject, CannedAcl, Configuration, DeleteObject, GetBucketObjectVersions,
    GetObject, GetObjectAcl, GetObjectRetention, GetObjectTagging, GetService, GetSymlink, Grantee,
    ListMultipartUploads, PutBucketConfiguration, PutObject, PutObjectAcl, PutObjectRetention,
    PutObjectTagging, PutSymlink, SymlinkTarget,
};
use cospass::xml::{ObjectToDelete, VersioningConfiguration};
use cospass::{ByteRange, Error, Mismatch, ObjectKey, Progress, RawRequest, RetryPolicy, Stop};
use cospass::{Gauge, Pace, TransferOptions};
use cospass_protocol::Tag;
use endpoint::{Fault, bucket, key, noise, now, serve};

const MIB: usize = 1024 * 1024;

fn small_parts() -> TransferOptions {
    TransferOptions { part_size: MIB as u64, ..TransferOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_go_up_come_down_and_away() {
    let served = serve().await;
    let (client, _) = served.client();
    let bytes = noise(100_000, 1);
    for name in [
        "a",
        "页 面+?#%25",
        "a/../b",
        ".",
        "..",
        "/lead",
        "a//b",
        "line\nend",
        "%2e%2e/x",
        "/",
        "./.",
    ] {
        let key = ObjectKey::new(format!("/{name}")).unwrap();
        let put = client.put(&bucket(), &key, bytes.clone()).await.unwrap();
        let head = client.head(&bucket(), &key).await.unwrap();
        assert_eq!(
            (head.size, head.etag, head.crc64),
            (100_000, put.etag, Some(put.crc64)),
            "{name:?}"
        );
        let read = client.get(&bucket(), &key).await.unwrap().bytes().await.unwrap();
        assert!(read == bytes, "{name:?}");
    }
    let mut names = Vec::new();
    let mut keys = client.list(&bucket(), "", "").page_size(2);
    while let Some(object) = keys.next().await.unwrap() {
        names.push(object.key);
    }
    assert_eq!(names.len(), 11);
    assert!(
        names.contains(&"line\nend".to_owned()) && names.contains(&"..".to_owned()),
        "{names:?}"
    );
    client.delete(&bucket(), &key("a")).await.unwrap();
    let gone = client.head(&bucket(), &key("a")).await.unwrap_err();
    assert_eq!(gone.service().unwrap().status, 404);
    let gone = client.get(&bucket(), &key("a")).await.unwrap_err();
    let refusal = gone.service().unwrap();
    assert_eq!((refusal.code.as_str(), gone.cause()), ("NoSuchKey", "NoSuchKey"));
    assert!(!refusal.request_id.is_empty() && !refusal.trace_id.is_empty());
}

#[tokio::test]
async fn ranges_metadata_and_headers_come_back() {
    let served = serve().await;
    let (client, _) = served.client();
    let mut put = PutObject::new(bucket(), key("a"));
    put.content.content_type = Some(b"text/x".to_vec());
    put.metadata = vec![("one".to_owned(), b"1".to_vec())];
    client.put_object(put, &b"0123456789"[..]).await.unwrap();
    let range = |range| {
        let client = client.clone();
        async move {
            client.get_range(&bucket(), &key("a"), range).await.unwrap().bytes().await.unwrap()
        }
    };
    assert_eq!(range(ByteRange::FromTo(2, 4)).await, "234");
    assert_eq!(range(ByteRange::From(7)).await, "789");
    assert_eq!(range(ByteRange::Last(2)).await, "89");
    let head = client.head(&bucket(), &key("a")).await.unwrap();
    assert_eq!(head.content.content_type.as_deref(), Some(&b"text/x"[..]));
    assert_eq!(head.metadata, [("one".to_owned(), b"1".to_vec())]);
    client.put(&bucket(), &key("empty"), "").await.unwrap();
    assert_eq!(client.get(&bucket(), &key("empty")).await.unwrap().bytes().await.unwrap(), "");
    let beyond = client.get_range(&bucket(), &key("a"), ByteRange::From(10)).await.unwrap_err();
    assert_eq!(beyond.cause(), "InvalidRange");
}

#[tokio::test]
async fn buckets_are_made_found_listed_and_deleted() {
    let served = serve().await;
    let (client, _) = served.client();
    let other = cospass::Bucket::new("other-1250000000").unwrap();
    assert!(client.head_bucket(&other).await.is_err());
    client.create_bucket(&other).await.unwrap();
    client.head_bucket(&other).await.unwrap();
    let again = client.create_bucket(&other).await.unwrap_err();
    assert_eq!(again.cause(), "BucketAlreadyOwnedByYou");
    assert_eq!(client.bucket_location(&other).await.unwrap(), "ap-guangzhou");
    let names: Vec<_> = client.buckets(&GetService::default()).await.unwrap().buckets;
    assert_eq!(names.len(), 2);
    assert_eq!(client.bucket_acl(&other).await.unwrap().len(), 1);
    client.delete_bucket(&other).await.unwrap();
    assert!(client.head_bucket(&other).await.is_err());
}

#[tokio::test]
async fn access_tags_copies_and_many_deletions() {
    let served = serve().await;
    let (client, _) = served.client();
    client.put(&bucket(), &key("a"), "body").await.unwrap();
    let acl = Some(AclHeaders::Canned(CannedAcl::PublicRead));
    let operation =
        PutObjectAcl { bucket: bucket(), key: key("a"), version_id: None, acl, md5: None };
    client.put_object_acl(&operation).await.unwrap();
    let operation = GetObjectAcl { bucket: bucket(), key: key("a"), version_id: None };
    let grants = client.object_acl(&operation).await.unwrap();
    assert!(grants.iter().any(|grant| grant.grantee == Grantee::everyone()));

    let tags = [Tag { key: "k".to_owned(), value: "v".to_owned() }];
    let operation =
        PutObjectTagging { bucket: bucket(), key: key("a"), version_id: None, md5: None };
    client.put_object_tagging(operation, &tags).await.unwrap();
    let operation = GetObjectTagging { bucket: bucket(), key: key("a"), version_id: None };
    assert_eq!(client.object_tagging(&operation).await.unwrap(), tags);

    let copied = client.copy((&bucket(), &key("a")), (&bucket(), &key("b c"))).await.unwrap();
    let head = client.head(&bucket(), &key("b c")).await.unwrap();
    assert_eq!((head.size, head.etag), (4, copied.etag));

    let keys = [key("a"), key("b c"), key("never")];
    let deleted = client.delete_many(&bucket(), &keys).await.unwrap();
    assert_eq!((deleted.deleted.len(), deleted.errors.len()), (3, 0));
    assert!(client.list(&bucket(), "", "").next().await.unwrap().is_none());
}

#[tokio::test]
async fn objects_grow_have_versions_and_buckets_configurations() {
    let served = serve().await;
    let (client, transport) = served.client();
    let append = |position| AppendObject {
        bucket: bucket(),
        key: key("log"),
        position,
        content: Default::default(),
        metadata: Vec::new(),
        storage_class: Default::default(),
        acl: None,
        tags: Default::default(),
        encryption: None,
        md5: None,
        traffic_limit: None,
    };
    assert_eq!(client.append(append(0), "one").await.unwrap().next_position, 3);
    assert_eq!(client.append(append(3), "two").await.unwrap().next_position, 6);
    transport.next([Fault::AnswerLost]);
    let lost = client.append(append(6), "three").await.unwrap_err();
    assert_eq!(lost.cause(), "network-interrupted");
    let read = client.get(&bucket(), &key("log")).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "onetwothree");

    client.put_bucket_versioning(&bucket(), VersioningConfiguration::Enabled).await.unwrap();
    for body in ["1", "2"] {
        client.put(&bucket(), &key("v"), body).await.unwrap();
    }
    let operation = GetBucketObjectVersions {
        bucket: bucket(),
        prefix: "v".to_owned(),
        delimiter: String::new(),
        key_marker: String::new(),
        version_id_marker: String::new(),
        max_keys: 1000,
        url_encoded: true,
    };
    let versions = client.versions_page(&operation).await.unwrap().versions;
    assert_eq!(versions.len(), 2);
    let version_id = Some(versions[1].version_id.clone());
    let old = GetObject { version_id, ..GetObject::new(bucket(), key("v")) };
    let old = client.get_object(old).await.unwrap();
    assert_eq!(old.bytes().await.unwrap(), "1");

    let none = client.bucket_cors(&bucket()).await.unwrap_err();
    assert_eq!(none.cause(), "NoSuchCORSConfiguration");
    assert!(client.bucket_policy(&bucket()).await.unwrap_err().service().is_some());
}

#[tokio::test]
async fn objects_are_locked_linked_and_deleted_by_version() {
    let served = serve().await;
    let (client, _) = served.client();
    let status = |error: Error| error.service().unwrap().status;
    let link = PutSymlink {
        bucket: bucket(),
        key: key("link"),
        target: SymlinkTarget::parse(b"a").unwrap(),
        content: Default::default(),
        metadata: Vec::new(),
        acl: None,
        forbid_overwrite: true,
    };
    client.put_symlink(&link).await.unwrap();
    assert_eq!(status(client.put_symlink(&link).await.unwrap_err()), 409);

    client.put_bucket_versioning(&bucket(), VersioningConfiguration::Enabled).await.unwrap();
    let configuration = Configuration::ObjectLock;
    let lock = PutBucketConfiguration { bucket: bucket(), configuration, id: None, md5: None };
    let document = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
        </ObjectLockConfiguration>";
    client.put_bucket_configuration(lock, document).await.unwrap();

    client.put(&bucket(), &key("a"), "body").await.unwrap();
    let (get, put) = (
        GetObjectRetention { bucket: bucket(), key: key("a"), version_id: None },
        PutObjectRetention { bucket: bucket(), key: key("a"), version_id: None, md5: None },
    );
    assert_eq!(status(client.object_retention(&get).await.unwrap_err()), 404);
    let until = now() + 3600;
    client.put_object_retention(put.clone(), until).await.unwrap();
    assert_eq!(client.object_retention(&get).await.unwrap(), until);
    let sooner = client.put_object_retention(put, until - 60).await.unwrap_err();
    assert_eq!(status(sooner), 403);

    let version = client.head(&bucket(), &key("a")).await.unwrap().version_id.unwrap();
    let operation =
        DeleteObject { bucket: bucket(), key: key("a"), version_id: Some(version.clone()) };
    assert_eq!(status(client.delete_object(&operation).await.unwrap_err()), 403);
    let object = |version_id| ObjectToDelete { key: "a".to_owned(), version_id };
    let deleted = client.delete_objects(&bucket(), vec![object(version)]).await.unwrap();
    assert_eq!((deleted.deleted.len(), deleted.errors.len()), (0, 1));

    let read = client.get(&bucket(), &key("link")).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "body");
    let of = |name| GetSymlink { bucket: bucket(), key: key(name), version_id: None };
    assert_eq!(client.symlink(&of("link")).await.unwrap().key(), &key("a"));
    assert!(client.symlink(&of("a")).await.is_err());
}

#[tokio::test]
async fn a_part_that_is_damaged_on_the_way_is_sent_again() {
    let served = serve().await;
    let (client, transport) = served.client();
    let upload = client.initiate_upload(&initiate("a")).await.unwrap();
    transport.log();
    transport.next([Fault::SentFlipped(3)]);
    let part = client.upload_part(&upload, 1, "0123456789").await.unwrap();
    assert_eq!(transport.log().len(), 2);
    client.complete_upload(&upload, std::slice::from_ref(&part)).await.unwrap();
    let read = client.get(&bucket(), &key("a")).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "0123456789");
    // One that never arrives whole is told, and no object is made of it.
    let upload = client.initiate_upload(&initiate("b")).await.unwrap();
    transport.next((0..5).map(|_| Fault::SentFlipped(3)));
    let damaged = client.upload_part(&upload, 1, "0123456789").await;
    assert!(matches!(damaged, Err(Error::Integrity(Mismatch::Crc64 { .. }))), "{damaged:?}");
    assert!(client.head(&bucket(), &key("b")).await.is_err());
}

#[tokio::test]
async fn anything_else_goes_by_a_raw_request() {
    let served = serve().await;
    let (client, _) = served.client();
    let mut request = RawRequest::new("PUT", Some(bucket()), key("raw"));
    request.body = "raw".into();
    request.headers.push(("x-cos-meta-a".to_owned(), "b".to_owned()));
    assert_eq!(client.raw(request).await.unwrap().status, 200);
    let answer = client.raw(RawRequest::new("GET", Some(bucket()), key("raw"))).await.unwrap();
    assert_eq!(
        (&answer.body[..], answer.headers["x-cos-meta-a"].to_str().unwrap()),
        (&b"raw"[..], "b")
    );
    let refused = client.raw(RawRequest::new("PATCH", Some(bucket()), key("raw"))).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn what_fails_is_sent_again_and_signed_anew() {
    let served = serve().await;
    let (client, transport) = served.client();
    let busy =
        Fault::Answered(503, "x-cos-request-id", "r", "<Error><Code>SlowDown</Code></Error>");
    let broken = Fault::Answered(500, "x-cos-request-id", "r", "");
    transport.next([Fault::NotConnected, Fault::AnswerLost, busy.clone(), broken.clone()]);
    client.put(&bucket(), &key("a"), "body").await.unwrap();
    let statuses: Vec<_> = transport.log().iter().map(|sent| sent.status).collect();
    assert_eq!(statuses, [0, 0, 503, 500, 200]);

    // What must find nothing in its place is not repeated where it may have been done.
    let put = || PutObject { forbid_overwrite: true, ..PutObject::new(bucket(), key("once")) };
    transport.next([busy, Fault::NotConnected, broken]);
    let refused = client.put_object(put(), "body").await.unwrap_err();
    assert_eq!(refused.service().unwrap().status, 500);
    assert_eq!(transport.log().len(), 3);

    // Attempts end.
    transport.next((0..9).map(|_| Fault::NotConnected));
    let failed = client.head(&bucket(), &key("a")).await.unwrap_err();
    assert_eq!((failed.cause(), transport.log().len()), ("network-connect", 5));
}

#[tokio::test]
async fn the_domain_is_switched_for_the_last_attempt_and_stays() {
    let served = serve().await;
    let (client, transport) = served.client();
    transport.next((0..4).map(|_| Fault::NotConnected));
    client.put(&bucket(), &key("a"), "body").await.unwrap();
    client.head(&bucket(), &key("a")).await.unwrap();
    let log = transport.log();
    let hosts: Vec<_> = log.iter().map(|sent| sent.url.contains("tencentcos.cn")).collect();
    assert_eq!(hosts, [false, false, false, false, true, true]);
    let (client, transport) = served.client_with(|builder| builder.switch_domain(false));
    transport.next((0..4).map(|_| Fault::NotConnected));
    client.head(&bucket(), &key("a")).await.unwrap();
    assert!(transport.log().iter().all(|sent| sent.url.contains("myqcloud.com")));
}

#[tokio::test]
async fn the_clock_is_learnt_from_a_refusal_and_told() {
    let served = serve().await;
    let (client, transport) = served.client();
    assert_eq!(client.clock_offset(), 0);
    for offset in [7200, -7200] {
        served.clock.set(now() + offset);
        client.put(&bucket(), &key("a"), "body").await.unwrap();
        assert!((client.clock_offset() - offset).abs() < 5, "{}", client.clock_offset());
        let statuses: Vec<_> = transport.log().iter().map(|sent| sent.status).collect();
        assert_eq!(statuses, [403, 200]);
        client.head(&bucket(), &key("a")).await.unwrap();
        assert_eq!(transport.log().len(), 1);
    }
}

#[tokio::test]
async fn a_wrong_key_is_found_out() {
    let served = serve().await;
    let address = served.running.local_addr();
    let region = cospass::Region::new("ap-guangzhou").unwrap();
    let wrong = cospass::Credentials::new("AKIDEXAMPLE", "another");
    let client = cospass::Client::builder(wrong, cospass::Endpoint::default_domain(region))
        .scheme(cospass::Scheme::Http)
        .transport(cospass::HyperTransport::to_address(address))
        .build();
    let refused = client.get(&bucket(), &key("a")).await.unwrap_err();
    let refusal = refused.service().unwrap();
    assert_eq!(refusal.code, "SignatureDoesNotMatch");
    let finding = refusal.finding.as_ref().unwrap();
    assert_eq!(finding.cause, "wrong-secret-key", "{finding:?}");
    assert!(!refused.to_string().contains("another"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_gone_on_with_by_range_from_the_same_object() {
    let served = serve().await;
    let (client, transport) = served.client();
    let bytes = noise(50_000, 3);
    client.put(&bucket(), &key("a"), bytes.clone()).await.unwrap();
    transport.log();
    transport.next([Fault::CutAt(10_000), Fault::CutAt(5), Fault::CutAt(0)]);
    let read = client.get(&bucket(), &key("a")).await.unwrap().bytes().await.unwrap();
    assert!(read == bytes);
    let ranges: Vec<_> = transport.log().into_iter().map(|sent| sent.range).collect();
    let range = |from| Some(format!("bytes={from}-49999"));
    assert_eq!(ranges, [None, range(10_000), range(10_005), range(10_005)]);

    // Another object in between.
    let mut download = client.get(&bucket(), &key("a")).await;
    transport.next([Fault::CutAt(10)]);
    download = {
        drop(download);
        client.get(&bucket(), &key("a")).await
    };
    client.put(&bucket(), &key("a"), noise(50_000, 4)).await.unwrap();
    let changed = download.unwrap().bytes().await.unwrap_err();
    assert!(matches!(changed, Error::ObjectChanged), "{changed}");

    // It never comes.
    transport.next((0..20).map(|_| Fault::CutAt(0)));
    let broken = client.get(&bucket(), &key("a")).await.unwrap().bytes().await.unwrap_err();
    assert!(matches!(broken, Error::BodyBroken { at: 0, .. }), "{broken}");
}

#[tokio::test]
async fn bytes_that_change_on_the_way_are_seen() {
    let served = serve().await;
    let (client, transport) = served.client();
    client.put(&bucket(), &key("a"), "0123456789").await.unwrap();
    transport.next([Fault::Flipped(3)]);
    let download = client.get(&bucket(), &key("a")).await.unwrap().bytes().await;
    assert!(matches!(download, Err(Error::Integrity(Mismatch::Crc64 { .. }))), "{download:?}");
    // The service sees it by the MD5, and gets the bytes anew.
    transport.log();
    transport.next([Fault::SentFlipped(3)]);
    client.put(&bucket(), &key("b"), "0123456789").await.unwrap();
    let statuses: Vec<_> = transport.log().iter().map(|sent| sent.status).collect();
    assert_eq!(statuses, [400, 200]);
    // What the service keeps is something else.
    transport.next([Fault::OtherCrc]);
    let put = client.put(&bucket(), &key("b"), "0123456789").await;
    assert!(matches!(put, Err(Error::Integrity(Mismatch::Crc64 { there: 1, .. }))), "{put:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_streams_go_up_in_parts() {
    let served = serve().await;
    let (client, transport) = served.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for size in [0, 5, MIB, MIB + 1, 5 * MIB + 7] {
        let bytes = noise(size, size as u64);
        std::fs::write(&path, &bytes).unwrap();
        let put = client.put_file(&bucket(), &key("file"), &path, &small_parts()).await.unwrap();
        let head = client.head(&bucket(), &key("file")).await.unwrap();
        assert_eq!((head.size, head.etag, head.crc64), (size as u64, put.etag, Some(put.crc64)));
        let read = client.get(&bucket(), &key("file")).await.unwrap().bytes().await.unwrap();
        assert!(read == bytes, "{size}");
        for length in [None, Some(size as u64)] {
            let object = initiate("stream");
            let put = client.put_stream(object, &bytes[..], length, &small_parts()).await.unwrap();
            assert_eq!(
                client.head(&bucket(), &key("stream")).await.unwrap().crc64,
                Some(put.crc64)
            );
        }
        let object = initiate("short");
        let short =
            client.put_stream(object, &bytes[..], Some(size as u64 + 1), &small_parts()).await;
        assert!(matches!(short, Err(Error::Integrity(Mismatch::Length { .. }))), "{short:?}");
        assert!(client.head(&bucket(), &key("short")).await.is_err());
    }
    // Nothing stays behind what failed.
    assert!(uploads(&client).await.is_empty());
    transport.log();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_stopped_is_gone_on_with() {
    let served = serve().await;
    let (client, transport) = served.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let bytes = noise(6 * MIB + 5, 9);
    std::fs::write(&path, &bytes).unwrap();
    let stop = Stop::new();
    let stopping = stop.clone();
    let gauge = Gauge::default().with_stop(stop).with_progress(move |progress: Progress| {
        if progress.done >= 3 * MIB as u64 {
            stopping.stop();
        }
    });
    let options = TransferOptions { gauge, jobs: 1, ..small_parts() };
    let stopped = client.put_file(&bucket(), &key("file"), &path, &options).await;
    assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
    assert_eq!(uploads(&client).await.len(), 1);
    transport.log();
    client.put_file(&bucket(), &key("file"), &path, &small_parts()).await.unwrap();
    let parts = transport.log().iter().filter(|sent| sent.url.contains("partNumber")).count();
    assert!((4..=5).contains(&parts), "{parts}");
    let read = client.get(&bucket(), &key("file")).await.unwrap().bytes().await.unwrap();
    assert!(read == bytes);
    assert!(uploads(&client).await.is_empty());
}

#[tokio::test]
async fn completing_whose_answer_is_lost_is_found_to_be_done() {
    let served = serve().await;
    let (client, transport) = served.client();
    let upload = client.initiate_upload(&initiate("a")).await.unwrap();
    let part = client.upload_part(&upload, 1, "body").await.unwrap();
    transport.next([Fault::AnswerLost]);
    let done = client.complete_upload(&upload, std::slice::from_ref(&part)).await.unwrap();
    assert_eq!(done.crc64, part.crc64);
    let gone = client.complete_upload(&upload, &[cospass::Part { crc64: 1, ..part }]).await;
    assert_eq!(gone.unwrap_err().cause(), "NoSuchUpload");
}

#[tokio::test]
async fn a_pace_is_kept() {
    let served = serve().await;
    let (client, _) = served.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, noise(MIB, 1)).unwrap();
    let gauge = Gauge::default().with_pace(Pace::new(2 * MIB as u64));
    let start = std::time::Instant::now();
    let options = TransferOptions { gauge, ..TransferOptions::default() };
    client.put_file(&bucket(), &key("a"), &path, &options).await.unwrap();
    assert!(start.elapsed().as_millis() > 300, "{:?}", start.elapsed());
}

#[tokio::test]
async fn nothing_is_repeated_without_attempts() {
    let served = serve().await;
    let once = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
    let (client, transport) = served.client_with(|builder| builder.retry(once));
    transport.next([Fault::NotConnected]);
    assert!(client.head(&bucket(), &key("a")).await.is_err());
    assert_eq!(transport.log().len(), 1);
}

fn initiate(name: &str) -> cospass::operation::InitiateMultipartUpload {
    cospass::operation::InitiateMultipartUpload::new(bucket(), key(name))
}

async fn uploads(client: &cospass::Client) -> Vec<cospass::xml::UploadEntry> {
    let operation = ListMultipartUploads {
        bucket: bucket(),
        prefix: String::new(),
        delimiter: String::new(),
        key_marker: String::new(),
        upload_id_marker: String::new(),
        max_uploads: 1000,
        url_encoded: true,
    };
    client.uploads(&operation).await.unwrap().uploads
}
