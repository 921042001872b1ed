//! GET, PUT and DELETE of a bucket's configurations.
//!
//! A document is checked, brought into its documented shape and kept so; GET answers it to the letter. What an answer
//! says where nothing is kept, and the status of a PUT, stand in two tables here (documents of the configurations below
//! 436/7751; where two tags stand, those of `refusal.rs`).

mod check;
mod document;
mod policy;

use base16ct::lower;
use cospass_protocol::Bucket;
use cospass_protocol::operation::{
    Configuration, DeleteBucketConfiguration, GetBucketConfiguration, ListBucketConfigurations,
    PostBucketInventory, PutBucketConfiguration,
};
use cospass_protocol::xml::{ConfigurationList, default_tiering_rule, domain_certificate};
use http::StatusCode;
use http::header::HeaderName;
use md5_stream::Md5;

use self::check::Surroundings;
use super::check_md5;
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::clock::http_date;
use crate::configurations::{Configurations, INVENTORY_ONCE, Kept};
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::Store;

/// How many configurations a page of a list has (436/33706).
const PAGE: usize = 100;

/// The most configurations of a kind of which there are several (436/33707).
const RULES_MAX: usize = 1000;

/// The id of the rule that the first form of intelligent tiering amounts to.
const DEFAULT_RULE: &str = "default";

pub(super) fn get(
    endpoint: &Endpoint,
    permit: &Permit<GetBucketConfiguration>,
) -> Result<Reply, Refusal> {
    let GetBucketConfiguration { bucket, configuration, id } = permit.operation();
    let configurations = of_bucket(endpoint, bucket)?;
    let id = id.as_deref().unwrap_or_default();
    let Some(kept) = configurations.find(*configuration, id) else {
        return match default_rule(&configurations, *configuration) {
            Some(rule) if id == DEFAULT_RULE => Ok(Reply::xml(rule?)),
            _ => unset(*configuration),
        };
    };
    let reply = Reply::xml(kept.document.clone());
    Ok(match configuration {
        Configuration::Domain => {
            let name = HeaderName::from_static("x-cos-domain-txt-verification");
            reply.header(name, domain_verification(bucket))
        }
        Configuration::Replication => {
            let name = HeaderName::from_static("x-cos-replication-rule-creation-time");
            reply.header(name, http_date(kept.made))
        }
        _ => reply,
    })
}

/// What GET answers where nothing was put.
fn unset(configuration: Configuration) -> Result<Reply, Refusal> {
    let document = |text: &str| Ok(Reply::xml(text.to_owned()));
    let cause = match configuration {
        Configuration::Referer => return document("<RefererConfiguration/>"),
        Configuration::Versioning => return document("<VersioningConfiguration/>"),
        Configuration::Logging => return document("<BucketLoggingStatus/>"),
        Configuration::Accelerate => return document("<AccelerateConfiguration/>"),
        Configuration::IntelligentTiering => return document("<IntelligentTieringConfiguration/>"),
        Configuration::DomainCertificate => return document(&domain_certificate(false)),
        Configuration::Cors => Cause::NoSuchCors,
        Configuration::Policy => Cause::NoSuchPolicy,
        Configuration::Tagging => Cause::NoSuchTagSet,
        Configuration::Lifecycle => Cause::NoSuchLifecycle,
        Configuration::Website => Cause::NoSuchWebsite,
        Configuration::Domain => Cause::NoSuchDomain,
        Configuration::Origin => Cause::NoSuchOrigin,
        Configuration::Encryption => Cause::NoSuchEncryption,
        Configuration::Replication => Cause::NoSuchReplication,
        Configuration::ObjectLock => Cause::NoSuchObjectLock,
        Configuration::Inventory => Cause::NoSuchConfiguration,
        Configuration::IntelligentTieringRules => Cause::NoSuchTieringRule,
    };
    Err(cause.into())
}

pub(super) fn list(
    endpoint: &Endpoint,
    permit: &Permit<ListBucketConfigurations>,
) -> Result<Reply, Refusal> {
    let ListBucketConfigurations { bucket, configuration, continuation_token } = permit.operation();
    let configurations = of_bucket(endpoint, bucket)?;
    let after: u64 = match continuation_token.as_str() {
        "" => 0,
        token => token.parse().map_err(|_| {
            let why = "not one that a list told as NextContinuationToken";
            Refusal::argument("continuation-token", why)
        })?,
    };
    let mut rest = configurations.of_kind(*configuration).filter(|kept| kept.number > after);
    // Only the list of inventories has pages.
    let most = if *configuration == Configuration::Inventory { PAGE } else { RULES_MAX };
    let page: Vec<&Kept> = rest.by_ref().take(most).collect();
    let last = page.last().map(|kept| kept.number.to_string());
    let mut documents: Vec<_> = page.iter().map(|kept| kept.document.clone()).collect();
    if let Some(rule) = default_rule(&configurations, *configuration) {
        documents.insert(0, rule?);
    }
    let list = ConfigurationList {
        configuration: *configuration,
        documents,
        continuation_token: continuation_token.clone(),
        next: last.filter(|_| rest.next().is_some()),
    };
    Ok(Reply::xml(list.write()?))
}

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutBucketConfiguration>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    // A PUT on a bucket that is not there may be one that makes it, so that nobody has looked before.
    of_bucket(endpoint, &permit.operation().bucket)?;
    let document = read(&permit, permit.operation().configuration, body).await?;
    let store = permit.store(endpoint);
    let PutBucketConfiguration { bucket, configuration, id, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    let status = match configuration {
        Configuration::Policy | Configuration::Tagging => StatusCode::NO_CONTENT,
        _ => StatusCode::OK,
    };
    let is_multi_az = |bucket| endpoint.store.bucket(bucket).is_some_and(|it| it.is_multi_az);
    if configuration == Configuration::ObjectLock && is_multi_az(&bucket) {
        // Not in several zones, so far (436/40136).
        return Err(Cause::NotInThatState.into());
    }
    let id = id.unwrap_or_default();
    let plain = document::plain(configuration, &id, &document)?;
    let ids = match configuration {
        Configuration::DomainCertificate => document::domains(&document)?,
        _ => vec![id],
    };
    let others = match configuration {
        Configuration::Domain | Configuration::Replication => endpoint.store.buckets(),
        _ => Vec::new(),
    };
    let (now, name) = (endpoint.clock.now(), bucket.as_str().to_owned());
    let region = endpoint.region.name().to_owned();
    let put = move |there: &Configurations| {
        let Some(plain) = &plain else { return Ok(there.without(configuration, "")?) };
        let mut changed = there.clone();
        for id in &ids {
            let surroundings =
                Surroundings { there, bucket: &name, region: &region, buckets: &others };
            check::beside(&surroundings, configuration, id, plain)?;
            changed = changed.with(configuration.subresource(), id, plain.clone(), now)?;
        }
        if changed.of_kind(configuration).count() > RULES_MAX {
            return Err(Cause::TooManyConfigurations.into());
        }
        Ok(changed)
    };
    change(&store, bucket, put).await?;
    Ok(Reply::empty(status))
}

/// The report is not made: the endpoint keeps its id, as the service does, and answers like it.
pub(super) async fn post_inventory(
    endpoint: &Endpoint,
    permit: Permit<PostBucketInventory>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = read(&permit, Configuration::Inventory, body).await?;
    let store = permit.store(endpoint);
    let PostBucketInventory { bucket, id, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    let report = document::inventory_once(&id, &document)?;
    let now = endpoint.clock.now();
    let post = move |there: &Configurations| {
        if there.find(Configuration::Inventory, &id).is_some()
            || there.find_named(INVENTORY_ONCE, &id).is_some()
        {
            return Err(Cause::DuplicateInventory.into());
        }
        Ok(there.with(INVENTORY_ONCE, &id, report.clone(), now)?)
    };
    change(&store, bucket, post).await?;
    Ok(Reply::empty(StatusCode::OK))
}

pub(super) async fn delete(
    endpoint: &Endpoint,
    permit: Permit<DeleteBucketConfiguration>,
) -> Result<Reply, Refusal> {
    let store = permit.store(endpoint);
    let DeleteBucketConfiguration { bucket, configuration, id } = permit.into_operation();
    let id = id.unwrap_or_default();
    let remove = move |there: &Configurations| {
        if id == DEFAULT_RULE && default_rule(there, configuration).is_some() {
            return Err(Cause::DefaultRule.into());
        }
        Ok(there.without(configuration, &id)?)
    };
    change(&store, bucket, remove).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn of_bucket(endpoint: &Endpoint, bucket: &Bucket) -> Result<Configurations, Refusal> {
    let record = endpoint.store.bucket(bucket).ok_or(Cause::NoSuchBucket)?;
    Ok(record.configurations.clone())
}

async fn change(
    store: &Store,
    bucket: Bucket,
    change: impl Fn(&Configurations) -> Result<Configurations, Refusal> + Send + 'static,
) -> Result<(), Refusal> {
    store.blocking(move |store| store.change_configurations(&bucket, change)).await
}

/// Reads the body of a PUT or POST: those that list rules may be long.
async fn read<Op>(
    permit: &Permit<Op>,
    configuration: Configuration,
    body: &mut SealedBody,
) -> Result<Vec<u8>, Refusal> {
    let read = match configuration {
        Configuration::Lifecycle | Configuration::Replication | Configuration::Referer => {
            body.read_list(permit).await
        }
        _ => body.read_document(permit).await,
    };
    read.map_err(|refusal| match refusal.cause {
        Cause::EntityTooLarge => Cause::XmlSizeLimit.into(),
        _ => refusal,
    })
}

/// The rule that the first form of intelligent tiering amounts to, if that was put.
fn default_rule(
    configurations: &Configurations,
    configuration: Configuration,
) -> Option<Result<String, Refusal>> {
    let first = configurations.find(Configuration::IntelligentTiering, "")?;
    let is_asked = configuration == Configuration::IntelligentTieringRules;
    is_asked.then(|| default_tiering_rule(first.document.as_bytes()).map_err(Refusal::from))
}

/// What the owner of a domain writes into its DNS to show that it is theirs: the same for the bucket each time.
fn domain_verification(bucket: &Bucket) -> String {
    let hash = lower::encode_string(&Md5::digest(bucket.as_str()));
    format!("tencent-cloud-cos-verification={hash}")
}
