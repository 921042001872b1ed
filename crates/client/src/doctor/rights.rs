//! What the credentials may do: found out by requests that change nothing, and with consent by some that may leave traces.
//!
//! Who may not is refused before the request is looked at any further, so that a request that has no effect tells as much as
//! one that has: a part for an upload that does not exist, an object whose `Content-MD5` is that of other bytes.

use cospass_protocol::ObjectKey;
use cospass_protocol::xml::read_initiated;

use super::ask::{Asked, Asking, Reply};
use super::check::diagnosis;
use super::{Diagnosis, Health};

/// An upload that is none.
const NO_UPLOAD: &str = "cospass-doctor-asks-what-it-may-do";

/// What would be uploaded, if its MD5 were that of `OTHER_MD5`.
const BODY: &[u8] = b"cospass doctor: not to be kept";

/// The MD5 of nothing (RFC 1321 §A.5), in base64.
const OTHER_MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

/// What was tried, and what came of it.
#[derive(Default)]
struct Tried {
    may: Vec<&'static str>,
    may_not: Vec<&'static str>,
}

impl Tried {
    /// Sorts by the answer; what is neither done nor refused, nor says that something is not there, tells nothing.
    fn sort(&mut self, what: &'static str, reply: &Reply) -> bool {
        match reply.status {
            403 => self.may_not.push(what),
            404 | 0..300 => self.may.push(what),
            _ => {}
        }
        reply.status == 403
    }

    fn told(&self) -> String {
        let list = |words: &[&str]| match words {
            [] => "nothing of what was tried".to_owned(),
            words => words.join(", "),
        };
        format!("may: {}; may not: {}", list(&self.may), list(&self.may_not))
    }
}

/// What may be done, found out without an effect.
pub(super) async fn rights(
    asking: &Asking<'_>,
    key: Option<&ObjectKey>,
    listed: &Reply,
) -> Diagnosis {
    let mut tried = Tried::default();
    tried.sort("list the bucket", listed);
    for (what, sub) in [("read its access control", "acl"), ("read its policy", "policy")] {
        let asked = Asked { params: &[(sub, "")], ..Asked::new("GET") };
        if let Ok(reply) = asking.signed(asked).await {
            tried.sort(what, &reply);
        }
    }
    let mut absent = "";
    if key.is_some() {
        let upload = [("uploadId", NO_UPLOAD)];
        let part = [("partNumber", "1"), ("uploadId", NO_UPLOAD)];
        let one_byte = [("Range", "bytes=0-0")];
        let of_key = |method| Asked { key, ..Asked::new(method) };
        for (what, asked) in [
            ("HEAD the object", of_key("HEAD")),
            ("GET the object", Asked { headers: &one_byte, ..of_key("GET") }),
            ("upload parts of it", Asked { params: &part, ..of_key("PUT") }),
            ("abort uploads of it", Asked { params: &upload, ..of_key("DELETE") }),
        ] {
            let Ok(reply) = asking.signed(asked).await else { continue };
            tried.sort(what, &reply);
            if what == "HEAD the object" && reply.status == 404 {
                absent = "; the object is not there";
            }
        }
    }
    let text = format!("{}{absent}", tried.told());
    let health = if tried.may.is_empty() { Health::Doubtful } else { Health::Fine };
    let remedy = "nothing was changed to find out; --write tries to upload and to delete, and cospass policy check asks a policy";
    diagnosis("rights", health, text, remedy)
}

/// Whether the object may be uploaded and deleted, found out by trying. An object that is there keeps its bytes.
pub(super) async fn writing(asking: &Asking<'_>, key: &ObjectKey) -> Vec<Diagnosis> {
    let mut tried = Tried::default();
    let mut found = Vec::new();
    let of_key = |method| Asked { key: Some(key), ..Asked::new(method) };
    let wrong_md5 = [("Content-MD5", OTHER_MD5)];
    let put = Asked { headers: &wrong_md5, body: BODY, ..of_key("PUT") };
    match asking.signed(put).await {
        Ok(reply) if reply.status == 400 => tried.may.push("PUT the object"),
        Ok(reply) if reply.is_done() => {
            tried.may.push("PUT the object");
            let text = "the server kept an object whose Content-MD5 is that of other bytes";
            let remedy = "do not rely on Content-MD5 there; delete the object";
            found.push(diagnosis("writing", Health::Bad, text, remedy));
        }
        Ok(reply) => {
            tried.sort("PUT the object", &reply);
        }
        Err(_) => {}
    }
    found.extend(multipart(asking, key, &mut tried).await);
    let mut not_tried = "";
    match asking.signed(of_key("HEAD")).await {
        Ok(reply) if reply.status == 404 => {
            if let Ok(reply) = asking.signed(of_key("DELETE")).await {
                tried.sort("DELETE the object", &reply);
            }
        }
        _ => {
            not_tried =
                "; DELETE was not tried, since the object may be there: name a key that is not"
        }
    }
    let text = format!("{}{not_tried}", tried.told());
    let health = if tried.may.is_empty() { Health::Doubtful } else { Health::Fine };
    let remedy = match tried.may_not.is_empty() {
        true => None,
        false => Some("write what is missing into a policy: cospass policy for"),
    };
    found.push(diagnosis("writing", health, text, remedy));
    found
}

/// Begins an upload in parts, and aborts it.
async fn multipart(asking: &Asking<'_>, key: &ObjectKey, tried: &mut Tried) -> Option<Diagnosis> {
    let begin = Asked { key: Some(key), params: &[("uploads", "")], ..Asked::new("POST") };
    let begun = asking.signed(begin).await.ok()?;
    tried.sort("begin an upload in parts", &begun);
    if !begun.is_done() {
        return None;
    }
    let upload_id = read_initiated(&begun.body).ok()?;
    let params = [("uploadId", upload_id.as_str())];
    let abort = Asked { key: Some(key), params: &params, ..Asked::new("DELETE") };
    let aborted = asking.signed(abort).await;
    if let Ok(reply) = &aborted {
        tried.sort("abort it", reply);
    }
    if aborted.is_ok_and(|reply| reply.is_done()) {
        return None;
    }
    let text =
        format!("the upload {upload_id} was begun and could not be aborted: it takes up room");
    let remedy =
        "abort it with other credentials (DELETE ?uploadId), or let a lifecycle rule do it";
    Some(diagnosis("writing", Health::Doubtful, text, remedy))
}
