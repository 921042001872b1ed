//! Access control as headers: a canned list (`x-cos-acl`), grants (`x-cos-grant-…`), or both (436/12470, 436/30752).
//!
//! What both together amount to is a decision, since the documentation shows them side by side and says nothing of it: the
//! grants are added to those that the list stands for, and none stands twice.

use std::borrow::Cow;

use super::parts::{Headers, Pair, pair};
use super::{DecodeError, invalid};
use crate::xml::account_id;

const EVERYONE: &str = "http://cam.qcloud.com/groups/global/AllUsers";
const AUTHENTICATED: &str = "http://cam.qcloud.com/groups/global/AuthenticatedUsers";

/// A canned list of an object or a bucket. Which of them go with which is told by [`CannedAcl::is_for_object`] and
/// [`CannedAcl::is_for_bucket`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CannedAcl {
    /// The object goes by the rules of its bucket.
    Default,
    /// The owner alone.
    Private,
    /// Everyone may read.
    PublicRead,
    /// Everyone may read and write (buckets).
    PublicReadWrite,
    /// Every account may read.
    AuthenticatedRead,
    /// The bucket's owner may read.
    BucketOwnerRead,
    /// The bucket's owner may do everything.
    BucketOwnerFullControl,
}

impl CannedAcl {
    const ALL: [Self; 7] = [
        Self::Default,
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
        Self::AuthenticatedRead,
        Self::BucketOwnerRead,
        Self::BucketOwnerFullControl,
    ];

    /// The value of `x-cos-acl`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
        }
    }

    /// The list of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.as_str() == name)
    }

    /// Whether an object may have it.
    pub const fn is_for_object(self) -> bool {
        !matches!(self, Self::PublicReadWrite)
    }

    /// Whether a bucket may have it.
    pub const fn is_for_bucket(self) -> bool {
        matches!(
            self,
            Self::Private | Self::PublicRead | Self::PublicReadWrite | Self::AuthenticatedRead
        )
    }

    /// The grants that it stands for, where the owner is the account of that number.
    pub fn grants(self, owner_uin: &str) -> Vec<Grant> {
        let grant = |grantee, permission| Grant { grantee, permission };
        let owner = grant(Grantee::Account(account_id(owner_uin)), Permission::FullControl);
        match self {
            Self::Default => vec![],
            Self::Private | Self::BucketOwnerRead | Self::BucketOwnerFullControl => vec![owner],
            Self::PublicRead => vec![owner, grant(Grantee::everyone(), Permission::Read)],
            Self::PublicReadWrite => vec![
                owner,
                grant(Grantee::everyone(), Permission::Read),
                grant(Grantee::everyone(), Permission::Write),
            ],
            Self::AuthenticatedRead => {
                vec![owner, grant(Grantee::Group(AUTHENTICATED.to_owned()), Permission::Read)]
            }
        }
    }
}

/// What a grant allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Everything.
    FullControl,
    /// Reading the object, listing the bucket.
    Read,
    /// Writing.
    Write,
    /// Reading the list of grants.
    ReadAcp,
    /// Writing the list of grants.
    WriteAcp,
}

impl Permission {
    const ALL: [Self; 5] =
        [Self::FullControl, Self::Read, Self::Write, Self::ReadAcp, Self::WriteAcp];

    /// Its name in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
        }
    }

    /// The permission of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }

    const fn header(self) -> &'static str {
        match self {
            Self::FullControl => "x-cos-grant-full-control",
            Self::Read => "x-cos-grant-read",
            Self::Write => "x-cos-grant-write",
            Self::ReadAcp => "x-cos-grant-read-acp",
            Self::WriteAcp => "x-cos-grant-write-acp",
        }
    }
}

/// To whom something is granted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// An account, by its whole id `qcs::cam::uin/OWNER:uin/SUB`.
    Account(String),
    /// A group, by its URI.
    Group(String),
}

impl Grantee {
    /// Everyone, signed or not.
    pub fn everyone() -> Self {
        Self::Group(EVERYONE.to_owned())
    }

    /// Whether it is everyone, signed or not.
    pub fn is_everyone(&self) -> bool {
        matches!(self, Self::Group(uri) if uri == EVERYONE)
    }

    /// Whether it is every account.
    pub fn is_authenticated(&self) -> bool {
        matches!(self, Self::Group(uri) if uri == AUTHENTICATED)
    }

    /// By an id: an account's number, its whole id, or the old form of everyone.
    pub fn from_id(id: &str) -> Option<Self> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if id == "qcs::cam::anyone:anyone" {
            return Some(Self::everyone());
        }
        if is_number(id) {
            return Some(Self::Account(account_id(id)));
        }
        let (owner, sub) = id.strip_prefix("qcs::cam::uin/")?.split_once(":uin/")?;
        (is_number(owner) && is_number(sub)).then(|| Self::Account(id.to_owned()))
    }

    /// By a group's URI.
    pub fn from_uri(uri: &str) -> Option<Self> {
        [EVERYONE, AUTHENTICATED].contains(&uri).then(|| Self::Group(uri.to_owned()))
    }
}

/// Something granted to someone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

/// The access control that a request brings along in its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclHeaders {
    /// `x-cos-acl`.
    Canned(CannedAcl),
    /// `x-cos-grant-…`, in the order of [`Permission`].
    Grants(Vec<Grant>),
    /// Both: what the list stands for, and the grants.
    CannedAndGrants(CannedAcl, Vec<Grant>),
}

impl AclHeaders {
    pub(super) fn encode(&self) -> Vec<Pair<'static>> {
        let canned = |canned: &CannedAcl| pair("x-cos-acl", canned.as_str());
        match self {
            Self::Canned(list) => vec![canned(list)],
            Self::Grants(grants) => grant_headers(grants).collect(),
            Self::CannedAndGrants(list, grants) => {
                std::iter::once(canned(list)).chain(grant_headers(grants)).collect()
            }
        }
    }

    /// `None` when the request says nothing of access control.
    pub(super) fn decode(
        headers: &Headers<'_, '_>,
        allowed: fn(CannedAcl) -> bool,
    ) -> Result<Option<Self>, DecodeError> {
        let canned = headers.text("x-cos-acl")?;
        let canned = canned.map(|value| {
            let list = CannedAcl::from_name(&value).filter(|canned| allowed(*canned));
            list.ok_or_else(|| invalid("x-cos-acl", &value))
        });
        let mut grants = Vec::new();
        for permission in Permission::ALL {
            let value = headers.text(permission.header())?;
            // cos-nodejs-sdk-v5 `test/test.js`, "decodeAcl": the grants of one answer sent back, also those that name nobody.
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let grantees = grantees(&value);
                let grantees = grantees.ok_or_else(|| invalid(permission.header(), &value))?;
                grants.extend(grantees.into_iter().map(|grantee| Grant { grantee, permission }));
            }
        }
        Ok(match (canned.transpose()?, grants.is_empty()) {
            (None, true) => None,
            (None, false) => Some(Self::Grants(grants)),
            (Some(canned), true) => Some(Self::Canned(canned)),
            (Some(canned), false) => Some(Self::CannedAndGrants(canned, grants)),
        })
    }
}

fn grant_headers(grants: &[Grant]) -> impl Iterator<Item = Pair<'static>> {
    Permission::ALL.into_iter().filter_map(|permission| {
        let of_this = grants.iter().filter(|grant| grant.permission == permission);
        let texts: Vec<_> = of_this.map(|grant| grantee_text(&grant.grantee)).collect();
        (!texts.is_empty()).then(|| pair(permission.header(), texts.join(",")))
    })
}

fn grantee_text(grantee: &Grantee) -> Cow<'static, str> {
    match grantee {
        Grantee::Account(id) => format!("id=\"{id}\"").into(),
        Grantee::Group(uri) => format!("uri=\"{uri}\"").into(),
    }
}

/// `id="…", uin="…"`: a comma and perhaps spaces between them, and quotes around the name or none. The documentation
/// shows them; older pages of it, and callers who write the header by hand, leave them out.
fn grantees(value: &str) -> Option<Vec<Grantee>> {
    let one = |text: &str| {
        let (kind, name) = text.trim().split_once('=')?;
        let name = match name.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"')?,
            None => name.trim_start(),
        };
        match kind.trim_end() {
            "id" | "uin" => Grantee::from_id(name),
            "uri" => Grantee::from_uri(name),
            _ => None,
        }
    };
    value.split(',').map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(headers: &[(&'static str, &'static str)]) -> Result<Option<AclHeaders>, DecodeError> {
        let headers: Vec<_> = headers.iter().map(|&(name, value)| pair(name, value)).collect();
        AclHeaders::decode(&Headers(&headers), CannedAcl::is_for_object)
    }

    #[test]
    fn encode_and_decode_are_inverse() {
        let grant = |id, permission| Grant { grantee: Grantee::from_id(id).unwrap(), permission };
        let grants = AclHeaders::Grants(vec![
            grant("1", Permission::FullControl),
            grant("qcs::cam::anyone:anyone", Permission::Read),
            grant("qcs::cam::uin/1:uin/2", Permission::Read),
        ]);
        let AclHeaders::Grants(some) = grants.clone() else { panic!("{grants:?}") };
        let both = AclHeaders::CannedAndGrants(CannedAcl::PublicRead, some);
        for acl in [grants, AclHeaders::Canned(CannedAcl::PublicRead), both] {
            let headers = acl.encode();
            let decoded = AclHeaders::decode(&Headers(&headers), CannedAcl::is_for_object);
            assert_eq!(decoded, Ok(Some(acl)));
        }
        assert_eq!(decode(&[]), Ok(None));
        assert_eq!(decode(&[("x-cos-grant-full-control", ""), ("x-cos-grant-read", "")]), Ok(None));
    }

    #[test]
    fn the_spellings_that_callers_use_are_read() {
        let account = |number: &str| Grantee::Account(account_id(number));
        let (one, sub) = (account("1001"), Grantee::from_id("qcs::cam::uin/1:uin/2").unwrap());
        for (value, expected) in [
            ("uin=\"100000000011\", id=\"1\"", vec![account("100000000011"), account("1")]),
            ("id=\"1001\"", vec![one.clone()]),
            ("id=1001", vec![one.clone()]),
            ("id = \"1001\"", vec![one.clone()]),
            ("id=\"qcs::cam::uin/1001:uin/1001\"", vec![one.clone()]),
            // cos-nodejs-sdk-v5 `test/test.js`, cos-js-sdk-v5 `test/test.js`: with a space behind the comma, and without.
            (
                "id=\"qcs::cam::uin/1001:uin/1001\",id=\"qcs::cam::uin/1:uin/2\"",
                vec![one.clone(), sub.clone()],
            ),
            ("id=qcs::cam::uin/1001:uin/1001, id=qcs::cam::uin/1:uin/2", vec![one.clone(), sub]),
            ("id=\"qcs::cam::anyone:anyone\"", vec![Grantee::everyone()]),
            ("id=qcs::cam::anyone:anyone,uin=1001", vec![Grantee::everyone(), one]),
            ("uri=\"http://cam.qcloud.com/groups/global/AllUsers\"", vec![Grantee::everyone()]),
        ] {
            let decoded = decode(&[("X-COS-Grant-Read", value)]);
            let Ok(Some(AclHeaders::Grants(grants))) = decoded else { panic!("{decoded:?}") };
            let found: Vec<_> = grants.into_iter().map(|grant| grant.grantee).collect();
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn an_unknown_value_is_refused() {
        for (name, value) in [
            ("x-cos-acl", "public"),
            ("x-cos-acl", "public-read-write"),
            ("x-cos-acl", ""),
            ("x-cos-grant-read", "id=\"1"),
            ("x-cos-grant-read", "id=1\""),
            ("x-cos-grant-read", "1"),
            ("x-cos-grant-read", "id=\"1\","),
            ("x-cos-grant-read", "id=\"qcs::cam::uin/1001\""),
            ("x-cos-grant-read", "id=\"x\""),
            ("x-cos-grant-read", "name=\"1\""),
        ] {
            assert_eq!(decode(&[(name, value)]), Err(invalid(name, value)), "{name}: {value}");
        }
    }

    #[test]
    fn a_canned_list_and_grants_go_together_if_both_are_some() {
        let with = |acl, grant| decode(&[("x-cos-acl", acl), ("x-cos-grant-read", grant)]);
        let read = Grant { grantee: Grantee::from_id("1").unwrap(), permission: Permission::Read };
        let both = AclHeaders::CannedAndGrants(CannedAcl::Private, vec![read]);
        assert_eq!(with("private", "id=\"1\""), Ok(Some(both)));
        assert_eq!(with("public", "id=\"1\""), Err(invalid("x-cos-acl", "public")));
        assert_eq!(with("private", "id=\"x\""), Err(invalid("x-cos-grant-read", "id=\"x\"")));
    }

    #[test]
    fn private_is_one_grant() {
        assert_eq!(CannedAcl::Private.grants("1").len(), 1);
        assert_eq!(CannedAcl::PublicReadWrite.grants("1").len(), 3);
        assert_eq!(CannedAcl::Default.grants("1"), []);
    }
}
