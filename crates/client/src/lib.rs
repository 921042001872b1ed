//! Pre-signed access to Tencent Cloud COS: a URL, or the value of an `Authorization` header, that lets whoever has it
//! make one request until it ends.
//!
//! ```
//! use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let signer = Signer::new(
//!     Credentials::new("AKIDEXAMPLE", "secret"), // or cospass::credentials::from_environment()?
//!     Endpoint::default_domain(Region::new("ap-guangzhou")?),
//! );
//! let bucket = Bucket::new("examplebucket-1250000000")?;
//! let key = ObjectKey::new("reports/2026 summary.pdf")?;
//!
//! let signed = signer
//!     .presigned_download_url(&bucket, &key)
//!     .param("response-content-disposition", "attachment; filename=summary.pdf")
//!     .expires(3600)
//!     .sign()?;
//!
//! assert!(signed.url().starts_with(
//!     "https://examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/reports/2026%20summary.pdf?q-sign-algorithm=sha1&"
//! ));
//! assert!(signed.headers().is_empty()); // what must be sent with it, when headers are signed
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here waits or goes to the network: signing reads the system's clock, or no clock at all when *now* is given.
//! The three calls of the official Python SDK have their counterparts in [`Signer`]; [`documentation`] sets each
//! documented use side by side.

mod answer;
mod batch;
pub mod blocking;
mod bundle;
mod checksum;
mod client;
mod clock;
pub mod credentials;
pub mod doctor;
pub mod documentation;
mod error;
mod fetch;
mod gauge;
mod get;
mod options;
mod parts;
mod payload;
mod plan;
mod presigned;
mod presigners;
mod put;
mod renewal;
pub mod retry;
mod save;
mod signer;
mod source;
mod transport;
mod url_transfer;

pub use answer::ObjectHead;
pub use batch::{PresignedMany, SignManyError, fastest_engine};
pub use bundle::{Bundle, BundleTransfer};
pub use client::{
    Appended, Client, ClientBuilder, Copied, Deleted, Download, Keys, Page, Part, PutAnswer,
    RawAnswer, RawRequest, Upload,
};
pub use cospass_protocol::{
    Bucket, BucketError, ByteRange, CdnError, CdnKey, CdnSigner, CdnType, DotSegmentKey, Endpoint,
    Expires, ExpiresError, FileSize, FormKey, HostError, KeyError, Longest, ObjectKey,
    PresignError, PresignRequest, Presigned, Presigner, Region, RegionError, Scheme, SignedForm,
    UnknownScheme, UploadForm, UploadFormError, Urls, Warning, operation, xml,
};
pub use cospass_sign::{Credentials, KeyTime, SecretId, SecretKey, SecurityToken};
pub use error::{Error, Finding, Mismatch, ServiceError};
pub use gauge::{Gauge, Pace, Progress, Stop};
pub use options::TransferOptions;
pub use renewal::Transfer;
pub use retry::RetryPolicy;
pub use save::Saved;
pub use signer::{SignError, Signer, Signing};
pub use source::{Freshening, RenewCommand, RenewEndpoint, UrlSource};
pub use transport::{
    Body, CertificateError, HyperTransport, Identity, Proxy, ProxyError, Resolve, Sending,
    Transport, TransportBuilder, TransportError, Trust,
};
pub use url_transfer::{Link, UrlTransfer, download, upload};

/// The examples of the README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The example of the page on credentials compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/credentials.md")]
struct CredentialsPage;
