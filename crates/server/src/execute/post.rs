//! POST Object: an upload out of a form.

use cospass_protocol::operation::{PostObject, SuccessAction};
use cospass_protocol::xml::PostResponse;
use cospass_protocol::{Bucket, ObjectKey};
use cospass_sign::percent;
use http::StatusCode;
use http::header::LOCATION;

use super::upload;
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::endpoint::{Endpoint, Origin};
use crate::pace::Pace;
use crate::refusal::Refusal;
use crate::reply::Reply;

pub(super) async fn object(
    endpoint: &Endpoint,
    permit: Permit<PostObject>,
    body: &mut SealedBody,
    origin: Origin<'_>,
) -> Result<Reply, Refusal> {
    let put = &permit.operation().put;
    upload::check_before_the_body(endpoint, put).await?;
    let pieces = body.open_file(&permit, Pace::of(put.traffic_limit))?;
    let key = put.encryption.as_ref().and_then(|asked| asked.customer_key());
    let received = upload::receive_pieces(endpoint, pieces, key).await?;
    let store = permit.store(endpoint);
    let PostObject { put, success, .. } = permit.into_operation();
    let (bucket, key) = (put.bucket.clone(), put.key.clone());
    let (record, reply) = upload::keep(endpoint, &store, received, put).await?;
    Ok(answer(success, origin, &bucket, &key, &record.etag(), reply))
}

/// The answer that the form asked for. With 201 comes a document, as elsewhere in the field: a decision, the
/// documentation shows no example of it and says of all answers that they have no body.
fn answer(
    success: SuccessAction,
    origin: Origin<'_>,
    bucket: &Bucket,
    key: &ObjectKey,
    etag: &str,
    reply: Reply,
) -> Reply {
    match success {
        SuccessAction::Redirect(url) => {
            let status = StatusCode::SEE_OTHER;
            Reply { status, ..reply }.header(LOCATION, redirection(&url, bucket, key, etag))
        }
        SuccessAction::Status(status) => {
            let location = location(origin, key);
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT);
            let reply = Reply { status, ..reply }.header(LOCATION, location.as_str());
            if status != StatusCode::CREATED {
                return reply;
            }
            let response = PostResponse {
                location,
                bucket: bucket.as_str().to_owned(),
                key: key.as_str().to_owned(),
                etag: etag.to_owned(),
            };
            Reply { body: Reply::xml(response.write()).body, ..reply }
        }
    }
}

/// `http://HOST/KEY`, as documented, or https where the client came so.
fn location(origin: Origin<'_>, key: &ObjectKey) -> String {
    let path = key.url_path().unwrap_or_else(|_| percent::encode(key.path().as_bytes()));
    format!("{origin}{path}")
}

/// The URL with bucket, key and entity tag in its query, before a fragment and behind what stands in the query already.
/// Characters that no header can carry are percent-encoded.
fn redirection(url: &str, bucket: &Bucket, key: &ObjectKey, etag: &str) -> String {
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let joint = match url.find('?').map(|at| url.get(at + 1..).unwrap_or_default()) {
        None => "?",
        Some(query) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let encode = |text: &str| percent::encode(text.as_bytes());
    let (bucket, key, etag) = (encode(bucket.as_str()), encode(key.as_str()), encode(etag));
    ascii(&format!("{url}{joint}bucket={bucket}&key={key}&etag={etag}{fragment}"))
}

fn ascii(url: &str) -> String {
    let mut buffer = [0; 4];
    url.chars().fold(String::with_capacity(url.len()), |mut ascii, c| {
        match c.is_ascii() {
            true => ascii.push(c),
            false => percent::push_encoded(&mut ascii, c.encode_utf8(&mut buffer).as_bytes()),
        }
        ascii
    })
}

#[cfg(test)]
mod tests {
    use cospass_protocol::Scheme;

    use super::*;

    #[test]
    fn a_redirection_keeps_what_the_url_has() {
        let bucket = Bucket::new("b-1").unwrap();
        let key = ObjectKey::new("a/b c&页").unwrap();
        for (url, expected) in [
            ("https://my.website/done", "https://my.website/done?QUERY"),
            ("https://my.website", "https://my.website?QUERY"),
            ("https://my.website/?", "https://my.website/?QUERY"),
            ("https://my.website/?x=1", "https://my.website/?x=1&QUERY"),
            ("https://my.website/?x=1&#top", "https://my.website/?x=1&QUERY#top"),
            ("https://my.website/页?a=é", "https://my.website/%E9%A1%B5?a=%C3%A9&QUERY"),
        ] {
            let query = "bucket=b-1&key=a%2Fb%20c%26%E9%A1%B5&etag=%22e%22";
            assert_eq!(redirection(url, &bucket, &key, "\"e\""), expected.replace("QUERY", query));
        }
    }

    #[test]
    fn a_location_is_a_url() {
        for (key, path) in [("a/b c", "/a/b%20c"), ("a/../b", "/a/..%2Fb"), ("..", "%2F..")] {
            let key = ObjectKey::new(key).unwrap();
            let origin = Origin { scheme: Scheme::Http, host: "h:1" };
            assert_eq!(location(origin, &key), format!("http://h:1{path}"));
        }
    }
}
