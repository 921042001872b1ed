//! Uploads in parts: begun, filled, listed, completed, given up.

use cospass_protocol::operation::{
    AbortMultipartUpload, CompleteMultipartUpload, InitiateMultipartUpload, ListMultipartUploads,
    ListParts, UploadPart,
};
use cospass_protocol::xml::{
    Completed, PartEntry, PartList, UploadEntry, UploadList, initiated, iso8601_millis, read_parts,
};
use http::StatusCode;
use http::header::{ETAG, HeaderName};

use super::draft::{self, Wanted};
use super::expiration::with_expiration;
use super::page::Page;
use super::upload::{check_length, receive};
use super::{check_md5, customer_key, encryption, retention, with_encryption, with_version};
use crate::authorize::{Asker, Permit};
use crate::body::SealedBody;
use crate::conditions::{self, forbids_overwrite};
use crate::endpoint::{Endpoint, Origin};
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Kind, PartRecord, Store, UploadName, UploadRecord, tag_pairs};

pub(super) async fn initiate(
    asker: &Asker<'_>,
    permit: Permit<InitiateMultipartUpload>,
) -> Result<Reply, Refusal> {
    let endpoint = asker.endpoint;
    let initiator = asker.principal.caller().id().to_owned();
    let store = permit.store(endpoint);
    let mut asked = permit.into_operation();
    asked.encryption = encryption(endpoint, &asked.bucket, asked.encryption);
    let customer = asked.encryption.as_ref().and_then(|asked| asked.customer_key()).cloned();
    customer_key::check(customer.as_ref())?;
    let now = endpoint.clock.now();
    retention::check_date(asked.retain_until, now)?;
    let begin = move |store: &Store| {
        if forbids_overwrite(store, &asked.bucket, asked.forbid_overwrite) {
            let there = store.find_object(&asked.bucket, &asked.key)?;
            conditions::of_overwrite(true, there.as_ref())?;
        }
        let headers = draft::headers(&asked.key, &asked.content, &asked.metadata);
        let wanted = Wanted {
            headers,
            storage_class: asked.storage_class,
            acl: asked.acl.as_ref(),
            tags: tag_pairs(&asked.tags),
            kind: Kind::Normal,
            encryption: asked.encryption.clone(),
            retain_until: asked.retain_until,
        };
        let draft = wanted.at(now)?;
        let encryption = draft.encryption;
        let name = store
            .begin_parts(&asked.bucket, &asked.key, draft, initiator)
            .map_err(Refusal::from)?;
        Ok::<_, Refusal>((name, encryption))
    };
    let (UploadName { bucket, key, id }, encryption) = store.blocking(begin).await?;
    let reply = Reply::xml(initiated(bucket.as_str(), key.as_str(), &id));
    Ok(customer_key::with_key(with_encryption(reply, encryption), customer.as_ref()))
}

pub(super) async fn part(
    endpoint: &Endpoint,
    permit: Permit<UploadPart>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    check_length(endpoint, body)?;
    let UploadPart { bucket, key, upload_id, number, md5, traffic_limit, customer_key } =
        permit.operation().clone();
    let name = UploadName { bucket, key, id: upload_id };
    let (asked, wanted_key) = (name.clone(), customer_key.clone());
    endpoint
        .store
        .blocking(move |store| {
            let upload = store.upload_in_parts(&asked)?;
            customer_key::unlock(upload.encryption, wanted_key.as_ref())
        })
        .await?;
    let received = receive(endpoint, &permit, body, traffic_limit, customer_key.as_ref()).await?;
    let now = endpoint.clock.now();
    let commit = move |store: &Store| {
        let upload = received.finish(store, md5)?;
        store.commit_part(upload, &name, number, now).map_err(Refusal::from)
    };
    let part = permit.store(endpoint).blocking(commit).await?;
    Ok(customer_key::with_key(Reply::empty(StatusCode::OK), customer_key.as_ref())
        .header(ETAG, part.etag())
        .header(HeaderName::from_static("x-cos-hash-crc64ecma"), part.crc64.to_string()))
}

pub(super) async fn list(endpoint: &Endpoint, permit: Permit<ListParts>) -> Result<Reply, Refusal> {
    let asked = permit.into_operation();
    let name = UploadName { bucket: asked.bucket, key: asked.key, id: asked.upload_id };
    let most = usize::try_from(asked.max_parts).unwrap_or(usize::MAX);
    let after = asked.part_number_marker;
    let find = move |store: &Store| {
        let found = store.parts(&name, after, most.saturating_add(1))?;
        Ok::<_, Refusal>((name, found))
    };
    let (name, (upload, mut parts)) = endpoint.store.blocking(find).await?;
    let storage_class = upload.storage_class().as_str();
    let is_truncated = parts.len() > most;
    parts.truncate(most);
    let last = parts.last().filter(|_| is_truncated).map(|(number, _)| *number);
    let list = PartList {
        bucket: name.bucket.as_str().to_owned(),
        appid: name.bucket.appid().to_owned(),
        initiator: upload.initiator,
        key: name.key.as_str().to_owned(),
        url_encoded: asked.url_encoded,
        upload_id: name.id,
        storage_class,
        part_number_marker: asked.part_number_marker,
        next_marker: last,
        max_parts: asked.max_parts,
        parts: parts.iter().map(|(number, part)| part_entry(*number, part)).collect(),
    };
    Ok(Reply::xml(list.write()))
}

pub(super) async fn uploads(
    endpoint: &Endpoint,
    permit: Permit<ListMultipartUploads>,
) -> Result<Reply, Refusal> {
    let asked = permit.into_operation();
    let document = endpoint.store.blocking(move |store| {
        let mut page = Page::new(&asked.prefix, &asked.delimiter, asked.max_uploads);
        // Without a key, the id says nothing.
        let after_id = if asked.key_marker.is_empty() { "" } else { &asked.upload_id_marker };
        if let Some(from) = page.start(&asked.key_marker) {
            store.scan_uploads(&asked.bucket, from, after_id, |key, id, record| {
                page.visit(key, || upload_entry(key, id, record))
            })?;
        }
        let last = page.entries.last();
        let next = page.next_marker().map(|key| {
            let id = last.filter(|upload| upload.key == key).map(|upload| upload.upload_id.clone());
            (key, id.unwrap_or_default())
        });
        let list = UploadList {
            bucket: asked.bucket.as_str().to_owned(),
            appid: asked.bucket.appid().to_owned(),
            url_encoded: asked.url_encoded,
            prefix: asked.prefix,
            delimiter: asked.delimiter,
            key_marker: asked.key_marker,
            upload_id_marker: asked.upload_id_marker,
            next,
            max_uploads: asked.max_uploads,
            common_prefixes: page.common_prefixes,
            uploads: page.entries,
        };
        Ok::<_, Refusal>(list.write())
    });
    Ok(Reply::xml(document.await?))
}

pub(super) async fn complete(
    endpoint: &Endpoint,
    permit: Permit<CompleteMultipartUpload>,
    body: &mut SealedBody,
    origin: Origin<'_>,
) -> Result<Reply, Refusal> {
    let document = body.read_list(&permit).await?;
    let store = permit.store(endpoint);
    let asked = permit.into_operation();
    check_md5(asked.md5, &document)?;
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let named = read_parts(&document)?;
    let name = UploadName { bucket: asked.bucket, key: asked.key, id: asked.upload_id };
    let (now, least) = (endpoint.clock.now(), endpoint.limits.part_size);
    let assemble = move |store: &Store| {
        let choose = |there: &[_]| choose(&named, there, least).map_err(Refusal::from);
        let is_forbidden = forbids_overwrite(store, &name.bucket, asked.forbid_overwrite);
        let check = |there: Option<&_>| {
            conditions::of_write(&asked.conditions, is_forbidden, there).map_err(Refusal::from)
        };
        let record = store.complete_parts(&name, now, choose, check)?;
        let reply = with_version(Reply::empty(StatusCode::OK), store, &name.bucket, &record);
        let reply = with_expiration(reply, store, &name.bucket, &name.key, &record);
        Ok::<_, Refusal>((name, record, reply.headers))
    };
    let (name, record, headers) = store.blocking(assemble).await?;
    let completed = Completed {
        bucket: name.bucket.as_str().to_owned(),
        origin: origin.to_string(),
        key: name.key.as_str().to_owned(),
        etag: record.etag(),
    };
    let crc64 = HeaderName::from_static("x-cos-hash-crc64ecma");
    let reply = Reply { headers, ..Reply::xml(completed.write()) };
    let reply = customer_key::with_algorithm(reply, record.encryption);
    Ok(with_encryption(reply, record.encryption).header(crc64, record.crc64.to_string()))
}

pub(super) async fn abort(
    endpoint: &Endpoint,
    permit: Permit<AbortMultipartUpload>,
) -> Result<Reply, Refusal> {
    let store = permit.store(endpoint);
    let AbortMultipartUpload { bucket, key, upload_id } = permit.into_operation();
    let name = UploadName { bucket, key, id: upload_id };
    store.blocking(move |store| store.abort_parts(&name).map_err(Refusal::from)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The parts that are named, by number and entity tag, of those that are there. Numbers may have gaps: a decision, the
/// documentation is not of one mind.
fn choose(
    named: &[(u64, String)],
    there: &[(u16, PartRecord)],
    least: u64,
) -> Result<Vec<PartRecord>, Cause> {
    if !named.is_sorted_by(|(before, _), (after, _)| before < after) {
        return Err(Cause::InvalidPartOrder);
    }
    let find = |(number, etag): &(u64, String)| {
        let index = there.binary_search_by_key(number, |(number, _)| u64::from(*number)).ok()?;
        let (_, part) = there.get(index)?;
        part.md5_hex().eq_ignore_ascii_case(etag).then(|| part.clone())
    };
    let chosen: Option<Vec<_>> = named.iter().map(find).collect();
    let chosen = chosen.ok_or(Cause::InvalidPart)?;
    let but_the_last = chosen.len().saturating_sub(1);
    if chosen.iter().take(but_the_last).any(|part| part.size < least) {
        return Err(Cause::EntityTooSmall);
    }
    Ok(chosen)
}

fn part_entry(number: u16, part: &PartRecord) -> PartEntry {
    PartEntry {
        number,
        last_modified: iso8601_millis(part.modified),
        etag: part.etag(),
        size: part.size,
    }
}

fn upload_entry(key: &str, id: &str, record: UploadRecord) -> UploadEntry {
    UploadEntry {
        key: key.to_owned(),
        upload_id: id.to_owned(),
        storage_class: record.storage_class().as_str(),
        initiated: iso8601_millis(record.initiated),
        initiator: record.initiator,
    }
}
