//! The four actions that are served, as values and as the parameters of a call: written and read here.

use cospass_sign::SecretKey;
use cospass_sign::percent::{self, Plus};

use super::limits::is_name;
use super::params::Params;
use super::{POLICY_PARAMETER_MAX, RoleArn, StsError, StsErrorCode};

/// The longest token of an identity provider that is read, in bytes.
const WEB_IDENTITY_TOKEN_MAX: usize = 16 * 1024;

/// The most tags of a session (1312/48197).
const TAGS_MAX: usize = 50;

/// What STS is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Temporary keys of the caller, narrowed by a policy.
    GetFederationToken(GetFederationToken),
    /// Temporary keys of a role.
    AssumeRole(AssumeRole),
    /// Temporary keys of a role, for somebody whom an identity provider vouches for.
    AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity),
    /// Who asks.
    GetCallerIdentity,
}

/// GetFederationToken (1312/48195).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetFederationToken {
    /// Who will have the keys, in the caller's words.
    pub name: String,
    /// The policy, JSON: what of the caller's rights the keys have.
    pub policy: String,
    /// How long they are to live, in seconds.
    pub duration: Option<u32>,
}

/// AssumeRole (1312/48197).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// Which role.
    pub role: RoleArn,
    /// The name of the session, which shows in GetCallerIdentity.
    pub session_name: String,
    /// How long the keys are to live, in seconds.
    pub duration: Option<u32>,
    /// A policy, JSON, that narrows the role's.
    pub policy: Option<String>,
    /// What the owner of the role agreed on with who takes it on.
    pub external_id: Option<String>,
    /// Tags of the session.
    pub tags: Vec<SessionTag>,
    /// Who is behind it, in the caller's words.
    pub source_identity: Option<String>,
}

/// A tag of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// AssumeRoleWithWebIdentity (1312/73070).
#[derive(Clone, Debug)]
pub struct AssumeRoleWithWebIdentity {
    /// The identity provider, by its name.
    pub provider_id: String,
    /// Its token, an OpenID Connect id token. It proves who somebody is, and is not printed.
    pub token: SecretKey,
    /// Which role.
    pub role: RoleArn,
    /// The name of the session.
    pub session_name: String,
    /// How long the keys are to live, in seconds.
    pub duration: Option<u32>,
}

impl PartialEq for AssumeRoleWithWebIdentity {
    /// For tests: it takes a time that depends on the token.
    fn eq(&self, other: &Self) -> bool {
        let said = |of: &Self| {
            (of.provider_id.clone(), of.role.clone(), of.session_name.clone(), of.duration)
        };
        said(self) == said(other) && self.token.expose() == other.token.expose()
    }
}

impl Eq for AssumeRoleWithWebIdentity {}

impl Request {
    /// The name of its action.
    pub fn action(&self) -> &'static str {
        match self {
            Self::GetFederationToken(_) => "GetFederationToken",
            Self::AssumeRole(_) => "AssumeRole",
            Self::AssumeRoleWithWebIdentity(_) => "AssumeRoleWithWebIdentity",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }

    /// Whether a signature proves who asks, or, with a web identity, its token does.
    pub fn is_signed(&self) -> bool {
        !matches!(self, Self::AssumeRoleWithWebIdentity(_))
    }

    /// Its parameters, numbers and lists of tags as JSON has them.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut members = serde_json::Map::new();
        let mut set = |name: &str, value: serde_json::Value| {
            members.insert(name.to_owned(), value);
        };
        let mut tags = Vec::new();
        for (name, value) in self.params().pairs() {
            match value.parse::<u32>() {
                Ok(number) if name == "DurationSeconds" => set(name, number.into()),
                _ if name.starts_with("Tags.") => {}
                _ => set(name, value.into()),
            }
        }
        if let Self::AssumeRole(assume) = self {
            let tag = |tag: &SessionTag| serde_json::json!({ "Key": tag.key, "Value": tag.value });
            tags.extend(assume.tags.iter().map(tag));
        }
        if !tags.is_empty() {
            set("Tags", tags.into());
        }
        serde_json::Value::Object(members)
    }

    /// Its parameters, by name.
    pub(super) fn params(&self) -> Params {
        let mut params = Params::none();
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                params.add(name, value);
            }
        };
        let seconds = |duration: Option<u32>| duration.map(|seconds| seconds.to_string());
        // The service decodes a policy once more than it decodes other parameters (1312/48195).
        let encoded = |policy: &str| percent::encode(policy.as_bytes());
        match self {
            Self::GetCallerIdentity => {}
            Self::GetFederationToken(asked) => {
                add("Name", Some(&asked.name));
                add("Policy", Some(&encoded(&asked.policy)));
                add("DurationSeconds", seconds(asked.duration).as_deref());
            }
            Self::AssumeRole(asked) => {
                add("RoleArn", Some(&asked.role.to_string()));
                add("RoleSessionName", Some(&asked.session_name));
                add("DurationSeconds", seconds(asked.duration).as_deref());
                add("Policy", asked.policy.as_deref().map(encoded).as_deref());
                add("ExternalId", asked.external_id.as_deref());
                for (i, tag) in asked.tags.iter().enumerate() {
                    add(&format!("Tags.{i}.Key"), Some(&tag.key));
                    add(&format!("Tags.{i}.Value"), Some(&tag.value));
                }
                add("SourceIdentity", asked.source_identity.as_deref());
            }
            Self::AssumeRoleWithWebIdentity(asked) => {
                add("ProviderId", Some(&asked.provider_id));
                add("WebIdentityToken", Some(asked.token.expose()));
                add("RoleArn", Some(&asked.role.to_string()));
                add("RoleSessionName", Some(&asked.session_name));
                add("DurationSeconds", seconds(asked.duration).as_deref());
            }
        }
        params
    }

    /// Reads the parameters of an action; the common ones were taken out. Nothing is left over: what cannot be honoured is
    /// refused.
    pub(super) fn read(action: &str, mut params: Params) -> Result<Self, StsError> {
        let request = match action {
            "GetCallerIdentity" => Self::GetCallerIdentity,
            "GetFederationToken" => Self::GetFederationToken(federation(&mut params)?),
            "AssumeRole" => Self::AssumeRole(assume_role(&mut params)?),
            "AssumeRoleWithWebIdentity" => {
                Self::AssumeRoleWithWebIdentity(with_web_identity(&mut params)?)
            }
            _ => {
                let message = format!("The action `{action}` is not recognized.");
                return Err(StsError::told(StsErrorCode::InvalidAction, message));
            }
        };
        match params.left_over() {
            None => Ok(request),
            Some(name) => {
                let message = format!("The parameter `{name}` is not recognized.");
                Err(StsError::told(StsErrorCode::UnknownParameter, message))
            }
        }
    }
}

fn federation(params: &mut Params) -> Result<GetFederationToken, StsError> {
    let name = required(params, "Name")?;
    // The documentation has letters alone; the official clients send `cos-sts-python` and the like.
    if !is_name(&name, 1, 128, b"+=,.@_-") {
        return Err(StsError::parameter("Name", "1 to 128 letters, digits or _+=,.@-"));
    }
    let policy = policy(params)?.ok_or_else(|| StsError::missing("Policy"))?;
    Ok(GetFederationToken { name, policy, duration: duration(params)? })
}

fn assume_role(params: &mut Params) -> Result<AssumeRole, StsError> {
    // `qcloud-cos-sts` has a name for either action, and sends it.
    let _ = params.take("Name");
    let role = role(params)?;
    let session_name = session_name(params)?;
    let external_id = params.take("ExternalId");
    if external_id.as_ref().is_some_and(|id| !is_name(id, 2, 128, b"_+=,.@:/-")) {
        return Err(StsError::parameter("ExternalId", "2 to 128 letters, digits or _+=,.@:/-"));
    }
    let source_identity = params.take("SourceIdentity");
    if source_identity.as_ref().is_some_and(|id| !is_name(id, 2, 128, b"_+=,.@-")) {
        return Err(StsError::parameter("SourceIdentity", "2 to 128 letters, digits or _+=,.@-"));
    }
    if params.value("SerialNumber").is_some() || params.value("TokenCode").is_some() {
        return Err(StsErrorCode::MfaTypeNotSupported.into());
    }
    Ok(AssumeRole {
        role,
        session_name,
        duration: duration(params)?,
        policy: policy(params)?,
        external_id,
        tags: tags(params)?,
        source_identity,
    })
}

fn with_web_identity(params: &mut Params) -> Result<AssumeRoleWithWebIdentity, StsError> {
    let provider_id = required(params, "ProviderId")?;
    let token = SecretKey::new(required(params, "WebIdentityToken")?);
    if token.expose().len() > WEB_IDENTITY_TOKEN_MAX {
        return Err(StsErrorCode::WebIdentityTokenError.into());
    }
    let role = role(params)?;
    let session_name = session_name(params)?;
    Ok(AssumeRoleWithWebIdentity {
        provider_id,
        token,
        role,
        session_name,
        duration: duration(params)?,
    })
}

fn required(params: &mut Params, name: &str) -> Result<String, StsError> {
    params.take(name).ok_or_else(|| StsError::missing(name))
}

fn role(params: &mut Params) -> Result<RoleArn, StsError> {
    let must = "qcs::cam::uin/OWNER:roleName/NAME or qcs::cam::uin/OWNER:role/ID";
    let arn = required(params, "RoleArn")?;
    RoleArn::parse(&arn).ok_or_else(|| StsError::parameter("RoleArn", must))
}

fn session_name(params: &mut Params) -> Result<String, StsError> {
    let name = required(params, "RoleSessionName")?;
    match is_name(&name, 2, 128, b"_+=,.@-") {
        true => Ok(name),
        false => Err(StsError::parameter("RoleSessionName", "2 to 128 letters, digits or _+=,.@-")),
    }
}

fn duration(params: &mut Params) -> Result<Option<u32>, StsError> {
    let parsed = params.take("DurationSeconds").map(|text| text.parse());
    parsed.transpose().map_err(|_| StsError::parameter("DurationSeconds", "a number of seconds"))
}

/// A policy as JSON. Official clients percent-encode it once more than other parameters, or do not, and write a space
/// as `+` then, or do not.
fn policy(params: &mut Params) -> Result<Option<String>, StsError> {
    let Some(text) = params.take("Policy") else { return Ok(None) };
    if text.len() > POLICY_PARAMETER_MAX {
        return Err(StsErrorCode::PolicyTooLong.into());
    }
    if text.trim_start().starts_with('{') {
        return Ok(Some(text));
    }
    let decoded = percent::decode_query(text.as_bytes(), Plus::Space).into_owned();
    let decoded = String::from_utf8(decoded);
    decoded.map(Some).map_err(|_| StsErrorCode::StrategyFormatError.into())
}

fn tags(params: &mut Params) -> Result<Vec<SessionTag>, StsError> {
    let mut tags: Vec<SessionTag> = Vec::new();
    while let Some(key) = params.take(&format!("Tags.{}.Key", tags.len())) {
        if tags.len() == TAGS_MAX || tags.iter().any(|tag| tag.key == key) {
            let message = format!("Tags: at most {TAGS_MAX}, each key once");
            return Err(StsError::told(StsErrorCode::OverLimit, message));
        }
        let value = params.take(&format!("Tags.{}.Value", tags.len())).unwrap_or_default();
        tags.push(SessionTag { key, value });
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests() -> Vec<Request> {
        let role = RoleArn::parse("qcs::cam::uin/1:roleName/uploader").unwrap();
        let policy = r#"{"version": "2.0", "statement": [], "x": "a+b%20页"}"#.to_owned();
        vec![
            Request::GetCallerIdentity,
            Request::GetFederationToken(GetFederationToken {
                name: "cos-sts-python".into(),
                policy: policy.clone(),
                duration: Some(1800),
            }),
            Request::AssumeRole(AssumeRole {
                role: role.clone(),
                session_name: "s_1".into(),
                duration: None,
                policy: Some(policy),
                external_id: Some("a:b/c".into()),
                tags: vec![
                    SessionTag { key: "k".into(), value: "v".into() },
                    SessionTag { key: "l".into(), value: String::new() },
                ],
                source_identity: Some("ops".into()),
            }),
            Request::AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity {
                provider_id: "OIDC".into(),
                token: SecretKey::new("a.b.c"),
                role,
                session_name: "me@x".into(),
                duration: Some(43_200),
            }),
        ]
    }

    #[test]
    fn what_is_written_is_read_as_parameters_and_as_json() {
        for request in requests() {
            assert_eq!(Request::read(request.action(), request.params()), Ok(request.clone()));
            let form = Params::of_form(request.params().to_form().as_bytes()).unwrap();
            assert_eq!(Request::read(request.action(), form), Ok(request.clone()));
            let json = Params::of_json(request.to_json().to_string().as_bytes()).unwrap();
            assert_eq!(Request::read(request.action(), json), Ok(request));
        }
    }

    fn refused(action: &str, form: &str) -> (StsErrorCode, String) {
        let params = Params::of_form(form.as_bytes()).unwrap();
        let error = Request::read(action, params).unwrap_err();
        (error.code, error.message.into_owned())
    }

    #[test]
    fn what_is_missing_is_named_in_the_services_words() {
        for (action, form, name) in [
            ("GetFederationToken", "Policy=%7B%7D", "Name"),
            ("GetFederationToken", "Name=a&Policy=", "Policy"),
            ("AssumeRole", "RoleSessionName=ab", "RoleArn"),
            ("AssumeRole", "RoleArn=qcs::cam::uin/1:role/2", "RoleSessionName"),
            ("AssumeRoleWithWebIdentity", "ProviderId=x", "WebIdentityToken"),
        ] {
            let message = format!("The request is missing a required parameter `{name}`.");
            assert_eq!(refused(action, form), (StsErrorCode::MissingParameter, message));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let role = "RoleArn=qcs::cam::uin/1:role/2";
        for (action, form, code) in [
            ("GetFederationToken", "Name=a/b&Policy=%7B%7D", StsErrorCode::ParamError),
            ("GetFederationToken", "Name=a&Policy=%25FF", StsErrorCode::StrategyFormatError),
            (
                "GetFederationToken",
                "Name=a&Policy=%7B%7D&DurationSeconds=x",
                StsErrorCode::ParamError,
            ),
            ("GetFederationToken", "Name=a&Policy=%7B%7D&X=1", StsErrorCode::UnknownParameter),
            ("AssumeRole", "RoleArn=x&RoleSessionName=ab", StsErrorCode::ParamError),
            ("AssumeRole", &format!("{role}&RoleSessionName=a"), StsErrorCode::ParamError),
            (
                "AssumeRole",
                &format!("{role}&RoleSessionName=ab&ExternalId=a"),
                StsErrorCode::ParamError,
            ),
            (
                "AssumeRole",
                &format!("{role}&RoleSessionName=ab&TokenCode=1"),
                StsErrorCode::MfaTypeNotSupported,
            ),
            (
                "AssumeRole",
                &format!("{role}&RoleSessionName=ab&Tags.0.Key=a&Tags.1.Key=a"),
                StsErrorCode::OverLimit,
            ),
            (
                "AssumeRole",
                &format!("{role}&RoleSessionName=ab&Tags.1.Key=a"),
                StsErrorCode::UnknownParameter,
            ),
            ("GetSessionToken", "", StsErrorCode::InvalidAction),
        ] {
            assert_eq!(refused(action, form).0, code, "{action} {form}");
        }
        let long = format!("Name=a&Policy={}", "x".repeat(POLICY_PARAMETER_MAX + 1));
        assert_eq!(refused("GetFederationToken", &long).0, StsErrorCode::PolicyTooLong);
    }

    #[test]
    fn a_policy_is_read_however_it_is_encoded() {
        let policy = r#"{"version": "2.0"}"#;
        let once = percent::encode(policy.as_bytes());
        for sent in [policy, &once, &once.replace("%20", "+")] {
            let form = format!("Name=a&Policy={}", percent::encode(sent.as_bytes()));
            let params = Params::of_form(form.as_bytes()).unwrap();
            let Ok(Request::GetFederationToken(read)) = Request::read("GetFederationToken", params)
            else {
                panic!("{sent}")
            };
            assert_eq!(read.policy, policy);
        }
    }

    #[test]
    fn a_web_identity_is_not_printed() {
        let text = format!("{:?}", requests());
        assert!(text.contains("OIDC") && !text.contains("a.b.c"));
    }
}
