//! How a connection is made: to the host of a URL, to one address for all, or through a proxy.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::Proxy;
use super::resolver::Resolver;

/// See the head of this file.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) tcp: HttpConnector<Resolver>,
    pub(super) proxy: Option<Proxy>,
    /// How long a proxy may take to reach a host.
    pub(super) patience: Duration,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_ready(context).map_err(io::Error::other)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (proxy, patience) = (self.proxy.clone(), self.patience);
        let next = proxy.as_ref().map_or_else(|| uri.clone(), |proxy| proxy.uri().clone());
        let connecting = self.tcp.call(next);
        Box::pin(async move {
            let mut stream = connecting.await.map_err(io::Error::other)?;
            let is_secure = uri.scheme_str() == Some("https");
            if let (Some(proxy), true) = (&proxy, is_secure) {
                let tunnel = proxy.tunnel(stream.inner_mut(), &uri);
                tokio::time::timeout(patience, tunnel).await.map_err(io::Error::from)??;
            }
            Ok(Stream { stream, is_proxied: proxy.is_some() && !is_secure })
        })
    }
}

/// A connection that knows whether requests on it name the whole URL (RFC 9112 §3.2.2).
#[derive(Debug)]
pub(super) struct Stream {
    stream: TokioIo<TcpStream>,
    is_proxied: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }
}
