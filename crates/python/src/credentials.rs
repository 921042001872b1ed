//! The keys of a configuration: given, asked of a credential instance at each call, or none.

use std::sync::Arc;

use cospass_sign::{Credentials, SecretKey, SecurityToken};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::chain::Chain;
use crate::refusal::Refusal;
use crate::site::truthy;
use crate::text::{text_of, type_name};

/// Where the keys come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Keys(Arc<Keys>),
    /// Has `secret_id`, `secret_key` and `token`, which are asked for at each call.
    Instance(Arc<Py<PyAny>>),
    /// The sources of this machine.
    Chain(Arc<Py<Chain>>),
    /// There are none.
    Nobody,
}

/// The keys of one call.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) key: SecretKey,
    /// Of the instance that they come from.
    pub(crate) token: Option<SecurityToken>,
    /// From when on the service refuses them, Unix seconds, where that is known.
    pub(crate) ends_at: Option<i64>,
}

impl Keys {
    /// Keys as `convert_secret_value` takes them.
    pub(crate) fn new(id: &Bound<'_, PyAny>, key: &Bound<'_, PyAny>) -> Result<Self, Refusal> {
        let (id, key) = (unpadded(id, "SecretId")?, unpadded(key, "SecretKey")?);
        if id.is_empty() || key.is_empty() {
            return Err(Refusal::SecretsMissing);
        }
        Ok(Self { id, key: SecretKey::new(key), token: None, ends_at: None })
    }
}

impl Keys {
    /// Whether they are these.
    pub(crate) fn are(&self, credentials: &Credentials) -> bool {
        let token = |token: Option<&SecurityToken>| token.map(|token| token.expose().to_owned());
        self.id == credentials.secret_id().as_str()
            && self.key.expose() == credentials.secret_key().expose()
            && token(self.token.as_ref()) == token(credentials.token())
            && self.ends_at == credentials.ends_at()
    }
}

impl From<&Credentials> for Keys {
    fn from(credentials: &Credentials) -> Self {
        Self {
            id: credentials.secret_id().as_str().to_owned(),
            key: credentials.secret_key().clone(),
            token: credentials.token().cloned(),
            ends_at: credentials.ends_at(),
        }
    }
}

impl Source {
    /// The source that an instance is.
    pub(crate) fn of_instance(instance: Bound<'_, PyAny>) -> Self {
        match instance.cast_into::<Chain>() {
            Ok(chain) => Self::Chain(Arc::new(chain.unbind())),
            Err(other) => Self::Instance(Arc::new(other.into_inner().unbind())),
        }
    }

    /// The keys to sign with now.
    pub(crate) fn keys(&self, py: Python<'_>) -> Result<Arc<Keys>, Refusal> {
        let instance = match self {
            Self::Keys(keys) => return Ok(Arc::clone(keys)),
            Self::Nobody => return Err(Refusal::SecretsMissing),
            Self::Chain(chain) => return chain.get().keys(py),
            Self::Instance(instance) => instance.bind(py),
        };
        let value = |attribute: &'static str, value: Bound<'_, PyAny>| {
            let found = type_name(&value);
            let told = text_of(&value, attribute);
            match told {
                Ok(text) if !text.is_empty() => Ok(text),
                Ok(_) | Err(Refusal::NotText { .. }) => {
                    Err(Refusal::CredentialValue { attribute, found })
                }
                Err(other) => Err(other),
            }
        };
        let id = value("secret_id", instance.getattr(intern!(py, "secret_id"))?)?;
        let key = value("secret_key", instance.getattr(intern!(py, "secret_key"))?)?;
        let token = token_of(Some(&instance.getattr(intern!(py, "token"))?))?;
        Ok(Arc::new(Keys { id, key: SecretKey::new(key), token, ends_at: None }))
    }
}

/// A token; an empty one is none.
pub(crate) fn token_of(token: Option<&Bound<'_, PyAny>>) -> Result<Option<SecurityToken>, Refusal> {
    let token = truthy(token)?.map(|token| text_of(token, "Token")).transpose()?;
    Ok(token.map(SecurityToken::new))
}

/// A token as `set_credential` takes it.
pub(crate) fn unpadded_token(
    token: Option<&Bound<'_, PyAny>>,
) -> Result<Option<SecurityToken>, Refusal> {
    let token = truthy(token)?.map(|token| unpadded(token, "Token")).transpose()?;
    Ok(token.map(SecurityToken::new))
}

/// `convert_secret_value`.
fn unpadded(value: &Bound<'_, PyAny>, what: &'static str) -> Result<String, Refusal> {
    let text = text_of(value, what)?;
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(Refusal::SecretPadded);
    }
    Ok(text)
}

/// Whether a value has what a credential instance must have.
pub(crate) fn is_instance(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<Chain>() {
        // It has them, and would ask for keys already now.
        return Ok(true);
    }
    for attribute in ["secret_id", "secret_key", "token"] {
        if !value.hasattr(PyString::intern(value.py(), attribute))? {
            return Ok(false);
        }
    }
    Ok(true)
}
