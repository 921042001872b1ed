//! By which certificates a server is known, and by which the client shows who it is.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError as RustlsCertificateError, ClientConfig, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};

/// What is said of a certificate that nobody answers for.
const UNKNOWN: &str = "nobody who is trusted has signed it; if it is the right server, name its certificate, or that of who \
                       signed it, by SSL_CERT_FILE";

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that the system trusts, or of the files that `SSL_CERT_FILE` and `SSL_CERT_DIR` name instead.
    #[default]
    System,
    /// Those of a PEM file.
    Roots(PathBuf),
    /// Anyone's: whoever is on the way can read and change everything.
    Anyone,
}

/// A client's own certificate and key, both PEM; they may be one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, then those that lead from it to a root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why certificates cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// The system has none that could be trusted.
    System {
        /// What it said.
        cause: String,
    },
    /// The file cannot be read, or is no PEM file.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The file holds no certificate.
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    Unusable {
        /// The certificate's file, or that of the roots.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { cause } => write!(f, "the system has no trusted certificates: {cause}"),
            Self::Unreadable { path, cause } => {
                write!(f, "{}: it cannot be read as PEM: {cause}", path.display())
            }
            Self::Missing { path } => write!(f, "{}: it holds no certificate", path.display()),
            Self::Unusable { path, cause } => {
                write!(f, "{}: the certificate cannot be used: {cause}", path.display())
            }
        }
    }
}

impl Error for CertificateError {}

/// The configuration of TLS. Blocks.
pub(super) fn tls(
    trust: &Trust,
    identity: Option<&Identity>,
) -> Result<ClientConfig, CertificateError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| CertificateError::System { cause: error.to_string() })?;
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => Arc::new(of_system(provider)?),
        Trust::Roots(path) => Arc::new(of_file(path, provider)?),
        Trust::Anyone => Arc::new(TrustAnyone(provider)),
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let Some(Identity { certificate, key }) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| CertificateError::Unusable {
        path: certificate.clone(),
        cause: error.to_string(),
    })
}

fn of_system(provider: Arc<CryptoProvider>) -> Result<TrustGiven, CertificateError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // One of many that cannot be read must not take the others away.
    roots.add_parsable_certificates(loaded.certs.iter().cloned());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    let verifier = verifier.build().map_err(|error| {
        let first = loaded.errors.first();
        CertificateError::System { cause: first.map_or(error.to_string(), ToString::to_string) }
    })?;
    Ok(TrustGiven { verifier, given: loaded.certs })
}

fn of_file(path: &Path, provider: Arc<CryptoProvider>) -> Result<TrustGiven, CertificateError> {
    let unusable = |error: &dyn Error| CertificateError::Unusable {
        path: path.to_owned(),
        cause: error.to_string(),
    };
    let given = certificates(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in &given {
        roots.add(certificate.clone()).map_err(|error| unusable(&error))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    Ok(TrustGiven { verifier: verifier.build().map_err(|error| unusable(&error))?, given })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(path, &error))?;
    if found.is_empty() {
        return Err(CertificateError::Missing { path: path.to_owned() });
    }
    Ok(found)
}

fn unreadable(path: &Path, error: &PemError) -> CertificateError {
    CertificateError::Unreadable { path: path.to_owned(), cause: error.to_string() }
}

/// What is wrong with a server's certificate, if that is what an error comes from.
pub(super) fn complaint(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(wrong)) = error.downcast_ref() {
            return Some(match wrong {
                // The other one is what webpki says of a certificate that its server has made for itself.
                RustlsCertificateError::UnknownIssuer | RustlsCertificateError::Other(_) => {
                    UNKNOWN.to_owned()
                }
                wrong => wrong.to_string(),
            });
        }
        // An `io::Error` does not count what it holds among its sources.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

/// Trusts those that are signed by the given certificates, and the given ones themselves: the one that a server has made
/// for itself is as a rule both, which OpenSSL takes and webpki, that wants them apart, does not.
#[derive(Debug)]
struct TrustGiven {
    verifier: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for TrustGiven {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.given.iter().any(|given| given == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        let verifier = &self.verifier;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Takes any certificate; the handshake must be that of its owner all the same.
#[derive(Debug)]
struct TrustAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_certificates_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let (absent, empty) = (folder.path().join("absent"), folder.path().join("empty"));
        std::fs::write(&empty, "no certificate\n").unwrap();
        assert!(matches!(
            tls(&Trust::Roots(absent.clone()), None),
            Err(CertificateError::Unreadable { path, .. }) if path == absent
        ));
        let missing = CertificateError::Missing { path: empty.clone() };
        assert_eq!(tls(&Trust::Roots(empty.clone()), None).unwrap_err(), missing);
        let identity = Identity { certificate: empty.clone(), key: empty };
        assert_eq!(tls(&Trust::Anyone, Some(&identity)).unwrap_err(), missing);
        assert!(tls(&Trust::Anyone, None).is_ok());
    }
}
