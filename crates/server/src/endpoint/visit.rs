//! A request to a website host: the objects on its way are asked for one after the other, each by the operation that any
//! other request would be, and with the permission that it needs.

use cospass_protocol::operation::{Operation, Pair, Parts, Resource};
use cospass_protocol::{Bucket, ObjectKey};

use super::{Endpoint, Origin};
use crate::authorize::{Asker, authorize};
use crate::body::SealedBody;
use crate::exchange::Trail;
use crate::execute::execute;
use crate::head::{Head, HeaderPairs};
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::website::{self, AskedAs, Objects, Visit};

/// Headers that make less of an object than the whole of it.
const OF_A_PART: [&[u8]; 5] =
    [b"range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"];

/// Who asks, and how.
pub(super) struct Visitor<'a> {
    pub(super) head: &'a Head<'a>,
    pub(super) headers: &'a HeaderPairs<'a>,
    pub(super) asker: Asker<'a>,
    pub(super) origin: Origin<'a>,
    /// The path and the query as sent.
    pub(super) target: &'a str,
}

impl Endpoint {
    pub(super) async fn visit(
        &self,
        visitor: Visitor<'_>,
        resource: &Resource,
        body: &mut SealedBody,
        trail: &mut Trail,
    ) -> Result<Reply, Refusal> {
        let method = visitor.head.request.method();
        let (bucket, path) = match resource {
            Resource::Object(bucket, key) => (bucket, key.as_str()),
            Resource::Bucket(bucket) => (bucket, ""),
            Resource::Service => return Err(Cause::BucketMissing.into()),
        };
        if !matches!(method, "GET" | "HEAD") {
            return Err(Cause::MethodNotAllowed.into());
        }
        trail.operation = if method == "HEAD" { "HEAD Object" } else { "GET Object" };
        let record = self.store.bucket(bucket).ok_or(Cause::NoSuchBucket)?;
        let site = record.configurations.website().ok_or(Cause::NoSuchWebsite)?;
        let visit = Visit {
            site,
            is_head: method == "HEAD",
            scheme: visitor.origin.scheme.as_str(),
            host: visitor.origin.host,
            path,
            target: visitor.target,
        };
        let mut objects = OfBucket { visitor: &visitor, bucket, body };
        Ok(website::answer(visit, &mut objects).await)
    }
}

/// The objects of the website's bucket.
struct OfBucket<'a, 'v> {
    visitor: &'a Visitor<'v>,
    bucket: &'a Bucket,
    body: &'a mut SealedBody,
}

impl Objects for OfBucket<'_, '_> {
    async fn find(&mut self, key: &str, asked_as: AskedAs) -> Result<Reply, Refusal> {
        let Self { visitor, bucket, body } = self;
        let operation = visitor.operation(bucket, key, asked_as)?;
        let permitted = authorize(&visitor.asker, Ok(operation))?;
        execute(&visitor.asker, permitted, body, visitor.origin).end().await
    }
}

impl Visitor<'_> {
    /// GET or HEAD of an object of the website. Of the parameters, only those count that change what an answer is called.
    fn operation(
        &self,
        bucket: &Bucket,
        key: &str,
        asked_as: AskedAs,
    ) -> Result<Operation, Refusal> {
        let key = ObjectKey::new(key).map_err(|_| Cause::NoSuchKey)?;
        let counts = |name: &[u8]| {
            asked_as == AskedAs::Named
                || !OF_A_PART.iter().any(|part| name.eq_ignore_ascii_case(part))
        };
        let headers = self.headers.iter().filter(|(name, _)| counts(name));
        let params = self.head.request.params(self.asker.principal.plus());
        let is_override = |(name, _): &Pair<'_>| name.starts_with(b"response-");
        Ok(Operation::decode(Parts {
            method: self.head.request.method().into(),
            resource: Resource::Object(bucket.clone(), key),
            params: params.filter(is_override).collect(),
            headers: headers.map(|&(name, value)| (name.into(), value.into())).collect(),
        })?)
    }
}
