//! What somebody is to be able to do, and the smallest policy that permits exactly that.
//!
//! Which actions an upload needs goes by how it is made (436/14048, 436/31923):
//!
//! | mode | actions |
//! |---|---|
//! | simple | `PutObject` |
//! | form | `PostObject` |
//! | multipart | `InitiateMultipartUpload`, `UploadPart`, `CompleteMultipartUpload` |
//! | resume | those, and `ListMultipartUploads`, `ListParts`, `AbortMultipartUpload` |
//!
//! What headers add to an upload, an access control or a storage class, is part of the upload and not limited.

use std::fmt;

use super::draft::{Draft, DraftCondition, DraftValues};
use super::ip::Network;
use super::resource::resource_of;
use crate::{Bucket, Region};

/// What somebody is to be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Each of these.
    pub accesses: Vec<Access>,
    /// The region of the buckets. Without one their resources are of every region, which an empty segment means (598/10606): a
    /// bucket's name is taken in one of them alone.
    pub region: Option<Region>,
    /// How uploads by PUT are made: by any of these. `Simple` if there is none.
    pub uploads: Vec<UploadMode>,
    /// The longest upload, in bytes.
    pub max_size: Option<u64>,
    /// The media types that may be uploaded, any of them; `*` may stand for the rest: `image/*`. All, if there is none.
    pub content_types: Vec<String>,
    /// From where: addresses or networks such as `10.0.0.0/24`, any of them. From everywhere, if there is none.
    pub from: Vec<String>,
}

/// A verb on an object, or on all objects whose keys begin alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// What is to be done.
    pub verb: Verb,
    /// The bucket.
    pub bucket: Bucket,
    /// The key; with `*` at its end every key that begins so.
    pub path: String,
}

/// What can be done to objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Download.
    Get,
    /// Ask what an object is.
    Head,
    /// Upload, in the modes of the intent.
    Put,
    /// Upload out of a form.
    Post,
    /// Delete.
    Delete,
    /// List the keys that begin so: the path is what `prefix` may be.
    List,
}

/// How an upload is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadMode {
    /// PUT Object.
    Simple,
    /// POST Object, out of a form.
    Form,
    /// In parts.
    Multipart,
    /// In parts, found again and gone on with, or given up.
    Resume,
}

/// Why there is no policy for an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentError {
    /// Nothing is to be done.
    Nothing,
    /// There is no such verb.
    Verb(String),
    /// There is no such upload mode.
    Mode(String),
    /// A key has a `*` elsewhere than at its end, or two.
    Star(String),
    /// A whole bucket is named, without `*`.
    Bucket,
    /// A media type is none.
    ContentType(String),
    /// An address or a network is none.
    Network(String),
    /// A limit of uploads where nothing is uploaded.
    NoUpload,
    /// No policy can bound the length of such an upload.
    SizeOf(UploadMode),
}

impl Verb {
    /// Reads `GET`, `HEAD`, `PUT`, `POST`, `DELETE` or `LIST`, in any case.
    ///
    /// # Errors
    /// [`IntentError::Verb`]
    pub fn parse(text: &str) -> Result<Self, IntentError> {
        Ok(match text.to_ascii_uppercase().as_str() {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "PUT" => Self::Put,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            "LIST" => Self::List,
            _ => return Err(IntentError::Verb(text.to_owned())),
        })
    }
}

impl UploadMode {
    /// Reads `simple`, `form`, `multipart` or `resume`.
    ///
    /// # Errors
    /// [`IntentError::Mode`]
    pub fn parse(text: &str) -> Result<Self, IntentError> {
        let mut modes = [Self::Simple, Self::Form, Self::Multipart, Self::Resume].into_iter();
        let named = modes.find(|mode| mode.as_str() == text);
        named.ok_or_else(|| IntentError::Mode(text.to_owned()))
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Form => "form",
            Self::Multipart => "multipart",
            Self::Resume => "resume",
        }
    }

    /// The action that says what is uploaded, and those that do not.
    fn actions(self) -> (&'static str, &'static [&'static str]) {
        const PARTS: &[&str] = &[
            "UploadPart",
            "CompleteMultipartUpload",
            "ListMultipartUploads",
            "ListParts",
            "AbortMultipartUpload",
        ];
        match self {
            Self::Simple => ("PutObject", &[]),
            Self::Form => ("PostObject", &[]),
            Self::Multipart => ("InitiateMultipartUpload", PARTS.get(..2).unwrap_or_default()),
            Self::Resume => ("InitiateMultipartUpload", PARTS),
        }
    }
}

impl Intent {
    /// An intent without limits.
    pub fn new(accesses: Vec<Access>, region: Option<Region>) -> Self {
        Self {
            accesses,
            region,
            uploads: Vec::new(),
            max_size: None,
            content_types: Vec::new(),
            from: Vec::new(),
        }
    }

    /// The smallest policy that permits exactly this.
    ///
    /// # Errors
    /// One [`IntentError`] for each reason.
    pub fn draft(&self) -> Result<Draft, IntentError> {
        if self.accesses.is_empty() {
            return Err(IntentError::Nothing);
        }
        let (all, kinds) = (self.of_all()?, self.of_kinds()?);
        let is_upload = |access: &Access| matches!(access.verb, Verb::Put | Verb::Post);
        let is_limited = self.max_size.is_some() || !kinds.is_empty();
        if is_limited && !self.accesses.iter().any(is_upload) {
            return Err(IntentError::NoUpload);
        }
        let mut draft = Draft::default();
        for access in &self.accesses {
            let resource = access.resource(self.region.as_ref())?;
            let mut allow = |action, more: &[DraftCondition]| {
                draft.allow(action, &resource, &[more, all.as_slice()].concat());
            };
            match access.verb {
                Verb::Get => allow("GetObject", &[]),
                Verb::Head => allow("HeadObject", &[]),
                Verb::Delete => allow("DeleteObject", &[]),
                Verb::List => allow("GetBucket", &[]),
                Verb::Put | Verb::Post => {
                    for mode in self.modes(access.verb) {
                        let (first, others) = mode.actions();
                        let limits = [kinds.clone(), self.of_size(*mode)?].concat();
                        allow(first, &limits);
                        others.iter().for_each(|action| allow(action, &[]));
                    }
                }
            }
        }
        Ok(draft)
    }

    fn modes(&self, verb: Verb) -> &[UploadMode] {
        match verb {
            Verb::Post => &[UploadMode::Form],
            _ if self.uploads.is_empty() => &[UploadMode::Simple],
            _ => &self.uploads,
        }
    }

    /// The condition on where requests come from.
    fn of_all(&self) -> Result<Vec<DraftCondition>, IntentError> {
        if let Some(bad) = self.from.iter().find(|text| Network::parse(text).is_none()) {
            return Err(IntentError::Network(bad.clone()));
        }
        Ok(of_texts("ip_equal", "qcs:ip", &self.from))
    }

    /// The condition on what is uploaded.
    fn of_kinds(&self) -> Result<Vec<DraftCondition>, IntentError> {
        if let Some(bad) = self.content_types.iter().find(|text| !is_media_type(text)) {
            return Err(IntentError::ContentType(bad.clone()));
        }
        let has_star = self.content_types.iter().any(|text| text.contains('*'));
        let operator = if has_star { "string_like" } else { "string_equal" };
        Ok(of_texts(operator, "cos:content-type", &self.content_types))
    }

    /// The condition on how long an upload is. That of a form counts its fields, too, and of an upload in parts each part by
    /// itself.
    fn of_size(&self, mode: UploadMode) -> Result<Vec<DraftCondition>, IntentError> {
        match (self.max_size, mode) {
            (None, _) => Ok(Vec::new()),
            (Some(most), UploadMode::Simple) => Ok(vec![DraftCondition {
                operator: "numeric_less_than_equal",
                key: "cos:content-length",
                values: DraftValues::Number(most),
            }]),
            (Some(_), mode) => Err(IntentError::SizeOf(mode)),
        }
    }
}

fn of_texts(operator: &'static str, key: &'static str, texts: &[String]) -> Vec<DraftCondition> {
    let values = DraftValues::Texts(texts.to_vec());
    let one = (!texts.is_empty()).then_some(DraftCondition { operator, key, values });
    one.into_iter().collect()
}

/// `image/png`, `image/*`; a `*` may stand at the end alone.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
        name.bytes().all(is_allowed)
    };
    text.split_once('/').is_some_and(|(kind, sub)| {
        let exact = sub.strip_suffix('*').unwrap_or(sub);
        !kind.is_empty() && !sub.is_empty() && is_name(kind) && is_name(exact)
    })
}

impl Access {
    fn resource(&self, region: Option<&Region>) -> Result<String, IntentError> {
        if self.path.is_empty() {
            return Err(IntentError::Bucket);
        }
        let exact = self.path.strip_suffix('*').unwrap_or(&self.path);
        if exact.contains('*') {
            return Err(IntentError::Star(self.path.clone()));
        }
        Ok(resource_of(&self.bucket, region.map_or("", Region::name), &self.path))
    }
}

impl IntentError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Nothing => "intent-nothing",
            Self::Verb(_) => "intent-verb",
            Self::Mode(_) => "intent-mode",
            Self::Star(_) => "intent-star",
            Self::Bucket => "intent-bucket",
            Self::ContentType(_) => "intent-content-type",
            Self::Network(_) => "intent-network",
            Self::NoUpload => "intent-no-upload",
            Self::SizeOf(_) => "intent-size",
        }
    }
}

impl fmt::Display for IntentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing is to be permitted; name a verb and a target"),
            Self::Verb(text) => write!(
                f,
                "{text:?} is no verb; write GET, HEAD, PUT, POST, DELETE, or LIST to list keys"
            ),
            Self::Mode(text) => write!(
                f,
                "{text:?} is no way to upload; write simple, form, multipart or resume"
            ),
            Self::Star(path) => write!(
                f,
                "{path:?} has a * elsewhere than at its end; a policy would permit every key that it stands for; name a key, or a beginning with a * at its end"
            ),
            Self::Bucket => f.write_str(
                "a bucket is named and no key; write cos://BUCKET/* for every key (LIST cos://BUCKET/* to list them)",
            ),
            Self::ContentType(text) => {
                write!(f, "{text:?} is no media type; write image/png or image/*")
            }
            Self::Network(text) => {
                write!(f, "{text:?} is no address or network; write 192.0.2.1 or 10.0.0.0/24")
            }
            Self::NoUpload => f.write_str(
                "a limit of uploads (size or type) is given, and nothing is uploaded; name a PUT or POST",
            ),
            Self::SizeOf(UploadMode::Form) => f.write_str(
                "no policy bounds the file of a form, whose length is that of all its fields; let the form say it (cospass post-form --max-size), or upload by PUT",
            ),
            Self::SizeOf(mode) => write!(
                f,
                "no policy bounds an upload in parts ({}): each part is a request of its own; leave the size out, or upload by a simple PUT",
                mode.as_str()
            ),
        }
    }
}

impl std::error::Error for IntentError {}
