//! The configurations of a bucket: one set of operations for all of them.
//!
//! Each is a sub-resource of the bucket, of which a document is put, read and mostly deleted. Some exist once for each
//! name (`?inventory&id=…`); of those there is a list, too.

use super::fields::content_md5;
use super::parts::{Headers, Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::value::ContentMd5;
use super::{DecodeError, invalid, not_allowed};
use crate::Bucket;

/// The longest id of a rule, in bytes: a decision, the documentation gives only its characters.
const ID_MAX: usize = 64;

/// The longest domain name, in bytes (RFC 1035 §2.3.4).
const DOMAIN_MAX: usize = 253;

/// How the configurations of a kind are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selector {
    /// There is one.
    Only,
    /// The parameter `id` names a rule; without it, all rules are listed.
    Id,
    /// The parameter `domainname` names one, except to PUT, whose body has the names.
    Domain,
}

use Selector::{Domain, Id, Only};

macro_rules! configurations {
    ($($(#[$doc:meta])* $kind:ident $sub:literal $action:literal $selector:ident [$($method:literal),+],)*) => {
        /// A configuration of a bucket.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Configuration {
            $($(#[$doc])* $kind,)*
        }

        impl Configuration {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The parameter that names it, `cors`.
            pub const fn subresource(self) -> &'static str {
                match self { $(Self::$kind => $sub,)* }
            }

            const fn selector(self) -> Selector {
                match self { $(Self::$kind => $selector,)* }
            }

            const fn methods(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($method),+],)* }
            }

            /// Name and action of GET.
            const fn get(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind =>
                    (concat!("GET Bucket ", $sub), concat!("GetBucket", $action)),)* }
            }

            /// Name and action of the list.
            const fn list(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind =>
                    (concat!("List Bucket ", $sub), concat!("ListBucket", $action)),)* }
            }

            /// Name and action of PUT.
            const fn put(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind =>
                    (concat!("PUT Bucket ", $sub), concat!("PutBucket", $action)),)* }
            }

            /// Name and action of DELETE.
            const fn delete(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind =>
                    (concat!("DELETE Bucket ", $sub), concat!("DeleteBucket", $action)),)* }
            }
        }
    };
}

// The action's last word as cos-nodejs-sdk-v5 `sdk/base.js` and 598/69901 have it; the methods as the documentation of
// each has them.
configurations! {
    /// Which pages may read answers (436/8279).
    Cors "cors" "CORS" Only ["GET", "PUT", "DELETE"],
    /// Who may do what (436/8282).
    Policy "policy" "Policy" Only ["GET", "PUT", "DELETE"],
    /// From which pages requests may come (436/32492).
    Referer "referer" "Referer" Only ["GET", "PUT"],
    /// Whether former versions of objects are kept (436/19889).
    Versioning "versioning" "Versioning" Only ["GET", "PUT"],
    /// Tags of the bucket itself (436/34838).
    Tagging "tagging" "Tagging" Only ["GET", "PUT", "DELETE"],
    /// When objects change their class or go (436/8280).
    Lifecycle "lifecycle" "Lifecycle" Only ["GET", "PUT", "DELETE"],
    /// What a website host answers (436/31930).
    Website "website" "Website" Only ["GET", "PUT", "DELETE"],
    /// Where access logs go (436/17054).
    Logging "logging" "Logging" Only ["GET", "PUT"],
    /// Own domains (436/32490).
    Domain "domain" "Domain" Only ["GET", "PUT", "DELETE"],
    /// Certificates of own domains.
    DomainCertificate "domaincertificate" "DomainCertificate" Domain ["GET", "PUT", "DELETE"],
    /// Where absent objects are fetched from (436/32487).
    Origin "origin" "Origin" Only ["GET", "PUT", "DELETE"],
    /// Reports of what the bucket holds (436/33707).
    Inventory "inventory" "Inventory" Id ["GET", "PUT", "POST", "DELETE"],
    /// How objects are encrypted if the request does not say (436/40136).
    Encryption "encryption" "Encryption" Only ["GET", "PUT", "DELETE"],
    /// Moving objects by use, the first form (436/46912).
    IntelligentTiering "intelligenttiering" "IntelligentTiering" Only ["GET", "PUT"],
    /// Moving objects by use, the form with several rules.
    IntelligentTieringRules "intelligent-tiering" "IntelligentTiering" Id ["GET", "PUT", "DELETE"],
    /// Copies in another bucket (436/19223).
    Replication "replication" "Replication" Only ["GET", "PUT", "DELETE"],
    /// How long objects cannot be changed.
    ObjectLock "object-lock" "ObjectLockConfiguration" Only ["GET", "PUT"],
    /// Global acceleration (436/38869).
    Accelerate "accelerate" "Accelerate" Only ["GET", "PUT"],
}

impl Configuration {
    /// The one that a parameter of that name names.
    pub fn from_subresource(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|configuration| configuration.subresource() == name)
    }

    /// Whether there is one for each id.
    pub fn has_rules(self) -> bool {
        self.selector() == Id
    }

    /// The id that a request names. `None` if it names none, or there is but one.
    fn decode_id(self, params: Params<'_, '_>) -> Result<Option<String>, DecodeError> {
        let (name, most) = match self.selector() {
            Only => return Ok(None),
            Id => ("id", ID_MAX),
            Domain => ("domainname", DOMAIN_MAX),
        };
        let Some(id) = params.text(name)? else { return Ok(None) };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if (1..=most).contains(&id.len()) && id.bytes().all(is_plain) {
            Ok(Some(id.into_owned()))
        } else {
            Err(invalid(name, &id))
        }
    }

    /// As [`decode_id`](Self::decode_id), where one must be named.
    fn needed_id(self, params: Params<'_, '_>) -> Result<Option<String>, DecodeError> {
        match (self.selector(), self.decode_id(params)?) {
            (Id, None) => Err(invalid("id", "")),
            (Domain, None) => Err(invalid("domainname", "")),
            (_, id) => Ok(id),
        }
    }

    fn id_param(self, id: Option<&str>) -> Option<Pair<'_>> {
        let name = if self.selector() == Domain { "domainname" } else { "id" };
        id.map(|id| pair(name, id.to_owned()))
    }
}

/// The request for a configuration, by its method.
pub(super) fn decode(
    method: &str,
    configuration: Configuration,
    bucket: Bucket,
    params: Params<'_, '_>,
    headers: Headers<'_, '_>,
) -> Result<super::Operation, DecodeError> {
    use super::Operation;
    if !configuration.methods().contains(&method) {
        return Err(not_allowed(method));
    }
    Ok(match method {
        "GET" if configuration.has_rules() && configuration.decode_id(params)?.is_none() => {
            Operation::ListBucketConfigurations(ListBucketConfigurations {
                bucket,
                configuration,
                continuation_token: params.owned("continuation-token")?,
            })
        }
        "GET" => Operation::GetBucketConfiguration(GetBucketConfiguration {
            bucket,
            id: configuration.needed_id(params)?,
            configuration,
        }),
        "DELETE" => Operation::DeleteBucketConfiguration(DeleteBucketConfiguration {
            bucket,
            id: configuration.needed_id(params)?,
            configuration,
        }),
        "POST" => Operation::PostBucketInventory(PostBucketInventory {
            bucket,
            id: configuration.needed_id(params)?.unwrap_or_default(),
            md5: content_md5(headers)?,
        }),
        _ => Operation::PutBucketConfiguration(PutBucketConfiguration {
            bucket,
            id: match configuration.selector() {
                Domain => None,
                Only | Id => configuration.needed_id(params)?,
            },
            configuration,
            md5: content_md5(headers)?,
        }),
    })
}

/// Reads a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketConfiguration {
    /// The bucket.
    pub bucket: Bucket,
    /// Which one.
    pub configuration: Configuration,
    /// Which rule or domain, if there are several.
    pub id: Option<String>,
}

impl Request for GetBucketConfiguration {
    fn name(&self) -> &'static str {
        self.configuration.get().0
    }

    fn action(&self) -> &'static str {
        self.configuration.get().1
    }

    fn encode(&self) -> Parts<'_> {
        let id = self.configuration.id_param(self.id.as_deref());
        parts("GET", &self.bucket, self.configuration.subresource(), Vec::from_iter(id), vec![])
    }
}

/// Lists the configurations of which there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListBucketConfigurations {
    /// The bucket.
    pub bucket: Bucket,
    /// Of which kind.
    pub configuration: Configuration,
    /// What the page before named as the next one; empty for the first page.
    pub continuation_token: String,
}

impl Request for ListBucketConfigurations {
    fn name(&self) -> &'static str {
        self.configuration.list().0
    }

    fn action(&self) -> &'static str {
        // Of intelligent tiering, reading one and listing all is one action.
        match self.configuration {
            Configuration::Inventory => self.configuration.list().1,
            _ => self.configuration.get().1,
        }
    }

    fn encode(&self) -> Parts<'_> {
        let token = Some(self.continuation_token.as_str()).filter(|token| !token.is_empty());
        let params = token.map(|token| pair("continuation-token", token));
        parts("GET", &self.bucket, self.configuration.subresource(), Vec::from_iter(params), vec![])
    }
}

/// Replaces a configuration by the one of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBucketConfiguration {
    /// The bucket.
    pub bucket: Bucket,
    /// Which one.
    pub configuration: Configuration,
    /// Which rule, if there are several.
    pub id: Option<String>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl Request for PutBucketConfiguration {
    fn name(&self) -> &'static str {
        self.configuration.put().0
    }

    fn action(&self) -> &'static str {
        self.configuration.put().1
    }

    fn encode(&self) -> Parts<'_> {
        let id = self.configuration.id_param(self.id.as_deref());
        let md5 = self.md5.map(ContentMd5::header);
        let (params, headers) = (Vec::from_iter(id), Vec::from_iter(md5));
        parts("PUT", &self.bucket, self.configuration.subresource(), params, headers)
    }
}

/// Asks for a report of what the bucket holds, once (436/95571).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostBucketInventory {
    /// The bucket.
    pub bucket: Bucket,
    /// The report's id.
    pub id: String,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl Request for PostBucketInventory {
    called!("POST Bucket inventory", "PostBucketInventory");

    fn encode(&self) -> Parts<'_> {
        let headers = Vec::from_iter(self.md5.map(ContentMd5::header));
        parts("POST", &self.bucket, "inventory", vec![pair("id", &*self.id)], headers)
    }
}

/// Deletes a configuration; one that is not there is as good as deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteBucketConfiguration {
    /// The bucket.
    pub bucket: Bucket,
    /// Which one.
    pub configuration: Configuration,
    /// Which rule or domain, if there are several.
    pub id: Option<String>,
}

impl Request for DeleteBucketConfiguration {
    fn name(&self) -> &'static str {
        self.configuration.delete().0
    }

    fn action(&self) -> &'static str {
        self.configuration.delete().1
    }

    fn encode(&self) -> Parts<'_> {
        let id = self.configuration.id_param(self.id.as_deref());
        parts("DELETE", &self.bucket, self.configuration.subresource(), Vec::from_iter(id), vec![])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Operation, Resource};

    fn bucket() -> Bucket {
        Bucket::new("examplebucket-1250000000").unwrap()
    }

    fn asked(
        method: &'static str,
        params: &[(&'static str, &'static str)],
    ) -> Result<Operation, DecodeError> {
        let params = params.iter().map(|&(name, value)| pair(name, value)).collect();
        let resource = Resource::Bucket(bucket());
        Operation::decode(Parts { method: method.into(), resource, params, headers: vec![] })
    }

    #[test]
    fn encode_and_decode_are_inverse() {
        let md5 = Some(ContentMd5([7; 16]));
        for &configuration in Configuration::ALL {
            let named = || (configuration.selector() != Only).then(|| "a.b_c-1".to_owned());
            let mut operations = vec![
                Operation::GetBucketConfiguration(GetBucketConfiguration {
                    bucket: bucket(),
                    configuration,
                    id: named(),
                }),
                Operation::PutBucketConfiguration(PutBucketConfiguration {
                    bucket: bucket(),
                    configuration,
                    id: named().filter(|_| configuration.has_rules()),
                    md5,
                }),
            ];
            if configuration.methods().contains(&"DELETE") {
                let id = named();
                let delete = DeleteBucketConfiguration { bucket: bucket(), configuration, id };
                operations.push(Operation::DeleteBucketConfiguration(delete));
            }
            if configuration.has_rules() {
                let continuation_token = "t/+".to_owned();
                let list = ListBucketConfigurations {
                    bucket: bucket(),
                    configuration,
                    continuation_token,
                };
                operations.push(Operation::ListBucketConfigurations(list));
            }
            for operation in operations {
                assert_eq!(Operation::decode(operation.encode()), Ok(operation.clone()));
            }
        }
        let post = PostBucketInventory { bucket: bucket(), id: "a".to_owned(), md5 };
        let post = Operation::PostBucketInventory(post);
        assert_eq!(Operation::decode(post.encode()), Ok(post.clone()));
    }

    #[test]
    fn names_and_actions_are_the_documented_ones() {
        let of = |method, params: &[_]| asked(method, params).map(|op| (op.name(), op.action()));
        assert_eq!(of("GET", &[("cors", "")]), Ok(("GET Bucket cors", "GetBucketCORS")));
        assert_eq!(of("DELETE", &[("policy", "")]).unwrap().1, "DeleteBucketPolicy");
        assert_eq!(of("GET", &[("inventory", "")]).unwrap().1, "ListBucketInventory");
        assert_eq!(of("PUT", &[("inventory", ""), ("id", "1")]).unwrap().1, "PutBucketInventory");
        let locked = of("PUT", &[("object-lock", "")]);
        assert_eq!(locked.unwrap().1, "PutBucketObjectLockConfiguration");
        let rules = of("GET", &[("intelligent-tiering", "")]);
        assert_eq!(rules.unwrap().1, "GetBucketIntelligentTiering");
    }

    #[test]
    fn a_method_that_a_configuration_does_not_have_is_refused() {
        for (method, name) in [
            ("DELETE", "referer"),
            ("DELETE", "versioning"),
            ("DELETE", "accelerate"),
            ("POST", "cors"),
            ("HEAD", "policy"),
        ] {
            let refused = Err(DecodeError::MethodNotAllowed { method: method.to_owned() });
            assert_eq!(asked(method, &[(name, "")]), refused, "{method} {name}");
        }
    }

    #[test]
    fn an_id_must_be_one() {
        for (method, params, name) in [
            ("PUT", vec![("inventory", "")], "id"),
            ("POST", vec![("inventory", "")], "id"),
            ("DELETE", vec![("intelligent-tiering", ""), ("id", "")], "id"),
            ("GET", vec![("inventory", ""), ("id", "a/b")], "id"),
            ("GET", vec![("domaincertificate", "")], "domainname"),
            ("DELETE", vec![("domaincertificate", ""), ("domainname", "a b")], "domainname"),
        ] {
            let refused = asked(method, &params);
            let is_named = matches!(&refused, Err(DecodeError::InvalidArgument { name: at, .. }) if *at == name);
            assert!(is_named, "{method} {params:?}: {refused:?}");
        }
    }

    #[test]
    fn two_configurations_contradict_each_other() {
        let both = [("cors", ""), ("acl", "")];
        assert_eq!(asked("GET", &both), Err(invalid("cors", "beside acl")));
    }
}
