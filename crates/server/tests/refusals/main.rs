//! Every cause of the table in `refusal.rs`, as a client meets it: status, Code, Message. A file a stage.

mod authenticate;
mod body;
mod configuration;
mod operation;
mod route;
mod store;
#[path = "../support/mod.rs"]
mod support;

use support::*;

/// Asserts what the endpoint answers to a request, and that it still serves the next one.
#[track_caller]
fn refused(endpoint: &Endpoint, request: &Request, cause: &str, status: u16, code: &str) -> Answer {
    refused_bytes(endpoint, &request.bytes(), cause, status, code)
}

#[track_caller]
fn refused_bytes(
    endpoint: &Endpoint,
    bytes: &[u8],
    cause: &str,
    status: u16,
    code: &str,
) -> Answer {
    let answer = endpoint.exchange(bytes, false);
    assert_eq!(answer.status, status, "{cause}: {}", answer.text());
    assert_eq!(answer.header("Content-Type"), Some("application/xml"), "{cause}");
    let error = answer.error();
    assert_eq!(error.code, code, "{cause}");
    assert_eq!(answer.header("x-cos-request-id"), Some(error.request_id.as_str()), "{cause}");
    assert_eq!(answer.header("x-cos-trace-id"), Some(error.trace_id.as_str()), "{cause}");
    answer
}

#[test]
fn the_body_of_an_error_is_laid_out_as_captured() {
    let endpoint = Endpoint::start();
    let answer = endpoint.send(&get("/no%20such/%E9%A1%B5").sign());
    let (request_id, trace_id) = (answer.error().request_id, answer.error().trace_id);
    assert_eq!(
        answer.text(),
        format!(
            "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>NoSuchKey</Code>\n\t<Message>The specified key does not exist.</Message>\n\t<Resource>{HOST}/no+such/页</Resource>\n\t<RequestId>{request_id}</RequestId>\n\t<TraceId>{trace_id}</TraceId>\n</Error>\n\n"
        )
    );
}

#[test]
fn an_error_to_head_has_no_body() {
    let endpoint = Endpoint::start();
    let mut connection = endpoint.connect();
    for status in [404, 404] {
        connection.write(&request("HEAD", "/absent").sign().bytes());
        let answer = connection.answer(true);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("Content-Length"), Some("0"));
        assert_eq!(answer.header("Content-Type"), Some("application/xml"));
    }
}
