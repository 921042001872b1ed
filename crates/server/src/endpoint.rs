//! One request from its head to its answer: the stages in their order.
//!
//! ```text
//! Head ─► route ─► authenticate (Claim → Principal) ─► decode (Operation) ─► authorize (Permit) ─► execute ─► Reply
//! ```
//!
//! A form has stages of its own, see [`form`], and so has a call of STS, see [`Desk`].
//!
//! The operation is decoded after the signature, not before: how a `+` in a parameter is meant is known from it alone.

mod visit;

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use cospass_protocol::operation::{Operation, Parts as OperationParts, Request as _, Resource};
use cospass_protocol::policy::Circumstances;
use cospass_protocol::{Bucket, Region, Scheme};
use cospass_sign::{Claim, RequestHead, percent};
use http::header::{CONNECTION, HOST};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Version};
use hyper::body::Incoming;

use crate::accounts::Accounts;
use crate::authenticate::{Principal, authenticate};
use crate::authorize::{Asker, authorize};
use crate::body::SealedBody;
use crate::clock::Clock;
use crate::configurations::Configurations;
use crate::cors;
use crate::coverage::{self, Coverage, Coverages};
use crate::exchange::{Asked, Counted, Observers, Trail, Watching};
use crate::execute::execute;
use crate::form;
use crate::framing::Framing;
use crate::guarded::HeadFault;
use crate::head::{Head, HeaderPairs, header_pairs};
use crate::lifecycle::Rounds;
use crate::limits::Limits;
use crate::recent::RefusedHead;
use crate::redact;
use crate::referer;
use crate::refusal::{Cause, Refusal};
use crate::reply::{self, Reply, Shared};
use crate::request_id::RequestId;
use crate::route::Routes;
use crate::spelling::Spelling;
use crate::store::{BucketRecord, Store};
use crate::sts::Desk;
use crate::tls::Tls;
use visit::Visitor;

/// Everything that requests share.
pub(crate) struct Endpoint {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) accounts: Accounts,
    pub(crate) routes: Routes,
    pub(crate) region: Region,
    pub(crate) coverages: Coverages,
    pub(crate) limits: Arc<Limits>,
    pub(crate) spelling: Spelling,
    pub(crate) rounds: Rounds,
    pub(crate) observers: Arc<Observers>,
    pub(crate) tls: Option<Tls>,
}

/// The connection that a request came on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) scheme: Scheme,
    /// The version of TLS that was agreed on, such as `1.3`.
    pub(crate) tls_version: Option<&'static str>,
    /// Whether it came by the listener of STS.
    pub(crate) is_for_sts: bool,
    /// Whether there is a place for it, so that its requests are served, not refused.
    pub(crate) is_served: bool,
}

/// What the requests of a connection share. What is counted here is counted by the thread that serves it, and by no other.
pub(crate) struct Line<'a> {
    pub(crate) framing: &'a Framing,
    pub(crate) limits: Arc<Limits>,
    pub(crate) watching: Watching,
}

/// Where a client found the endpoint: `http://HOST`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) scheme: Scheme,
    /// The Host header as sent: `host[:port]`.
    pub(crate) host: &'a str,
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

impl Endpoint {
    /// Answers a request.
    pub(crate) async fn serve(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        line: &Line<'_>,
    ) -> Result<Response<Counted>, Infallible> {
        let Line { framing, limits, watching } = line;
        let answering = framing.begin_answer();
        let now = self.clock.now();
        let id = RequestId::new(now, peer.local.ip());
        let (parts, incoming) = request.into_parts();
        let mut asked = Asked::new(watching, &parts, peer.remote, now, &id);
        let mut body = SealedBody::new(&parts.headers, incoming, Arc::clone(limits));
        let answer = if framing.is_ambiguous() {
            Err(Cause::AmbiguousLength.into())
        } else if !body.is_plainly_coded(&parts.headers) {
            Err(Cause::TransferCoding.into())
        } else if !peer.is_served {
            Err(Cause::SlowDown.into())
        } else {
            let arrival = Arrival { peer, now, request_id: &id.request };
            self.answer(&parts, &mut body, arrival, &mut asked.trail).await
        };
        let cause = answer.as_ref().err().map(|refusal| refusal.cause);
        let refusal = answer.as_ref().err();
        let told = refusal.filter(|refusal| refusal.cause == Cause::NotSigned);
        let not_signed = told.map(|refusal| refusal.message().to_owned());
        let denied = refusal.and_then(Refusal::denial).cloned();
        let reply = answer.unwrap_or_else(|refusal| {
            Reply::refusal(&refusal, &parts.method, shown_resource(&parts), &id)
        });
        let keep_alive = peer.is_served
            && framing.allows_another()
            && wants_another(&parts)
            && !body.is_left_waiting();
        let received = body.received();
        body.discard();
        let mut response = reply.finish(Shared { id: &id, now, keep_alive });
        response.headers_mut().extend(std::mem::take(&mut asked.trail.cors));
        self.spelling.apply(&mut response);
        let status = response.status().as_u16();
        tracing::info!(
            method = %parts.method,
            path = &*redact::path(parts.uri.path()),
            status,
            cause = cause.map_or("-", Cause::name),
            ms = asked.elapsed().as_millis(),
            request_id = id.request,
        );
        // The signature of a form cannot be explained by the head.
        let is_form = asked.trail.operation == form::NAME;
        let is_of_head = |cause: &Cause| cause.is_of_signature() && !is_form;
        let ending = asked.answered(status, cause, received, || match (not_signed, denied) {
            (Some(message), _) => Some(RefusedHead::not_signed(&parts, now, &message)),
            (None, Some(denied)) => Some(RefusedHead::denied(&parts, now, &denied)),
            (None, None) => cause.filter(is_of_head).map(|_| RefusedHead::new(&parts, now)),
        });
        Ok(response.map(|body| Counted { body, ending, _answering: answering }))
    }

    /// The answer, as it goes over the wire, to a head that hyper cannot read. Nothing is known of the request.
    pub(crate) fn refuse_head(&self, fault: HeadFault, peer: Peer) -> Bytes {
        let now = self.clock.now();
        let id = RequestId::new(now, peer.local.ip());
        let watching = Arc::new(Arc::clone(&self.observers));
        let asked = Asked::unread(&watching, peer.remote, now, &id);
        let cause = match fault {
            HeadFault::Malformed => Cause::MalformedHead,
            HeadFault::TooLong => Cause::HeadTooLong,
        };
        let reply = Reply::refusal(&cause.into(), &Method::GET, "/".to_owned(), &id);
        let response = reply.finish(Shared { id: &id, now, keep_alive: false });
        tracing::info!(
            status = response.status().as_u16(),
            cause = cause.name(),
            request_id = id.request
        );
        drop(asked.answered(response.status().as_u16(), Some(cause), 0, || None));
        reply::to_wire(response)
    }

    async fn answer(
        &self,
        parts: &Parts,
        body: &mut SealedBody,
        arrival: Arrival<'_>,
        trail: &mut Trail,
    ) -> Result<Reply, Refusal> {
        let Arrival { peer, now, request_id } = arrival;
        let headers = header_pairs(parts);
        let head = Head::read(parts, &headers, &self.limits)?;
        if peer.is_for_sts || self.routes.is_sts(head.host) {
            let desk = Desk {
                accounts: &self.accounts,
                head: &head,
                circumstances: peer.circumstances(head.request, now),
                request_id,
            };
            return Box::pin(desk.answer(body, trail)).await;
        }
        let resource = self.routes.resource(&head)?;
        let record = self.bucket(&parts.method, &resource)?;
        let configurations = record.as_ref().map(|record| &record.configurations);
        let cors = configurations.and_then(Configurations::cors);
        trail.cors = cors.map(|cors| cors::shared(cors, parts)).unwrap_or_default();
        if parts.method == Method::OPTIONS {
            trail.operation = "OPTIONS Object";
            return cors::preflight(cors, parts);
        }
        let region = match (resource.bucket(), &record) {
            (Some(_), None) => self.routes.region_of_bucket(head.host),
            _ => None,
        };
        let arrived = Arrived {
            parts,
            head: &head,
            headers: &headers,
            region: region.as_deref().unwrap_or_else(|| self.region_of(record.as_deref())),
            bucket: resource.bucket().zip(record.as_deref()),
            resource: &resource,
            peer,
            now,
        };
        match form::bucket_of_form(parts, &resource) {
            Some(bucket) if !self.routes.is_website(head.host) => {
                Box::pin(self.answer_form(&arrived, bucket, body, trail)).await
            }
            _ => self.answer_request(&arrived, body, trail).await,
        }
    }

    async fn answer_form(
        &self,
        arrived: &Arrived<'_>,
        bucket: &Bucket,
        body: &mut SealedBody,
        trail: &mut Trail,
    ) -> Result<Reply, Refusal> {
        let (principal, operation) = form::read(self, arrived, bucket, body, trail).await?;
        if let Ok(operation) = &operation {
            trail.learn_needs(operation, arrived.region);
        }
        let fields = form::as_headers(&operation);
        let headers = form::with_fields(arrived.head, &fields);
        let request = arrived.head.request.with_headers(&headers);
        if self.coverages.of(Some(bucket)) == Coverage::Strict {
            coverage::check_strict_form(&request, &principal)?;
        }
        let asker = self.asker(arrived, &principal, request);
        let permitted = authorize(&asker, operation)?;
        self.rounds.make(&self.store, bucket, arrived.now).await?;
        execute(&asker, permitted, body, arrived.origin()).end().await
    }

    async fn answer_request(
        &self,
        arrived: &Arrived<'_>,
        body: &mut SealedBody,
        trail: &mut Trail,
    ) -> Result<Reply, Refusal> {
        let &Arrived { parts, head, headers, resource, now, .. } = arrived;
        let claim = || Claim::read(&head.request).ok();
        let configurations = arrived.bucket.map(|(_, record)| &record.configurations);
        if let Some(referer) = configurations.and_then(Configurations::referer) {
            referer::check(referer, parts, resource, claim().as_ref().map(Claim::carrier))?;
        }
        let claimed = || Some(claim()?.secret_id().to_owned());
        let principal = authenticate(head, resource, &self.accounts, now)
            .inspect_err(|_| trail.secret_id = claimed())?;
        trail.secret_id = principal.secret_id().map(str::to_owned);
        if self.coverages.of(resource.bucket()) == Coverage::Strict {
            coverage::check_strict(head, &principal)?;
        }
        let asker = self.asker(arrived, &principal, head.request);
        if let Some(bucket) = resource.bucket() {
            self.rounds.make(&self.store, bucket, now).await?;
            if self.routes.is_website(head.host) {
                let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
                let origin = arrived.origin();
                let visitor = Visitor { head, headers, asker, origin, target };
                return Box::pin(self.visit(visitor, resource, body, trail)).await;
            }
        }
        let operation = Operation::decode(OperationParts {
            method: head.request.method().into(),
            resource: resource.clone(),
            params: head.request.params(principal.plus()).collect(),
            headers: headers.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        });
        trail.operation = operation.as_ref().map_or("-", |operation| operation.name());
        if let Ok(operation) = &operation {
            trail.learn_needs(operation, arrived.region);
        }
        let permitted = authorize(&asker, operation)?;
        execute(&asker, permitted, body, arrived.origin()).end().await
    }

    /// Who asks by a request, whose headers are those of a form if it brought one.
    fn asker<'a>(
        &'a self,
        arrived: &Arrived<'a>,
        principal: &'a Principal<'a>,
        request: RequestHead<'a>,
    ) -> Asker<'a> {
        let circumstances = Circumstances {
            plus: principal.plus(),
            ..arrived.peer.circumstances(request, arrived.now)
        };
        let &Arrived { region, bucket, .. } = arrived;
        Asker { endpoint: self, principal, circumstances, region, bucket }
    }

    /// The name of the region that a bucket is in: the one that its host named when it was made, else the endpoint's.
    pub(crate) fn region_of<'a>(&'a self, record: Option<&'a BucketRecord>) -> &'a str {
        let own = record.and_then(|record| record.region.as_deref());
        own.unwrap_or_else(|| self.region.name())
    }

    /// The bucket that is asked for. The service tells whether it is there before it asks who wants to know; one that is
    /// to be made need not be.
    fn bucket(
        &self,
        method: &Method,
        resource: &Resource,
    ) -> Result<Option<Arc<BucketRecord>>, Refusal> {
        let is_made = matches!(resource, Resource::Bucket(_)) && method == Method::PUT;
        let Some(bucket) = resource.bucket() else { return Ok(None) };
        match self.store.bucket(bucket) {
            None if !is_made => Err(Cause::NoSuchBucket.into()),
            record => Ok(record),
        }
    }
}

impl Peer {
    /// The circumstances of a request that came on it, `now` in Unix seconds.
    fn circumstances<'a>(&self, request: RequestHead<'a>, now: i64) -> Circumstances<'a> {
        Circumstances {
            ip: Some(self.remote.ip()),
            secure_transport: self.scheme == Scheme::Https,
            tls_version: self.tls_version,
            ..Circumstances::new(request, now)
        }
    }
}

/// When and where a request came from.
#[derive(Clone, Copy)]
struct Arrival<'a> {
    peer: Peer,
    /// Unix seconds.
    now: i64,
    request_id: &'a str,
}

/// A request for something that is known, of which nothing is believed yet.
pub(crate) struct Arrived<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) head: &'a Head<'a>,
    pub(crate) headers: &'a HeaderPairs<'a>,
    pub(crate) resource: &'a Resource,
    /// The name of the region that the bucket is in, or is to be made in.
    pub(crate) region: &'a str,
    /// The bucket that it is for, as it is now.
    pub(crate) bucket: Option<(&'a Bucket, &'a BucketRecord)>,
    pub(crate) peer: Peer,
    /// Unix seconds.
    pub(crate) now: i64,
}

impl<'a> Arrived<'a> {
    fn origin(&self) -> Origin<'a> {
        Origin { scheme: self.peer.scheme, host: self.head.host }
    }
}

/// `host/key` as errors show it, a space as `+`; never empty.
fn shown_resource(parts: &Parts) -> String {
    let host = parts.headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
    let host = host.unwrap_or_default();
    let shown = redact::path(parts.uri.path());
    let path = percent::decode(shown.as_bytes());
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
