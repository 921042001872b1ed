//! A call as it arrives: who says to have made it, and what for. Nothing is believed before [`Call::verify`].

use std::fmt;

use cospass_sign::{SecretKey, SecurityToken};

use super::params::Params;
use super::tc3::{self, Tc3Claim};
use super::v1::{self, Method};
use super::{Form, HOST, Request, StsError, StsErrorCode, TIMESTAMP_SKEW_SECONDS, VERSION};

/// The parameters that every call may have, beside its own.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Region",
    "Token",
    "Language",
    "RequestClient",
];

/// An HTTP request with its body.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path as sent.
    pub path: &'a str,
    /// The query as sent, percent-encoded.
    pub query: Option<&'a [u8]>,
    /// The headers as sent.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Received<'a> {
    fn header(&self, name: &str) -> Option<&'a str> {
        let mut named =
            self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
        let value = std::str::from_utf8(named.next()?.1).ok()?.trim();
        Some(value).filter(|value| !value.is_empty())
    }

    fn query_text(&self) -> Result<&'a str, StsError> {
        let query = std::str::from_utf8(self.query.unwrap_or_default());
        query.map_err(|_| StsErrorCode::InvalidParameter.into())
    }

    /// The parameters: of the query of a GET, of the body of a POST.
    fn params(&self) -> Result<Params, StsError> {
        match self.method {
            "GET" if self.body.is_empty() => Params::of_form(self.query.unwrap_or_default()),
            "POST" if self.query.unwrap_or_default().is_empty() => {
                let kind = self.header("content-type").unwrap_or_default();
                let kind = kind.split(';').next().unwrap_or_default().trim();
                match kind {
                    "application/json" => Params::of_json(self.body),
                    "application/x-www-form-urlencoded" => Params::of_form(self.body),
                    _ => {
                        let message = "The Content-Type must be application/json or application/x-www-form-urlencoded.";
                        Err(StsError::told(StsErrorCode::InvalidParameter, message))
                    }
                }
            }
            "GET" | "POST" => {
                let message = "The parameters stand in the query of a GET or in the body of a POST, not in the other.";
                Err(StsError::told(StsErrorCode::InvalidParameter, message))
            }
            _ => Err(StsErrorCode::UnsupportedProtocol.into()),
        }
    }
}

/// Shows neither body nor headers: there are secrets in them.
impl fmt::Debug for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, .. } = self;
        f.debug_struct("Received")
            .field("method", method)
            .field("path", path)
            .finish_non_exhaustive()
    }
}

/// What proves who made a call.
#[derive(Clone)]
enum Proof {
    /// `Authorization: SKIP`: something among the parameters does.
    InParams,
    Tc3(Tc3Claim),
    V1 {
        secret_id: String,
        signature: String,
        method: Method,
    },
}

/// A call that was read.
#[derive(Clone)]
pub struct Call<'a> {
    received: Received<'a>,
    proof: Proof,
    action: String,
    region: Option<String>,
    /// Unix seconds.
    timestamp: i64,
    token: Option<SecurityToken>,
    /// All parameters as sent.
    sent: Params,
    /// Those of the action.
    params: Params,
}

impl<'a> Call<'a> {
    /// Reads a call in any of its forms.
    ///
    /// # Errors
    /// [`StsError`], with the code of what is missing or wrong.
    pub fn read(received: &Received<'a>) -> Result<Self, StsError> {
        let Some(form) = Form::of_path(received.path) else {
            return Err(StsErrorCode::NoSuchProduct.into());
        };
        let sent = received.params()?;
        let mut params = match form {
            Form::Current => sent.clone(),
            Form::Former => sent.clone().capitalized()?,
        };
        let authorization = received.header("authorization");
        let in_headers = authorization.is_some();
        let mut common = |name: &str| match in_headers {
            true => received.header(&format!("X-TC-{name}")).map(str::to_owned),
            false => params.take(name),
        };
        let action = common("Action").ok_or_else(|| StsError::missing("Action"))?;
        let version = common("Version");
        if form == Form::Current || version.is_some() {
            check_version(version.as_deref())?;
        }
        let (region, token) = (common("Region"), common("Token").map(SecurityToken::new));
        let timestamp = common("Timestamp");
        let proof = match authorization {
            Some("SKIP") => Proof::InParams,
            Some(text) => {
                let claim = Tc3Claim::read(text);
                Proof::Tc3(claim.ok_or(StsErrorCode::InvalidAuthorization)?)
            }
            None => of_params(&mut params)?,
        };
        let timestamp = match (timestamp, &proof) {
            (Some(text), _) => text.parse().map_err(|_| {
                StsError::told(
                    StsErrorCode::InvalidParameterValue,
                    "Timestamp must be Unix seconds.",
                )
            })?,
            (None, Proof::InParams) => 0,
            (None, _) => return Err(StsError::missing("Timestamp")),
        };
        for name in COMMON {
            let _ = params.take(name);
        }
        Ok(Self { received: *received, proof, action, region, timestamp, token, sent, params })
    }

    /// Whose secret the caller must look up; `None` if the call is not signed.
    pub fn secret_id(&self) -> Option<&str> {
        match &self.proof {
            Proof::InParams => None,
            Proof::Tc3(claim) => Some(claim.secret_id()),
            Proof::V1 { secret_id, .. } => Some(secret_id),
        }
    }

    /// The token that comes with a temporary SecretId.
    pub fn token(&self) -> Option<&SecurityToken> {
        self.token.as_ref()
    }

    /// The name of the action as sent.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Verifies the signature, `now` in Unix seconds. `secret_key` is that of [`secret_id`](Self::secret_id), or `None` if
    /// nobody has it: the same work is done then.
    ///
    /// # Errors
    /// The first in this order: SecretId, time, signature. An action that must be signed, and is not, is refused as well.
    pub fn verify(&self, secret_key: Option<&SecretKey>, now: i64) -> Result<(), StsError> {
        let nobody = SecretKey::new("");
        let key = secret_key.unwrap_or(&nobody);
        let holds = match &self.proof {
            Proof::InParams if self.action == "AssumeRoleWithWebIdentity" => return Ok(()),
            Proof::InParams => return Err(StsErrorCode::InvalidAuthorization.into()),
            Proof::Tc3(claim) => {
                let Received { method, path, headers, body, .. } = self.received;
                let query = self.received.query_text()?;
                let signed = tc3::Signed { method, path, query, headers, body };
                claim.holds(&signed, key, self.timestamp)
            }
            Proof::V1 { signature, method, .. } => self.holds_by_params(signature, *method, key),
        };
        if secret_key.is_none() {
            return Err(StsErrorCode::SecretIdNotFound.into());
        }
        if self.timestamp.abs_diff(now) > TIMESTAMP_SKEW_SECONDS.unsigned_abs() {
            return Err(StsErrorCode::SignatureExpire.into());
        }
        if holds { Ok(()) } else { Err(StsErrorCode::SignatureFailure.into()) }
    }

    fn holds_by_params(&self, signature: &str, method: Method, key: &SecretKey) -> bool {
        let Received { method: http_method, path, .. } = self.received;
        let host = self.received.header("host").unwrap_or_default();
        let no_port = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let region = self.region.as_deref().unwrap_or_default();
        let regional = format!("sts.{region}.tencentcloudapi.com");
        let params: Vec<_> = self.sent.pairs().collect();
        let signed = v1::Signed { method: http_method, host, path, params: &params };
        let hosts =
            [host, no_port, HOST, &regional, "sts.internal.tencentcloudapi.com", FORMER_HOST];
        signed.holds(&hosts, signature, method, key)
    }

    /// What is asked for.
    ///
    /// # Errors
    /// [`StsError`], with the code of what is missing or wrong.
    pub fn request(self) -> Result<Request, StsError> {
        Request::read(&self.action, self.params)
    }
}

/// The host of the former interface.
const FORMER_HOST: &str = "sts.api.qcloud.com";

fn check_version(version: Option<&str>) -> Result<(), StsError> {
    match version {
        Some(VERSION) => Ok(()),
        Some(other) => {
            let message = format!("The version `{other}` is not recognized; it is {VERSION}.");
            Err(StsError::told(StsErrorCode::NoSuchVersion, message))
        }
        None => Err(StsError::missing("Version")),
    }
}

/// The older signature, among the parameters.
fn of_params(params: &mut Params) -> Result<Proof, StsError> {
    let mut required = |name| params.take(name).ok_or_else(|| StsError::missing(name));
    let (secret_id, signature) = (required("SecretId")?, required("Signature")?);
    let method = match params.take("SignatureMethod") {
        None => Method::HmacSha1,
        Some(name) => Method::from_name(&name).ok_or_else(|| {
            StsError::told(
                StsErrorCode::InvalidParameterValue,
                "SignatureMethod must be HmacSHA1 or HmacSHA256.",
            )
        })?,
    };
    Ok(Proof::V1 { secret_id, signature, method })
}

/// Shows who asks and for what, no signature and no token.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action)
            .field("secret_id", &self.secret_id())
            .finish_non_exhaustive()
    }
}
