//! What depends on nothing but the pair of keys and the key time: made once for all signatures of a second.

use cospass_sign::{Authorization, Credentials, Deriver, KeyTime, SignTime, Signature, SigningKey};

/// The signing key of the last key time, and its text.
pub(super) struct KeyState {
    deriver: Deriver,
    key_time: KeyTime,
    signing_key: SigningKey,
    sign_time: SignTime,
    /// The key time as it stands in a signature.
    text: String,
    /// The first four fields of a signature, as a query has them.
    query_start: String,
}

impl KeyState {
    /// Of a key time at which nothing is signed.
    pub(super) fn new(credentials: &Credentials) -> Self {
        let deriver = Deriver::new(credentials.secret_key());
        let key_time = KeyTime::new(0, 0);
        let [text, query_start] = [const { String::new() }; 2];
        let (signing_key, sign_time) = (deriver.derive(&text), SignTime::new(&text));
        Self { deriver, key_time, signing_key, sign_time, text, query_start }
    }

    /// Makes this the state of a key time that is not empty. Says whether it was that of another one before.
    pub(super) fn at(&mut self, key_time: KeyTime, credentials: &Credentials) -> bool {
        if self.key_time == key_time {
            return false;
        }
        let (id, text) = (credentials.secret_id().as_str(), &mut self.text);
        text.clear();
        key_time.write_into(text);
        self.query_start.clear();
        Authorization::write_query_start(id, text, text, &mut self.query_start);
        self.signing_key = self.deriver.derive(&self.text);
        self.sign_time = SignTime::new(&self.text);
        self.key_time = key_time;
        true
    }

    /// Signs an `HttpString`.
    pub(super) fn sign(&self, http_string: &[u8]) -> Signature {
        self.signing_key.sign_at(&self.sign_time, http_string)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn query_start(&self) -> &str {
        &self.query_start
    }

    /// Appends the first four fields of a signature, as a header has them.
    pub(super) fn write_header_start(&self, credentials: &Credentials, out: &mut String) {
        let id = credentials.secret_id().as_str();
        Authorization::write_header_start(id, &self.text, &self.text, out);
    }
}
