//! Access control as a document: `?acl` of an object or a bucket.

use super::account_id;
use super::read::{Element, XmlError};
use super::write::Writer;
use crate::operation::{Grant, Grantee, Permission};

/// The most grants that a list may have (436/7737).
const GRANTS_MAX: usize = 100;

/// What Java's parser looks for literally; it throws on any other prefix or type.
const XSI: &str = r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="#;

/// The document `AccessControlPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessControlPolicy {
    /// The account's number.
    pub owner_uin: String,
    /// Who may do what; empty when the object goes by the rules of its bucket.
    pub grants: Vec<Grant>,
}

impl AccessControlPolicy {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open("AccessControlPolicy");
        writer.open("Owner");
        writer.leaf("ID", &account_id(&self.owner_uin));
        writer.leaf("DisplayName", &self.owner_uin);
        writer.close();
        if self.grants.is_empty() {
            writer.empty("AccessControlList");
        } else {
            writer.open("AccessControlList");
            for grant in &self.grants {
                write_grant(&mut writer, grant);
            }
            writer.close();
        }
        writer.close();
        writer.finish()
    }

    /// Reads the grants of a body. The owner is not read: a caller cannot give an object away.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read_grants(body: &[u8]) -> Result<Vec<Grant>, XmlError> {
        let root = Element::read(body, "AccessControlPolicy")?;
        let list =
            root.child("AccessControlList").ok_or(XmlError::Shape("no AccessControlList"))?;
        let grants = list.children.iter().filter(|child| child.name == "Grant");
        let grants: Vec<_> = grants.map(read_grant).collect::<Result<_, _>>()?;
        if grants.len() > GRANTS_MAX { Err(XmlError::Shape("over 100 grants")) } else { Ok(grants) }
    }
}

fn write_grant(writer: &mut Writer, grant: &Grant) {
    writer.open("Grant");
    match &grant.grantee {
        Grantee::Account(id) => {
            writer.open_with("Grantee", &format!("{XSI}\"CanonicalUser\""));
            writer.leaf("ID", id);
            writer.leaf("DisplayName", id);
        }
        Grantee::Group(uri) => {
            writer.open_with("Grantee", &format!("{XSI}\"Group\""));
            writer.leaf("URI", uri);
        }
    }
    writer.close();
    writer.leaf("Permission", grant.permission.as_str());
    writer.close();
}

/// The grantee's type is told by what it holds: Node sends no `xsi:type`, Python sends it as a child.
fn read_grant(grant: &Element) -> Result<Grant, XmlError> {
    let grantee = grant.child("Grantee").ok_or(XmlError::Shape("a Grant without Grantee"))?;
    let text_of = |name| grantee.text_of(name).trim();
    let grantee = match (text_of("URI"), text_of("ID")) {
        ("", "") => return Err(XmlError::Shape("a Grantee without ID and URI")),
        ("", id) => Grantee::from_id(id).ok_or(XmlError::Shape("an ID of another form"))?,
        (uri, _) => Grantee::from_uri(uri).ok_or(XmlError::Shape("an unknown URI"))?,
    };
    let permission = grant.text_of("Permission").trim();
    let permission =
        Permission::from_name(permission).ok_or(XmlError::Shape("an unknown Permission"))?;
    Ok(Grant { grantee, permission })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(grants: Vec<Grant>) -> AccessControlPolicy {
        AccessControlPolicy { owner_uin: "1".into(), grants }
    }

    #[test]
    fn write_and_read_are_inverse() {
        let grants = vec![
            Grant {
                grantee: Grantee::from_id("100").unwrap(),
                permission: Permission::FullControl,
            },
            Grant { grantee: Grantee::everyone(), permission: Permission::Read },
        ];
        for grants in [vec![], grants] {
            let text = policy(grants.clone()).write();
            assert_eq!(AccessControlPolicy::read_grants(text.as_bytes()), Ok(grants), "{text}");
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let grant = Grant { grantee: Grantee::everyone(), permission: Permission::Read };
        assert_eq!(
            policy(vec![grant]).write(),
            "<AccessControlPolicy>\n\t<Owner>\n\t\t<ID>qcs::cam::uin/1:uin/1</ID>\n\t\t<DisplayName>1</DisplayName>\n\t</Owner>\n\t<AccessControlList>\n\t\t<Grant>\n\t\t\t<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">\n\t\t\t\t<URI>http://cam.qcloud.com/groups/global/AllUsers</URI>\n\t\t\t</Grantee>\n\t\t\t<Permission>READ</Permission>\n\t\t</Grant>\n\t</AccessControlList>\n</AccessControlPolicy>"
        );
        assert!(policy(vec![]).write().contains("\t<AccessControlList/>\n"));
    }

    #[test]
    fn everyone_in_the_old_form_is_understood() {
        let body = b"<AccessControlPolicy><AccessControlList><Grant><Grantee><Type>x</Type><ID>qcs::cam::anyone:anyone</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>";
        let grants = AccessControlPolicy::read_grants(body).unwrap();
        assert_eq!(grants, [Grant { grantee: Grantee::everyone(), permission: Permission::Read }]);
    }

    #[test]
    fn an_id_stands_in_any_of_its_forms() {
        for (id, expected) in [
            ("1001", account_id("1001")),
            ("qcs::cam::uin/1001:uin/1001", account_id("1001")),
            ("\n\t qcs::cam::uin/1:uin/2 \n", "qcs::cam::uin/1:uin/2".to_owned()),
        ] {
            let body = format!(
                "<AccessControlPolicy><AccessControlList><Grant><Grantee><ID>{id}</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
            );
            let grantee = Grantee::Account(expected);
            let grant = Grant { grantee, permission: Permission::Read };
            assert_eq!(AccessControlPolicy::read_grants(body.as_bytes()), Ok(vec![grant]), "{id}");
        }
    }

    #[test]
    fn another_shape_is_refused() {
        let list = |inner: &str| {
            format!(
                "<AccessControlPolicy><AccessControlList>{inner}</AccessControlList></AccessControlPolicy>"
            )
        };
        for body in [
            "<AccessControlPolicy/>".to_owned(),
            list("<Grant/>"),
            list("<Grant><Grantee/><Permission>READ</Permission></Grant>"),
            list("<Grant><Grantee><ID>1</ID></Grantee><Permission>read</Permission></Grant>"),
            list("<Grant><Grantee><ID>x</ID></Grantee><Permission>READ</Permission></Grant>"),
            list("<Grant><Grantee><URI>x</URI></Grantee><Permission>READ</Permission></Grant>"),
            list(
                &"<Grant><Grantee><ID>1</ID></Grantee><Permission>READ</Permission></Grant>"
                    .repeat(101),
            ),
        ] {
            let read = AccessControlPolicy::read_grants(body.as_bytes());
            assert!(matches!(read, Err(XmlError::Shape(_))), "{body}");
        }
    }
}
