//! What depends on nothing but the pair of keys and the key time: made once for all signatures of a second.

use cospass_sign::{Authorization, Credentials, Deriver, KeyTime, SignTime, Signature, SigningKey};

/// The signing key of the last key time, and its text.
pub(super) struct KeyState {
    deriver: Deriver,
    key_time: KeyTime,
    /// None until something is signed at that time: the first text is hashed while the key is derived.
    signing_key: Option<SigningKey>,
    sign_time: SignTime,
    /// The key time as it stands in a signature.
    text: String,
    /// The first four fields of a signature, as a query has them; up to that length they are the same at all times.
    query_start: String,
    query_who: usize,
    /// The first two fields, as a header has them.
    header_who: String,
}

impl KeyState {
    /// Of a key time at which nothing is signed.
    pub(super) fn new(credentials: &Credentials) -> Self {
        let deriver = Deriver::new(credentials.secret_key());
        let id = credentials.secret_id().as_str();
        let [mut query_start, mut header_who] = [const { String::new() }; 2];
        Authorization::write_query_who(id, &mut query_start);
        Authorization::write_header_who(id, &mut header_who);
        let (key_time, text) = (KeyTime::new(0, 0), String::new());
        let sign_time = SignTime::new(&text);
        let query_who = query_start.len();
        Self {
            deriver,
            key_time,
            signing_key: None,
            sign_time,
            text,
            query_start,
            query_who,
            header_who,
        }
    }

    /// Makes this the state of a key time that is not empty. Says whether it was that of another one before.
    pub(super) fn at(&mut self, key_time: KeyTime) -> bool {
        if self.key_time == key_time {
            return false;
        }
        self.text.clear();
        key_time.write_into(&mut self.text);
        self.query_start.truncate(self.query_who);
        Authorization::write_query_when(&self.text, &self.text, &mut self.query_start);
        self.signing_key = None;
        self.sign_time = SignTime::new(&self.text);
        self.key_time = key_time;
        true
    }

    /// Signs an `HttpString`.
    pub(super) fn sign(&mut self, http_string: &[u8]) -> Signature {
        match &self.signing_key {
            Some(key) => key.sign_at(&self.sign_time, http_string),
            None => {
                let Self { deriver, text, sign_time, .. } = &*self;
                let (key, signature) = deriver.derive_and_sign(text, sign_time, http_string);
                self.signing_key = Some(key);
                signature
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn query_start(&self) -> &str {
        &self.query_start
    }

    /// Appends the first four fields of a signature, as a header has them.
    pub(super) fn write_header_start(&self, out: &mut String) {
        out.push_str(&self.header_who);
        Authorization::write_header_when(&self.text, &self.text, out);
    }
}
