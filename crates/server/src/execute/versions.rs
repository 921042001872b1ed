//! GET Bucket Object versions.

use cospass_protocol::operation::GetBucketObjectVersions;
use cospass_protocol::xml::{ListVersions, VersionEntry, VersionObject, iso8601_millis};

use super::page::Page;
use crate::authorize::Permit;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Former, Store, Versioning};

pub(super) async fn list(
    endpoint: &Endpoint,
    permit: Permit<GetBucketObjectVersions>,
) -> Result<Reply, Refusal> {
    let asked = permit.into_operation();
    let document = endpoint.store.blocking(move |store: &Store| {
        let bucket = store.bucket(&asked.bucket).ok_or(Cause::NoSuchBucket)?;
        let has_versions = bucket.versioning() != Versioning::Never;
        let mut page = Page::new(&asked.prefix, &asked.delimiter, asked.max_keys);
        // Without a key, the version says nothing.
        let after = if asked.key_marker.is_empty() { "" } else { &asked.version_id_marker };
        if let Some(from) = page.start(&asked.key_marker) {
            store.scan_versions(&asked.bucket, from, after, |key, version, is_latest| {
                page.visit(key, || entry(key, &version, is_latest, has_versions))
            })?;
        }
        let last = page.entries.last();
        let next = page.next_marker().map(|key| {
            let id = last.filter(|entry| entry.key == key).map(|entry| entry.version_id.clone());
            (key, id.unwrap_or_default())
        });
        let list = ListVersions {
            name: asked.bucket.as_str().to_owned(),
            appid: asked.bucket.appid().to_owned(),
            url_encoded: asked.url_encoded,
            prefix: asked.prefix,
            key_marker: asked.key_marker,
            version_id_marker: asked.version_id_marker,
            max_keys: asked.max_keys,
            delimiter: asked.delimiter,
            next,
            common_prefixes: page.common_prefixes,
            versions: page.entries,
        };
        Ok::<_, Refusal>(list.write())
    });
    Ok(Reply::xml(document.await?))
}

/// A version has no id where versions were never kept.
fn entry(key: &str, version: &Former, is_latest: bool, has_versions: bool) -> VersionEntry {
    let (modified, object) = match version {
        Former::Marker(marker) => (marker.modified, None),
        Former::Object(record) => {
            let object = VersionObject {
                etag: record.etag(),
                size: record.size,
                storage_class: record.storage_class().as_str(),
            };
            (record.modified, Some(object))
        }
    };
    VersionEntry {
        key: key.to_owned(),
        version_id: if has_versions { version.version().id() } else { String::new() },
        is_latest,
        last_modified: iso8601_millis(modified),
        object,
    }
}
