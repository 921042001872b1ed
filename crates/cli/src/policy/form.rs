//! Sends a signed form with a file of one byte.

use bytes::Bytes;
use cospass::{HyperTransport, SignedForm, Transport};
use cospass_protocol::form::Form;
use http_body_util::{BodyExt, Full};
use hyper::Request;

use crate::exit::{Exit, Failure};

/// What no field holds: fields are chosen by the user, and this is random enough for requests to oneself.
const BOUNDARY: &str = "cospass-7f3b0d6c1e2a4958";

/// The status of the answer.
pub(super) async fn post(transport: &HyperTransport, form: &SignedForm) -> Result<u16, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Failed, "form", error);
    let mut written = Form { filename: Some("file".to_owned()), ..Form::default() };
    for (name, value) in form.fields() {
        written.fields.add(name.as_str(), value.as_str()).map_err(|error| failed(&error))?;
    }
    let (before, behind) = written.write(BOUNDARY);
    let body = Bytes::from([before.as_slice(), b"x", &behind].concat());
    let request = Request::builder()
        .method("POST")
        .uri(form.url())
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("Content-Length", body.len())
        .body(Full::new(body).map_err(|never| match never {}).boxed_unsync())
        .map_err(|error| failed(&error))?;
    let answer = transport.send(request).await;
    let answer = answer.map_err(|error| Failure::new(Exit::Network, error.cause(), error))?;
    Ok(answer.status().as_u16())
}
