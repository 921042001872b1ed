//! APPEND Object.

use base16ct::lower;
use cospass_protocol::operation::{AppendObject, StorageClass};
use http::StatusCode;
use http::header::{ETAG, HeaderName, HeaderValue};

use super::draft::{self, Wanted};
use super::upload::{check_length, receive};
use super::{customer_key, encryption, with_encryption};
use crate::authorize::Permit;
use crate::body::{Length, SealedBody};
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Kind, ObjectRecord, Store, tag_pairs};

pub(super) async fn append(
    endpoint: &Endpoint,
    permit: Permit<AppendObject>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    check_length(endpoint, body)?;
    let most = endpoint.limits.object_size;
    let mut asked = permit.operation().clone();
    asked.encryption = encryption(endpoint, &asked.bucket, asked.encryption);
    if let Length::Known(length) = body.length()
        && asked.position.saturating_add(length) > most
    {
        return Err(Cause::EntityTooLarge.into());
    }
    let key = asked.encryption.as_ref().and_then(|asked| asked.customer_key()).cloned();
    customer_key::check(key.as_ref())?;
    check_before_the_body(endpoint, &asked).await?;
    let received = receive(endpoint, &permit, body, asked.traffic_limit, key.as_ref()).await?;
    let draft = wanted(&asked).at(endpoint.clock.now())?;
    let append = move |store: &Store| {
        let (appended, length, md5) = received.append(store, asked.md5)?;
        if asked.position.saturating_add(length) > most {
            return Err(Cause::EntityTooLarge.into());
        }
        let check = |there: Option<&ObjectRecord>| check(&asked, there);
        let record = store.append(appended, &asked.bucket, &asked.key, &draft, check)?;
        Ok::<_, Refusal>((record, md5))
    };
    let (record, md5) = permit.store(endpoint).blocking(append).await?;
    Ok(customer_key::with_key(reply(&record, md5), key.as_ref()))
}

/// An append that cannot succeed need not be sent. What counts is the check when it is committed.
async fn check_before_the_body(endpoint: &Endpoint, asked: &AppendObject) -> Result<(), Refusal> {
    let asked = asked.clone();
    let look = move |store: &Store| {
        if store.bucket(&asked.bucket).is_some_and(|bucket| bucket.is_multi_az) {
            return Err(Cause::BucketNotAppendable.into());
        }
        let there = store.find_object(&asked.bucket, &asked.key)?;
        check(&asked, there.as_ref())
    };
    endpoint.store.blocking(look).await
}

fn check(asked: &AppendObject, there: Option<&ObjectRecord>) -> Result<(), Refusal> {
    let length = match there {
        // Of an object that is there, its own class counts (436/7741).
        None if !is_for_appending(asked.storage_class) => {
            return Err(Cause::ClassNotAppendable.into());
        }
        None => 0,
        Some(there) if there.kind == Kind::Appendable => {
            // A decision: what is encrypted with a key grows with that key alone.
            let key = asked.encryption.as_ref().and_then(|asked| asked.customer_key());
            customer_key::unlock(there.encryption, key)?;
            there.size
        }
        Some(_) => return Err(Cause::NotAppendable.into()),
    };
    if asked.position == length { Ok(()) } else { Err(Cause::AppendPosition.into()) }
}

/// Not for intelligent tiering (436/7741), nor for what could not be read again before it is restored (decided).
fn is_for_appending(class: StorageClass) -> bool {
    use StorageClass::{IntelligentTiering, MazIntelligentTiering};
    class.is_readable() && !matches!(class, IntelligentTiering | MazIntelligentTiering)
}

fn wanted(asked: &AppendObject) -> Wanted<'_> {
    Wanted {
        headers: draft::headers(&asked.key, &asked.content, &asked.metadata),
        storage_class: asked.storage_class,
        acl: asked.acl.as_ref(),
        tags: tag_pairs(&asked.tags),
        kind: Kind::Appendable,
        encryption: asked.encryption.clone(),
        retain_until: None,
    }
}

/// `x-cos-content-sha1` is, its name notwithstanding, the MD5 of what was appended: the Go SDK compares it so (`object.go`,
/// `Append`).
fn reply(record: &ObjectRecord, md5: [u8; 16]) -> Reply {
    let md5 = lower::encode_string(&md5);
    let next = HeaderName::from_static("x-cos-next-append-position");
    with_encryption(Reply::empty(StatusCode::OK), record.encryption)
        .header(ETAG, record.etag())
        .header(HeaderName::from_static("x-cos-hash-crc64ecma"), record.crc64.to_string())
        .header(HeaderName::from_static("x-cos-content-sha1"), md5)
        .header(next, HeaderValue::from(record.size))
}
