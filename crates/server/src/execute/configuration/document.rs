//! From the body of a PUT to the document that is kept.

use cospass_protocol::TagSet;
use cospass_protocol::operation::Configuration;
use cospass_protocol::xml::{
    ConfigurationDocument, CorsConfiguration, LifecycleConfiguration, ObjectLockConfiguration,
    RefererConfiguration, ServerSideEncryptionConfiguration, VersioningConfiguration,
    WebsiteConfiguration, XmlError, certificate_domains, domain_certificate, read_tagging,
    write_tagging,
};

use super::{check, policy};
use crate::refusal::{Cause, Refusal};

/// The document in the shape in which it is kept. `None` if it says that there is to be none.
pub(super) fn plain(
    configuration: Configuration,
    id: &str,
    document: &[u8],
) -> Result<Option<String>, Refusal> {
    // What the Python SDK calls deleting this configuration.
    if configuration == Configuration::Referer && document.is_empty() {
        return Ok(None);
    }
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let refuse = |error| refuse(configuration, error);
    Ok(Some(match configuration {
        Configuration::Policy => policy::plain(document)?,
        Configuration::Cors => CorsConfiguration::read(document).map_err(refuse)?.write(),
        Configuration::Referer => match RefererConfiguration::read(document).map_err(refuse)? {
            Some(referer) => referer.write(),
            None => return Ok(None),
        },
        Configuration::Versioning => {
            VersioningConfiguration::read(document).map_err(refuse)?.write()
        }
        Configuration::Tagging => {
            let tags = read_tagging(document).map_err(refuse)?;
            write_tagging(TagSet::new(tags, TagSet::OF_BUCKET)?.as_slice())
        }
        Configuration::Lifecycle => {
            let lifecycle = LifecycleConfiguration::read(document).map_err(refuse)?;
            check::lifecycle(&lifecycle)?;
            lifecycle.write()
        }
        Configuration::Website => website(WebsiteConfiguration::read(document).map_err(refuse)?),
        Configuration::Encryption => {
            let encryption = ServerSideEncryptionConfiguration::read(document).map_err(refuse)?;
            check::encryption(&encryption)?;
            encryption.write()
        }
        Configuration::ObjectLock => {
            ObjectLockConfiguration::read(document).map_err(refuse)?.write()
        }
        Configuration::DomainCertificate => domain_certificate(true),
        Configuration::Inventory => {
            tree(configuration, id, document)?.with_optional_fields().write()
        }
        Configuration::IntelligentTieringRules
        | Configuration::Logging
        | Configuration::Domain
        | Configuration::Origin
        | Configuration::IntelligentTiering
        | Configuration::Replication
        | Configuration::Accelerate => tree(configuration, id, document)?.write(),
    }))
}

/// For which domains a certificate is put. It is not kept, and above all not its private key.
pub(super) fn domains(document: &[u8]) -> Result<Vec<String>, Refusal> {
    certificate_domains(document).map_err(|error| refuse(Configuration::DomainCertificate, error))
}

/// The document of a report that is asked for once.
pub(super) fn inventory_once(id: &str, document: &[u8]) -> Result<String, Refusal> {
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let tree = ConfigurationDocument::read_inventory_once(document)
        .map_err(|error| refuse(Configuration::Inventory, error))?;
    Ok(named(tree, id)?.write())
}

/// A document that nothing here acts on.
fn tree(
    configuration: Configuration,
    id: &str,
    document: &[u8],
) -> Result<ConfigurationDocument, Refusal> {
    let tree = ConfigurationDocument::read(configuration, document)
        .map_err(|error| refuse(configuration, error))?
        .ok_or(Cause::MalformedXml)?;
    if configuration.has_rules() { named(tree, id) } else { Ok(tree) }
}

/// A rule may name itself, but not otherwise than its request does.
fn named(mut tree: ConfigurationDocument, id: &str) -> Result<ConfigurationDocument, Refusal> {
    if tree.text(&["Id"]).is_some_and(|named| named != id) {
        return Err(Refusal::argument("Id", "not the id of the request"));
    }
    tree.set_id(id);
    Ok(tree)
}

/// The service tells of each rule whether the client is sent to its target (Python's test compares).
fn website(mut website: WebsiteConfiguration) -> String {
    for rule in &mut website.routing_rules {
        rule.url_redirect.get_or_insert(true);
    }
    website.write()
}

/// A value that may not stand where it stands: the documentation names `MalformedXML` for some configurations, and for
/// the others it is taken for an argument (inferred).
fn refuse(configuration: Configuration, error: XmlError) -> Refusal {
    match (configuration, error) {
        (
            Configuration::Cors | Configuration::Lifecycle | Configuration::Website,
            error @ XmlError::Value(_),
        ) => error.into(),
        (_, error @ XmlError::Value(_)) => Refusal::document_value(&error),
        (_, error) => error.into(),
    }
}
