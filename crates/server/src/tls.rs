//! TLS by certificate files: HTTP/1.1 alone, TLS 1.2 and 1.3, no certificates of clients.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ProtocolVersion, ServerConfig};
use tokio_rustls::server::TlsStream;

/// The one protocol that is offered to clients which ask (RFC 7301).
const ALPN: &[u8] = b"http/1.1";

/// Where certificate and key are kept, both as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The certificate, then those that lead from it to a root.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What connections are secured with; it can be loaded again while they go on.
pub(crate) struct Tls {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files. Blocks.
    pub(crate) fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let config = RwLock::new(Arc::new(read(&files)?));
        Ok(Self { files, config })
    }

    /// Reads the files again, for connections to come; if they cannot be used, everything stays as it was. Blocks.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let config = Arc::new(read(&self.files)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&config))
    }
}

/// The version that a connection agreed on, as policies name it (`cos:tls-version`, 436/71306).
pub(crate) fn version<S>(stream: &TlsStream<S>) -> Option<&'static str> {
    match stream.get_ref().1.protocol_version()? {
        ProtocolVersion::TLSv1_2 => Some("1.2"),
        ProtocolVersion::TLSv1_3 => Some("1.3"),
        // Others are not offered.
        _ => None,
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(&files.certificate, error))?;
    if chain.is_empty() {
        return Err(TlsError::Missing { what: "certificate", path: files.certificate.clone() });
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| unreadable(&files.key, e))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| TlsError::Unusable { path: files.certificate.clone(), error })?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

fn unreadable(path: &Path, error: PemError) -> TlsError {
    let path = path.to_owned();
    match error {
        PemError::Io(error) => TlsError::Io { path, error },
        PemError::NoItemsFound => TlsError::Missing { what: "private key", path },
        _ => TlsError::Pem { path },
    }
}

/// Why certificate and key cannot be used.
#[derive(Debug)]
pub enum TlsError {
    /// A file cannot be read.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file is not PEM.
    Pem {
        /// The file.
        path: PathBuf,
    },
    /// A file has not in it what it is given for.
    Missing {
        /// What it should have: a certificate, or a private key.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The certificate is none, or the key is not its own.
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// What is wrong.
        error: rustls::Error,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{} cannot be read: {error}", path.display()),
            Self::Pem { path } => {
                write!(f, "{} is not PEM; it begins with -----BEGIN", path.display())
            }
            Self::Missing { what, path } => write!(f, "there is no {what} in {}", path.display()),
            Self::Unusable { path, error } => {
                write!(f, "the certificate in {} cannot be used: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for TlsError {}
