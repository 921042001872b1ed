//! What a document must be beside well-formed.

use std::collections::HashSet;
use std::sync::Arc;

use cospass_protocol::operation::{Configuration, StorageClass};
use cospass_protocol::xml::{
    ConfigurationDocument, LifecycleConfiguration, LifecycleRule,
    ServerSideEncryptionConfiguration, VersioningConfiguration,
};

use super::default_rule;
use crate::configurations::Configurations;
use crate::refusal::{Cause, Refusal};
use crate::store::BucketRecord;

/// What a configuration is put beside.
pub(super) struct Surroundings<'a> {
    /// The other configurations of the bucket.
    pub(super) there: &'a Configurations,
    /// The bucket's name.
    pub(super) bucket: &'a str,
    /// The name of the region of buckets that do not tell theirs.
    pub(super) region: &'a str,
    /// All buckets, of those configurations that name some.
    pub(super) buckets: &'a [(String, Arc<BucketRecord>)],
}

/// Refuses what contradicts other configurations, of this bucket or of others.
pub(super) fn beside(
    surroundings: &Surroundings<'_>,
    configuration: Configuration,
    id: &str,
    document: &str,
) -> Result<(), Refusal> {
    let there = surroundings.there;
    match configuration {
        // Versions are what is replicated; and without them an upload would replace what is locked (436/40136).
        Configuration::Versioning if document.contains("Suspended") => {
            let replicates = there.find(Configuration::Replication, "").is_some();
            let stays = replicates || there.object_lock().is_some();
            if stays { Err(Cause::NotInThatState.into()) } else { Ok(()) }
        }
        Configuration::ObjectLock => object_lock(there),
        // Neither goes with the other (436/40136).
        Configuration::IntelligentTiering | Configuration::IntelligentTieringRules
            if there.object_lock().is_some() =>
        {
            Err(Cause::NotInThatState.into())
        }
        Configuration::IntelligentTiering if there.find(configuration, "").is_some() => {
            Err(Cause::TieringStays.into())
        }
        Configuration::IntelligentTieringRules if id == super::DEFAULT_RULE => {
            let is_there = default_rule(there, configuration).is_some()
                || there.find(configuration, id).is_some();
            if is_there { Err(Cause::DefaultRule.into()) } else { Ok(()) }
        }
        Configuration::Domain => domains(surroundings, document),
        Configuration::Replication => replication(surroundings, document),
        _ => Ok(()),
    }
}

/// Objects can be locked unless versions were given up, or objects change their class by themselves (436/40136).
fn object_lock(there: &Configurations) -> Result<(), Refusal> {
    let tiers = there.find(Configuration::IntelligentTiering, "").is_some()
        || there.of_kind(Configuration::IntelligentTieringRules).next().is_some();
    match there.versioning() {
        Some(VersioningConfiguration::Suspended) => Err(Cause::NotInThatState.into()),
        _ if tiers => Err(Cause::NotInThatState.into()),
        Some(VersioningConfiguration::Enabled) | None => Ok(()),
    }
}

/// A domain leads to one bucket.
fn domains(surroundings: &Surroundings<'_>, document: &str) -> Result<(), Refusal> {
    let names = |document: &str| -> Result<HashSet<String>, Refusal> {
        let tree = ConfigurationDocument::read(Configuration::Domain, document.as_bytes())?;
        let tree = tree.ok_or(Cause::MalformedXml)?;
        let names = tree.texts(&["DomainRule", "Name"]);
        Ok(names.into_iter().map(str::to_ascii_lowercase).collect())
    };
    let wanted = names(document)?;
    let others = surroundings.buckets.iter().filter(|(name, _)| name != surroundings.bucket);
    for (_, record) in others {
        if let Some(kept) = record.configurations.find(Configuration::Domain, "")
            && !names(&kept.document)?.is_disjoint(&wanted)
        {
            return Err(Cause::DomainBound.into());
        }
    }
    Ok(())
}

/// All rules lead to one bucket, versions are kept on both sides (436/19223), and no object falls under two rules.
fn replication(surroundings: &Surroundings<'_>, document: &str) -> Result<(), Refusal> {
    let tree = ConfigurationDocument::read(Configuration::Replication, document.as_bytes())?;
    let tree = tree.ok_or(Cause::MalformedXml)?;
    let destinations = tree.texts(&["Rule", "Destination", "Bucket"]);
    let Some(destination) = destinations.first() else { return Err(Cause::MalformedXml.into()) };
    if destinations.iter().any(|other| other != destination) {
        return Err(Cause::MultipleBuckets.into());
    }
    let prefixes = tree.texts(&["Rule", "Prefix"]);
    for (index, prefix) in prefixes.iter().enumerate() {
        if prefixes
            .iter()
            .skip(index + 1)
            .any(|other| prefix.starts_with(*other) || other.starts_with(*prefix))
        {
            return Err(Refusal::argument("Prefix", "that of one rule holds that of another"));
        }
    }
    // Of a bucket that is not here, or in another region, nothing is known: cos-go-sdk-v5 `costesting/ci_test.go` replicates to
    // one of another region that it never lets keep versions.
    let here = format!("qcs::cos:{}::", surroundings.region);
    let name = destination.strip_prefix(&here).unwrap_or_default();
    let is_meant =
        |(bucket, record): &&(String, Arc<BucketRecord>)| bucket == name && record.region.is_none();
    let found = surroundings.buckets.iter().find(is_meant);
    let there = found.map(|(_, record)| &record.configurations);
    let keeps_versions = |configurations: &Configurations| {
        configurations.versioning() == Some(VersioningConfiguration::Enabled)
    };
    if keeps_versions(surroundings.there) && there.is_none_or(keeps_versions) {
        Ok(())
    } else {
        Err(Cause::NotInThatState.into())
    }
}

/// Objects are encrypted by a key of the service alone; one of the KMS is none that this endpoint has.
pub(super) fn encryption(encryption: &ServerSideEncryptionConfiguration) -> Result<(), Refusal> {
    if encryption.algorithm == "AES256" { Ok(()) } else { Err(Cause::Unserved.into()) }
}

/// Ids stand once, classes are some that there are, and no two rules say different things of the same objects
/// (436/8280; when rules are in conflict is a decision).
pub(super) fn lifecycle(lifecycle: &LifecycleConfiguration) -> Result<(), Refusal> {
    let mut ids = HashSet::new();
    for rule in &lifecycle.rules {
        if rule.id.as_ref().is_some_and(|id| !ids.insert(id)) {
            return Err(Cause::LifecycleIdTwice.into());
        }
        let classes = rule.transitions.iter().map(|transition| &transition.storage_class);
        let noncurrent = rule.noncurrent_transitions.iter().map(|(_, class)| class);
        for class in classes.chain(noncurrent) {
            // `STANDARD` is one of them, though nothing can change to it (the Go SDK's test puts it).
            if class.parse::<StorageClass>().is_err() {
                return Err(Cause::UnsupportedClass.into());
            }
        }
    }
    for (index, rule) in lifecycle.rules.iter().enumerate() {
        let before = lifecycle.rules.iter().take(index);
        if before.filter(|other| other.filter == rule.filter).any(|other| conflict(rule, other)) {
            return Err(Cause::LifecycleConflict.into());
        }
    }
    Ok(())
}

/// Whether two rules of the same objects say when they go, each its own.
fn conflict(rule: &LifecycleRule, other: &LifecycleRule) -> bool {
    fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one != other)
    }
    differ(rule.expiration, other.expiration)
        || differ(rule.abort_upload_days, other.abort_upload_days)
        || differ(rule.noncurrent_expiration_days, other.noncurrent_expiration_days)
}
