//! Connections: accepted within a limit, served, closed when they stand still or when the endpoint stops.

mod head_timer;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cospass_protocol::Scheme;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::acknowledge::Acknowledge;
use crate::endpoint::{Endpoint, Line, Peer};
use crate::file_limit;
use crate::framing::Framing;
use crate::guarded::Guarded;
use crate::limits::{self, Limits};
use crate::workers::Workers;
use head_timer::HeadTimer;

/// How long to wait after the system refused a connection, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener, and what its connections share with those of another one.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    /// Whether all that comes here is for STS.
    pub(crate) is_for_sts: bool,
    pub(crate) places: Arc<Places>,
    pub(crate) workers: Arc<Workers>,
}

/// Serves connections until `stop` changes or its sender is gone, then lets open requests end.
pub(crate) async fn serve(door: Door, endpoint: Arc<Endpoint>, mut stop: watch::Receiver<bool>) {
    let Door { listener, is_for_sts, places, workers } = door;
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = places.accept(&listener) => accepted,
            _ = stop.changed() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, remote, place)) => {
                let stream = stream.into_std();
                let endpoint = Arc::clone(&endpoint);
                let stop = stop.clone();
                let serving = async move {
                    // From here on the stream belongs to the runtime that this runs on.
                    if let Ok(stream) = stream.and_then(TcpStream::from_std) {
                        connection(stream, remote, is_for_sts, place, endpoint, stop).await;
                    }
                };
                workers.spawn(&mut connections, Box::pin(serving));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::select! {
                    () = sleep(ACCEPT_PAUSE) => {}
                    _ = stop.changed() => break,
                }
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(endpoint.limits.drain_time, drained).await.is_err() {
        tracing::warn!(open = connections.len(), "requests did not end in time and are cut off");
        connections.shutdown().await;
    }
}

/// How many connections there may be.
pub(crate) struct Places {
    served: Arc<Semaphore>,
    /// For those over the limit, so that they are told.
    refused: Arc<Semaphore>,
}

/// What a connection holds until it is closed.
struct Place {
    _permit: OwnedSemaphorePermit,
    /// Whether its requests are served, not refused.
    is_served: bool,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = file_limit::connections(limits.connections);
        Self {
            served: Arc::new(Semaphore::new(most)),
            refused: Arc::new(Semaphore::new((most / 8).clamp(1, 64))),
        }
    }

    /// The next connection. When neither kind of place is left, the system keeps them waiting.
    async fn accept(&self, listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr, Place)> {
        let (served, refused) = (Arc::clone(&self.served), Arc::clone(&self.refused));
        let (permit, is_served) = tokio::select! {
            biased;
            permit = served.acquire_owned() => (permit, true),
            permit = refused.acquire_owned() => (permit, false),
        };
        let (stream, remote) = listener.accept().await?;
        // While nobody came, a place may have become free.
        let better = Arc::clone(&self.served).try_acquire_owned();
        let place = match better {
            Ok(permit) if !is_served => Place { _permit: permit, is_served: true },
            _ => Place { _permit: permit.map_err(io::Error::other)?, is_served },
        };
        Ok((stream, remote, place))
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    is_for_sts: bool,
    place: Place,
    endpoint: Arc<Endpoint>,
    stop: watch::Receiver<bool>,
) {
    // Without it, the delayed acknowledgement of a client costs 40 ms an answer.
    let local = stream.set_nodelay(true).and_then(|()| stream.local_addr());
    let Ok(local) = local else { return };
    let metrics = &endpoint.observers.metrics;
    let open = metrics.open_connection();
    let read = limits::read(open.others);
    let scheme = if endpoint.tls.is_some() { Scheme::Https } else { Scheme::Http };
    let is_served = place.is_served;
    let peer = Peer { local, remote, scheme, tls_version: None, is_for_sts, is_served };
    if place.is_served {
        secure(stream, peer, read, &endpoint, stop).await;
    } else {
        metrics.count_refused_connection();
        let refused = Box::pin(secure(stream, peer, read, &endpoint, stop));
        let _ = timeout(endpoint.limits.refusal_time, refused).await;
    }
}

/// Serves a connection, through TLS if there are certificates.
async fn secure(
    stream: TcpStream,
    peer: Peer,
    read: usize,
    endpoint: &Endpoint,
    mut stop: watch::Receiver<bool>,
) {
    let Some(tls) = &endpoint.tls else {
        return serve_requests(stream, peer, read, endpoint, stop).await;
    };
    let accepting = Box::pin(tls.acceptor().accept(stream));
    let handshake = timeout(endpoint.limits.handshake_time, accepting);
    let secured = tokio::select! {
        secured = handshake => secured,
        // Nothing is open yet that would have to end.
        _ = stop.changed() => return,
    };
    match secured {
        Ok(Ok(stream)) => {
            let peer = Peer { tls_version: crate::tls::version(&stream), ..peer };
            Box::pin(serve_requests(stream, peer, read, endpoint, stop)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Serves requests, of whose bodies at most `read` bytes are read at a time.
async fn serve_requests<S: AsyncRead + AsyncWrite + Acknowledge + Unpin>(
    stream: S,
    peer: Peer,
    read: usize,
    endpoint: &Endpoint,
    mut stop: watch::Receiver<bool>,
) {
    let framing = Framing::default();
    let limits = &endpoint.limits;
    let refuse = |fault| endpoint.refuse_head(fault, peer);
    let io = Guarded::new(stream, &framing, limits, refuse);
    let line = Line {
        framing: &framing,
        limits: Arc::new(Limits::clone(limits)),
        watching: Arc::new(Arc::clone(&endpoint.observers)),
    };
    let service = service_fn(|request| endpoint.serve(request, peer, &line));
    let connection = http1::Builder::new()
        .timer(HeadTimer::default())
        .header_read_timeout(limits.head_time)
        .max_header_size(limits.head_size)
        .max_buf_size(limits.head_size.max(read))
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let told = stop.clone();
    let mut stopping = std::pin::pin!(stop.changed());
    let mut is_watching = false;
    let served_or_stopped = poll_fn(|context| {
        if let Poll::Ready(served) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(served));
        }
        // Whoever waits for the end stands in a list that all threads share: once there, looking is enough.
        if !is_watching || told.has_changed().unwrap_or(true) {
            is_watching = true;
            return stopping.as_mut().poll(context).map(|_| None);
        }
        Poll::Pending
    });
    let served = match served_or_stopped.await {
        Some(served) => served,
        None => {
            framing.end();
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Binds the address, as the standard library does it: on Unix, with `SO_REUSEADDR`.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}
