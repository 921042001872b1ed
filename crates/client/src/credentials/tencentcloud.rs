//! `~/.tencentcloud/credentials` and `/etc/tencentcloud/credentials` of the SDKs of API 3.0: INI files, in clear text
//! (tencentcloud-sdk-python, `common/credential.py`, `ProfileCredential`).

use std::path::Path;

use cospass_sign::Credentials;

use super::ini::{Ini, malformed, pair};
use super::surroundings::{not_there, read};
use super::{CredentialSource, CredentialsError, Provided, Providing, Surroundings};

const SECTION: &str = "default";

/// `~/.tencentcloud/credentials`, else `/etc/tencentcloud/credentials`.
#[derive(Clone, Debug)]
pub struct TencentCloud(Surroundings);

impl TencentCloud {
    /// The files of these surroundings.
    pub fn new(surroundings: Surroundings) -> Self {
        Self(surroundings)
    }

    fn look(&self) -> Result<Provided, CredentialsError> {
        let system = self.0.system("etc/tencentcloud/credentials");
        let own = self.0.home(".tencentcloud/credentials")?;
        for path in own.iter().chain([&system]) {
            if let Some(text) = read(path)? {
                return of(path, &text).map(Provided::Found);
            }
        }
        Ok(Provided::Absent(match own {
            None => not_there(Some(&system)),
            Some(own) => format!("neither {} nor {} is there", own.display(), system.display()),
        }))
    }
}

fn of(path: &Path, text: &str) -> Result<Credentials, CredentialsError> {
    let ini = Ini::read(path, text)?;
    let find = |name| ini.find(SECTION, name);
    let found = pair(path, find("secret_id"), find("secret_key"), ["secret_id", "secret_key"])?;
    let Some((id, key)) = found else {
        let line = ini.line_of(SECTION).unwrap_or(1);
        return Err(malformed(
            path,
            line,
            "[default] has neither secret_id nor secret_key; add both",
        ));
    };
    let credentials = Credentials::new(id, key);
    Ok(match find("token") {
        Some((token, _)) => credentials.with_token(token),
        None => credentials,
    })
}

impl CredentialSource for TencentCloud {
    fn name(&self) -> String {
        "~/.tencentcloud/credentials".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(std::future::ready(self.look()))
    }
}
