//! What has to be allowed for an operation to be done.

use super::Permission;
use crate::policy::Target;

/// An action on a target, to be allowed by policies or by grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The action's name without `name/cos:`. Of several, any suffices, and any may be denied.
    pub actions: Vec<&'static str>,
    /// What it is done to.
    pub target: Target,
    /// The permission that grants it, too (436/30752); none does if there is none.
    pub granted_by: Option<Permission>,
    /// Which version of an object; the current one if there is none.
    pub version_id: Option<String>,
    /// Whether signed requests do not need it.
    pub is_of_unsigned: bool,
}

impl Need {
    /// An action that no grant gives.
    pub fn new(action: &'static str, target: impl Into<Target>) -> Self {
        Self {
            actions: vec![action],
            target: target.into(),
            granted_by: None,
            version_id: None,
            is_of_unsigned: false,
        }
    }

    /// The same, for which another action suffices, too.
    #[must_use]
    pub fn or(mut self, action: &'static str) -> Self {
        self.actions.push(action);
        self
    }

    /// The same, which that permission grants, too.
    #[must_use]
    pub fn granted_by(self, permission: Permission) -> Self {
        Self { granted_by: Some(permission), ..self }
    }

    /// The same for a version of an object, whose own grants decide.
    #[must_use]
    pub fn of_version(self, version_id: Option<&String>) -> Self {
        Self { version_id: version_id.cloned(), ..self }
    }

    /// The same, which signed requests do not need.
    #[must_use]
    pub fn of_unsigned(self) -> Self {
        Self { is_of_unsigned: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Operation, Parts, Request, Resource};
    use crate::{Bucket, ObjectKey};

    fn operation(method: &str, key: &str, params: &[(&str, &str)], source: &str) -> Operation {
        let pair = |name: &str, value: &str| {
            (name.as_bytes().to_vec().into(), value.as_bytes().to_vec().into())
        };
        let bucket = Bucket::new("b-1").unwrap();
        let headers = match source {
            "" => vec![],
            source => vec![pair("x-cos-copy-source", source)],
        };
        Operation::decode(Parts {
            method: method.to_owned().into(),
            resource: Resource::new(bucket, ObjectKey::new(key).unwrap()),
            params: params.iter().map(|(name, value)| pair(name, value)).collect(),
            headers,
        })
        .unwrap()
    }

    #[test]
    fn an_operation_needs_its_action_on_what_it_is_for() {
        let bucket = Bucket::new("b-1").unwrap();
        let object = Target::object(&bucket, &ObjectKey::new("k").unwrap());
        let whole = Target::Bucket(bucket.clone());
        let below = Target::prefix(&bucket, "p/");
        let uploads = [("uploads", ""), ("prefix", "p/")];
        let part = [("uploadId", "1"), ("partNumber", "1")];
        for (operation, actions, target) in [
            (operation("GET", "/k", &[], ""), &["GetObject"][..], &object),
            (operation("PUT", "/k", &[("acl", "")], ""), &["PutObjectACL"], &object),
            (
                operation("POST", "/k", &[("restore", "")], ""),
                &["PostObjectRestore", "RestoreObject"],
                &object,
            ),
            (operation("PUT", "/k", &part, ""), &["UploadPart"], &object),
            (operation("GET", "/", &[], ""), &["GetBucket"], &Target::prefix(&bucket, "")),
            (operation("GET", "/", &[("prefix", "p/")], ""), &["GetBucket"], &below),
            (operation("GET", "/", &uploads, ""), &["ListMultipartUploads"], &below),
            (operation("GET", "/", &[("location", "")], ""), &["GetBucketLocation"], &whole),
            (operation("POST", "/", &[("delete", "")], ""), &["DeleteMultipleObjects"], &whole),
        ] {
            let need = operation.need();
            assert_eq!((need.actions.as_slice(), &need.target), (actions, target), "{operation:?}");
            assert_eq!(operation.also_needs(), None, "{operation:?}");
        }
    }

    #[test]
    fn a_copy_needs_to_read_its_source() {
        let part = [("uploadId", "1"), ("partNumber", "1")];
        for (params, actions) in
            [(&[][..], ["PutObjectCopy", "PutObject"]), (&part, ["UploadPartCopy", "UploadPart"])]
        {
            let copy = operation("PUT", "/k", params, "c-1.x/from");
            assert_eq!(copy.need().actions, actions);
            let source = copy.also_needs().unwrap();
            let from =
                Target::object(&Bucket::new("c-1").unwrap(), &ObjectKey::new("from").unwrap());
            assert_eq!((source.actions.as_slice(), source.target), (&["GetObject"][..], from));
        }
    }
}
