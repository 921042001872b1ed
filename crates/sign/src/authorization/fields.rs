//! The fields of a signature on their way in, one by one, in any order: what is wrong with one of them is found out here.

use std::borrow::Cow;

use super::time::Time;
use super::{Authorization, FieldError};
use crate::head::{SIGNATURE_FIELDS, position_of_field};
use crate::signing::Signature;

/// The fields on their way in, from a header text or from query parameters.
#[derive(Clone, Default)]
pub(crate) struct Fields<'a>([Option<Cow<'a, str>>; 7]);

impl<'a> Fields<'a> {
    pub(crate) fn set(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), FieldError> {
        match position_of_field(name.as_bytes()) {
            None => Err(FieldError::Unknown { field: shown(name) }),
            Some(position) => self.set_at(position, value),
        }
    }

    /// Sets the field of that position in [`SIGNATURE_FIELDS`].
    pub(crate) fn set_at(
        &mut self,
        position: usize,
        value: Cow<'a, str>,
    ) -> Result<(), FieldError> {
        match (self.0.get_mut(position), SIGNATURE_FIELDS.get(position)) {
            (Some(Some(_)), Some(field)) => Err(FieldError::Duplicate { field }),
            (Some(slot), _) => {
                *slot = Some(value);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    pub(crate) fn finish(self) -> Result<Authorization<'a>, FieldError> {
        for (field, slot) in SIGNATURE_FIELDS.into_iter().zip(&self.0) {
            if slot.is_none() {
                return Err(FieldError::Missing { field });
            }
        }
        let [algorithm, secret_id, sign_time, key_time, header_list, param_list, signature] =
            self.0.map(Option::unwrap_or_default);
        if algorithm != "sha1" {
            return Err(FieldError::Algorithm { value: algorithm.into_owned() });
        }
        if secret_id.is_empty() {
            return Err(FieldError::EmptySecretId);
        }
        let sign_time = Time::read("q-sign-time", &sign_time)?;
        let key_time = Time::read("q-key-time", &key_time)?;
        let signature = Signature::parse(&signature).ok_or(FieldError::Signature)?;
        Ok(Authorization {
            secret_id,
            sign_time,
            key_time,
            header_list,
            param_list,
            signature,
            token: None,
        })
    }
}

/// The beginning of a field's name, up to the first character that no name has: behind it may stand
/// the password or token of another kind of `Authorization` (`Basic …`, `Bearer …`).
fn shown(name: &str) -> String {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars().take_while(is_part).take(LONGEST_SHOWN_NAME).collect()
}

/// The longest name of the documents has 20 characters (`x-cos-security-token`).
pub(super) const LONGEST_SHOWN_NAME: usize = 32;
