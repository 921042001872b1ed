//! Temporary keys from STS: a role, or a federation token, with the credentials of another source.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cospass_protocol::sts::{
    Answer, AnswerError, AssumeRole, GetFederationToken, HOST, Issued, Outgoing, Request,
};
use cospass_sign::Credentials;
use http_body_util::{BodyExt, Full};

use super::{CredentialSource, CredentialsError, Provided, Providing, Surroundings};
use crate::answer::read_whole;
use crate::client::USER_AGENT;
use crate::clock::local_now;
use crate::transport::TransportError;

/// Another server in place of the service's, as `http[s]://HOST[:PORT]`.
const VARIABLE: &str = "COSPASS_STS_ENDPOINT";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer that is read: a token has up to 4096 bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// The Security Token Service.
#[derive(Clone, Debug)]
pub struct Sts {
    surroundings: Surroundings,
    region: Option<String>,
}

impl Sts {
    /// The service, or the server that `COSPASS_STS_ENDPOINT` names.
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings, region: None }
    }

    /// The same, told a region.
    #[must_use]
    pub fn region(self, region: Option<String>) -> Self {
        Self { region, ..self }
    }

    /// Asks for something; a web identity needs no credentials.
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub async fn ask(
        &self,
        request: &Request,
        credentials: Option<&Credentials>,
    ) -> Result<Answer, CredentialsError> {
        let address = self.surroundings.variable(VARIABLE)?;
        let address = address.unwrap_or_else(|| format!("https://{HOST}"));
        let address = address.trim_end_matches('/');
        let Some((_, host)) = address.split_once("://") else {
            let problem = "it is no address; write it as https://HOST or http://HOST:PORT";
            return Err(CredentialsError::Variable { name: VARIABLE, problem: problem.to_owned() });
        };
        let (now, region) = (local_now(), self.region.as_deref());
        let call = match credentials {
            Some(credentials) => Outgoing::signed(request, host, region, credentials, now),
            None => Outgoing::skipping(request, host, region, now),
        };
        let asked = tokio::time::timeout(PATIENCE, self.send(address, call)).await;
        let unreachable =
            |error| CredentialsError::Unreachable { address: address.to_owned(), error };
        let body = match asked {
            Ok(answered) => answered.map_err(unreachable)?,
            Err(_) => return Err(unreachable(TransportError::Timeout { waited: PATIENCE })),
        };
        let refused = |error| CredentialsError::Sts { address: address.to_owned(), error };
        Answer::read(&body).map_err(refused)
    }

    async fn send(&self, address: &str, call: Outgoing) -> Result<Bytes, TransportError> {
        let mut request =
            http::Request::builder().method(call.method).uri(format!("{address}{}", call.path));
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let length = call.body.len();
        let body = Full::new(Bytes::from(call.body)).map_err(|never| match never {}).boxed_unsync();
        let request = request.header("User-Agent", USER_AGENT).header("Content-Length", length);
        let unsendable =
            |error: http::Error| TransportError::Unsendable { cause: error.to_string() };
        let request = request.body(body).map_err(unsendable)?;
        let answer = self.surroundings.transport().send(request).await?;
        let read = read_whole(&mut answer.into_body(), ANSWER_MAX).await;
        read.map_err(|error| TransportError::Interrupted { cause: error.to_string() })
    }

    /// Asks for keys.
    pub(super) async fn issue(
        &self,
        request: &Request,
        credentials: Option<&Credentials>,
    ) -> Result<Credentials, CredentialsError> {
        match self.ask(request, credentials).await? {
            Answer::Issued(Issued { credentials, expires }) => Ok(credentials.ending(expires)),
            Answer::Caller(_) => Err(CredentialsError::Sts {
                address: VARIABLE.to_owned(),
                error: AnswerError::NotAnAnswer,
            }),
        }
    }
}

/// A source whose credentials ask STS for others.
async fn with(
    base: &dyn CredentialSource,
    sts: &Sts,
    request: &Request,
) -> Result<Provided, CredentialsError> {
    match base.provide().await? {
        Provided::Absent(why) => Ok(Provided::Absent(why)),
        Provided::Found(own) => sts.issue(request, Some(&own)).await.map(Provided::Found),
    }
}

/// A role that is taken on (AssumeRole, 1312/48197) with the credentials of another source.
pub struct RoleSource {
    base: Arc<dyn CredentialSource>,
    sts: Sts,
    role: String,
    request: Request,
}

impl RoleSource {
    /// Takes on the role that the request names.
    pub fn new(base: impl CredentialSource + 'static, sts: Sts, request: AssumeRole) -> Self {
        let role = request.role.to_string();
        Self { base: Arc::new(base), sts, role, request: Request::AssumeRole(request) }
    }
}

impl CredentialSource for RoleSource {
    fn name(&self) -> String {
        format!("the role {}, with {}", self.role, self.base.name())
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(with(&*self.base, &self.sts, &self.request))
    }
}

/// A federation token (GetFederationToken, 1312/48195): the rights of another source's credentials, narrowed by a policy.
pub struct FederationSource {
    base: Arc<dyn CredentialSource>,
    sts: Sts,
    request: Request,
}

impl FederationSource {
    /// Asks for what the request says.
    pub fn new(
        base: impl CredentialSource + 'static,
        sts: Sts,
        request: GetFederationToken,
    ) -> Self {
        Self { base: Arc::new(base), sts, request: Request::GetFederationToken(request) }
    }
}

impl CredentialSource for FederationSource {
    fn name(&self) -> String {
        format!("a federation token, with {}", self.base.name())
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(with(&*self.base, &self.sts, &self.request))
    }
}
