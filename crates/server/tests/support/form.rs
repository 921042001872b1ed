//! An upload form in the making.

use cospass_protocol::form::{Form as Written, FormPolicy};
use cospass_sign::{SecretKey, SigningKey};

use super::{NOW, Request, SECRET_ID, SECRET_KEY, request};

pub const BOUNDARY: &str = "----WebKitFormBoundaryZBPbaoYE2gqeB21N";

/// A form that is signed when it is written.
#[derive(Clone)]
pub struct Form {
    fields: Vec<(String, String)>,
    conditions: Vec<String>,
    filename: Option<String>,
    file: Vec<u8>,
    secret: (String, String),
    key_time: (i64, i64),
    expiration: String,
}

/// A form for an object of that key, with no more conditions than a policy must have.
pub fn form(key: &str) -> Form {
    let secret_id = SECRET_ID.to_owned();
    Form {
        fields: vec![("key".to_owned(), key.to_owned())],
        conditions: Vec::new(),
        filename: Some("example.jpg".to_owned()),
        file: b"[Object Content]".to_vec(),
        secret: (secret_id, SECRET_KEY.to_owned()),
        key_time: (NOW - 60, NOW + 300),
        expiration: "2023-11-14T22:18:20.000Z".to_owned(),
    }
}

impl Form {
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another condition of the policy, as JSON.
    pub fn condition(mut self, json: &str) -> Self {
        self.conditions.push(json.to_owned());
        self
    }

    pub fn file(mut self, filename: Option<&str>, bytes: &[u8]) -> Self {
        (self.filename, self.file) = (filename.map(str::to_owned), bytes.to_vec());
        self
    }

    pub fn secret(mut self, secret_id: &str, secret_key: &str) -> Self {
        self.secret = (secret_id.to_owned(), secret_key.to_owned());
        self
    }

    pub fn key_time(mut self, start: i64, end: i64) -> Self {
        self.key_time = (start, end);
        self
    }

    pub fn expiration(mut self, time: &str) -> Self {
        self.expiration = time.to_owned();
        self
    }

    /// The text of the policy.
    pub fn policy(&self) -> String {
        let key_time = format!("{};{}", self.key_time.0, self.key_time.1);
        let mut conditions = self.conditions.clone();
        conditions.push(format!(
            r#"{{"q-sign-algorithm":"sha1"}},{{"q-ak":"{}"}},{{"q-sign-time":"{key_time}"}}"#,
            self.secret.0
        ));
        let conditions = conditions.join(",");
        format!(r#"{{"expiration":"{}","conditions":[{conditions}]}}"#, self.expiration)
    }

    /// With a policy and its signature.
    pub fn sign(self) -> Self {
        let policy = self.policy();
        self.sign_policy(&policy)
    }

    /// With that policy and its signature.
    pub fn sign_policy(self, policy: &str) -> Self {
        let key_time = format!("{};{}", self.key_time.0, self.key_time.1);
        let key = SigningKey::derive(&SecretKey::new(self.secret.1.clone()), &key_time);
        let signature = key.sign_policy(policy.as_bytes());
        let secret_id = self.secret.0.clone();
        self.field("policy", &FormPolicy::field(policy))
            .field("q-sign-algorithm", "sha1")
            .field("q-ak", &secret_id)
            .field("q-key-time", &key_time)
            .field("q-signature", signature.as_str())
    }

    /// With another value of a field that it has.
    pub fn change(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(found, _)| found == name);
        field.unwrap().1 = value.to_owned();
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self
    }

    /// The body before the bytes of the file, and behind them.
    pub fn around(&self) -> (Vec<u8>, Vec<u8>) {
        let mut form = Written { filename: self.filename.clone(), ..Written::default() };
        for (name, value) in &self.fields {
            form.fields.add(name.as_str(), value.as_str()).unwrap();
        }
        form.write(BOUNDARY)
    }

    pub fn body(&self) -> Vec<u8> {
        let (before, behind) = self.around();
        [&before, self.file.as_slice(), &behind].concat()
    }

    pub fn request(&self) -> Request {
        post(&self.body())
    }
}

/// A request with the body of a form.
pub fn post(body: &[u8]) -> Request {
    request("POST", "/")
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("Content-Length", body.len().to_string())
        .body(body)
}
