//! What a transport is to be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;

use super::connector::Connector;
use super::proxy::Proxy;
use super::resolver::{Resolve, Resolver};
use super::trust::{CertificateError, Identity, Trust, tls};
use super::{HyperTransport, pooled};

/// What a transport is to be; see [`HyperTransport::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TransportBuilder {
    connect: Duration,
    idle: Duration,
    resolver: Resolver,
    proxy: Option<Proxy>,
    trust: Trust,
    identity: Option<Identity>,
}

impl TransportBuilder {
    pub(super) fn new() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            resolver: Resolver::default(),
            proxy: None,
            trust: Trust::System,
            identity: None,
        }
    }

    /// How long a connection may take to be made; 10 s unless told otherwise.
    pub fn connect_timeout(mut self, connect: Duration) -> Self {
        self.connect = connect;
        self
    }

    /// How long nothing may move, in either direction; 60 s unless told otherwise.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Connects there whatever host a URL names, the proxy's included.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.resolver.all_to = Some(address);
        self
    }

    /// Asks for the addresses of hosts, the proxy's included, before the system is asked.
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver.known = Some(resolver);
        self
    }

    /// Sends through a proxy.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Whose certificates are trusted; the system's unless told otherwise.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Shows a certificate to servers that ask for one.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The transport. It connects when it first sends; certificates that cannot be used are told then
    /// ([`TransportError::NoCertificates`](super::TransportError::NoCertificates)).
    pub fn build(self) -> HyperTransport {
        let tls = tls(&self.trust, self.identity.as_ref());
        self.with(tls)
    }

    /// The transport, if its certificates can be used.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn try_build(self) -> Result<HyperTransport, CertificateError> {
        let tls = tls(&self.trust, self.identity.as_ref())?;
        Ok(self.with(Ok(tls)))
    }

    fn with(self, tls: Result<rustls::ClientConfig, CertificateError>) -> HyperTransport {
        let mut tcp = HttpConnector::new_with_resolver(self.resolver);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(self.connect));
        let connector = Connector { tcp, proxy: self.proxy.clone(), patience: self.connect };
        let plain = pooled().build(connector.clone());
        let mut connector = connector;
        connector.tcp.enforce_http(false);
        let secure = tls.map_err(|error| error.to_string()).map(|tls| {
            let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_only();
            pooled().build(https.enable_http1().wrap_connector(connector))
        });
        HyperTransport { plain, secure, proxy: self.proxy, idle: self.idle }
    }
}
