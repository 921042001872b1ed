//! A call as it is sent: JSON in a POST, signed with TC3-HMAC-SHA256.

use std::fmt;

use cospass_sign::Credentials;

use super::{Request, VERSION, tc3};

const CONTENT_TYPE: &str = "application/json";

/// The HTTP request of a call. The scheme, the address and the connection are the sender's.
#[derive(Clone)]
pub struct Outgoing {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// Every header, `Host` among them. `Content-Length` is left to the sender.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// A signed call, `now` in Unix seconds. `host` is the one that it is sent to, with its port unless that is the scheme's
    /// own; the region is one of the service's, and need not be given.
    pub fn signed(
        request: &Request,
        host: &str,
        region: Option<&str>,
        credentials: &Credentials,
        now: i64,
    ) -> Self {
        let mut call = Self::unsigned(request, host, region);
        call.headers.push(("X-TC-Timestamp", now.to_string()));
        if let Some(token) = credentials.token() {
            call.headers.push(("X-TC-Token", token.expose().to_owned()));
        }
        // The clients that are the service's own sign their own first label.
        let service = host.split('.').next().unwrap_or_default();
        let names = ["content-type", "host"];
        let headers: Vec<_> =
            call.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let signed = tc3::Signed {
            method: call.method,
            path: call.path,
            query: "",
            headers: &headers,
            body: &call.body,
        };
        let signature = tc3::signature(&signed, &names, credentials.secret_key(), now, service);
        let secret_id = credentials.secret_id().as_str();
        let text = tc3::authorization(secret_id, now, service, &names, &signature);
        call.headers.push(("Authorization", text));
        call
    }

    /// A call that nothing signs: AssumeRoleWithWebIdentity, whose token is the proof.
    pub fn skipping(request: &Request, host: &str, region: Option<&str>, now: i64) -> Self {
        let mut call = Self::unsigned(request, host, region);
        call.headers.push(("X-TC-Timestamp", now.to_string()));
        call.headers.push(("Authorization", "SKIP".to_owned()));
        call
    }

    fn unsigned(request: &Request, host: &str, region: Option<&str>) -> Self {
        let mut headers = vec![
            ("Content-Type", CONTENT_TYPE.to_owned()),
            ("Host", host.to_owned()),
            ("X-TC-Action", request.action().to_owned()),
            ("X-TC-Version", VERSION.to_owned()),
        ];
        headers.extend(region.map(|region| ("X-TC-Region", region.to_owned())));
        Self {
            method: "POST",
            path: "/",
            headers,
            body: request.to_json().to_string().into_bytes(),
        }
    }
}

/// Shows neither headers nor body: there are a token and a signature in them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Outgoing").field("headers", &names).finish_non_exhaustive()
    }
}
