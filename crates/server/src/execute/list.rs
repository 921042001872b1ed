//! GET Bucket and its location.

use cospass_protocol::operation::{GetBucket, GetBucketLocation};
use cospass_protocol::xml::{ListBucket, ObjectEntry, iso8601_millis, location_constraint};
use http::header::HeaderName;

use super::page::Page;
use crate::authorize::Permit;
use crate::endpoint::Endpoint;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::store::{Listed, StoreError};

pub(super) async fn get(endpoint: &Endpoint, permit: Permit<GetBucket>) -> Result<Reply, Refusal> {
    let asked = permit.into_operation();
    let record = endpoint.store.bucket(&asked.bucket);
    let document = endpoint.store.blocking(move |store| {
        let mut page = Page::new(&asked.prefix, &asked.delimiter, asked.max_keys);
        if let Some(from) = page.start(&asked.marker) {
            let at_once = page.rows_at_once();
            let visit = |key: &str, listed: Listed| page.visit(key, || entry(key, &listed));
            store.list_objects(&asked.bucket, (&asked.prefix, from), at_once, visit)?;
        }
        Ok::<_, StoreError>(
            ListBucket {
                name: asked.bucket.as_str().to_owned(),
                appid: asked.bucket.appid().to_owned(),
                url_encoded: asked.url_encoded,
                prefix: asked.prefix,
                marker: asked.marker,
                max_keys: asked.max_keys,
                delimiter: asked.delimiter,
                next_marker: page.next_marker(),
                common_prefixes: page.common_prefixes,
                contents: page.entries,
            }
            .write(),
        )
    });
    let region = HeaderName::from_static("x-cos-bucket-region");
    Ok(Reply::xml(document.await?).header(region, endpoint.region_of(record.as_deref())))
}

pub(super) fn location(endpoint: &Endpoint, permit: &Permit<GetBucketLocation>) -> Reply {
    let record = endpoint.store.bucket(&permit.operation().bucket);
    Reply::xml(location_constraint(endpoint.region_of(record.as_deref())))
}

fn entry(key: &str, listed: &Listed) -> ObjectEntry {
    ObjectEntry {
        key: key.to_owned(),
        last_modified: iso8601_millis(listed.modified),
        etag: listed.etag(),
        size: listed.size,
        storage_class: listed.storage_class.as_str(),
    }
}
