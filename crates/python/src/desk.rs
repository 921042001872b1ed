//! Where signatures are made, and what one leaves for the next: buffers, and what belongs to a secret at a time.
//!
//! Nothing of Python is called while a desk is locked.

use cospass_sign::{Authorization, Canonical, SecretKey, SignTime, SigningKey};

use crate::call::Pair;
use crate::clock::Validity;
use crate::credentials::Keys;

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    canonical: Canonical,
    path: Vec<u8>,
    last: Option<Dated>,
    /// Where the next result is written, if nobody has it.
    sheet: String,
}

/// A secret at a time, made once for all calls of a second.
#[derive(Debug)]
struct Dated {
    id: String,
    secret: SecretKey,
    validity: Validity,
    key_time: String,
    key: SigningKey,
    sign_time: SignTime,
    /// The first four parameters of a signature in a query.
    query_start: String,
}

/// What is kept of memory for results, in bytes: more than a URL of ordinary length takes.
const SHEET_MOST: usize = 16 * 1024;

/// The digits of a signature.
pub(crate) const SIGNATURE_LENGTH: usize = 40;

/// What requests have in common that differ in their keys alone.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Of the `HttpString`.
    pub(crate) before_path: Vec<u8>,
    pub(crate) after_path: Vec<u8>,
    /// The seven parameters, up to the signature's digits.
    pub(crate) query: String,
}

/// What is signed.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// With or without the slash that it begins with.
    pub(crate) key: &'a str,
    pub(crate) params: &'a [Pair<'a>],
    pub(crate) headers: &'a [Pair<'a>],
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// As the value of `Authorization`.
    Header,
    /// As seven parameters.
    Query,
}

impl Desk {
    /// What is the same for all keys.
    pub(crate) fn template(
        &mut self,
        request: &Request<'_>,
        keys: &Keys,
        validity: &Validity,
    ) -> Template {
        let mut query = String::new();
        self.sign(request, keys, validity, Carrier::Query, &mut query);
        // The signature is the last of it.
        query.truncate(query.len().saturating_sub(SIGNATURE_LENGTH));
        let text = self.canonical.http_string();
        let (before, rest) = text.split_at((request.method.len() + 1).min(text.len()));
        Template {
            before_path: before.to_vec(),
            after_path: rest.get(self.path.len()..).unwrap_or_default().to_vec(),
            query,
        }
    }

    /// An empty text that has the memory of the one before.
    pub(crate) fn sheet(&mut self) -> String {
        std::mem::take(&mut self.sheet)
    }

    /// Takes it back, when what stands in it was read.
    pub(crate) fn put_back(&mut self, mut sheet: String) {
        if sheet.capacity() <= SHEET_MOST {
            sheet.clear();
            self.sheet = sheet;
        }
    }

    /// Signs, and appends the signature.
    pub(crate) fn sign(
        &mut self,
        request: &Request<'_>,
        keys: &Keys,
        validity: &Validity,
        carrier: Carrier,
        out: &mut String,
    ) {
        let Self { canonical, path, last, .. } = self;
        path.clear();
        if !request.key.starts_with('/') {
            path.push(b'/');
        }
        path.extend_from_slice(request.key.as_bytes());
        canonical.write(request.method, path, request.params, request.headers);
        let dated = dated(last, keys, validity);
        let signature = dated.key.sign_at(&dated.sign_time, canonical.http_string());
        let (headers, params) = (canonical.header_list(), canonical.param_list());
        match carrier {
            Carrier::Header => {
                let (id, key_time) = (&dated.id, &dated.key_time);
                Authorization::new(id, key_time, headers, params, signature).write_header(out);
            }
            Carrier::Query => {
                out.push_str(&dated.query_start);
                Authorization::write_query_end(headers, params, out);
                out.push_str(signature.as_str());
            }
        }
    }
}

fn dated<'a>(last: &'a mut Option<Dated>, keys: &Keys, validity: &Validity) -> &'a Dated {
    let usable = |last: &Dated| {
        last.validity == *validity
            && last.id == keys.id
            && last.secret.expose() == keys.key.expose()
    };
    if !last.as_ref().is_some_and(usable) {
        *last = None;
    }
    last.get_or_insert_with(|| {
        let key_time = validity.key_time();
        let mut query_start = String::new();
        Authorization::write_query_start(&keys.id, &key_time, &key_time, &mut query_start);
        // Percent-encoded, a space alone is `%20`; `urlencode` writes it as `+`.
        let query_start = query_start.replace("%20", "+");
        Dated {
            id: keys.id.clone(),
            secret: keys.key.clone(),
            key: SigningKey::derive(&keys.key, &key_time),
            sign_time: SignTime::new(&key_time),
            validity: validity.clone(),
            key_time,
            query_start,
        }
    })
}
