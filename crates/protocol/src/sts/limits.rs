//! What calls may ask for: durations and sizes (1312/48195, 1312/48197, 1312/73070).

use super::{StsError, StsErrorCode};

/// How far the time of a call may be from the server's, in seconds (AuthFailure.SignatureExpire).
pub const TIMESTAMP_SKEW_SECONDS: i64 = 300;

/// The longest token, in bytes (1312/48195).
pub const TOKEN_MAX: usize = 4096;

/// The longest `Policy` as it is sent, in bytes: a policy as long as any that is read, with every byte percent-encoded.
pub const POLICY_PARAMETER_MAX: usize = 3 * crate::policy::POLICY_MAX;

/// How long temporary keys may live, in seconds. The least is not documented: here it is one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    /// What they live if nothing is asked for.
    pub default: u32,
    /// The longest that may be asked for.
    pub longest: u32,
}

impl Durations {
    /// GetFederationToken with the keys of an account itself.
    pub const FEDERATION_OF_ACCOUNT: Self = Self { default: 1800, longest: 7200 };
    /// GetFederationToken with the keys of a user.
    pub const FEDERATION_OF_USER: Self = Self { default: 1800, longest: 129_600 };
    /// AssumeRole, and AssumeRoleWithWebIdentity.
    pub const ROLE: Self = Self { default: 7200, longest: 43_200 };

    /// The seconds that are given for those that are asked for.
    ///
    /// # Errors
    /// [`StsErrorCode::OverTimeError`] for more than the longest, [`StsErrorCode::ParamError`] for none.
    pub fn grant(self, asked: Option<u32>) -> Result<u32, StsError> {
        match asked.unwrap_or(self.default) {
            0 => Err(StsError::told(
                StsErrorCode::ParamError,
                "DurationSeconds is 0; ask for a second at least",
            )),
            seconds if seconds > self.longest => Err(StsError::told(
                StsErrorCode::OverTimeError,
                format!("DurationSeconds is {seconds}; at most {} are allowed here", self.longest),
            )),
            seconds => Ok(seconds),
        }
    }
}

/// Whether a text has between `least` and `most` characters, all of them letters, digits or of `others`.
pub(super) fn is_name(text: &str, least: usize, most: usize, others: &[u8]) -> bool {
    (least..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_given_up_to_the_longest() {
        let account = Durations::FEDERATION_OF_ACCOUNT;
        assert_eq!(account.grant(None), Ok(1800));
        assert_eq!(account.grant(Some(7200)), Ok(7200));
        assert_eq!(Durations::FEDERATION_OF_USER.grant(Some(129_600)), Ok(129_600));
        assert_eq!(Durations::ROLE.grant(None), Ok(7200));
    }

    #[test]
    fn a_longer_one_and_none_are_refused() {
        let code = |asked| Durations::FEDERATION_OF_ACCOUNT.grant(Some(asked)).unwrap_err().code;
        assert_eq!(code(7201), StsErrorCode::OverTimeError);
        assert_eq!(code(0), StsErrorCode::ParamError);
    }
}
