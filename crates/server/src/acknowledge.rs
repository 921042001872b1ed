//! Telling a client at once that the head of its request has arrived.
//!
//! A client that leaves Nagle's algorithm on (RFC 9293 §3.7.4) and writes head and body apart, as many HTTP libraries do, sends
//! a short body only when its head is acknowledged. The system puts an acknowledgement off by some 40 ms, to send it with the
//! answer (RFC 9293 §3.8.6.3), which cannot come before the body: each waits for the other.

use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A stream whose other end can be told that what it sent is here.
pub(crate) trait Acknowledge {
    /// Acknowledges what has arrived, now. Where the system cannot be asked for it, the client waits as it would anyway.
    fn acknowledge(&self);
}

impl Acknowledge for TcpStream {
    /// The option is none that stays: the system forgets it when it sees fit (tcp(7)), so that it is set for each head.
    #[cfg(target_os = "linux")]
    fn acknowledge(&self) {
        let _ = rustix::net::sockopt::set_tcp_quickack(self, true);
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge(&self) {}
}

impl<S: Acknowledge> Acknowledge for TlsStream<S> {
    fn acknowledge(&self) {
        self.get_ref().0.acknowledge();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::net::sockopt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_socket_that_puts_its_acknowledgements_off_is_told_not_to() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        sockopt::set_tcp_quickack(&stream, false).unwrap();
        assert!(!sockopt::tcp_quickack(&stream).unwrap());
        stream.acknowledge();
        assert!(sockopt::tcp_quickack(&stream).unwrap());
    }
}
