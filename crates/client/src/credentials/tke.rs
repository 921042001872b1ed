//! The identity of a pod of TKE: variables that the cluster sets, and a token in a file, for which STS gives the keys of a
//! role (AssumeRoleWithWebIdentity; tencentcloud-sdk-python, `DefaultTkeOIDCRoleArnProvider`).

use std::path::Path;

use cospass_protocol::sts::{AssumeRoleWithWebIdentity, Request, RoleArn};
use cospass_sign::SecretKey;

use super::surroundings::{not_there, read};
use super::{CredentialSource, CredentialsError, Provided, Providing, Sts, Surroundings};

const REGION: &str = "TKE_REGION";
const PROVIDER: &str = "TKE_PROVIDER_ID";
const TOKEN_FILE: &str = "TKE_WEB_IDENTITY_TOKEN_FILE";
/// What reqsign reads.
const TOKEN_FILE_OTHERWISE: &str = "TKE_IDENTITY_TOKEN_FILE";
const ROLE: &str = "TKE_ROLE_ARN";

/// As the official SDKs ask for, in seconds.
const DURATION: u32 = 7200;

/// The identity of a pod of TKE.
#[derive(Clone, Debug)]
pub struct WebIdentity(Surroundings);

impl WebIdentity {
    /// The one that the variables of these surroundings tell.
    pub fn new(surroundings: Surroundings) -> Self {
        Self(surroundings)
    }

    async fn ask(&self) -> Result<Provided, CredentialsError> {
        let Some(role) = self.0.variable(ROLE)? else {
            return Ok(Provided::Absent(format!("{ROLE} is not set")));
        };
        let missing = |name| CredentialsError::Variable {
            name,
            problem: format!("it is not set, and {ROLE} is; set it, too, or unset that"),
        };
        let provider_id = self.0.variable(PROVIDER)?.ok_or_else(|| missing(PROVIDER))?;
        let file = match self.0.variable(TOKEN_FILE)? {
            None => self.0.variable(TOKEN_FILE_OTHERWISE)?,
            file => file,
        };
        let file = file.ok_or_else(|| missing(TOKEN_FILE))?;
        let role = RoleArn::parse(&role).ok_or_else(|| CredentialsError::Variable {
            name: ROLE,
            problem: "it is no role; write it as qcs::cam::uin/OWNER:roleName/NAME".to_owned(),
        })?;
        let token = read(Path::new(&file))?;
        let token = token.ok_or_else(|| CredentialsError::Variable {
            name: TOKEN_FILE,
            problem: format!(
                "{}; let it name the file with the token",
                not_there(Some(Path::new(&file)))
            ),
        })?;
        let request = Request::AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity {
            provider_id,
            token: SecretKey::new(token.trim()),
            role,
            session_name: "cospass".to_owned(),
            duration: Some(DURATION),
        });
        let sts = Sts::new(self.0.clone()).region(self.0.variable(REGION)?);
        sts.issue(&request, None).await.map(Provided::Found)
    }
}

impl CredentialSource for WebIdentity {
    fn name(&self) -> String {
        "the identity of this pod (OIDC of TKE)".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.ask())
    }
}
