//! Finding the addresses of a host.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Who is asked for the addresses of hosts before the system is; see
/// [`TransportBuilder::resolver`](super::TransportBuilder::resolver).
pub trait Resolve: Send + Sync {
    /// The addresses of a host, in the order in which they are tried; `None` leaves it to the system. A port of 0 stands for that
    /// of the URL, as does any other one where the URL names its own. It is called once for each connection, on a thread that
    /// may block.
    ///
    /// # Errors
    /// Why there are none; the request fails as one whose host the system does not know.
    fn resolve(&self, host: &str) -> io::Result<Option<Vec<SocketAddr>>>;
}

/// Finds addresses: the one that all hosts have, those that somebody knows, those of the system. The loopback is that of
/// `*.localhost` (RFC 6761 §6.3), which many systems do not know, so that buckets can stand before it.
#[derive(Clone, Default)]
pub(super) struct Resolver {
    pub(super) all_to: Option<SocketAddr>,
    pub(super) known: Option<Arc<dyn Resolve>>,
}

impl Resolver {
    async fn addresses(self, name: Name) -> io::Result<Vec<SocketAddr>> {
        if let Some(address) = self.all_to {
            return Ok(vec![address]);
        }
        let host = name.as_str().to_ascii_lowercase();
        if let Some(known) = self.known {
            let host = host.clone();
            let asked = tokio::task::spawn_blocking(move || known.resolve(&host));
            if let Some(found) = asked.await.map_err(io::Error::other)?? {
                return Ok(found);
            }
        }
        if host.ends_with(".localhost") {
            return Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]);
        }
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.clone().addresses(name);
        Box::pin(async move { Ok(addresses.await?.into_iter()) })
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_known = self.known.is_some();
        f.debug_struct("Resolver").field("all_to", &self.all_to).field("known", &is_known).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    struct Known;

    impl Resolve for Known {
        fn resolve(&self, host: &str) -> io::Result<Option<Vec<SocketAddr>>> {
            match host {
                "examplebucket-1250000000.cos.ap-beijing.myqcloud.com" => {
                    Ok(Some(vec![SocketAddr::from(([127, 0, 0, 2], 8080))]))
                }
                "nobody.example" => Err(io::Error::other("nobody.example is nowhere")),
                _ => Ok(None),
            }
        }
    }

    async fn found(resolver: &Resolver, host: &str) -> Result<Vec<String>, String> {
        let found = resolver.clone().call(Name::from_str(host).unwrap()).await;
        found
            .map(|found| found.map(|address| address.to_string()).collect())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn who_knows_a_host_is_asked_before_the_system() {
        let known = Resolver { known: Some(Arc::new(Known)), ..Resolver::default() };
        let host = "examplebucket-1250000000.cos.ap-beijing.myqcloud.com";
        assert_eq!(found(&known, host).await.unwrap(), ["127.0.0.2:8080"]);
        let upper = host.to_ascii_uppercase();
        assert_eq!(found(&known, &upper).await.unwrap(), ["127.0.0.2:8080"]);
        assert_eq!(found(&known, "nobody.example").await.unwrap_err(), "nobody.example is nowhere");
        assert_eq!(found(&known, "a.b.localhost").await.unwrap(), ["127.0.0.1:0"]);
        let all = Resolver { all_to: Some(SocketAddr::from(([127, 0, 0, 3], 1))), ..known };
        assert_eq!(found(&all, "nobody.example").await.unwrap(), ["127.0.0.3:1"]);
    }
}
