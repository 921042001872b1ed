//! Sends a form with a file of one byte.

use bytes::Bytes;
use cospass::HyperTransport;
use cospass_protocol::form::Form;
use http_body_util::{BodyExt, Full};
use hyper::Request;

use super::send::Outcome;
use crate::exit::{Exit, Failure};

/// What no field holds: fields are chosen by the user, and this is random enough for requests to oneself.
const BOUNDARY: &str = "cospass-7f3b0d6c1e2a4958";

/// What the answer to these fields, and a file, is.
pub(super) async fn post<'a>(
    transport: &HyperTransport,
    url: &str,
    fields: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Outcome, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Failed, "form", error);
    let mut written = Form { filename: Some("file".to_owned()), ..Form::default() };
    for (name, value) in fields {
        written.fields.add(name, value).map_err(|error| failed(&error))?;
    }
    let (before, behind) = written.write(BOUNDARY);
    let body = Bytes::from([before.as_slice(), b"x", &behind].concat());
    let request = Request::builder()
        .method("POST")
        .uri(url)
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("Content-Length", body.len())
        .body(Full::new(body).map_err(|never| match never {}).boxed_unsync())
        .map_err(|error| failed(&error))?;
    super::send::send_whole(transport, request).await
}
