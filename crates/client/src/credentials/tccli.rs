//! `~/.tccli/PROFILE.credential` of tccli: JSON with keys, with a role to take on, or with the hint that the machine has one
//! (its `tccli/credentials.py`).

use std::path::{Path, PathBuf};

use cospass_protocol::sts::{AssumeRole, RoleArn};
use cospass_sign::Credentials;
use serde::Deserialize;

use super::ini::malformed;
use super::surroundings::{not_there, read};
use super::{
    CredentialSource, CredentialsError, Metadata, Provided, Providing, RoleSource, Sts,
    Surroundings,
};

/// Which profile; `default` if it is not set.
const PROFILE: &str = "TCCLI_PROFILE";

/// `~/.tccli/PROFILE.credential`.
#[derive(Clone, Debug)]
pub struct TcCli(Surroundings);

/// What the file holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    secret_id: Option<String>,
    secret_key: Option<String>,
    token: Option<String>,
    #[serde(rename = "role-arn")]
    role_arn: Option<String>,
    #[serde(rename = "role-session-name")]
    role_session_name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    expires_at: Option<i64>,
}

impl TcCli {
    /// The file of the home folder of these surroundings, and of the profile that `TCCLI_PROFILE` names.
    pub fn new(surroundings: Surroundings) -> Self {
        Self(surroundings)
    }

    fn path(&self) -> Result<Option<PathBuf>, CredentialsError> {
        let profile = self.0.variable(PROFILE)?.unwrap_or_else(|| "default".to_owned());
        if profile.contains(['/', '\\']) || profile.starts_with('.') {
            let problem = "it is no name of a profile; set it to one, or unset it".to_owned();
            return Err(CredentialsError::Variable { name: PROFILE, problem });
        }
        self.0.home(&format!(".tccli/{profile}.credential"))
    }

    async fn ask(&self) -> Result<Provided, CredentialsError> {
        let Some(path) = self.path()? else { return Ok(Provided::Absent(not_there(None))) };
        let Some(text) = read(&path)? else { return Ok(Provided::Absent(not_there(Some(&path)))) };
        let profile: Profile = serde_json::from_str(&text).map_err(|error| {
            // The text of the error may show what is in the file.
            let problem = "it is not the JSON of a profile; run `tccli configure` again";
            malformed(&path, error.line().max(1), problem)
        })?;
        if profile.kind.as_deref() == Some("cvm-role") {
            return Metadata::new(self.0.clone()).provide().await;
        }
        let credentials = keys(&path, &profile)?;
        let Some(arn) = profile.role_arn.filter(|arn| !arn.is_empty()) else {
            return Ok(Provided::Found(credentials));
        };
        let role = RoleArn::parse(&arn).ok_or_else(|| {
            let problem = "role-arn is no role; write it as qcs::cam::uin/OWNER:roleName/NAME";
            malformed(&path, line_of(&text, "role-arn"), problem)
        })?;
        let request = assume(role, profile.role_session_name);
        RoleSource::new(credentials, Sts::new(self.0.clone()), request).provide().await
    }
}

/// A role to take on as it is, for as long as STS gives it.
pub(super) fn assume(role: RoleArn, session_name: Option<String>) -> AssumeRole {
    let session_name = session_name.filter(|name| !name.is_empty());
    AssumeRole {
        role,
        session_name: session_name.unwrap_or_else(|| "cospass".to_owned()),
        duration: None,
        policy: None,
        external_id: None,
        tags: Vec::new(),
        source_identity: None,
    }
}

fn keys(path: &Path, profile: &Profile) -> Result<Credentials, CredentialsError> {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let (Some(id), Some(key)) = (given(&profile.secret_id), given(&profile.secret_key)) else {
        let problem =
            "it lacks secretId or secretKey; run `tccli configure`, or `tccli auth login`";
        return Err(malformed(path, 1, problem));
    };
    let mut credentials = Credentials::new(id, key);
    if let Some(token) = given(&profile.token) {
        credentials = credentials.with_token(token);
    }
    Ok(match profile.expires_at {
        Some(at) => credentials.ending(at),
        None => credentials,
    })
}

/// The line on which a name first stands.
fn line_of(text: &str, name: &str) -> usize {
    text.lines().position(|line| line.contains(name)).map_or(1, |index| index + 1)
}

impl CredentialSource for TcCli {
    fn name(&self) -> String {
        "~/.tccli (tccli)".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.ask())
    }
}
