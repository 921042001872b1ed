//! Calls of STS, and the keys that come back.

use cospass_protocol::sts::{
    Answer as StsAnswer, AnswerError, AssumeRole, CallerIdentity, GetFederationToken, Issued,
    Outgoing, Request as StsRequest, RoleArn,
};
use cospass_server::{Builder, Role, User};
use cospass_sign::Credentials;

use super::{BUCKET, Endpoint, NOW, Request, SECRET_ID, SECRET_KEY};

pub const STS: &str = "sts.tencentcloudapi.com";
pub const OWNER: &str = "100000000001";
pub const USER_ID: &str = "AKIDUSER";
pub const USER_KEY: &str = "USERKEY";
pub const USER: &str = "100000000010";
pub const ROLE: &str = "qcs::cam::uin/100000000001:roleName/uploader";

pub fn root() -> Credentials {
    Credentials::new(SECRET_ID, SECRET_KEY)
}

pub fn user() -> Credentials {
    Credentials::new(USER_ID, USER_KEY)
}

/// An object, or several, of the bucket, as policies name them.
pub fn resource(key: &str) -> String {
    format!("qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/{key}")
}

/// One statement: `allow`, action, resource.
pub fn policy(actions: &str, resource: &str) -> String {
    policy_if(actions, resource, "{}")
}

pub fn policy_if(actions: &str, resource: &str, condition: &str) -> String {
    let actions: Vec<_> = actions.split(' ').map(|action| format!("\"{action}\"")).collect();
    format!(
        r#"{{"version": "2.0", "statement": [{{"effect": "allow", "action": [{}], "resource": ["{resource}"], "condition": {condition}}}]}}"#,
        actions.join(", ")
    )
}

/// A user who may read all of the bucket, write `u/*` and call STS; a role that may write `r/*`, for that user.
pub fn people(builder: Builder) -> Builder {
    let user = User::new(user(), USER)
        .policy(policy("name/cos:GetObject name/cos:HeadObject", &resource("*")))
        .policy(policy("name/cos:PutObject name/cos:PostObject", &resource("u/*")))
        .policy(policy("sts:GetFederationToken sts:AssumeRole", "*"));
    let role = Role::new("uploader")
        .id("4611686018427397919")
        .policy(policy("name/cos:PutObject", &resource("r/*")))
        .assumed_by(format!("qcs::cam::uin/{OWNER}:uin/{USER}"));
    builder.user(user).role(role)
}

pub fn federation(policy: &str, duration: Option<u32>) -> StsRequest {
    let (name, policy) = ("app".to_owned(), policy.to_owned());
    StsRequest::GetFederationToken(GetFederationToken { name, policy, duration })
}

pub fn assume_role(policy: Option<&str>) -> AssumeRole {
    AssumeRole {
        role: RoleArn::parse(ROLE).unwrap(),
        session_name: "session".to_owned(),
        duration: None,
        policy: policy.map(str::to_owned),
        external_id: None,
        tags: Vec::new(),
        source_identity: None,
    }
}

impl Endpoint {
    /// Makes a call of STS with some keys, at the time of the endpoint's clock.
    pub fn call(&self, request: &StsRequest, keys: &Credentials) -> Result<StsAnswer, AnswerError> {
        self.outgoing(&Outgoing::signed(request, STS, None, keys, self.clock.now()))
    }

    pub fn outgoing(&self, call: &Outgoing) -> Result<StsAnswer, AnswerError> {
        StsAnswer::read(&self.raw_call(call).body)
    }

    /// The answer as it goes over the wire.
    pub fn raw_call(&self, call: &Outgoing) -> super::Answer {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", call.method, call.path);
        for (name, value) in &call.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str(&format!("Content-Length: {}\r\n\r\n", call.body.len()));
        let answer = self.exchange(&[bytes.as_bytes(), &call.body].concat(), false);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        answer
    }

    #[track_caller]
    pub fn issued(&self, request: &StsRequest, keys: &Credentials) -> Issued {
        match self.call(request, keys) {
            Ok(StsAnswer::Issued(issued)) => issued,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn who_is(&self, keys: &Credentials) -> CallerIdentity {
        match self.call(&StsRequest::GetCallerIdentity, keys) {
            Ok(StsAnswer::Caller(caller)) => caller,
            other => panic!("{other:?}"),
        }
    }

    /// The code that a call is refused with.
    #[track_caller]
    pub fn refused_call(&self, request: &StsRequest, keys: &Credentials) -> String {
        refused_code(self.call(request, keys))
    }
}

#[track_caller]
pub fn refused_code(answer: Result<StsAnswer, AnswerError>) -> String {
    match answer {
        Err(AnswerError::Refused { code, message, request_id }) => {
            assert!(!message.is_empty() && !request_id.is_empty());
            code
        }
        other => panic!("{other:?}"),
    }
}

impl Request {
    /// Signed with some keys, their token in a header.
    pub fn with_keys(self, keys: &Credentials) -> Self {
        let token = keys.token().map(|token| token.expose().to_owned());
        let request = match token {
            Some(token) => self.token(&token),
            None => self,
        };
        request.key(keys.secret_id().as_str(), keys.secret_key().expose()).sign()
    }

    /// Pre-signed with some keys, their token in the query.
    pub fn presigned_with(self, keys: &Credentials) -> Self {
        let token = keys.token().map(|token| token.expose().to_owned()).unwrap();
        let request = self.param(cospass_sign::TOKEN_NAME, &token);
        request.key(keys.secret_id().as_str(), keys.secret_key().expose()).presign()
    }
}

/// The first second of which nothing more is allowed: that of the endpoint's start and so many more.
pub fn after(seconds: i64) -> i64 {
    NOW + seconds
}
