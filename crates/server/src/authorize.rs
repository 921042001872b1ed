//! The fourth stage: whether the one who asks may. A [`Principal`] and an operation become a [`Permit`].

use cospass_protocol::for_each_operation;
use cospass_protocol::operation::{self, DecodeError, Operation};

use crate::authenticate::Principal;
use crate::metrics::Metrics;
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

macro_rules! permitted {
    ($($(#[$doc:meta])* $operation:ident,)*) => {
        /// A permit for each operation.
        pub(crate) enum Permitted {
            $($operation(Permit<operation::$operation>),)*
        }

        /// Only [`authorize`] may call it, when everything was decided.
        fn permit(operation: Operation) -> Result<Permitted, Refusal> {
            match operation {
                $(Operation::$operation(operation) => {
                    Ok(Permitted::$operation(Permit { operation }))
                })*
                // `Operation` may grow; then so does this.
                _ => Err(Cause::Unserved.into()),
            }
        }
    };
}

for_each_operation!(permitted);

/// Decides. All buckets belong to the one account, which may do everything; nobody else may do anything, whatever the
/// access control of an object says: it is kept and told, not yet acted on.
///
/// What is asked is judged after who asks, so that a stranger learns nothing of what is served here.
pub(crate) fn authorize(
    principal: &Principal<'_>,
    operation: Result<Operation, DecodeError>,
    metrics: &Metrics,
) -> Result<Permitted, Refusal> {
    if principal.is_anonymous() {
        return Err(Cause::Anonymous.into());
    }
    let operation = operation?;
    match &operation {
        Operation::PutObjectCopy(_) | Operation::UploadPartCopy(_) => {
            warn_of_unsigned_header(principal, "x-cos-copy-source", metrics);
        }
        Operation::GetObject(get) => {
            let mut overrides = get.overrides.iter();
            if overrides.any(|(param, ..)| !principal.signed_param(param)) {
                return Err(Cause::UnsignedOverride.into());
            }
        }
        _ => {}
    }
    permit(operation)
}

/// The service accepts a header that the signature does not cover, even one that gives something away: whoever holds a
/// pre-signed upload can then copy any object that its signer may read.
fn warn_of_unsigned_header(principal: &Principal<'_>, name: &'static str, metrics: &Metrics) {
    if !principal.signed_header(name) {
        tracing::warn!("{name} is not signed; accepted, as the service accepts it");
        metrics.count_unsigned_header(name);
    }
}
