//! Resources of a policy, six segments: `qcs:project:service:region:account:resource` (598/10606, 436/31923).
//!
//! ```text
//! qcs::cos:REGION:uid/APPID:BUCKET/KEY    an object; KEY may end in * or hold it anywhere
//! qcs::cos:REGION:uid/APPID:BUCKET/*      the bucket itself, its listings and every object in it
//! qcs::cos:REGION:uid/APPID:BUCKET/       the bucket itself
//! qcs::cos:REGION:uid/APPID:*             every bucket
//! qcs::cos:REGION:uid/APPID:prefix//APPID/NAME/KEY    the legacy form of NAME-APPID/KEY
//! *                                       everything
//! ```
//!
//! An empty service or region stands for all of them, an empty account for the owner. Keys stand as they are, not encoded.

use super::PolicyProblem;
use super::glob::Glob;
use crate::operation::Resource;
use crate::{Bucket, ObjectKey};

/// What an operation is done to, as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The account: only the resource `*` means it (598/69901).
    Account,
    /// A bucket itself.
    Bucket(Bucket),
    /// What a listing of a bucket shows: the objects whose keys begin so.
    Prefix(Bucket, String),
    /// An object.
    Object(Bucket, ObjectKey),
}

impl Target {
    /// A listing of a bucket.
    pub fn prefix(bucket: &Bucket, prefix: &str) -> Self {
        Self::Prefix(bucket.clone(), prefix.to_owned())
    }

    /// An object.
    pub fn object(bucket: &Bucket, key: &ObjectKey) -> Self {
        Self::Object(bucket.clone(), key.clone())
    }

    /// The bucket that it lies in, and what follows in a resource after `BUCKET/`.
    fn path(&self) -> Option<(&Bucket, &str)> {
        match self {
            Self::Account => None,
            Self::Bucket(bucket) => Some((bucket, "")),
            Self::Prefix(bucket, prefix) => Some((bucket, prefix)),
            Self::Object(bucket, key) => Some((bucket, key.as_str())),
        }
    }

    /// The resource that names it and nothing else, in that region: `qcs::cos:REGION:uid/APPID:BUCKET/KEY`.
    pub fn resource(&self, region: &str) -> String {
        match self.path() {
            None => "*".to_owned(),
            Some((bucket, path)) => resource_of(bucket, region, path),
        }
    }

    /// The bucket that it is or lies in.
    pub fn bucket(&self) -> Option<&Bucket> {
        self.path().map(|(bucket, _)| bucket)
    }
}

/// The resource of what lies in a bucket under a path, which may end in `*`.
pub(super) fn resource_of(bucket: &Bucket, region: &str, path: &str) -> String {
    format!("qcs::cos:{region}:uid/{}:{}/{path}", bucket.appid(), bucket.as_str())
}

impl From<Resource> for Target {
    fn from(resource: Resource) -> Self {
        match resource {
            Resource::Service => Self::Account,
            Resource::Bucket(bucket) => Self::Bucket(bucket),
            Resource::Object(bucket, key) => Self::Object(bucket, key),
        }
    }
}

/// A resource, or several by wildcard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePattern(Pattern);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// `*`
    Everything,
    /// Of COS; every region if there is none.
    Cos { region: Option<Glob>, account: Account, path: Glob },
    /// Of another service: nothing of COS.
    Elsewhere(Glob),
}

/// The account of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Account {
    /// The owner, whatever the number.
    Owner,
    /// By its APPID.
    AppId(String),
    /// Another form, such as `uid/*`: STS accepts it, COS denies it (apache/fluss#3983).
    Nobody,
}

impl ResourcePattern {
    pub(super) fn parse(text: &str) -> Result<Self, PolicyProblem> {
        let bad = || PolicyProblem::Resource { value: text.to_owned() };
        if text == "*" {
            return Ok(Self(Pattern::Everything));
        }
        let mut segments = text.splitn(6, ':');
        let mut segment = || segments.next().ok_or_else(bad);
        let (qcs, project, service) = (segment()?, segment()?, segment()?);
        let (region, account, path) = (segment()?, segment()?, segment()?);
        if qcs != "qcs" || !project.is_empty() || path.is_empty() {
            return Err(bad());
        }
        if !matches!(service, "" | "cos" | "*") {
            return Ok(Self(Pattern::Elsewhere(Glob::new(text))));
        }
        let path = Glob::new(normalized(path).ok_or_else(bad)?);
        let region = (!region.is_empty()).then(|| Glob::new(region));
        Ok(Self(Pattern::Cos { region, account: Account::parse(account), path }))
    }

    /// Whether it stands for a whole bucket or more.
    pub(crate) fn is_wide(&self) -> bool {
        match &self.0 {
            Pattern::Everything => true,
            Pattern::Elsewhere(_) => false,
            Pattern::Cos { path, .. } => match path.text().split_once('/') {
                None => true,
                Some((bucket, key)) => bucket.contains('*') || key == "*",
            },
        }
    }

    /// Whether its account is none, such as `uid/*`.
    pub(crate) fn is_of_nobody(&self) -> bool {
        matches!(&self.0, Pattern::Cos { account: Account::Nobody, .. })
    }

    /// What it is made of; none if it means nothing here.
    pub(super) fn shape(&self) -> Option<ResourceShape<'_>> {
        match &self.0 {
            Pattern::Everything => Some(ResourceShape { region: "*", appid: None, path: "*" }),
            Pattern::Cos { account: Account::Nobody, .. } | Pattern::Elsewhere(_) => None,
            Pattern::Cos { region, account, path } => Some(ResourceShape {
                region: region.as_ref().map_or("*", Glob::text),
                appid: match account {
                    Account::AppId(appid) => Some(appid),
                    Account::Owner | Account::Nobody => None,
                },
                path: path.text(),
            }),
        }
    }

    /// Whether what another service calls so is meant: `qcs::cam::uin/100000000001:roleName/uploader`.
    pub fn names_elsewhere(&self, resource: &str) -> bool {
        match &self.0 {
            Pattern::Everything => true,
            Pattern::Elsewhere(glob) => glob.matches(resource),
            Pattern::Cos { .. } => false,
        }
    }

    /// The APPID of the account whose resources alone can be meant, if it names one.
    pub fn appid(&self) -> Option<&str> {
        match &self.0 {
            Pattern::Cos { account: Account::AppId(appid), .. } => Some(appid),
            _ => None,
        }
    }

    /// Whether a target in that region is meant.
    pub fn matches(&self, target: &Target, region: &str) -> bool {
        match (&self.0, target.path()) {
            (Pattern::Everything, _) => true,
            (Pattern::Elsewhere(_), _) | (Pattern::Cos { .. }, None) => false,
            (Pattern::Cos { region: of, account, path: glob }, Some((bucket, path))) => {
                of.as_ref().is_none_or(|glob| glob.matches(region))
                    && account.is(bucket.appid())
                    && glob.matches(&format!("{}/{path}", bucket.as_str()))
            }
        }
    }
}

/// A resource by its parts, in which `*` stands for anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResourceShape<'a> {
    pub(super) region: &'a str,
    /// The account, if it is one.
    pub(super) appid: Option<&'a str>,
    path: &'a str,
}

impl<'a> ResourceShape<'a> {
    /// The bucket.
    pub(super) fn bucket(&self) -> &'a str {
        self.path.split_once('/').map_or(self.path, |(bucket, _)| bucket)
    }

    /// What lies in it.
    pub(super) fn path(&self) -> &'a str {
        self.path.split_once('/').map_or("*", |(_, path)| path)
    }
}

impl Account {
    fn parse(text: &str) -> Self {
        let is_number =
            |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.strip_prefix("uid/").filter(is_number) {
            _ if text.is_empty() => Self::Owner,
            Some(appid) => Self::AppId(appid.to_owned()),
            None => Self::Nobody,
        }
    }

    fn is(&self, appid: &str) -> bool {
        match self {
            Self::Owner => true,
            Self::AppId(of) => of == appid,
            Self::Nobody => false,
        }
    }
}

/// `BUCKET/KEY`, also of `BUCKET`, and of the legacy form `prefix//APPID/NAME/KEY`, which npm's `getPolicy` and the demos
/// of Go and PHP still write.
fn normalized(path: &str) -> Option<String> {
    let Some(legacy) = path.strip_prefix("prefix//") else {
        let whole = path.contains('/') || path.ends_with('*');
        return Some(if whole { path.to_owned() } else { format!("{path}/") });
    };
    let (appid, rest) = legacy.split_once('/')?;
    let (name, key) = rest.split_once('/')?;
    Some(format!("{name}-{appid}/{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "examplebucket-1250000000";

    fn matches(resource: &str, path: &str) -> bool {
        let bucket = Bucket::new(BUCKET).unwrap();
        let pattern = ResourcePattern::parse(resource).unwrap();
        pattern.matches(&Target::prefix(&bucket, path), "ap-guangzhou")
    }

    #[test]
    fn what_is_named_is_matched() {
        let of = |rest: &str| format!("qcs::cos:ap-guangzhou:uid/1250000000:{rest}");
        for (resource, path) in [
            ("*".to_owned(), ""),
            ("*".to_owned(), "a"),
            (of(BUCKET), ""),
            (of(&format!("{BUCKET}/")), ""),
            (of(&format!("{BUCKET}/*")), ""),
            (of(&format!("{BUCKET}/*")), "a/b"),
            (of(&format!("{BUCKET}/doc/*")), "doc/"),
            (of(&format!("{BUCKET}/doc/*")), "doc/a/b"),
            (of(&format!("{BUCKET}/doc*")), "doctor"),
            (of(&format!("{BUCKET}/a:b")), "a:b"),
            (of(&format!("{BUCKET}/页面.txt")), "页面.txt"),
            (of("*"), "a"),
            (of("example*"), "a"),
            (of("prefix//1250000000/examplebucket/a"), "a"),
            (of("prefix//1250000000/examplebucket/*"), "a/b"),
            (format!("qcs::cos::uid/1250000000:{BUCKET}/a"), "a"),
            (format!("qcs::cos:*:uid/1250000000:{BUCKET}/a"), "a"),
            (format!("qcs::cos:ap-*::{BUCKET}/a"), "a"),
            (format!("qcs:::::{BUCKET}/a"), "a"),
        ] {
            assert!(matches(&resource, path), "{resource} {path}");
        }
    }

    #[test]
    fn what_is_not_named_is_not_matched() {
        for (resource, path) in [
            (format!("qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/"), "a"),
            (format!("qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}"), "a"),
            (format!("qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/a"), "a/b"),
            (format!("qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/doc/*"), "doc"),
            (format!("qcs::cos:ap-beijing:uid/1250000000:{BUCKET}/*"), "a"),
            (format!("qcs::cos:ap-guangzhou:uid/1250000001:{BUCKET}/*"), "a"),
            (format!("qcs::cos:ap-guangzhou:uid/*:{BUCKET}/*"), "a"),
            (format!("qcs::cos:ap-guangzhou:uin/1250000000:{BUCKET}/*"), "a"),
            (format!("qcs::ci:ap-guangzhou:uid/1250000000:bucket/{BUCKET}/*"), "a"),
            ("qcs::cvm:ap-guangzhou::instance/x".to_owned(), "a"),
            ("qcs::cos:ap-guangzhou:uid/1250000000:other-1250000000/*".to_owned(), "a"),
        ] {
            assert!(!matches(&resource, path), "{resource} {path}");
        }
    }

    #[test]
    fn only_a_star_means_the_account() {
        let account = |text| ResourcePattern::parse(text).unwrap().matches(&Target::Account, "x");
        assert!(account("*"));
        assert!(!account("qcs::cos:*:uid/1250000000:*"));
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "examplebucket-1250000000/*",
            "qcs::cos:ap-guangzhou:uid/1250000000:",
            "qcs::cos:ap-guangzhou:uid/1250000000",
            "qcs:1:cos:ap-guangzhou:uid/1250000000:b/*",
            "acs::cos:ap-guangzhou:uid/1250000000:b/*",
            "qcs::cos:ap-guangzhou:uid/1250000000:prefix//1250000000/examplebucket",
        ] {
            let refused = ResourcePattern::parse(text);
            assert_eq!(refused, Err(PolicyProblem::Resource { value: text.into() }), "{text}");
        }
    }
}
