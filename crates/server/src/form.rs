//! An upload out of a form, POST Object (436/14690), from its head to its permit.
//!
//! ```text
//! Head ─► fields (Form) ─► authenticate (FormClaim, FormPolicy → Principal) ─► decode (PostObject) ─► authorize (Permit) ─► file
//! ```
//!
//! A form carries its signature in its body. So this is the one body of which something is read before there is a
//! [`Permit`](crate::authorize::Permit): the fields up to the file, which have to stand before it, within the limits
//! [`Limits::form_fields`], [`Limits::form_field_size`], [`Limits::form_size`] and [`Limits::form_time`]. The bytes of the
//! file wait for the permit like any other body.

use std::ops::RangeInclusive;

use bytes::Bytes;
use cospass_protocol::Bucket;
use cospass_protocol::form::{FileReader, FormError, FormLimits};
use cospass_protocol::operation::{DecodeError, Operation, PostObject, Request as _, Resource};
use cospass_sign::percent::Plus;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;

use crate::authenticate::{Principal, authenticate_form};
use crate::body::SealedBody;
use crate::endpoint::{Arrived, Endpoint};
use crate::exchange::Trail;
use crate::head::Head;
use crate::limits::Limits;
use crate::refusal::{Cause, Refusal};

/// The operation's name in the documentation.
pub(crate) const NAME: &str = "POST Object";

/// The bucket for which a request brings a form, unless it is none: a POST to the bucket itself, with a body that calls
/// itself a form. `?delete` and its like bring documents.
pub(crate) fn bucket_of_form<'a>(parts: &Parts, resource: &'a Resource) -> Option<&'a Bucket> {
    let content_type = parts.headers.get(CONTENT_TYPE)?.as_bytes();
    let kind = content_type.split(|&byte| byte == b';').next()?.trim_ascii();
    match resource {
        Resource::Bucket(bucket)
            if parts.method == Method::POST
                && kind.eq_ignore_ascii_case(b"multipart/form-data") =>
        {
            Some(bucket)
        }
        _ => None,
    }
}

/// Reads the fields of a form, finds out who signed it, and what it asks for.
pub(crate) async fn read<'a>(
    endpoint: &'a Endpoint,
    arrived: &Arrived<'_>,
    bucket: &Bucket,
    body: &mut SealedBody,
    trail: &mut Trail,
) -> Result<(Principal<'a>, Result<Operation, DecodeError>), Refusal> {
    let &Arrived { head, parts, now, .. } = arrived;
    trail.operation = NAME;
    let content_type = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let form = body.read_fields(content_type).await?;
    let claimed = form.fields.value("q-ak").map(|id| String::from_utf8_lossy(id).into_owned());
    trail.secret_id = claimed;
    let (principal, policy) =
        authenticate_form(head, bucket, &form.fields, &endpoint.accounts, now)?;
    let params: Vec<_> = head.request.params(Plus::Space).collect();
    let operation = PostObject::decode(bucket.clone(), &params, &form.fields, policy.as_ref());
    Ok((principal, operation.map(Operation::PostObject)))
}

/// The fields of a form as the headers that they stand for, by which conditions of policies judge it: names and values.
pub(crate) fn as_headers(operation: &Result<Operation, DecodeError>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let Ok(Operation::PostObject(post)) = operation else { return Vec::new() };
    let headers = post.put.encode().headers.into_iter();
    headers.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The headers of a request for an upload out of a form, with those that its fields stand for instead of the type of the
/// form itself and of headers that are not acted on where there are fields.
pub(crate) fn with_fields<'a>(
    head: &Head<'a>,
    fields: &'a [(Vec<u8>, Vec<u8>)],
) -> Vec<(&'a [u8], &'a [u8])> {
    let headers = head.request.headers().iter().copied();
    let own = headers.filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name != b"content-type" && !name.starts_with(b"x-cos-")
    });
    own.chain(fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))).collect()
}

impl Limits {
    pub(crate) fn of_form(&self) -> FormLimits {
        FormLimits {
            fields: self.form_fields,
            field_size: self.form_field_size,
            size: self.form_size,
        }
    }
}

/// The file of a form as it comes in, held to the length that the policy allows.
pub(crate) struct FormFile {
    reader: FileReader,
    length: RangeInclusive<u64>,
    taken: u64,
}

impl FormFile {
    pub(crate) fn new(reader: FileReader, length: RangeInclusive<u64>) -> Self {
        Self { reader, length, taken: 0 }
    }

    /// The bytes of the file that are among those of the body, or were kept when its fields were read. None of either at
    /// the end of the body: the file is whole.
    pub(crate) fn take(&mut self, body: Option<&[u8]>) -> Result<Bytes, Refusal> {
        let mut file = Vec::with_capacity(body.map_or(0, <[u8]>::len));
        self.reader.read(body.unwrap_or_default(), &mut file)?;
        self.taken += file.len() as u64;
        if self.taken > *self.length.end() {
            return Err(Cause::EntityTooLarge.into());
        }
        if body.is_none() && file.is_empty() {
            self.reader.finish()?;
            if self.taken < *self.length.start() {
                return Err(Cause::EntityTooSmall.into());
            }
        }
        Ok(file.into())
    }
}

impl From<FormError> for Refusal {
    fn from(error: FormError) -> Self {
        match error {
            FormError::TooLarge => Cause::FormTooLarge.into(),
            FormError::NoFile | FormError::SeveralFiles => Cause::NumberOfFiles.into(),
            FormError::Repeated(_) | FormError::NoFilename => {
                Self::told(Cause::InvalidArgument, &error)
            }
            // What is wrong is told in the log, the answer has the documented words.
            error => {
                tracing::debug!(%error, "a form is malformed");
                Cause::MalformedForm.into()
            }
        }
    }
}
