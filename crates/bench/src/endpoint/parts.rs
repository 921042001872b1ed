//! An upload in parts, all of them at the same time: what hashing one after the other holds up is done side by side.

use std::fmt::Write as _;
use std::thread::scope;

use crate::http::Connection;
use crate::server::Cospass;
use crate::{LARGE, Outcome};

pub(crate) const PARTS: usize = 8;

/// Uploads as much as one large upload moves, over a connection for each part.
pub(crate) fn upload(cospass: &Cospass, key: &str, piece: &[u8]) -> Outcome<()> {
    let begin = cospass.target_with("POST", key, &[("uploads", "")])?;
    let mut connection = Connection::open(cospass.address)?;
    let begun = connection.post(&begin, "")?;
    let id = begun.split_once("<UploadId>").and_then(|(_, rest)| rest.split_once('<'));
    let (id, _) = id.ok_or("an upload without an id")?;
    let part = |number: usize| -> Result<String, String> {
        let part = || -> Outcome<String> {
            let params = [("partNumber", &*number.to_string()), ("uploadId", id)];
            let target = cospass.target_with("PUT", key, &params)?;
            let mut connection = Connection::open(cospass.address)?;
            match connection.put(&target, piece, LARGE / PARTS)? {
                200 => Ok(connection.etag().to_owned()),
                status => Err(format!("part {number} is answered with {status}").into()),
            }
        };
        part().map_err(|error| error.to_string())
    };
    let etags: Result<Vec<String>, String> = scope(|scope| {
        let part = &part;
        let all: Vec<_> = (1..=PARTS).map(|number| scope.spawn(move || part(number))).collect();
        all.into_iter().map(|part| part.join().map_err(|_| "a part panicked".to_owned())?).collect()
    });
    let mut document = "<CompleteMultipartUpload>".to_owned();
    for (number, etag) in (1..).zip(etags?) {
        write!(document, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")?;
    }
    document.push_str("</CompleteMultipartUpload>");
    let complete = cospass.target_with("POST", key, &[("uploadId", id)])?;
    connection.post(&complete, &document)?;
    Ok(())
}
