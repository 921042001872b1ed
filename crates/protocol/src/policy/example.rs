//! A request for each action: what people are shown of a permission.

use crate::operation::Resource;
use crate::policy::Target;
use crate::{Bucket, ObjectKey};

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Account,
    Bucket,
    /// The keys of a bucket that begin alike.
    Prefix,
    Object,
}

/// A request that needs one action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example {
    pub(super) action: &'static str,
    pub(super) method: &'static str,
    pub(super) on: On,
    pub(super) params: &'static [(&'static str, &'static str)],
    pub(super) headers: &'static [(&'static str, &'static str)],
}

const fn plain(action: &'static str, method: &'static str, on: On) -> Example {
    Example { action, method, on, params: &[], headers: &[] }
}

const fn with(
    action: &'static str,
    method: &'static str,
    on: On,
    params: &'static [(&'static str, &'static str)],
) -> Example {
    Example { params, ..plain(action, method, on) }
}

macro_rules! configurations {
    ($($sub:literal $action:literal $($verb:literal)*,)*) => {
        &[$($((concat!($verb, $action), $sub),)*)*]
    };
}

/// Actions on configurations of a bucket, and their sub-resources; the method is the first word of the action.
const CONFIGURATIONS: &[(&str, &str)] = configurations! {
    "acl" "BucketACL" "Get" "Put",
    "cors" "BucketCORS" "Get" "Put" "Delete",
    "policy" "BucketPolicy" "Get" "Put" "Delete",
    "referer" "BucketReferer" "Get" "Put",
    "versioning" "BucketVersioning" "Get" "Put",
    "tagging" "BucketTagging" "Get" "Put" "Delete",
    "lifecycle" "BucketLifecycle" "Get" "Put" "Delete",
    "website" "BucketWebsite" "Get" "Put" "Delete",
    "logging" "BucketLogging" "Get" "Put",
    "domain" "BucketDomain" "Get" "Put" "Delete",
    "origin" "BucketOrigin" "Get" "Put" "Delete",
    "encryption" "BucketEncryption" "Get" "Put" "Delete",
    "intelligenttiering" "BucketIntelligentTiering" "Get" "Put",
    "replication" "BucketReplication" "Get" "Put" "Delete",
    "object-lock" "BucketObjectLockConfiguration" "Get" "Put",
    "accelerate" "BucketAccelerate" "Get" "Put",
};

/// All the others.
const EXAMPLES: &[Example] = &[
    plain("GetService", "GET", On::Account),
    plain("PutBucket", "PUT", On::Bucket),
    plain("HeadBucket", "HEAD", On::Bucket),
    plain("DeleteBucket", "DELETE", On::Bucket),
    with("GetBucketLocation", "GET", On::Bucket, &[("location", "")]),
    with("GetBucketInventory", "GET", On::Bucket, &[("inventory", ""), ("id", "1")]),
    with("ListBucketInventory", "GET", On::Bucket, &[("inventory", "")]),
    with("PutBucketInventory", "PUT", On::Bucket, &[("inventory", ""), ("id", "1")]),
    with("PostBucketInventory", "POST", On::Bucket, &[("inventory", ""), ("id", "1")]),
    with("DeleteBucketInventory", "DELETE", On::Bucket, &[("inventory", ""), ("id", "1")]),
    plain("GetBucket", "GET", On::Prefix),
    with("GetBucketObjectVersions", "GET", On::Prefix, &[("versions", "")]),
    with("ListMultipartUploads", "GET", On::Prefix, &[("uploads", "")]),
    plain("GetObject", "GET", On::Object),
    plain("HeadObject", "HEAD", On::Object),
    plain("PutObject", "PUT", On::Object),
    plain("PostObject", "POST", On::Object),
    plain("DeleteObject", "DELETE", On::Object),
    with("AppendObject", "POST", On::Object, &[("append", ""), ("position", "0")]),
    with("InitiateMultipartUpload", "POST", On::Object, &[("uploads", "")]),
    with("UploadPart", "PUT", On::Object, &[("partNumber", "1"), ("uploadId", "ID")]),
    with("ListParts", "GET", On::Object, &[("uploadId", "ID")]),
    with("CompleteMultipartUpload", "POST", On::Object, &[("uploadId", "ID")]),
    with("AbortMultipartUpload", "DELETE", On::Object, &[("uploadId", "ID")]),
    with("GetObjectACL", "GET", On::Object, &[("acl", "")]),
    with("PutObjectACL", "PUT", On::Object, &[("acl", "")]),
    with("GetObjectTagging", "GET", On::Object, &[("tagging", "")]),
    with("PutObjectTagging", "PUT", On::Object, &[("tagging", "")]),
    with("DeleteObjectTagging", "DELETE", On::Object, &[("tagging", "")]),
    with("GetObjectRetention", "GET", On::Object, &[("retention", "")]),
    with("PutObjectRetention", "PUT", On::Object, &[("retention", "")]),
    with("PostObjectRestore", "POST", On::Object, &[("restore", "")]),
    with("GetSymlink", "GET", On::Object, &[("symlink", "")]),
    Example {
        headers: &[("x-cos-symlink-target", "target")],
        ..with("PutSymlink", "PUT", On::Object, &[("symlink", "")])
    },
    Example {
        headers: &[("x-cos-copy-source", "source-1250000000.cos.ap-guangzhou.myqcloud.com/key")],
        ..plain("PutObjectCopy", "PUT", On::Object)
    },
    Example {
        headers: &[("x-cos-copy-source", "source-1250000000.cos.ap-guangzhou.myqcloud.com/key")],
        ..with("UploadPartCopy", "PUT", On::Object, &[("partNumber", "1"), ("uploadId", "ID")])
    },
];

/// Every action, with a request that needs it.
pub(super) fn examples() -> impl Iterator<Item = ExampleOf> {
    let of_configurations = CONFIGURATIONS.iter().map(|&(action, sub)| {
        let method = match action {
            action if action.starts_with("Get") => "GET",
            action if action.starts_with("Put") => "PUT",
            _ => "DELETE",
        };
        ExampleOf { sub: Some(sub), ..ExampleOf::from(plain(action, method, On::Bucket)) }
    });
    EXAMPLES.iter().copied().map(ExampleOf::from).chain(of_configurations)
}

/// An example, and the parameter that names its sub-resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExampleOf {
    pub(super) example: Example,
    sub: Option<&'static str>,
}

impl From<Example> for ExampleOf {
    fn from(example: Example) -> Self {
        Self { example, sub: None }
    }
}

impl ExampleOf {
    /// Its parameters; a listing of a prefix has that, too.
    pub(super) fn params(&self, prefix: &str) -> Vec<(String, String)> {
        let given = self.example.params.iter().copied().chain(self.sub.map(|sub| (sub, "")));
        let mut params: Vec<_> =
            given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if self.example.on == On::Prefix && !prefix.is_empty() {
            params.push(("prefix".to_owned(), prefix.to_owned()));
        }
        params
    }

    /// What the request is for; none if there is no such key.
    pub(super) fn resource(&self, bucket: &Bucket, path: &str) -> Option<Resource> {
        match self.example.on {
            On::Account => Some(Resource::Service),
            On::Bucket | On::Prefix => Some(Resource::Bucket(bucket.clone())),
            On::Object => {
                let key = ObjectKey::new(["/", path].concat()).ok()?;
                (!key.is_bucket()).then(|| Resource::Object(bucket.clone(), key))
            }
        }
    }

    /// What its action has to be allowed on.
    pub(super) fn target(&self, bucket: &Bucket, path: &str) -> Option<Target> {
        match (self.example.on, self.resource(bucket, path)?) {
            (On::Prefix, _) => Some(Target::prefix(bucket, path)),
            (_, resource) => Some(resource.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Question;

    #[test]
    fn each_example_needs_its_action_on_its_target() {
        let bucket = Bucket::new("examplebucket-1250000000").unwrap();
        let mut count = 0;
        for one in examples() {
            let Example { action, method, .. } = one.example;
            let resource = one.resource(&bucket, "a/b").unwrap();
            let mut question = Question::new(method, resource, "ap-guangzhou", 0);
            question.params = one.params("a/b");
            let pair = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
            question.headers = one.example.headers.iter().map(pair).collect();
            let needs = question.needs().unwrap();
            assert!(needs[0].actions.contains(&action), "{action}: {needs:?}");
            assert_eq!(Some(&needs[0].target), one.target(&bucket, "a/b").as_ref(), "{action}");
            count += 1;
        }
        assert!(count > 70, "{count}");
    }
}
