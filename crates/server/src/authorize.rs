//! The fourth stage: whether the one who asks may. A [`Principal`] and an operation become a [`Permit`].

use cospass_protocol::operation::{
    AbortMultipartUpload, CompleteMultipartUpload, DecodeError, DeleteBucket, DeleteObject,
    DeleteObjects, GetBucket, GetBucketAcl, GetBucketLocation, GetObject, GetObjectAcl, GetService,
    HeadBucket, HeadObject, InitiateMultipartUpload, ListMultipartUploads, ListParts, Operation,
    PutBucket, PutBucketAcl, PutObject, PutObjectAcl, PutObjectCopy, UploadPart, UploadPartCopy,
};

use crate::authenticate::Principal;
use crate::refusal::{Cause, Refusal};

/// The permission to do one operation, and the operation. Nothing but [`authorize`] makes one, and whatever acts on a
/// request, or reads its body, asks for one.
pub(crate) struct Permit<Op> {
    operation: Op,
}

impl<Op> Permit<Op> {
    pub(crate) fn operation(&self) -> &Op {
        &self.operation
    }

    pub(crate) fn into_operation(self) -> Op {
        self.operation
    }
}

/// A permit for each operation.
pub(crate) enum Permitted {
    GetService(Permit<GetService>),
    PutBucket(Permit<PutBucket>),
    HeadBucket(Permit<HeadBucket>),
    DeleteBucket(Permit<DeleteBucket>),
    GetBucket(Permit<GetBucket>),
    GetBucketLocation(Permit<GetBucketLocation>),
    GetBucketAcl(Permit<GetBucketAcl>),
    PutBucketAcl(Permit<PutBucketAcl>),
    DeleteObjects(Permit<DeleteObjects>),
    PutObject(Permit<PutObject>),
    PutObjectCopy(Permit<PutObjectCopy>),
    GetObject(Permit<GetObject>),
    HeadObject(Permit<HeadObject>),
    DeleteObject(Permit<DeleteObject>),
    GetObjectAcl(Permit<GetObjectAcl>),
    PutObjectAcl(Permit<PutObjectAcl>),
    InitiateMultipartUpload(Permit<InitiateMultipartUpload>),
    UploadPart(Permit<UploadPart>),
    UploadPartCopy(Permit<UploadPartCopy>),
    ListParts(Permit<ListParts>),
    ListMultipartUploads(Permit<ListMultipartUploads>),
    CompleteMultipartUpload(Permit<CompleteMultipartUpload>),
    AbortMultipartUpload(Permit<AbortMultipartUpload>),
}

/// Decides. All buckets belong to the one account, which may do everything; nobody else may do anything, whatever the
/// access control of an object says: it is kept and told, not yet acted on.
///
/// What is asked is judged after who asks, so that a stranger learns nothing of what is served here.
pub(crate) fn authorize(
    principal: &Principal<'_>,
    operation: Result<Operation, DecodeError>,
) -> Result<Permitted, Refusal> {
    if principal.is_anonymous() {
        return Err(Cause::Anonymous.into());
    }
    Ok(match operation? {
        Operation::GetService(operation) => Permitted::GetService(Permit { operation }),
        Operation::PutBucket(operation) => Permitted::PutBucket(Permit { operation }),
        Operation::HeadBucket(operation) => Permitted::HeadBucket(Permit { operation }),
        Operation::DeleteBucket(operation) => Permitted::DeleteBucket(Permit { operation }),
        Operation::GetBucket(operation) => Permitted::GetBucket(Permit { operation }),
        Operation::GetBucketLocation(operation) => {
            Permitted::GetBucketLocation(Permit { operation })
        }
        Operation::GetBucketAcl(operation) => Permitted::GetBucketAcl(Permit { operation }),
        Operation::PutBucketAcl(operation) => Permitted::PutBucketAcl(Permit { operation }),
        Operation::DeleteObjects(operation) => Permitted::DeleteObjects(Permit { operation }),
        Operation::PutObject(operation) => Permitted::PutObject(Permit { operation }),
        Operation::PutObjectCopy(operation) => {
            warn_of_unsigned_source(principal);
            Permitted::PutObjectCopy(Permit { operation })
        }
        Operation::GetObject(operation) => {
            let mut overrides = operation.overrides.iter();
            if overrides.any(|(param, ..)| !principal.signed_param(param)) {
                return Err(Cause::UnsignedOverride.into());
            }
            drop(overrides);
            Permitted::GetObject(Permit { operation })
        }
        Operation::HeadObject(operation) => Permitted::HeadObject(Permit { operation }),
        Operation::DeleteObject(operation) => Permitted::DeleteObject(Permit { operation }),
        Operation::GetObjectAcl(operation) => Permitted::GetObjectAcl(Permit { operation }),
        Operation::PutObjectAcl(operation) => Permitted::PutObjectAcl(Permit { operation }),
        Operation::InitiateMultipartUpload(operation) => {
            Permitted::InitiateMultipartUpload(Permit { operation })
        }
        Operation::UploadPart(operation) => Permitted::UploadPart(Permit { operation }),
        Operation::UploadPartCopy(operation) => {
            warn_of_unsigned_source(principal);
            Permitted::UploadPartCopy(Permit { operation })
        }
        Operation::ListParts(operation) => Permitted::ListParts(Permit { operation }),
        Operation::ListMultipartUploads(operation) => {
            Permitted::ListMultipartUploads(Permit { operation })
        }
        Operation::CompleteMultipartUpload(operation) => {
            Permitted::CompleteMultipartUpload(Permit { operation })
        }
        Operation::AbortMultipartUpload(operation) => {
            Permitted::AbortMultipartUpload(Permit { operation })
        }
        // `Operation` may grow before this does.
        _ => return Err(Cause::Unserved.into()),
    })
}

/// The service accepts a source that the signature does not cover: whoever holds a pre-signed upload can then copy any
/// object that its signer may read.
fn warn_of_unsigned_source(principal: &Principal<'_>) {
    if !principal.signed_header("x-cos-copy-source") {
        tracing::warn!("x-cos-copy-source is not signed; accepted, as the service accepts it");
    }
}
