//! What a client is to be.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cospass_protocol::{Endpoint, Scheme};

use super::{Client, Shared};
use crate::clock::ClockOffset;
use crate::credentials::Keyring;
use crate::retry::RetryPolicy;
use crate::transport::{HyperTransport, Transport};

/// What a client is to be; see [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    keyring: Keyring,
    endpoint: Endpoint,
    scheme: Scheme,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
    switch_domain: bool,
}

impl ClientBuilder {
    pub(super) fn new(keyring: Keyring, endpoint: Endpoint) -> Self {
        Self {
            keyring,
            endpoint,
            scheme: Scheme::default(),
            transport: None,
            retry: RetryPolicy::default(),
            switch_domain: true,
        }
    }

    /// `http` or `https`, which it is unless told otherwise.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// How requests reach the server; by a [`HyperTransport`] unless told otherwise.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How often and how fast requests are repeated.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Whether the last attempt goes to `tencentcos.cn` where `myqcloud.com` did not answer for the service; it does
    /// unless told otherwise (`AutoSwitchDomainOnRetry` of the Python SDK).
    pub fn switch_domain(mut self, switch_domain: bool) -> Self {
        self.switch_domain = switch_domain;
        self
    }

    /// The client. It connects when it first sends.
    pub fn build(self) -> Client {
        Client(Arc::new(Shared {
            endpoint: self.endpoint,
            scheme: self.scheme,
            keyring: self.keyring,
            transport: self.transport.unwrap_or_else(|| Arc::new(HyperTransport::new())),
            retry: self.retry,
            clock: ClockOffset::default(),
            switch_domain: self.switch_domain,
            is_switched: AtomicBool::new(false),
        }))
    }
}
