//! Tencent Cloud COS as plain values: buckets, object keys, regions, endpoints and pre-signed URLs.
//!
//! Everything here is pure: no clock, environment, file, network or randomness. Secrets, *now* and names go in, a value
//! comes out.

mod bucket;
mod cdn;
mod endpoint;
mod error_code;
pub mod form;
mod json;
mod key;
pub mod operation;
pub mod policy;
mod presign;
mod range;
mod region;
mod scheme;
pub mod sts;
mod tag;
mod warning;
pub mod xml;

pub use bucket::{Bucket, BucketError};
pub use cdn::{CdnError, CdnKey, CdnSigner, CdnType};
pub use endpoint::{Endpoint, Host, HostError, UrlError, UrlParts};
pub use error_code::{ErrorCode, UnknownErrorCode};
pub use key::{DotSegmentKey, KeyError, ObjectKey};
pub use presign::{
    Batch, BatchError, Expires, ExpiresError, FileSize, FormKey, PresignError, PresignRequest,
    Presigned, Presigner, SignedForm, SignedRequest, Unsignable, UploadForm, UploadFormError, Urls,
};
pub use range::{ByteRange, content_range};
pub use region::{Region, RegionError};
pub use scheme::{Scheme, UnknownScheme};
pub use tag::{Tag, TagError, TagSet};
pub use warning::{Longest, Warning};
