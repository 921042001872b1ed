//! The older signature, HmacSHA1 or HmacSHA256 over parameters (1278/55346, "signature method v1").
//!
//! ```text
//! StringToSign = METHOD host path ? name=value&name=value…     sorted by name, values as they are, Signature left out
//! Signature    = base64(HMAC(SecretKey, StringToSign))
//! ```

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cospass_sign::SecretKey;
use sha1_lanes::Hmac as HmacSha1;
use subtle::{Choice, ConstantTimeEq};

use super::tc3::hmac_sha256;

/// The hash that a signature is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The one that is meant where `SignatureMethod` is missing.
    HmacSha1,
    /// `SignatureMethod=HmacSHA256`.
    HmacSha256,
}

impl Method {
    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "HmacSHA1" => Some(Self::HmacSha1),
            "HmacSHA256" => Some(Self::HmacSha256),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HmacSHA1",
            Self::HmacSha256 => "HmacSHA256",
        }
    }

    fn mac(self, secret_key: &SecretKey, text: &str) -> Vec<u8> {
        let key = secret_key.expose().as_bytes();
        match self {
            Self::HmacSha1 => HmacSha1::new(key).digest(text.as_bytes()).to_vec(),
            Self::HmacSha256 => hmac_sha256(key, text.as_bytes()).to_vec(),
        }
    }
}

/// What is signed, with names and values as they are, not encoded.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The host, as its signer has it.
    pub host: &'a str,
    /// The path: `/`, or `/v2/index.php` of the former interface.
    pub path: &'a str,
    /// All parameters, in any order; `Signature` may be among them.
    pub params: &'a [(&'a str, &'a str)],
}

impl Signed<'_> {
    /// The StringToSign.
    fn text(&self, host: &str) -> String {
        let signed = self.params.iter().filter(|(name, _)| *name != "Signature");
        let mut params: Vec<_> = signed.collect();
        params.sort_unstable();
        let params: Vec<_> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}{host}{}?{}", self.method, self.path, params.join("&"))
    }

    /// The signature, base64.
    pub fn signature(&self, method: Method, secret_key: &SecretKey) -> String {
        STANDARD.encode(method.mac(secret_key, &self.text(self.host)))
    }

    /// Whether that signature, base64, is one of the request for one of those hosts: clients sign the host that they were
    /// made for, whatever they are sent to (qcloud-python-sts). Takes the same time wherever signatures differ.
    pub fn holds(
        &self,
        hosts: &[&str],
        signature: &str,
        method: Method,
        secret_key: &SecretKey,
    ) -> bool {
        let claimed = STANDARD.decode(signature).unwrap_or_default();
        let mut holds = Choice::from(0);
        for host in hosts {
            holds |= method.mac(secret_key, &self.text(host)).ct_eq(&claimed);
        }
        holds.into()
    }
}

/// Shows no value: a token and a signature are among them.
impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, host, path, .. } = self;
        f.debug_struct("Signed")
            .field("method", method)
            .field("host", host)
            .field("path", path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of the example of the documentation.
    const PARAMS: [(&str, &str); 9] = [
        ("Version", "2017-03-12"),
        ("Action", "DescribeInstances"),
        ("InstanceIds.0", "ins-09dx96dg"),
        ("Limit", "20"),
        ("Nonce", "11886"),
        ("Offset", "0"),
        ("Region", "ap-guangzhou"),
        ("SecretId", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"),
        ("Timestamp", "1465185768"),
    ];
    const HOST: &str = "cvm.tencentcloudapi.com";

    fn secret_key() -> SecretKey {
        SecretKey::new("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
    }

    fn signed(params: &[(&'static str, &'static str)]) -> String {
        let signed = Signed { method: "GET", host: HOST, path: "/", params };
        signed.signature(Method::HmacSha1, &secret_key())
    }

    #[test]
    fn the_documented_example_is_reproduced() {
        assert_eq!(signed(&PARAMS), "EliP9YW3pW28FpsEdkXt/+WcGeI=");
        let signature = [&PARAMS[..], &[("Signature", "x")]].concat();
        assert_eq!(signed(&signature), signed(&PARAMS));
    }

    #[test]
    fn it_holds_for_a_host_that_may_have_been_meant_and_with_its_method_alone() {
        let signed = Signed { method: "GET", host: "127.0.0.1:9000", path: "/", params: &PARAMS };
        let holds = |hosts: &[&str], method| {
            signed.holds(hosts, "EliP9YW3pW28FpsEdkXt/+WcGeI=", method, &secret_key())
        };
        assert!(holds(&["127.0.0.1:9000", HOST], Method::HmacSha1));
        assert!(!holds(&["127.0.0.1:9000"], Method::HmacSha1));
        assert!(!holds(&[HOST], Method::HmacSha256));
        let of_sha256 =
            Signed { host: HOST, ..signed }.signature(Method::HmacSha256, &secret_key());
        assert!(signed.holds(&[HOST], &of_sha256, Method::HmacSha256, &secret_key()));
        assert!(!signed.holds(&[HOST], "", Method::HmacSha1, &secret_key()));
        assert!(!signed.holds(&[HOST], &of_sha256, Method::HmacSha256, &SecretKey::new("other")));
    }
}
