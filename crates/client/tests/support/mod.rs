//! Lines of `vectors/*.jsonl`: what an official SDK was given, and what it made of it.

use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Presigned, Region, Scheme, Signer};
use serde_json::Value;

/// The lines of one file of vectors.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One call of the Python SDK.
pub(crate) struct Call {
    pub(crate) api: String,
    pub(crate) input: Value,
    pub(crate) authorization: String,
    pub(crate) url: Option<String>,
}

impl Call {
    /// `None` when the line is no call that signs, or ended in an error.
    pub(crate) fn read(line: &Value) -> Option<Self> {
        let api = line["api"].as_str().unwrap();
        let signs = ["get_auth", "get_presigned_url", "get_presigned_download_url"];
        if !signs.contains(&api) || !line["error"].is_null() {
            return None;
        }
        Some(Call {
            api: api.to_owned(),
            input: line["input"].clone(),
            authorization: line["authorization"].as_str().unwrap_or_default().to_owned(),
            url: line["url"].as_str().map(str::to_owned),
        })
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.input[field].as_str()
    }

    /// `CosConfig(…)` beyond region, endpoint, domain, scheme and token.
    pub(crate) fn config(&self, field: &str) -> &Value {
        &self.input["conf"][field]
    }

    pub(crate) fn pairs(&self, field: &str) -> Vec<(String, String)> {
        let pairs = self.input[field].as_object().into_iter().flatten();
        pairs.map(|(name, value)| (name.clone(), python_text(value))).collect()
    }

    /// The host and port of the SDK's URL: the caller's words joined as `CosConfig.uri` joins them.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, String> {
        let cause = |error: cospass::HostError| error.cause().to_owned();
        if let Some(ip) = self.config("IP").as_str() {
            let port = self.config("Port").as_u64().map(|port| format!(":{port}"));
            return Endpoint::custom_domain(format!("{ip}{}", port.unwrap_or_default()))
                .map_err(cause);
        }
        if let Some(domain) = self.text("domain") {
            return Endpoint::custom_domain(domain).map_err(cause);
        }
        let for_ci = self.input["call"]["UseCiEndPoint"] == true;
        let region = self.text("region");
        let ci = self.config("EndpointCi").as_str().map(str::to_owned);
        let ci = ci.or(region.map(|region| format!("ci.{region}.myqcloud.com")));
        if let (true, Some(ci)) = (for_ci, ci) {
            return Endpoint::explicit(ci).map_err(cause);
        }
        if let Some(endpoint) = self.text("endpoint") {
            return Endpoint::explicit(endpoint).map_err(cause);
        }
        let region = Region::new(region.unwrap()).map_err(|error| error.cause().to_owned())?;
        let switched_off = |field| self.config(field) == false;
        Ok(match (switched_off("EnableOldDomain"), switched_off("EnableInternalDomain")) {
            (false, _) => Endpoint::default_domain(region),
            (true, false) => Endpoint::internal(region),
            (true, true) => Endpoint::new_domain(region),
        })
    }

    /// The same call of this crate, its refusals by their stable names.
    pub(crate) fn sign(&self, change: impl FnOnce(&mut Change)) -> Result<Presigned, String> {
        let mut with = Change { token: self.text("token"), host: None };
        change(&mut with);
        let bucket = Bucket::new(self.text("bucket").unwrap());
        let bucket = bucket.map_err(|error| error.cause().to_owned())?;
        let key = ObjectKey::new(self.text("key").unwrap());
        let key = key.map_err(|error| error.cause().to_owned())?;
        let (id, secret) = (self.text("secret_id").unwrap(), self.text("secret_key").unwrap());
        let mut credentials = Credentials::new(id, secret);
        if let Some(token) = with.token {
            credentials = credentials.with_token(token);
        }
        let signer = Signer::new(credentials, self.endpoint()?);
        let scheme = if self.text("scheme") == Some("http") { Scheme::Http } else { Scheme::Https };
        let method = self.text("method").unwrap();
        let signing = match self.api.as_str() {
            "get_auth" => signer.authorization(method, &bucket, &key),
            "get_presigned_url" => signer.presigned_url(method, &bucket, &key),
            _ => signer.presigned_download_url(&bucket, &key),
        };
        let mut signing = signing
            .scheme(scheme)
            .params(self.pairs("params"))
            .headers(self.pairs("headers"))
            .sign_host(self.signs_host())
            .expires(seconds(&self.input["expires_s"]))
            .now(self.input["now_unix"].as_i64().unwrap());
        if let Some(host) = with.host {
            signing = signing.header("Host", host);
        }
        if self.config("SignParams") == false {
            signing = signing.signed_params([]);
        }
        signing.sign().map_err(|error| error.cause().to_owned())
    }

    /// `SignHost` of the call, as `bool()` reads it, else of the configuration.
    fn signs_host(&self) -> bool {
        match &self.input["sign_host"] {
            Value::Null => self.config("SignHost") != false,
            Value::Bool(sign) => *sign,
            Value::Number(number) => number.as_i64() != Some(0),
            value => value.as_str() != Some(""),
        }
    }
}

/// What a rule gives otherwise than the line says.
pub(crate) struct Change<'a> {
    pub(crate) token: Option<&'a str>,
    pub(crate) host: Option<String>,
}

fn seconds(expires: &Value) -> i64 {
    match expires {
        Value::Bool(flag) => i64::from(*flag),
        value => value.as_i64().unwrap_or_else(|| value.as_f64().unwrap() as i64),
    }
}

/// `str(value)` of Python.
fn python_text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> =
                items.iter().map(|item| format!("'{}'", python_text(item))).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    }
}
