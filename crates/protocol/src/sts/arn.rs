//! The name of a role: `qcs::cam::uin/OWNER:roleName/NAME` or `qcs::cam::uin/OWNER:role/ID` (598/10607).

use std::fmt;

use super::limits::is_name;

/// Which role is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    /// The account that has it, by number.
    pub owner_uin: String,
    /// Which of the account's.
    pub role: RoleNamed,
}

/// How a role is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleNamed {
    /// By its name.
    Name(String),
    /// By its number.
    Id(String),
}

impl RoleArn {
    /// Reads one; `None` for any other text.
    ///
    /// ```
    /// use cospass_protocol::sts::RoleArn;
    ///
    /// let arn = RoleArn::parse("qcs::cam::uin/100000000001:roleName/uploader").unwrap();
    /// assert_eq!(arn.owner_uin, "100000000001");
    /// assert_eq!(arn.to_string(), "qcs::cam::uin/100000000001:roleName/uploader");
    /// assert!(RoleArn::parse("uploader").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, role) = text.strip_prefix("qcs::cam::uin/")?.split_once(':')?;
        let is_number = !owner.is_empty() && owner.bytes().all(|byte| byte.is_ascii_digit());
        let (kind, name) = role.split_once('/').filter(|_| is_number)?;
        if !is_name(name, 1, 128, b"+=,.@_-") {
            return None;
        }
        let role = match kind {
            "roleName" => RoleNamed::Name(name.to_owned()),
            "role" => RoleNamed::Id(name.to_owned()),
            _ => return None,
        };
        Some(Self { owner_uin: owner.to_owned(), role })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match &self.role {
            RoleNamed::Name(name) => ("roleName", name),
            RoleNamed::Id(id) => ("role", id),
        };
        write!(f, "qcs::cam::uin/{}:{kind}/{name}", self.owner_uin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_written() {
        for text in ["qcs::cam::uin/1:roleName/up-load_er", "qcs::cam::uin/1:role/4611686018"] {
            assert_eq!(RoleArn::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "qcs::cam::uin/:roleName/a",
            "qcs::cam::uin/x:roleName/a",
            "qcs::cam::uin/1:roleName/",
            "qcs::cam::uin/1:roleName/a b",
            "qcs::cam::uin/1:uin/2",
            "qcs::sts:1:assumed-role/2",
        ] {
            assert_eq!(RoleArn::parse(text), None, "{text}");
        }
    }
}
