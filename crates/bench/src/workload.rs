//! What is signed.

use std::error::Error;

use cospass::{Bucket, Credentials, Endpoint, Region, Scheme};
use serde_json::{Value, json};

const SECRET_ID: &str = "AKIDEXAMPLE0000000000000000000000000";
const SECRET_KEY: &str = "exampleSecretKey0000000000000000";
const REGION: &str = "ap-beijing";
const BUCKET: &str = "examplebucket-1250000000";

/// How long each URL holds, in seconds.
pub(crate) const EXPIRES: i64 = 300;

/// How many keys a workload goes round.
const KEYS: usize = 1000;

/// One of the four uses that are measured; the keys differ from URL to URL.
pub(crate) struct Workload {
    /// `W1` to `W4`.
    pub(crate) name: &'static str,
    /// What it is, for a person.
    pub(crate) title: &'static str,
    pub(crate) method: &'static str,
    pub(crate) params: Vec<(&'static str, &'static str)>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// The token of temporary credentials; it follows the other parameters.
    pub(crate) token: Option<String>,
    /// Whether the text of an `Authorization` header is made, not a URL.
    pub(crate) authorization: bool,
    pub(crate) keys: Vec<String>,
}

impl Workload {
    pub(crate) fn all() -> [Self; 4] {
        let get = || Self {
            name: "W1",
            title: "GET",
            method: "GET",
            params: Vec::new(),
            headers: Vec::new(),
            token: None,
            authorization: false,
            keys: (0..KEYS).map(|n| format!("photos/2024/06/IMG_{n:08}.jpg")).collect(),
        };
        [
            get(),
            Self {
                name: "W2",
                title: "GET, file name and token",
                params: vec![("response-content-disposition", "attachment; filename=example.xlsx")],
                token: Some(token()),
                ..get()
            },
            Self {
                name: "W3",
                title: "PUT, three signed headers",
                method: "PUT",
                headers: vec![
                    ("x-cos-storage-class", "STANDARD_IA"),
                    ("x-cos-traffic-limit", "819200"),
                    ("content-type", "image/jpeg"),
                ],
                ..get()
            },
            Self { name: "W4", title: "Authorization of W1", authorization: true, ..get() },
        ]
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
        match &self.token {
            Some(token) => credentials.with_token(token),
            None => credentials,
        }
    }

    /// What the Python SDK is told, once.
    pub(crate) fn to_json(&self) -> Value {
        let object = |pairs: &[(&str, &str)]| {
            Value::Object(pairs.iter().map(|&(n, v)| (n.to_owned(), json!(v))).collect())
        };
        let mut params = object(&self.params);
        if let (Some(token), Some(params)) = (&self.token, params.as_object_mut()) {
            params.insert("x-cos-security-token".to_owned(), json!(token));
        }
        json!({
            "name": self.name,
            "authorization": self.authorization,
            "arguments": {
                "Method": self.method, "Bucket": BUCKET, "Params": params,
                "Headers": object(&self.headers), "Expired": EXPIRES,
            },
            "keys": self.keys,
            "region": REGION,
            "secret_id": SECRET_ID,
            "secret_key": SECRET_KEY,
        })
    }

    /// The host that is signed.
    pub(crate) fn host(&self) -> Result<String, Box<dyn Error>> {
        Ok(endpoint()?.host(&bucket()?, Scheme::Https))
    }
}

pub(crate) fn endpoint() -> Result<Endpoint, Box<dyn Error>> {
    Ok(Endpoint::default_domain(Region::new(REGION)?))
}

pub(crate) fn bucket() -> Result<Bucket, Box<dyn Error>> {
    Ok(Bucket::new(BUCKET)?)
}

/// 300 characters, three of eight of which are percent-encoded: the dearest token to sign.
fn token() -> String {
    "ab+c/d==".chars().cycle().take(300).collect()
}
