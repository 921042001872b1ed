//! Where signatures are made: the outline of a request, what belongs to its time, and buffers, which the next call finds as
//! this one leaves them.

use cospass_sign::Canonical;

use crate::clock::Validity;
use crate::credentials::Keys;
use crate::dated::Dated;
use crate::outline::{Carrier, Outline, Request};

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    canonical: Canonical,
    outline: Outline,
    dated: Option<Dated>,
    http_string: Vec<u8>,
    /// Where the results are written.
    sheet: String,
}

/// What is kept of memory from one call to the next, in bytes, each in a buffer of its own: more than a URL of ordinary length
/// takes.
pub(crate) const KEPT_MOST: usize = 16 * 1024;

/// The `Authorization` text of one request.
pub(crate) fn authorization(
    request: &Request<'_>,
    key: &str,
    keys: &Keys,
    validity: &Validity,
) -> String {
    let mut desk = Desk::default();
    desk.lay_out(request, Carrier::Header);
    desk.sign(keys, validity, key).to_owned()
}

impl Desk {
    /// Takes the next request; of a URL, the outline is told the rest.
    pub(crate) fn lay_out(&mut self, request: &Request<'_>, carrier: Carrier) -> &mut Outline {
        self.outline.write(&mut self.canonical, request, carrier);
        &mut self.outline
    }

    /// Signs it for a key. The text lies here until the next is signed.
    pub(crate) fn sign(&mut self, keys: &Keys, validity: &Validity, key: &str) -> &str {
        let Self { outline, dated, http_string, sheet, .. } = self;
        let dated = Dated::of(dated, keys, validity);
        http_string.clear();
        outline.push_http_string(http_string, key);
        let signature = dated.key.sign_at(&dated.sign_time, http_string);
        sheet.clear();
        outline.push(sheet, key, dated.start(outline.carrier()), &signature);
        sheet
    }

    /// Gives back the memory that a call of unusual length took.
    pub(crate) fn tidy(&mut self) {
        if self.sheet.capacity() > KEPT_MOST || self.http_string.capacity() > KEPT_MOST {
            self.sheet = String::new();
            self.http_string = Vec::new();
        }
    }

    /// Whether the request is of ordinary length, but for its key.
    pub(crate) fn is_small(&self) -> bool {
        self.outline.length() <= KEPT_MOST
    }

    /// What is the same for all keys at one time.
    pub(crate) fn outline(&mut self, keys: &Keys, validity: &Validity) -> Outline {
        let dated = Dated::of(&mut self.dated, keys, validity);
        self.outline.clone().begun(dated.start(self.outline.carrier()))
    }
}
