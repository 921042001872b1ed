//! A signed form: a page that uploads to COS by itself, POST Object (436/14690).
//!
//! What the form may hold is what its policy says, and the policy says what was asked and nothing else: the bucket, the key or
//! what it begins with, the length of the file, its type, and each field that is given. The policy ends when the signature does.

use std::fmt;
use std::ops::RangeInclusive;

use cospass_sign::{Credentials, KeyTime, SigningKey, TOKEN_NAME};

use super::check::{check, check_key_time};
use super::{PresignError, PresignRequest};
use crate::form::{Condition, FormPolicy};
use crate::warning::{Longest, Warning};
use crate::{Bucket, Endpoint, ObjectKey, Scheme};

/// A form that is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct UploadForm<'a> {
    /// The bucket.
    pub bucket: &'a Bucket,
    /// The key.
    pub key: FormKey<'a>,
    /// Where the form is sent.
    pub endpoint: &'a Endpoint,
    /// The scheme of that.
    pub scheme: Scheme,
    /// How long the file may be, in bytes; of any length if there is none.
    pub size: Option<FileSize>,
    /// The media type that the file must have: `image/png`, or `image/*` for all that begin so. Any, if there is none.
    pub content_type: Option<&'a str>,
    /// Further fields, such as `x-cos-acl` or `success_action_status`, each with the value that it must have.
    pub fields: &'a [(&'a str, &'a str)],
}

/// The shortest and the longest file, in bytes, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSize {
    /// The shortest.
    pub least: u64,
    /// The longest.
    pub most: u64,
}

impl From<RangeInclusive<u64>> for FileSize {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { least: *range.start(), most: *range.end() }
    }
}

/// The key of what a form uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKey<'a> {
    /// This one.
    Exact(&'a str),
    /// One that begins so; the form asks for this and the name of the file, `${filename}`.
    Prefix(&'a str),
}

/// A signed form. Whoever has its fields can upload what its policy allows, until it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedForm {
    url: String,
    fields: Vec<(String, String)>,
    policy: String,
    key_time: KeyTime,
    is_temporary: bool,
    content_type: Option<String>,
}

/// Why a form cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadFormError {
    /// It cannot be sent there, or not for so long.
    Request(PresignError),
    /// No key is named.
    KeyEmpty,
    /// The key holds `${filename}`, which the service replaces before it compares.
    KeyFilename,
    /// The longest file is shorter than the shortest.
    Size {
        /// The shortest, in bytes.
        least: u64,
        /// The longest, in bytes.
        most: u64,
    },
    /// It is no media type, and none with `*` for its end.
    ContentType(String),
    /// A field is one that the form has by itself.
    FieldReserved(String),
    /// A field is given twice.
    FieldTwice(String),
}

/// The fields that the form has by itself.
const OWN: [&str; 9] = [
    "key",
    "policy",
    "file",
    "content-type",
    "q-sign-algorithm",
    "q-ak",
    "q-key-time",
    "q-signature",
    TOKEN_NAME,
];

impl<'a> UploadForm<'a> {
    /// A form without conditions but on its bucket and key, over `https`.
    pub fn new(bucket: &'a Bucket, key: FormKey<'a>, endpoint: &'a Endpoint) -> Self {
        let scheme = Scheme::default();
        Self { bucket, key, endpoint, scheme, size: None, content_type: None, fields: &[] }
    }

    /// Signs the form for that time.
    ///
    /// # Errors
    /// One [`UploadFormError`] for each reason; nothing is signed then.
    pub fn sign(
        &self,
        credentials: &Credentials,
        key_time: KeyTime,
    ) -> Result<SignedForm, UploadFormError> {
        let root = ObjectKey::bucket();
        let request = PresignRequest::new("POST", self.bucket, &root, self.endpoint);
        let mut host = String::new();
        self.endpoint.write_host(Some(self.bucket), self.scheme, &mut host);
        check_key_time(key_time).and_then(|()| check(&request, &host))?;
        self.check()?;

        let policy = FormPolicy {
            expiration: key_time.end(),
            conditions: self.conditions(credentials, key_time),
        }
        .write();
        let time = key_time.to_string();
        let key = SigningKey::derive(credentials.secret_key(), &time);
        let signature = key.sign_policy(policy.as_bytes());
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut fields = vec![match self.key {
            FormKey::Exact(key) => own("key", key),
            FormKey::Prefix(prefix) => ("key".to_owned(), [prefix, "${filename}"].concat()),
        }];
        let exact = self.content_type.filter(|kind| !kind.ends_with('*'));
        fields.extend(exact.map(|kind| own("Content-Type", kind)));
        fields.extend(self.fields.iter().map(|(name, value)| own(name, value)));
        fields.extend(credentials.token().map(|token| own(TOKEN_NAME, token.expose())));
        fields.extend([
            own("policy", &FormPolicy::field(&policy)),
            own("q-sign-algorithm", "sha1"),
            own("q-ak", credentials.secret_id().as_str()),
            own("q-key-time", &time),
            own("q-signature", signature.as_str()),
        ]);
        Ok(SignedForm {
            url: format!("{}://{host}/", self.scheme.as_str()),
            fields,
            policy,
            key_time,
            is_temporary: credentials.token().is_some(),
            content_type: self.content_type.map(str::to_owned),
        })
    }

    fn conditions(&self, credentials: &Credentials, key_time: KeyTime) -> Vec<Condition> {
        let equal = |field: &str, value: &str| Condition::Equal {
            field: field.to_owned(),
            value: value.to_owned(),
        };
        let begins = |field: &str, prefix: &str| Condition::StartsWith {
            field: field.to_owned(),
            prefix: prefix.to_owned(),
        };
        let mut conditions = vec![equal("bucket", self.bucket.as_str())];
        conditions.push(match self.key {
            FormKey::Exact(key) => equal("key", key),
            FormKey::Prefix(prefix) => begins("key", prefix),
        });
        let size = self.size.map(|size| (size.least, size.most));
        conditions.extend(size.map(|(min, max)| Condition::ContentLengthRange { min, max }));
        conditions.extend(self.content_type.map(|kind| match kind.strip_suffix('*') {
            Some(prefix) => begins("Content-Type", prefix),
            None => equal("Content-Type", kind),
        }));
        conditions.extend(self.fields.iter().map(|(name, value)| equal(name, value)));
        conditions.extend([
            equal("q-sign-algorithm", "sha1"),
            equal("q-ak", credentials.secret_id().as_str()),
            equal("q-sign-time", &key_time.to_string()),
        ]);
        conditions
    }

    fn check(&self) -> Result<(), UploadFormError> {
        let (FormKey::Exact(key) | FormKey::Prefix(key)) = self.key;
        if self.key == FormKey::Exact("") {
            return Err(UploadFormError::KeyEmpty);
        }
        if key.contains("${filename}") {
            return Err(UploadFormError::KeyFilename);
        }
        if let Some(FileSize { least, most }) = self.size.filter(|size| size.least > size.most) {
            return Err(UploadFormError::Size { least, most });
        }
        let bad = self.content_type.filter(|kind| !is_media_type(kind));
        if let Some(kind) = bad {
            return Err(UploadFormError::ContentType(kind.to_owned()));
        }
        for (index, (name, _)) in self.fields.iter().enumerate() {
            if name.is_empty() || OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                return Err(UploadFormError::FieldReserved((*name).to_owned()));
            }
            let mut earlier = self.fields.iter().take(index);
            if earlier.any(|(other, _)| name.eq_ignore_ascii_case(other)) {
                return Err(UploadFormError::FieldTwice((*name).to_owned()));
            }
        }
        Ok(())
    }
}

/// `image/png`, or `image/*`.
fn is_media_type(text: &str) -> bool {
    let exact = text.strip_suffix('*').unwrap_or(text);
    let has_two = exact
        .split_once('/')
        .is_some_and(|(kind, sub)| !kind.is_empty() && (!sub.is_empty() || text.ends_with("/*")));
    has_two && !exact.contains('*') && !exact.chars().any(|c| c.is_control() || c.is_whitespace())
}

impl SignedForm {
    /// Where the form is sent, as `multipart/form-data`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The fields in their order, before the field `file`, which must be the last. Of a form for a kind of types, `image/*`,
    /// `Content-Type` is to be added by whoever knows the file.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The text of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// From when to when the signature, and with it the policy, holds.
    pub fn key_time(&self) -> KeyTime {
        self.key_time
    }

    /// What is valid and yet a risk; worked out when it is asked for.
    pub fn warnings(&self) -> Vec<Warning> {
        let warnings = [
            Longest::default().check(self.key_time, true),
            (!self.is_temporary).then_some(Warning::PermanentKeyWrite),
            self.content_type.is_none().then_some(Warning::UnsignedContent),
        ];
        warnings.into_iter().flatten().collect()
    }

    /// The form as HTML, ready for a page. Of a form for a kind of types, a line of script takes the type from the file.
    pub fn html(&self) -> String {
        let mut out = format!(
            "<form method=\"post\" action=\"{}\" enctype=\"multipart/form-data\">\n",
            escaped(&self.url)
        );
        for (name, value) in &self.fields {
            let (name, value) = (escaped(name), escaped(value));
            out += &format!("  <input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n");
        }
        let kind = self.content_type.as_deref().unwrap_or_default();
        let script = match kind.ends_with('*') {
            false => "",
            true => {
                out += "  <input type=\"hidden\" name=\"Content-Type\" value=\"\">\n";
                " onchange=\"this.form.elements['Content-Type'].value = this.files[0].type\""
            }
        };
        let accept = match kind {
            "" => String::new(),
            kind => format!(" accept=\"{}\"", escaped(kind)),
        };
        out += &format!("  <input type=\"file\" name=\"file\" required{accept}{script}>\n");
        out + "  <button>Upload</button>\n</form>"
    }
}

/// A text as the value of an attribute of HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char => out.push(char),
        }
    }
    out
}

/// The fields let whoever has them upload.
impl fmt::Debug for SignedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("SignedForm")
            .field("url", &self.url)
            .field("fields", &names)
            .field("key_time", &self.key_time)
            .finish_non_exhaustive()
    }
}

impl From<PresignError> for UploadFormError {
    fn from(error: PresignError) -> Self {
        Self::Request(error)
    }
}

impl UploadFormError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Request(error) => error.cause(),
            Self::KeyEmpty => "form-key-empty",
            Self::KeyFilename => "form-key-filename",
            Self::Size { .. } => "form-size",
            Self::ContentType(_) => "form-content-type",
            Self::FieldReserved(_) => "form-field-reserved",
            Self::FieldTwice(_) => "form-field-twice",
        }
    }
}

impl fmt::Display for UploadFormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => write!(f, "{error}"),
            Self::KeyEmpty => f.write_str("a form for one object needs its key; name it, or a prefix"),
            Self::KeyFilename => f.write_str(
                "the key holds ${filename}, which is replaced before the policy is asked; name the prefix before it",
            ),
            Self::Size { least, most } => write!(
                f,
                "no file is at least {least} and at most {most} bytes long; give a longest size that is no less"
            ),
            Self::ContentType(text) => {
                write!(f, "{text:?} is no media type; write image/png or image/*")
            }
            Self::FieldReserved(name) => {
                write!(f, "the form has the field {name:?} by itself; leave it out")
            }
            Self::FieldTwice(name) => write!(f, "the field {name:?} is given twice; give it once"),
        }
    }
}

impl std::error::Error for UploadFormError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;
    use crate::form::FormFields;

    struct Fixture {
        bucket: Bucket,
        endpoint: Endpoint,
        credentials: Credentials,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                bucket: Bucket::new("b-1").unwrap(),
                endpoint: Endpoint::default_domain(Region::new("ap-x").unwrap()),
                credentials: Credentials::new("AKIDEXAMPLE", "secret").with_token("WHISPER"),
            }
        }

        fn form<'a>(&'a self, key: FormKey<'a>) -> UploadForm<'a> {
            UploadForm::new(&self.bucket, key, &self.endpoint)
        }

        fn sign(&self, form: &UploadForm<'_>) -> Result<SignedForm, UploadFormError> {
            form.sign(&self.credentials, KeyTime::new(0, 300))
        }
    }

    /// The fields as the service reads them, with those of a test in place of their own.
    fn fields(form: &SignedForm, other: &[(&str, &str)]) -> FormFields {
        let mut fields = FormFields::default();
        let is_other = |name: &str| other.iter().any(|(other, _)| *other == name);
        for (name, value) in form.fields().iter().filter(|(name, _)| !is_other(name)) {
            fields.add(name.as_str(), value.as_str()).unwrap();
        }
        other.iter().for_each(|(name, value)| fields.add(*name, *value).unwrap());
        fields
    }

    #[test]
    fn the_policy_has_the_conditions_that_are_asked_and_no_others() {
        let fixture = Fixture::new();
        let form = UploadForm {
            size: Some((0..=20).into()),
            content_type: Some("image/*"),
            fields: &[("x-cos-acl", "private")],
            ..fixture.form(FormKey::Prefix("u/42/"))
        };
        let signed = fixture.sign(&form).unwrap();
        assert_eq!(
            signed.policy(),
            r#"{"expiration":"1970-01-01T00:05:00.000Z","conditions":[{"bucket":"b-1"},["starts-with","$key","u/42/"],["content-length-range",0,20],["starts-with","$Content-Type","image/"],{"x-cos-acl":"private"},{"q-sign-algorithm":"sha1"},{"q-ak":"AKIDEXAMPLE"},{"q-sign-time":"0;300"}]}"#
        );
        assert_eq!(signed.url(), "https://b-1.cos.ap-x.myqcloud.com/");
        let plain = fixture.sign(&fixture.form(FormKey::Exact("a"))).unwrap();
        assert!(!plain.policy().contains("content-length-range"));
        let policy = FormPolicy::read(signed.policy().as_bytes()).unwrap();
        let check = |other: &[(&str, &str)]| {
            let fields = fields(&signed, &[&[("Content-Type", "image/png")], other].concat());
            policy.check(&fixture.bucket, &fields).is_ok()
        };
        assert!(check(&[]) && check(&[("key", "u/42/a.png")]));
        assert!(!check(&[("key", "u/43/a.png")]) && !check(&[("x-cos-acl", "public-read")]));
    }

    #[test]
    fn the_html_holds_every_field_and_nothing_breaks_out_of_it() {
        let fixture = Fixture::new();
        let form = fixture.form(FormKey::Exact("\"><script>&"));
        let html = fixture.sign(&form).unwrap().html();
        assert!(html.contains("name=\"key\" value=\"&quot;&gt;&lt;script&gt;&amp;\""), "{html}");
        for field in ["policy", "q-ak", "q-key-time", "q-signature", TOKEN_NAME, "file"] {
            assert_eq!(html.matches(&format!("name=\"{field}\"")).count(), 1, "{field}");
        }
        assert!(!html.contains("onchange"));
        let image = UploadForm { content_type: Some("image/*"), ..form };
        let html = fixture.sign(&image).unwrap().html();
        assert!(html.contains("accept=\"image/*\"") && html.contains("onchange"), "{html}");
    }

    #[test]
    fn what_makes_no_form_is_refused_by_name() {
        let fixture = Fixture::new();
        let cause = |form: UploadForm<'_>| fixture.sign(&form).unwrap_err().cause();
        let plain = fixture.form(FormKey::Exact("a"));
        assert_eq!(cause(fixture.form(FormKey::Exact(""))), "form-key-empty");
        assert!(fixture.sign(&fixture.form(FormKey::Prefix(""))).is_ok());
        assert_eq!(cause(fixture.form(FormKey::Exact("a/${filename}"))), "form-key-filename");
        let size = FileSize { least: 2, most: 1 };
        assert_eq!(cause(UploadForm { size: Some(size), ..plain }), "form-size");
        for kind in ["", "image", "image/", "*", "im*ge/png", "a b/c", "/x"] {
            let form = UploadForm { content_type: Some(kind), ..plain };
            assert_eq!(cause(form), "form-content-type", "{kind}");
        }
        for name in ["Key", "policy", "q-ak", "file", "Content-Type", ""] {
            let fields = [(name, "x")];
            assert_eq!(cause(UploadForm { fields: &fields, ..plain }), "form-field-reserved");
        }
        let fields = [("acl", "x"), ("ACL", "x")];
        assert_eq!(cause(UploadForm { fields: &fields, ..plain }), "form-field-twice");
        let past = plain.sign(&fixture.credentials, KeyTime::new(5, 5)).unwrap_err();
        assert_eq!(past.cause(), PresignError::KeyTime { start: 5, end: 5 }.cause());
        let service = Endpoint::service();
        assert!(matches!(
            fixture.sign(&UploadForm::new(&fixture.bucket, FormKey::Exact("a"), &service)),
            Err(UploadFormError::Request(_))
        ));
    }

    #[test]
    fn its_risks_are_told_and_its_secrets_are_not() {
        let fixture = Fixture::new();
        let form = fixture.form(FormKey::Exact("a"));
        let ids =
            |form: &SignedForm| form.warnings().into_iter().map(Warning::id).collect::<Vec<_>>();
        assert_eq!(ids(&fixture.sign(&form).unwrap()), ["unsigned-content"]);
        let permanent = Credentials::new("AKIDEXAMPLE", "secret");
        let long = UploadForm { content_type: Some("text/plain"), ..form }
            .sign(&permanent, KeyTime::new(0, 1_000_000))
            .unwrap();
        assert_eq!(ids(&long), ["long-validity", "permanent-key-write"]);
        let shown = format!("{:?}", fixture.sign(&form).unwrap());
        assert!(!shown.contains("WHISPER") && shown.contains("\"q-signature\""), "{shown}");
        assert!(!shown.contains("expiration"), "{shown}");
    }
}
