//! Who signed, and what the signature covers.

use cospass_sign::percent::{self, Plus};
use cospass_sign::{Claim, Convention, SecretId, Verified};

/// Who signed a request, by a signature that holds. The layer puts one among the extensions of each request that it lets
/// through, and nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    secret_id: SecretId,
    headers: Vec<String>,
    params: Vec<String>,
    verified: Verified,
}

impl Identity {
    pub(crate) fn new(claim: &Claim<'_>, verified: Verified) -> Self {
        let names = |names: &mut dyn Iterator<Item = &str>| {
            names.map(|name| decoded(name).to_ascii_lowercase()).collect()
        };
        Self {
            secret_id: SecretId::new(claim.secret_id()),
            headers: names(&mut claim.signed_headers()),
            params: names(&mut claim.signed_params()),
            verified,
        }
    }

    /// Whose key signed.
    pub fn secret_id(&self) -> &SecretId {
        &self.secret_id
    }

    /// Whether the signature covers the header of that name, in any case: its value is the signer's.
    pub fn covers_header(&self, name: &str) -> bool {
        self.headers.iter().any(|covered| covered.eq_ignore_ascii_case(name))
    }

    /// Whether the signature covers the query parameter of that name, in any case: its value is the signer's.
    pub fn covers_param(&self, name: &str) -> bool {
        self.params.iter().any(|covered| covered.eq_ignore_ascii_case(name))
    }

    /// By which convention of the official SDKs the signature holds.
    pub fn convention(&self) -> Convention {
        self.verified.convention()
    }

    /// How the signer meant a `+` in the query.
    pub fn plus(&self) -> Plus {
        self.verified.plus()
    }
}

fn decoded(name: &str) -> String {
    String::from_utf8_lossy(&percent::decode(name.as_bytes())).into_owned()
}
