//! POST Object: an upload out of a form (436/14690).
//!
//! It is decoded from the fields of the form, not from a request's head, which says nothing but POST and the bucket. But
//! for the fields that are the form's own, each field is named and meant like a header of PUT Object.

use std::ops::RangeInclusive;

use super::object::PutObject;
use super::parts::{Headers, Pair, Params, Parts, parts};
use super::request::{Request, called};
use super::{DecodeError, Need, Permission, Resource, invalid, retention, subresource, unserved};
use crate::form::{FormFields, FormPolicy};
use crate::policy::Target;
use crate::{Bucket, KeyError, ObjectKey};

const KEY: &str = "key";
const REDIRECT: &str = "success_action_redirect";
const STATUS: &str = "success_action_status";

/// Uploads an object out of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostObject {
    /// The upload. Its key is the one of the form, after `${filename}` was replaced.
    pub put: PutObject,
    /// How long the file may be, in bytes: what the policy of the form says.
    pub length: RangeInclusive<u64>,
    /// How the upload is answered.
    pub success: SuccessAction,
}

/// How an upload out of a form is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuccessAction {
    /// `success_action_status`: 200, 201 or 204.
    Status(u16),
    /// `success_action_redirect`: an absolute URL, http or https, to which bucket, key and entity tag are added.
    Redirect(String),
}

impl Default for SuccessAction {
    fn default() -> Self {
        Self::Status(204)
    }
}

impl PostObject {
    /// Takes the fields of a form for that bucket apart; `params` are those of the request, `policy` that of the form, which
    /// says how long the file may be. A leading slash of the key is
    /// its own, as in a document: a form has no path.
    ///
    /// # Errors
    /// One [`DecodeError`] for each reason.
    pub fn decode(
        bucket: Bucket,
        params: &[Pair<'_>],
        fields: &FormFields,
        policy: Option<&FormPolicy>,
    ) -> Result<Self, DecodeError> {
        let (params, none) = (Params(params), Headers(&[]));
        let resource = Resource::Bucket(bucket.clone());
        unserved::refuse("POST", &resource, params, none)?;
        if !subresource(&resource, params)?.is_empty() {
            return Err(super::not_allowed("POST"));
        }
        let of_headers: Vec<_> = fields.iter().filter_map(header_of_field).collect();
        let headers = Headers(&of_headers);
        let key = key(fields)?;
        let object = Resource::Object(bucket.clone(), key.clone());
        unserved::refuse("POST", &object, Params(&[]), headers)?;
        retention::refuse_elsewhere(true, headers)?;
        let put = PutObject::decode(bucket, key, Params(&[]), headers)?;
        let length = policy.map_or(0..=u64::MAX, FormPolicy::length_range);
        Ok(Self { put, length, success: SuccessAction::decode(fields)? })
    }

    /// The fields of the form, but for those of its signature and its policy: the inverse of [`decode`](Self::decode).
    pub fn fields(&self) -> Vec<(String, Vec<u8>)> {
        let mut fields = vec![(KEY.to_owned(), self.put.key.as_str().into())];
        let request = self.put.encode();
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        fields.extend(request.headers.iter().map(|(name, value)| match text(name).as_str() {
            "x-cos-acl" => ("acl".to_owned(), value.to_vec()),
            name => (name.to_owned(), value.to_vec()),
        }));
        match &self.success {
            SuccessAction::Redirect(url) => fields.push((REDIRECT.to_owned(), url.clone().into())),
            SuccessAction::Status(204) => {}
            SuccessAction::Status(status) => {
                fields.push((STATUS.to_owned(), status.to_string().into()));
            }
        }
        fields
    }
}

impl Request for PostObject {
    called!("POST Object", "PostObject");

    /// The head alone: what is asked for stands in the body.
    fn encode(&self) -> Parts<'_> {
        parts("POST", &self.put.bucket, "", vec![], vec![])
    }

    fn need(&self) -> Need {
        let target = Target::object(&self.put.bucket, &self.put.key);
        Need::new(self.action(), target).granted_by(Permission::Write)
    }
}

/// The header of PUT Object that a field stands for. The form's own fields are none.
fn header_of_field<'a>((name, value): (&'a str, &'a [u8])) -> Option<Pair<'a>> {
    let is_form_s = |own: &&str| name.eq_ignore_ascii_case(own);
    if [KEY, "policy", REDIRECT, STATUS].iter().any(is_form_s) {
        return None;
    }
    let name = if name.eq_ignore_ascii_case("acl") { "x-cos-acl" } else { name };
    Some((name.as_bytes().into(), value.into()))
}

fn key(fields: &FormFields) -> Result<ObjectKey, DecodeError> {
    let value = fields.value(KEY).filter(|key| !key.is_empty());
    let value = value.ok_or(DecodeError::MissingField { name: KEY })?;
    let key = std::str::from_utf8(value).map_err(|_| DecodeError::KeyNotText)?;
    ObjectKey::new(["/", key].concat()).map_err(|error| match error {
        KeyError::TooLong { length } => DecodeError::KeyTooLong { length },
        KeyError::Empty => DecodeError::MissingField { name: KEY },
    })
}

impl SuccessAction {
    /// An empty field says nothing: a web page sends every field that it has.
    fn decode(fields: &FormFields) -> Result<Self, DecodeError> {
        let text = |name: &'static str| match fields.value(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => match std::str::from_utf8(value) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(invalid(name, &String::from_utf8_lossy(value))),
            },
        };
        if let Some(url) = text(REDIRECT)? {
            return match is_web_address(url) {
                true => Ok(Self::Redirect(url.to_owned())),
                false => Err(invalid(REDIRECT, url)),
            };
        }
        match text(STATUS)? {
            None | Some("204") => Ok(Self::default()),
            Some("200") => Ok(Self::Status(200)),
            Some("201") => Ok(Self::Status(201)),
            Some(other) => Err(invalid(STATUS, other)),
        }
    }
}

/// Whether a text is an absolute URL that a browser may be sent to: `javascript:` is one, too, and not among these.
fn is_web_address(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#', '\\']).next());
    host.is_some_and(|host| !host.is_empty())
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{AclHeaders, CannedAcl, ContentMd5, StorageClass, TrafficLimit};

    fn bucket() -> Bucket {
        Bucket::new("examplebucket-1250000000").unwrap()
    }

    fn decode(fields: &[(&str, &str)]) -> Result<PostObject, DecodeError> {
        let mut form = FormFields::default();
        for (name, value) in fields {
            form.add(*name, *value).unwrap();
        }
        PostObject::decode(bucket(), &[], &form, None)
    }

    #[test]
    fn fields_and_decode_are_inverse() {
        let mut put = PutObject::new(bucket(), ObjectKey::new("//a").unwrap());
        let plain = PostObject {
            put: put.clone(),
            length: 0..=u64::MAX,
            success: SuccessAction::default(),
        };
        put.content.content_type = Some(b"image/jpeg".to_vec());
        put.content.expires = Some(b"0".to_vec());
        put.metadata = vec![("a".to_owned(), b"1".to_vec())];
        put.storage_class = StorageClass::Archive;
        put.acl = Some(AclHeaders::Canned(CannedAcl::PublicRead));
        put.md5 = Some(ContentMd5([7; 16]));
        put.traffic_limit = TrafficLimit::new(819_200);
        let url = "https://my.website/a?b=c#d".to_owned();
        let full = PostObject { success: SuccessAction::Redirect(url), put, ..plain.clone() };
        for post in [plain, full] {
            let mut fields = FormFields::default();
            post.fields().into_iter().for_each(|(name, value)| fields.add(name, value).unwrap());
            assert_eq!(PostObject::decode(bucket(), &[], &fields, None), Ok(post));
        }
    }

    #[test]
    fn the_documented_fields_are_read() {
        let post = decode(&[
            ("key", "exampleobject"),
            ("acl", "public-read"),
            ("Cache-Control", "max-age=86400"),
            ("Content-Disposition", "attachment; filename=example.jpg"),
            ("x-cos-meta-example-field", "example-value"),
            ("success_action_status", "201"),
            ("policy", "…"),
            ("submit", "Upload"),
        ]);
        let post = post.unwrap();
        assert_eq!(post.put.key.as_str(), "exampleobject");
        assert_eq!(post.put.acl, Some(AclHeaders::Canned(CannedAcl::PublicRead)));
        assert_eq!(post.put.content.cache_control.as_deref(), Some(&b"max-age=86400"[..]));
        assert_eq!(post.put.metadata, [("example-field".to_owned(), b"example-value".to_vec())]);
        assert_eq!(post.success, SuccessAction::Status(201));
        assert_eq!((post.name(), post.action()), ("POST Object", "PostObject"));
    }

    #[test]
    fn a_redirect_wins_over_a_status_and_an_empty_one_is_none() {
        let success = |fields: &[(&str, &str)]| {
            decode(&[&[("key", "a")], fields].concat()).map(|post| post.success)
        };
        let url = "http://my.website";
        let redirect = Ok(SuccessAction::Redirect(url.to_owned()));
        assert_eq!(success(&[(REDIRECT, url), (STATUS, "302")]), redirect);
        assert_eq!(success(&[(REDIRECT, ""), (STATUS, "200")]), Ok(SuccessAction::Status(200)));
        assert_eq!(success(&[(STATUS, "")]), Ok(SuccessAction::Status(204)));
        assert_eq!(success(&[(STATUS, "302")]), Err(invalid(STATUS, "302")));
        for url in [
            "/relative",
            "//my.website",
            "javascript:alert(1)",
            "https://",
            "http:///a",
            "ftp://a",
            "https://a b",
            "https://a\r\nX: y",
            "https:\\\\a",
        ] {
            assert_eq!(success(&[(REDIRECT, url)]), Err(invalid(REDIRECT, url)), "{url}");
        }
    }

    #[test]
    fn a_key_is_needed() {
        let missing = Err(DecodeError::MissingField { name: "key" });
        assert_eq!(decode(&[("acl", "private")]), missing);
        assert_eq!(decode(&[("key", "")]), missing);
        let long = decode(&[("key", &"k".repeat(851))]);
        assert_eq!(long, Err(DecodeError::KeyTooLong { length: 851 }));
        let mut fields = FormFields::default();
        fields.add("key", *b"\xff").unwrap();
        let not_text = PostObject::decode(bucket(), &[], &fields, None);
        assert_eq!(not_text, Err(DecodeError::KeyNotText));
    }

    #[test]
    fn what_put_object_refuses_is_refused() {
        let invalid_acl = decode(&[("key", "a"), ("acl", "public")]);
        assert_eq!(invalid_acl, Err(invalid("x-cos-acl", "public")));
        let both = decode(&[("key", "a"), ("acl", "private"), ("x-cos-acl", "private")]);
        assert_eq!(both, Err(invalid("x-cos-acl", "private")));
        assert_eq!(decode(&[("key", "a"), ("Content-MD5", "x")]), Err(DecodeError::InvalidDigest));
        let elsewhere = PostObject::decode(
            bucket(),
            &[(b"acl".into(), b"".into())],
            &FormFields::default(),
            None,
        );
        assert_eq!(elsewhere, Err(super::super::not_allowed("POST")));
    }
}
