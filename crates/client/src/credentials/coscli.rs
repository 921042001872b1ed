//! `~/.cos.yaml` of coscli (its `util/types.go`), whose secrets are obfuscated unless it says otherwise
//! (`util/secret.go`): AES-128 in ECB mode under a key that everybody has. That hides them from a glance and from nobody else.

mod yaml;

use std::path::Path;

use aes::Aes128Dec;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cospass_sign::Credentials;
use zeroize::Zeroizing;

use super::ini::{malformed, pair};
use super::surroundings::{not_there, read};
use super::{CredentialSource, CredentialsError, Metadata, Provided, Providing, Surroundings};
use yaml::Base;

/// `coscli-secret`, filled up with zeros.
const KEY: [u8; 16] = *b"coscli-secret\0\0\0";

/// `~/.cos.yaml`.
#[derive(Clone, Debug)]
pub struct CosCli(Surroundings);

/// What the file says.
enum Said {
    Absent(String),
    Keys(Credentials),
    /// The credentials are those of the machine's role, of that name if it is given.
    Role(Option<String>),
}

impl CosCli {
    /// The file of the home folder of these surroundings.
    pub fn new(surroundings: Surroundings) -> Self {
        Self(surroundings)
    }

    fn look(&self) -> Result<Said, CredentialsError> {
        let Some(path) = self.0.home(".cos.yaml")? else {
            return Ok(Said::Absent(not_there(None)));
        };
        match read(&path)? {
            None => Ok(Said::Absent(not_there(Some(&path)))),
            Some(text) => of(&path, &text),
        }
    }

    async fn ask(&self) -> Result<Provided, CredentialsError> {
        let role = match self.look()? {
            Said::Absent(why) => return Ok(Provided::Absent(why)),
            Said::Keys(credentials) => return Ok(Provided::Found(credentials)),
            Said::Role(role) => role,
        };
        let mut metadata = Metadata::new(self.0.clone());
        if let Some(role) = role {
            metadata = metadata.role(role);
        }
        metadata.provide().await
    }
}

impl CredentialSource for CosCli {
    fn name(&self) -> String {
        "~/.cos.yaml (coscli)".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.ask())
    }
}

fn of(path: &Path, text: &str) -> Result<Said, CredentialsError> {
    let base = Base::read(path, text)?;
    if base.find("mode").is_some_and(|(mode, _)| mode.eq_ignore_ascii_case("CvmRole")) {
        return Ok(Said::Role(base.find("cvmrolename").map(|(role, _)| role.to_owned())));
    }
    let is_clear = base.find("disableencryption").is_some_and(|(value, _)| value == "true");
    let value = |name| -> Result<Option<(Zeroizing<String>, usize)>, CredentialsError> {
        let Some((value, line)) = base.find(name) else { return Ok(None) };
        let clear = match is_clear {
            true => Some(Zeroizing::new(value.to_owned())),
            false => reveal(value),
        };
        let problem = "it cannot be made readable; write it anew with `coscli config set`, or in clear text \
            beside disableencryption: \"true\"";
        let clear = clear.ok_or_else(|| malformed(path, line, problem))?;
        Ok(Some((clear, line)).filter(|(clear, _)| !clear.is_empty()))
    };
    let (id, key, token) = (value("secretid")?, value("secretkey")?, value("sessiontoken")?);
    let part = |part: &'_ Option<(Zeroizing<String>, usize)>| -> Option<(String, usize)> {
        part.as_ref().map(|(text, line)| (text.to_string(), *line))
    };
    let (id, key) = (part(&id), part(&key).map(|(key, line)| (Zeroizing::new(key), line)));
    let found = pair(
        path,
        id.as_ref().map(|(id, line)| (id.as_str(), *line)),
        key.as_ref().map(|(key, line)| (key.as_str(), *line)),
        ["secretid", "secretkey"],
    )?;
    let Some((id, key)) = found else {
        let problem = "cos.base has neither secretid nor secretkey; add both, or remove the file";
        return Err(malformed(path, base.line(), problem));
    };
    let credentials = Credentials::new(id, key);
    Ok(Said::Keys(match &token {
        Some((token, _)) => credentials.with_token(token.as_str()),
        None => credentials,
    }))
}

/// What stands behind an obfuscated value. What cannot be one is taken as it is, as coscli does; none where it could be one
/// and is not.
fn reveal(value: &str) -> Option<Zeroizing<String>> {
    let decoded = STANDARD.decode(value).ok().filter(|bytes| bytes.len() % KEY.len() == 0);
    let Some(bytes) = decoded.filter(|bytes| !bytes.is_empty()) else {
        return Some(Zeroizing::new(value.to_owned()));
    };
    let mut bytes = Zeroizing::new(bytes);
    let cipher = Aes128Dec::new(&KEY.into());
    for block in bytes.as_chunks_mut().0 {
        let mut words = aes::Block::from(*block);
        cipher.decrypt_block(&mut words);
        *block = words.into();
    }
    let text = std::str::from_utf8(&bytes).ok()?.trim_end_matches('\0');
    Some(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of openssl, over the algorithm of coscli.
    #[test]
    fn obfuscated_values_are_read() {
        let id = "n1yRfxwGfx2TMt0SZkV+0ZXzmZ/q382h1tnI36+shU2xGrkKm8uL3HLEzdsZl3Ri";
        assert_eq!(*reveal(id).unwrap(), "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE");
        assert_eq!(*reveal("3kNZR4wfjUgOqbHffiQSMw==").unwrap(), "");
        // Clear text beside them, which coscli takes as well.
        let clear = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
        assert_eq!((*reveal(clear).unwrap()).as_str(), clear);
        // 16 bytes that are nobody's text.
        assert!(reveal("AAAAAAAAAAAAAAAAAAAAAA==").is_none_or(|text| !text.is_ascii()));
    }
}
