//! Answers of STS: written and read here, in the form of API 3.0 and in the former one.
//!
//! Either comes with HTTP status 200, an error as well.

use std::fmt;

use cospass_sign::Credentials;
use serde_json::{Value, json};

use super::{FORMER_PATH, StsError};
use crate::json::Json;
use crate::xml::iso8601;

/// Which interface a call came by, and its answer goes back by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// API 3.0: `{"Response": {…}}`.
    Current,
    /// That of `sts.api.qcloud.com/v2/index.php`: `{"code": 0, "data": {…}}`.
    Former,
}

impl Form {
    /// The one of a path; `None` if there is none.
    pub fn of_path(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Current),
            FORMER_PATH => Some(Self::Former),
            _ => None,
        }
    }
}

/// What STS answers to a call that it grants.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Temporary keys.
    Issued(Issued),
    /// Who asks.
    Caller(CallerIdentity),
}

/// Temporary keys, and when they end.
#[derive(Clone, Debug)]
pub struct Issued {
    /// SecretId, SecretKey and token.
    pub credentials: Credentials,
    /// From then on they are refused, Unix seconds.
    pub expires: i64,
}

/// Who asks (1312/66098).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// `CAMUser` or `CAMRole`.
    pub kind: String,
    /// `qcs::cam:OWNER:uin/USER`, `qcs::sts:OWNER:assumed-role/ROLE` or `qcs::sts:OWNER:federated-user/USER`.
    pub arn: String,
    /// The account, by number.
    pub account_id: String,
    /// The user, `ROLE:SESSION` or `USER:NAME`.
    pub user_id: String,
    /// The user who has the keys, or who asked for them, by number.
    pub principal_id: String,
}

impl Answer {
    /// Writes it as JSON.
    pub fn write(&self, request_id: &str, form: Form) -> String {
        match (self, form) {
            (Self::Issued(issued), Form::Current) => {
                let Issued { credentials, expires } = issued;
                current(
                    request_id,
                    json!({
                        "Credentials": {
                            "Token": credentials.token().map_or("", |token| token.expose()),
                            "TmpSecretId": credentials.secret_id().as_str(),
                            "TmpSecretKey": credentials.secret_key().expose(),
                        },
                        "ExpiredTime": expires,
                        "Expiration": iso8601(*expires),
                    }),
                )
            }
            (Self::Issued(issued), Form::Former) => {
                let Issued { credentials, expires } = issued;
                former(json!({
                    "credentials": {
                        "sessionToken": credentials.token().map_or("", |token| token.expose()),
                        "tmpSecretId": credentials.secret_id().as_str(),
                        "tmpSecretKey": credentials.secret_key().expose(),
                    },
                    "expiredTime": expires,
                }))
            }
            (Self::Caller(caller), Form::Current) => current(
                request_id,
                json!({
                    "Type": caller.kind,
                    "Arn": caller.arn,
                    "AccountId": caller.account_id,
                    "UserId": caller.user_id,
                    "PrincipalId": caller.principal_id,
                }),
            ),
            (Self::Caller(caller), Form::Former) => former(json!({
                "type": caller.kind,
                "arn": caller.arn,
                "accountId": caller.account_id,
                "userId": caller.user_id,
                "principalId": caller.principal_id,
            })),
        }
    }

    /// Reads an answer of either form.
    ///
    /// # Errors
    /// [`AnswerError::Refused`] for an error of the service, [`AnswerError::NotAnAnswer`] for anything that is neither.
    pub fn read(body: &[u8]) -> Result<Self, AnswerError> {
        let json = Json::read(body).map_err(|_| AnswerError::NotAnAnswer)?;
        let document = Document { json: &json };
        match document.object("Response") {
            Some(response) => response.of_current(),
            None => document.of_former(),
        }
    }
}

fn current(request_id: &str, mut response: Value) -> String {
    if let Value::Object(members) = &mut response {
        members.insert("RequestId".to_owned(), request_id.into());
    }
    json!({ "Response": response }).to_string()
}

fn former(data: Value) -> String {
    json!({ "code": 0, "message": "", "codeDesc": "Success", "data": data }).to_string()
}

impl StsError {
    /// Writes it as JSON.
    pub fn write(&self, request_id: &str, form: Form) -> String {
        let (code, message) = (self.code.as_str(), &*self.message);
        match form {
            Form::Current => {
                current(request_id, json!({ "Error": { "Code": code, "Message": message } }))
            }
            Form::Former => {
                let number = self.code.former();
                json!({ "code": number, "message": message, "codeDesc": code }).to_string()
            }
        }
    }
}

/// Why there is no answer to be had of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It is no answer of STS.
    NotAnAnswer,
    /// The service refused.
    Refused {
        /// The code as sent.
        code: String,
        /// The words as sent.
        message: String,
        /// What the service calls the request; empty if it does not say.
        request_id: String,
    },
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAnswer => {
                f.write_str("the answer is none of STS; look at the address that was asked")
            }
            Self::Refused { code, message, request_id } => {
                write!(f, "STS refused: {code}: {message}")?;
                if request_id.is_empty() { Ok(()) } else { write!(f, " (request {request_id})") }
            }
        }
    }
}

impl std::error::Error for AnswerError {}

/// An object of an answer.
struct Document<'a> {
    json: &'a Json,
}

impl<'a> Document<'a> {
    fn member(&self, name: &str) -> Option<&'a Json> {
        let Json::Object(members) = self.json else { return None };
        members.iter().find(|(found, _)| found == name).map(|(_, json)| json)
    }

    fn object(&self, name: &str) -> Option<Self> {
        self.member(name).filter(|json| matches!(json, Json::Object(_))).map(|json| Self { json })
    }

    /// A text, or a number as it is written.
    fn text(&self, name: &str) -> Option<String> {
        match self.member(name)? {
            Json::Text(text) | Json::Number(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn of_current(&self) -> Result<Answer, AnswerError> {
        if let Some(error) = self.object("Error") {
            return Err(AnswerError::Refused {
                code: error.text("Code").unwrap_or_default(),
                message: error.text("Message").unwrap_or_default(),
                request_id: self.text("RequestId").unwrap_or_default(),
            });
        }
        let found = match self.object("Credentials") {
            Some(keys) => keys
                .keys(["TmpSecretId", "TmpSecretKey", "Token"])
                .zip(self.number("ExpiredTime"))
                .map(issued),
            None => self.caller(["Type", "Arn", "AccountId", "UserId", "PrincipalId"]),
        };
        found.ok_or(AnswerError::NotAnAnswer)
    }

    fn of_former(&self) -> Result<Answer, AnswerError> {
        match self.number("code").ok_or(AnswerError::NotAnAnswer)? {
            0 => {}
            code => {
                return Err(AnswerError::Refused {
                    code: self.text("codeDesc").unwrap_or_else(|| code.to_string()),
                    message: self.text("message").unwrap_or_default(),
                    request_id: String::new(),
                });
            }
        }
        let data = self.object("data").ok_or(AnswerError::NotAnAnswer)?;
        let found = match data.object("credentials") {
            Some(keys) => keys
                .keys(["tmpSecretId", "tmpSecretKey", "sessionToken"])
                .zip(data.number("expiredTime"))
                .map(issued),
            None => data.caller(["type", "arn", "accountId", "userId", "principalId"]),
        };
        found.ok_or(AnswerError::NotAnAnswer)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    fn keys(&self, [secret_id, secret_key, token]: [&str; 3]) -> Option<Credentials> {
        let keys = Credentials::new(self.text(secret_id)?, self.text(secret_key)?);
        Some(keys.with_token(self.text(token)?))
    }

    fn caller(&self, [kind, arn, account, user, principal]: [&str; 5]) -> Option<Answer> {
        Some(Answer::Caller(CallerIdentity {
            kind: self.text(kind)?,
            arn: self.text(arn)?,
            account_id: self.text(account)?,
            user_id: self.text(user)?,
            principal_id: self.text(principal)?,
        }))
    }
}

fn issued((credentials, expires): (Credentials, i64)) -> Answer {
    Answer::Issued(Issued { credentials, expires })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sts::StsErrorCode;

    const FORMS: [Form; 2] = [Form::Current, Form::Former];

    #[test]
    fn what_is_written_is_read() {
        let credentials = Credentials::new("AKIDx", "key").with_token("token");
        for form in FORMS {
            let issued = Issued { credentials: credentials.clone(), expires: 1_543_914_376 };
            let text = Answer::Issued(issued).write("id", form);
            let Ok(Answer::Issued(read)) = Answer::read(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(read.expires, 1_543_914_376);
            assert_eq!(read.credentials.secret_id().as_str(), "AKIDx");
            assert_eq!(read.credentials.secret_key().expose(), "key");
            assert_eq!(read.credentials.token().unwrap().expose(), "token");
            let caller = CallerIdentity {
                kind: "CAMUser".into(),
                arn: "qcs::cam:1:uin/2".into(),
                account_id: "1".into(),
                user_id: "2".into(),
                principal_id: "2".into(),
            };
            let text = Answer::Caller(caller.clone()).write("id", form);
            let Ok(Answer::Caller(read)) = Answer::read(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(read, caller);
            let refused = StsError::from(StsErrorCode::RoleNotFound).write("id", form);
            let Err(AnswerError::Refused { code, .. }) = Answer::read(refused.as_bytes()) else {
                panic!("{refused}")
            };
            assert_eq!(code, "ResourceNotFound.RoleNotFound");
        }
    }

    #[test]
    fn the_documented_answers_are_read() {
        let text = r#"{"Response":{"Credentials":{"Token":"t","TmpSecretId":"AKID","TmpSecretKey":"k"},
            "ExpiredTime":1543914376,"Expiration":"2018-12-04T09:06:16Z","RequestId":"uuid"}}"#;
        let Ok(Answer::Issued(read)) = Answer::read(text.as_bytes()) else { panic!() };
        assert_eq!(iso8601(read.expires), "2018-12-04T09:06:16Z");
        let text = r#"{"code":0,"message":"","codeDesc":"Success","data":{"credentials":
            {"sessionToken":"t","tmpSecretId":"AKID","tmpSecretKey":"k"},"expiredTime":7}}"#;
        assert!(matches!(
            Answer::read(text.as_bytes()),
            Ok(Answer::Issued(Issued { expires: 7, .. }))
        ));
    }

    #[test]
    fn anything_else_is_no_answer() {
        for text in
            ["", "{}", "[]", r#"{"Response":{}}"#, r#"{"Response":{"Credentials":{}}}"#, "<html>"]
        {
            assert_eq!(
                Answer::read(text.as_bytes()).unwrap_err(),
                AnswerError::NotAnAnswer,
                "{text}"
            );
        }
    }
}
