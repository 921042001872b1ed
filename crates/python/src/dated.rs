//! What belongs to a secret at a time, made once for all calls of a second.

use cospass_sign::{Authorization, SecretKey, SignTime, SigningKey};

use crate::clock::Validity;
use crate::credentials::Keys;
use crate::outline::Carrier;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Dated {
    id: String,
    secret: SecretKey,
    validity: Validity,
    pub(crate) key: SigningKey,
    pub(crate) sign_time: SignTime,
    header_start: String,
    query_start: String,
}

impl Dated {
    /// The last one, if it is of this secret and time, else that which becomes the last.
    pub(crate) fn of<'a>(last: &'a mut Option<Self>, keys: &Keys, validity: &Validity) -> &'a Self {
        if !last.as_ref().is_some_and(|last| last.is(keys, validity)) {
            *last = None;
        }
        last.get_or_insert_with(|| Self::new(keys, validity))
    }

    fn is(&self, keys: &Keys, validity: &Validity) -> bool {
        self.validity == *validity
            && self.id == keys.id
            && self.secret.expose() == keys.key.expose()
    }

    fn new(keys: &Keys, validity: &Validity) -> Self {
        let time = validity.key_time();
        let (mut header_start, mut query_start) = (String::new(), String::new());
        Authorization::write_header_start(&keys.id, &time, &time, &mut header_start);
        Authorization::write_query_start(&keys.id, &time, &time, &mut query_start);
        Self {
            id: keys.id.clone(),
            secret: keys.key.clone(),
            validity: validity.clone(),
            key: SigningKey::derive(&keys.key, &time),
            sign_time: SignTime::new(&time),
            header_start,
            // Percent-encoded, a space alone is `%20`; `urlencode` writes it as `+`.
            query_start: query_start.replace("%20", "+"),
        }
    }

    /// The first four fields of a signature.
    pub(crate) fn start(&self, carrier: Carrier) -> &str {
        match carrier {
            Carrier::Header => &self.header_start,
            Carrier::Query => &self.query_start,
        }
    }
}
