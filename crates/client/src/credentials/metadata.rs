//! The role of a CVM, as the metadata of the machine tell it (213/4934): first its name, then its keys.

use std::time::Duration;

use bytes::Bytes;
use cospass_sign::Credentials;
use http::Request;
use http_body_util::{BodyExt, Empty};
use serde::Deserialize;

use super::{CredentialSource, CredentialsError, Provided, Providing, Surroundings};
use crate::answer::read_whole;
use crate::client::USER_AGENT;
use crate::transport::TransportError;

/// The service of the machine's metadata.
const ADDRESS: &str = "http://metadata.tencentyun.com";

/// Another one in its place, as `http://HOST[:PORT]`; empty for none.
const VARIABLE: &str = "COSPASS_METADATA_ENDPOINT";

const PATH: &str = "/latest/meta-data/cam/security-credentials/";

/// How long the first answer may take. On a CVM it comes at once; elsewhere nobody shall wait for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the keys may take, which the machine's service asks for itself.
const PATIENCE_FOR_KEYS: Duration = Duration::from_secs(10);

/// The longest answer that is read: a token has up to 4096 bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// The role of the machine.
#[derive(Clone, Debug)]
pub struct Metadata {
    surroundings: Surroundings,
    role: Option<String>,
}

/// The keys of a role.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    tmp_secret_id: Option<String>,
    tmp_secret_key: Option<String>,
    token: Option<String>,
    expired_time: Option<i64>,
    code: Option<String>,
}

impl Metadata {
    /// The role of the machine; the first one, if there are several. `COSPASS_METADATA_ENDPOINT` names another server than the
    /// one of a CVM, and, set to nothing, says that there is none.
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings, role: None }
    }

    /// That role of the machine.
    #[must_use]
    pub fn role(self, name: impl Into<String>) -> Self {
        Self { role: Some(name.into()), ..self }
    }

    async fn ask(&self) -> Result<Provided, CredentialsError> {
        // Set and empty is another thing than not set.
        if self.surroundings.look_up(VARIABLE).is_ok_and(|value| value.is_empty()) {
            return Ok(Provided::Absent(format!("{VARIABLE} is set to nothing")));
        }
        let address = self.surroundings.variable(VARIABLE)?;
        let is_named = address.is_some();
        let address = address.unwrap_or_else(|| ADDRESS.to_owned());
        let address = address.trim_end_matches('/');
        let role = match &self.role {
            Some(role) => role.clone(),
            None => match self.fetch(&format!("{address}{PATH}"), PATIENCE).await {
                Ok((200, text)) => text.lines().next().unwrap_or_default().trim().to_owned(),
                Ok((404, _)) => String::new(),
                Ok((status, _)) => return Err(bad(address, format!("it answered {status}"))),
                // Whoever names a server means it to be there.
                Err(error) if is_named => return Err(error),
                Err(_) => return Ok(Provided::Absent(format!("{address} does not answer"))),
            },
        };
        if role.is_empty() {
            return Ok(Provided::Absent("the machine has no role".to_owned()));
        }
        let path = format!("{PATH}{}", cospass_sign::percent::encode(role.as_bytes()));
        let (status, text) = self.fetch(&format!("{address}{path}"), PATIENCE_FOR_KEYS).await?;
        if status != 200 {
            return Err(bad(address, format!("of the role {role} it answered {status}")));
        }
        let keys: Keys = serde_json::from_str(&text)
            .map_err(|_| bad(address, format!("of the role {role} it told no keys")))?;
        match keys {
            Keys {
                code: Some(code),
                tmp_secret_id: Some(id),
                tmp_secret_key: Some(key),
                token: Some(token),
                expired_time: Some(end),
            } if code == "Success" => {
                Ok(Provided::Found(Credentials::new(id, key).with_token(token).ending(end)))
            }
            Keys { code: Some(code), .. } if code != "Success" => {
                Err(bad(address, format!("of the role {role} it told the code {code:?}")))
            }
            _ => Err(bad(address, format!("of the role {role} it told no whole keys"))),
        }
    }

    async fn fetch(&self, url: &str, most: Duration) -> Result<(u16, String), CredentialsError> {
        let failed = |error| CredentialsError::Unreachable { address: url.to_owned(), error };
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::builder().uri(url).header("User-Agent", USER_AGENT).body(body);
        let unsendable =
            |error: http::Error| TransportError::Unsendable { cause: error.to_string() };
        let request = request.map_err(|error| failed(unsendable(error)))?;
        let asked = async {
            let answer = self.surroundings.transport().send(request).await.map_err(failed)?;
            let status = answer.status().as_u16();
            let text = read_whole(&mut answer.into_body(), ANSWER_MAX).await;
            let text = text.map_err(|error| bad(url, error.to_string()))?;
            Ok((status, String::from_utf8_lossy(&text).into_owned()))
        };
        let answered = tokio::time::timeout(most, asked).await;
        answered.unwrap_or_else(|_| Err(failed(TransportError::Timeout { waited: most })))
    }
}

fn bad(address: &str, problem: String) -> CredentialsError {
    CredentialsError::Metadata { address: address.to_owned(), problem }
}

impl CredentialSource for Metadata {
    fn name(&self) -> String {
        "the role of this machine (metadata of the CVM)".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.ask())
    }
}
