//! GET Service: the account's buckets, or those of a region, by its host or a parameter (436/8291).

use cospass_protocol::Bucket;
use cospass_protocol::operation::{CreatedRange, GetService};
use cospass_protocol::xml::{BucketEntry, ListAllMyBuckets, iso8601};

use crate::authorize::{Asker, Permit};
use crate::reply::Reply;

/// The buckets of the account that asks.
pub(super) fn get(asker: &Asker<'_>, permit: &Permit<GetService>, host: &str) -> Reply {
    let (endpoint, accounts) = (asker.endpoint, &asker.endpoint.accounts);
    let account = accounts.of_caller(asker.principal.caller().identity);
    let asked = permit.operation();
    let regions = [asked.region.clone(), endpoint.routes.region_of(host)];
    let marker = asked.marker.clone().unwrap_or_default();
    let mut buckets: Vec<_> = endpoint
        .store
        .buckets()
        .into_iter()
        .filter(|(name, record)| {
            let is_meant = |(range, time): (CreatedRange, i64)| range.has(record.created, time);
            let is_tagged = |tag| record.configurations.tags().contains(tag);
            let is_own = |name: &String| {
                Bucket::new(name).is_ok_and(|it| accounts.of_bucket(&it).uin() == account.uin())
            };
            let region = endpoint.region_of(Some(record));
            regions.iter().flatten().all(|wanted| wanted == region)
                && is_own(name)
                && name.as_str() > marker.as_str()
                && asked.created.is_none_or(is_meant)
                && asked.tag.as_ref().is_none_or(is_tagged)
        })
        .map(|(name, record)| BucketEntry {
            name,
            location: endpoint.region_of(Some(&record)).to_owned(),
            creation_date: iso8601(record.created),
        })
        .collect();
    let most = usize::try_from(asked.max_keys).unwrap_or(usize::MAX);
    let is_truncated = buckets.len() > most;
    buckets.truncate(most);
    let last = buckets.last().filter(|_| is_truncated);
    let next_marker = last.map(|entry| entry.name.clone()).unwrap_or_default();
    let owner_uin = account.uin().to_owned();
    Reply::xml(ListAllMyBuckets { owner_uin, marker, next_marker, is_truncated, buckets }.write())
}
