//! One request from its head to its answer: the stages in their order.
//!
//! ```text
//! Head ─► route ─► authenticate (Claim → Principal) ─► decode (Operation) ─► authorize (Permit) ─► execute ─► Reply
//! ```
//!
//! A form has stages of its own, see [`form`].
//!
//! The operation is decoded after the signature, not before: how a `+` in a parameter is meant is known from it alone.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use cospass_protocol::Region;
use cospass_protocol::operation::{Operation, Parts as OperationParts, Resource};
use cospass_sign::{Credentials, percent};
use http::header::{CONNECTION, HOST};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Version};
use hyper::body::Incoming;

use crate::authenticate::authenticate;
use crate::authorize::authorize;
use crate::body::SealedBody;
use crate::clock::Clock;
use crate::execute::execute;
use crate::form;
use crate::framing::Framing;
use crate::head::{Head, header_pairs};
use crate::limits::Limits;
use crate::refusal::{Cause, Refusal};
use crate::reply::{Reply, ReplyBody, Shared};
use crate::request_id::RequestId;
use crate::route::Routes;
use crate::spelling::Spelling;
use crate::store::Store;

/// Everything that requests share.
pub(crate) struct Endpoint {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) credentials: Credentials,
    pub(crate) routes: Routes,
    pub(crate) region: Region,
    /// The account's number.
    pub(crate) owner_uin: String,
    pub(crate) limits: Arc<Limits>,
    pub(crate) spelling: Spelling,
}

impl Endpoint {
    /// Answers a request that arrived at an address of this machine.
    pub(crate) async fn serve(
        &self,
        request: Request<Incoming>,
        local: IpAddr,
        framing: &Framing,
    ) -> Result<Response<ReplyBody>, Infallible> {
        let started = Instant::now();
        let now = self.clock.now();
        let id = RequestId::new(now, local);
        let (parts, incoming) = request.into_parts();
        let mut body = SealedBody::new(&parts.headers, incoming, Arc::clone(&self.limits));
        let answer = self.answer(&parts, &mut body, framing, now).await;
        let cause = answer.as_ref().err().map_or("-", |refusal| refusal.cause.name());
        let reply = answer.unwrap_or_else(|refusal| {
            Reply::refusal(&refusal, &parts.method, shown_resource(&parts), &id)
        });
        let keep_alive =
            framing.allows_another() && wants_another(&parts) && !body.is_left_waiting();
        body.discard();
        let mut response = reply.finish(Shared { id: &id, now, keep_alive });
        self.spelling.apply(&mut response);
        tracing::info!(
            method = %parts.method,
            path = parts.uri.path(),
            status = response.status().as_u16(),
            cause,
            ms = started.elapsed().as_millis(),
            request_id = id.request,
        );
        Ok(response)
    }

    async fn answer(
        &self,
        parts: &Parts,
        body: &mut SealedBody,
        framing: &Framing,
        now: i64,
    ) -> Result<Reply, Refusal> {
        if framing.is_ambiguous() {
            return Err(Cause::AmbiguousLength.into());
        }
        let headers = header_pairs(parts);
        let head = Head::read(parts, &headers, &self.limits)?;
        let resource = self.routes.resource(&head)?;
        if parts.method == Method::OPTIONS {
            return Err(Cause::PreflightRefused.into());
        }
        self.check_bucket(&parts.method, &resource)?;
        if let Some(bucket) = form::bucket_of_form(parts, &resource) {
            let permitted = form::permit(self, &head, parts, bucket, body, now).await?;
            return execute(self, permitted, body, head.host).await;
        }
        let principal = authenticate(&head, &self.credentials, now)?;
        let operation = Operation::decode(OperationParts {
            method: head.request.method().into(),
            resource,
            params: head.request.params(principal.plus()).collect(),
            headers: headers.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        });
        let permitted = authorize(&principal, operation)?;
        execute(self, permitted, body, head.host).await
    }

    /// The service tells whether a bucket is there before it asks who wants to know. One that is to be made is not.
    fn check_bucket(&self, method: &Method, resource: &Resource) -> Result<(), Refusal> {
        let is_made = matches!(resource, Resource::Bucket(_)) && method == Method::PUT;
        match resource.bucket() {
            Some(bucket) if !is_made && self.store.bucket(bucket).is_none() => {
                Err(Cause::NoSuchBucket.into())
            }
            _ => Ok(()),
        }
    }
}

/// `host/key` as errors show it, a space as `+`; never empty.
fn shown_resource(parts: &Parts) -> String {
    let host = parts.headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
    let host = host.unwrap_or_default();
    let path = percent::decode(parts.uri.path().as_bytes());
    let path = String::from_utf8_lossy(&path).replace(' ', "+");
    match (host.is_empty(), path.as_str()) {
        (false, "/") => host.into_owned(),
        (true, "") => "/".to_owned(),
        (_, path) => format!("{host}{path}"),
    }
}

/// Whether the client keeps the connection (RFC 9112 §9.3).
fn wants_another(parts: &Parts) -> bool {
    let says = |headers: &HeaderMap, token: &str| {
        let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    match parts.version {
        Version::HTTP_10 => says(&parts.headers, "keep-alive"),
        _ => !says(&parts.headers, "close"),
    }
}
