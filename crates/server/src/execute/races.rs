//! What another request does between the judgement of one and its deed: nothing is done to, or told of, a thing other than
//! the one that was judged.

use cospass_protocol::operation::{
    CannedAcl, CopySource, GetObject, GetObjectAcl, GetSymlink, HeadObject, Operation,
    PutObjectCopy, Resource, StorageClass,
};
use cospass_protocol::policy::Circumstances;
use cospass_protocol::{Bucket, ObjectKey};
use cospass_sign::{Credentials, RequestHead};
use http::StatusCode;

use super::*;
use crate::authenticate::authenticate;
use crate::authorize::authorize;
use crate::head::Head;
use crate::server::{Running, Server};
use crate::store::{Draft, Kind};

const NOW: i64 = 1_700_000_000;
const HOST: &str = "b-1.cos.ap-guangzhou.myqcloud.com";
const PUBLIC: CannedAcl = CannedAcl::PublicRead;
const PRIVATE: CannedAcl = CannedAcl::Private;
const DEFAULT: CannedAcl = CannedAcl::Default;

fn bucket() -> Bucket {
    Bucket::new("b-1").unwrap()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(name).unwrap()
}

async fn start(acl: CannedAcl) -> Running {
    let builder = Server::builder().in_memory().credentials(Credentials::new("AKID", "secret"));
    let builder = builder.bucket_with_acl("b-1", acl).clock(crate::Clock::manual(NOW));
    builder.start().await.unwrap()
}

/// Uploads an object, as its owner may at any time.
fn upload(store: &Store, name: &str, bytes: &[u8], acl: CannedAcl, kind: Kind) {
    let mut upload = store.upload().unwrap();
    upload.write(bytes).unwrap();
    let draft = Draft {
        modified: NOW,
        headers: Vec::new(),
        storage_class: StorageClass::Standard,
        acl: AclRecord::canned(acl),
        tags: Vec::new(),
        kind,
        encryption: Encryption::None,
        retained: None,
    };
    let any = |_: Option<&ObjectRecord>| Ok::<_, Refusal>(());
    store.commit(upload, &bucket(), &key(name), draft, any).unwrap();
}

fn put(store: &Store, name: &str, bytes: &[u8], acl: CannedAcl) {
    upload(store, name, bytes, acl, Kind::Normal);
}

fn link(store: &Store, name: &str, target: &str) {
    upload(store, name, target.as_bytes(), DEFAULT, Kind::Symlink(target.to_owned()));
}

fn configure(store: &Store, name: &'static str, document: String) {
    let change = |there: &crate::configurations::Configurations| {
        Ok::<_, Refusal>(there.with(name, "", document.clone(), NOW)?)
    };
    store.change_configurations(&bucket(), change).unwrap();
}

/// A policy that lets everybody read below a prefix.
fn allow(store: &Store, prefix: &str) {
    let document = format!(
        r#"{{"version":"2.0","Statement":[{{"effect":"allow","principal":{{"qcs":["qcs::cam::anyone:anyone"]}},"action":["name/cos:*"],"resource":["qcs::cos:ap-guangzhou:uid/1:b-1/{prefix}*"]}}]}}"#
    );
    configure(store, "policy", document);
}

/// What a stranger asks for: judged, then `meanwhile` happens, then done.
async fn race(
    running: &Running,
    operation: impl Into<Operation>,
    meanwhile: impl FnOnce(&Store),
) -> Result<Reply, Cause> {
    let endpoint = running.endpoint();
    let headers = [(&b"host"[..], HOST.as_bytes())];
    let request = RequestHead::new("GET", b"/a", None, &headers);
    let (head, resource) = (Head { request, host: HOST }, Resource::Bucket(bucket()));
    let principal = authenticate(&head, &resource, &endpoint.accounts, NOW).unwrap();
    let (name, record) = (bucket(), endpoint.store.bucket(&bucket()).unwrap());
    let asker = Asker {
        endpoint,
        principal: &principal,
        circumstances: Circumstances::new(request, NOW),
        region: endpoint.region.name(),
        bucket: Some((&name, &record)),
    };
    let permitted = authorize(&asker, Ok(operation.into())).unwrap();
    meanwhile(&endpoint.store);
    let done = match permitted {
        Permitted::GetObject(permit) => object::get(endpoint, permit).end().await,
        Permitted::HeadObject(permit) => object::head(endpoint, permit),
        Permitted::GetObjectAcl(permit) => acl::of_object(endpoint, permit).await,
        Permitted::GetSymlink(permit) => symlink::get(endpoint, permit).await,
        Permitted::PutObjectCopy(permit) => copy::object(endpoint, permit).await,
        _ => return Err(Cause::Unserved),
    };
    done.map_err(|refusal| refusal.cause)
}

fn get(name: &str) -> Operation {
    Operation::GetObject(GetObject::new(bucket(), key(name)))
}

fn head(name: &str) -> Operation {
    Operation::HeadObject(HeadObject::new(bucket(), key(name)))
}

fn copy_of(name: &str) -> Operation {
    let source = CopySource {
        bucket: bucket(),
        domain: "cos.ap-guangzhou.myqcloud.com".to_owned(),
        key: key(name),
        version_id: None,
    };
    Operation::PutObjectCopy(PutObjectCopy::new(bucket(), key("in/copy"), source))
}

/// What reads an object.
fn reads(name: &str) -> [Operation; 3] {
    [get(name), head(name), copy_of(name)]
}

/// A bucket that everybody may read and write, by its access control alone.
async fn open() -> Running {
    start(CannedAcl::PublicReadWrite).await
}

#[tokio::test]
async fn nothing_that_matters_happens() {
    let running = open().await;
    let store = &running.endpoint().store;
    put(store, "a", b"1", DEFAULT);
    link(store, "l", "a");
    for operation in reads("a").into_iter().chain(reads("l")) {
        // Another object under the same rules is what would have been judged alike.
        let done = race(&running, operation.clone(), |store| put(store, "a", b"2", DEFAULT)).await;
        assert!(done.is_ok(), "{operation:?}: {:?}", done.err());
    }
}

#[tokio::test]
async fn an_object_becomes_a_private_one() {
    for acl in [DEFAULT, PUBLIC] {
        for operation in reads("a") {
            let running = open().await;
            put(&running.endpoint().store, "a", b"1", acl);
            let replaced = race(&running, operation.clone(), |store| {
                put(store, "a", b"secret", PRIVATE);
            });
            assert_eq!(replaced.await.err(), Some(Cause::Denied), "{operation:?}");
            put(&running.endpoint().store, "a", b"1", acl);
            let closed = race(&running, operation.clone(), |store| {
                let (acl, any) = (AclRecord::canned(PRIVATE), |_: &_| Ok::<_, Refusal>(()));
                store.set_object_acl(&bucket(), &key("a"), None, &acl, any).unwrap();
            });
            assert_eq!(closed.await.err(), Some(Cause::Denied), "{operation:?}");
        }
    }
}

#[tokio::test]
async fn a_bucket_is_closed_before_something_new_is_uploaded() {
    for operation in reads("a") {
        let running = open().await;
        put(&running.endpoint().store, "a", b"1", DEFAULT);
        let done = race(&running, operation.clone(), |store| {
            store.set_bucket_acl(&bucket(), AclRecord::canned(PRIVATE)).unwrap();
            put(store, "a", b"secret", DEFAULT);
        });
        assert_eq!(done.await.err(), Some(Cause::Denied), "{operation:?}");
    }
    // What is public by itself does not ask its bucket.
    let running = open().await;
    put(&running.endpoint().store, "a", b"1", PUBLIC);
    let close = |store: &Store| {
        store.set_bucket_acl(&bucket(), AclRecord::canned(PRIVATE)).unwrap();
    };
    assert!(race(&running, get("a"), close).await.is_ok());
}

#[tokio::test]
async fn a_policy_is_replaced() {
    for operation in [get("in/a"), head("in/a"), copy_of("in/a")] {
        let running = start(PRIVATE).await;
        let store = &running.endpoint().store;
        allow(store, "in/");
        put(store, "in/a", b"1", DEFAULT);
        assert!(race(&running, operation.clone(), |_| ()).await.is_ok());
        let done = race(&running, operation.clone(), |store| {
            allow(store, "elsewhere/");
            put(store, "in/a", b"secret", DEFAULT);
        });
        assert_eq!(done.await.err(), Some(Cause::Denied), "{operation:?}");
    }
}

#[tokio::test]
async fn a_link_leads_elsewhere() {
    for operation in [get("in/l"), head("in/l"), copy_of("in/l")] {
        let running = start(PRIVATE).await;
        let store = &running.endpoint().store;
        allow(store, "in/");
        put(store, "in/a", b"1", DEFAULT);
        put(store, "secret", b"secret", DEFAULT);
        link(store, "in/l", "in/a");
        assert!(race(&running, operation.clone(), |_| ()).await.is_ok());
        // The policy says nothing of what it leads to now, and its access control is like that of what was judged.
        let led = race(&running, operation.clone(), |store| link(store, "in/l", "secret"));
        assert_eq!(led.await.err(), Some(Cause::Denied), "{operation:?}");
        put(store, "in/l", b"1", DEFAULT);
        let became = race(&running, operation.clone(), |store| link(store, "in/l", "secret"));
        assert_eq!(became.await.err(), Some(Cause::Denied), "{operation:?}");
        link(store, "in/l", "in/a");
        let closed = race(&running, operation.clone(), |store| put(store, "in/a", b"2", PRIVATE));
        assert_eq!(closed.await.err(), Some(Cause::Denied), "{operation:?}");
    }
}

#[tokio::test]
async fn the_grants_and_the_target_of_what_was_judged_are_told_and_no_others() {
    let running = start(CannedAcl::PublicReadWrite).await;
    let store = &running.endpoint().store;
    link(store, "l", "a");
    let version_id = None;
    let read = Operation::GetSymlink(GetSymlink { bucket: bucket(), key: key("l"), version_id });
    assert!(race(&running, read.clone(), |_| ()).await.is_ok());
    let private = Kind::Symlink("secret".to_owned());
    let done = race(&running, read, |store| upload(store, "l", b"/secret", PRIVATE, private));
    assert_eq!(done.await.err(), Some(Cause::Denied));
    allow(store, "");
    put(store, "a", b"1", DEFAULT);
    let read = GetObjectAcl { bucket: bucket(), key: key("a"), version_id: None };
    let read = Operation::GetObjectAcl(read);
    assert!(race(&running, read.clone(), |_| ()).await.is_ok());
    let done = race(&running, read, |store| put(store, "a", b"2", PRIVATE));
    assert_eq!(done.await.err(), Some(Cause::Denied));
}

#[tokio::test]
async fn a_version_is_judged_by_itself() {
    let running = open().await;
    let store = &running.endpoint().store;
    put(store, "a", b"1", PUBLIC);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    configure(store, "versioning", enabled.to_owned());
    let version_id = Some("null".to_owned());
    let old = Operation::GetObject(GetObject { version_id, ..GetObject::new(bucket(), key("a")) });
    // Another version is another thing, whatever it may be.
    let done = race(&running, old.clone(), |store| put(store, "a", b"2", PRIVATE)).await;
    assert_eq!(done.map(|reply| reply.status).ok(), Some(StatusCode::OK));
    let closed = race(&running, old, |store| {
        let (acl, any) = (AclRecord::canned(PRIVATE), |_: &_| Ok::<_, Refusal>(()));
        store.set_object_acl(&bucket(), &key("a"), Some("null"), &acl, any).unwrap();
    });
    assert_eq!(closed.await.err(), Some(Cause::Denied));
    // The one that is the current one when it is read is not the one that was judged.
    put(store, "a", b"3", PUBLIC);
    let newest = race(&running, get("a"), |store| put(store, "a", b"4", PRIVATE));
    assert_eq!(newest.await.err(), Some(Cause::Denied));
}
