//! `~/.cos.conf` of coscmd: an INI file, in clear text (its `cos_global.py`).

use super::ini::{Ini, malformed, pair};
use super::surroundings::{not_there, read};
use super::{CredentialSource, CredentialsError, Provided, Providing, Surroundings};
use cospass_sign::Credentials;

const SECTION: &str = "common";

/// `~/.cos.conf`.
#[derive(Clone, Debug)]
pub struct CosCmd(Surroundings);

impl CosCmd {
    /// The file of the home folder of these surroundings.
    pub fn new(surroundings: Surroundings) -> Self {
        Self(surroundings)
    }

    fn look(&self) -> Result<Provided, CredentialsError> {
        let path = self.0.home(".cos.conf")?;
        let Some(path) = path else { return Ok(Provided::Absent(not_there(None))) };
        let Some(text) = read(&path)? else { return Ok(Provided::Absent(not_there(Some(&path)))) };
        let ini = Ini::read(&path, &text)?;
        let find = |name| ini.find(SECTION, name);
        // `access_id` is what its older versions wrote.
        let id = find("secret_id").or_else(|| find("access_id"));
        match pair(&path, id, find("secret_key"), ["secret_id", "secret_key"])? {
            Some((id, key)) => {
                let credentials = Credentials::new(id, key);
                Ok(Provided::Found(match find("token") {
                    Some((token, _)) => credentials.with_token(token),
                    None => credentials,
                }))
            }
            None if find("anonymous")
                .is_some_and(|(value, _)| value.eq_ignore_ascii_case("true")) =>
            {
                Ok(Provided::Absent(format!("{} says anonymous", path.display())))
            }
            None => {
                let line = ini.line_of(SECTION).unwrap_or(1);
                Err(malformed(
                    &path,
                    line,
                    "[common] has neither secret_id nor secret_key; add both",
                ))
            }
        }
    }
}

impl CredentialSource for CosCmd {
    fn name(&self) -> String {
        "~/.cos.conf (coscmd)".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(std::future::ready(self.look()))
    }
}
