//! What a `CosConfig` says, read once: the official SDK's arguments, in its order of refusals (`cos_client.py`
//! `CosConfig.__init__`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cospass_sign::SecurityToken;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::chain::Chain;
use crate::clock::Clock;
use crate::credentials::{Keys, Source, is_instance, token_of, unpadded_token};
use crate::refusal::Refusal;
use crate::site::{Appid, CI, COS, Place, Site, endpoint_of, push_key, truthy};
use crate::text::{text_in, text_of, utf8_of};

/// The part of a configuration that signatures and URLs depend on.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) site: Site,
    pub(crate) source: Source,
    /// `Token`, which comes before that of a credential instance.
    pub(crate) token: Option<SecurityToken>,
    pub(crate) anonymous: bool,
    pub(crate) sign_host: bool,
    pub(crate) sign_params: bool,
    pub(crate) clock: Clock,
}

/// The arguments of `CosConfig`, by name; those that are `None` count as not given.
struct Arguments<'py>(Bound<'py, PyDict>);

impl<'py> Arguments<'py> {
    fn get(&self, name: &str) -> Result<Option<Bound<'py, PyAny>>, Refusal> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn is_true(&self, name: &str) -> Result<bool, Refusal> {
        Ok(truthy(self.get(name)?.as_ref())?.is_some())
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        self.get(name)?.map(|value| text_of(&value, name)).transpose()
    }

    fn appid(&self) -> Result<Option<Appid>, Refusal> {
        let value = self.get("Appid")?;
        let Some(value) = truthy(value.as_ref())? else { return Ok(None) };
        match text_of(value, "Appid") {
            Ok(text) => Ok(Some(Appid::Text(text))),
            Err(Refusal::NotText { .. }) => Ok(Some(Appid::Other(value.str()?.extract()?))),
            Err(other) => Err(other),
        }
    }

    fn site(&self) -> Result<Site, Refusal> {
        let appid = self.appid()?;
        if let Err(Refusal::BytesNotUtf8) = self.token() {
            return Err(Refusal::BytesNotUtf8);
        }
        let ip = self.text("IP")?;
        let port = self.port()?;
        let domain = self.text("Domain")?;
        let (region, endpoint) = (self.get("Region")?, self.get("Endpoint")?);
        let endpoint = match domain {
            None => {
                let old_domain = self.is_true("EnableOldDomain")?;
                let internal_domain = self.is_true("EnableInternalDomain")?;
                endpoint_of(endpoint.as_ref(), region.as_ref(), COS, old_domain, internal_domain)?
            }
            // As it is given: an empty one stays, and counts.
            Some(_) => self.text("Endpoint")?,
        };
        let scheme = match self.get("Scheme")? {
            None => "https",
            Some(scheme) => match text_of(&scheme, "Scheme").as_deref() {
                Ok("https") => "https",
                Ok("http") => "http",
                Err(Refusal::BytesNotUtf8) => return Err(Refusal::BytesNotUtf8),
                _ => return Err(Refusal::Scheme),
            },
        };
        // Data processing has no domains of its own, and none of the new ones.
        let ci = self.get("EndpointCi")?;
        let endpoint_ci = endpoint_of(ci.as_ref(), region.as_ref(), CI, true, false)?;
        Ok(Site { scheme, appid, endpoint, endpoint_ci, domain, ip, port })
    }

    fn token(&self) -> Result<Option<SecurityToken>, Refusal> {
        token_of(self.get("Token")?.as_ref())
    }

    fn port(&self) -> Result<Option<String>, Refusal> {
        Ok(self.get("Port")?.map(|port| port.str()?.extract()).transpose()?)
    }

    /// The first pair of which both are given, else the instance, else nobody where that is meant.
    fn source(&self, anonymous: bool) -> Result<Source, Refusal> {
        for (id, key) in
            [("SecretId", "SecretKey"), ("Secret_id", "Secret_key"), ("Access_id", "Access_key")]
        {
            let (id, key) = (self.get(id)?, self.get(key)?);
            if let (Some(id), Some(key)) = (truthy(id.as_ref())?, truthy(key.as_ref())?) {
                return Ok(Source::Keys(Arc::new(Keys::new(id, key)?)));
            }
        }
        match self.get("CredentialInstance")? {
            Some(instance) if instance.is_truthy()? && is_instance(&instance)? => {
                Ok(Source::of_instance(instance))
            }
            _ if anonymous => Ok(Source::Nobody),
            _ => Err(Refusal::SecretsMissing),
        }
    }
}

/// The settings of one `CosConfig`, which `set_ip_port` and `set_credential` change for every client that has it.
#[pyclass(frozen, module = "cospass._cospass")]
#[derive(Debug)]
pub(crate) struct Settings {
    state: Mutex<Arc<State>>,
    /// How often they were changed.
    version: AtomicU64,
}

impl Settings {
    /// As they are now.
    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another number after each change: whoever reads it before the state knows later whether that is still the same.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    fn replace(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut state));
        self.version.fetch_add(1, Ordering::Release);
    }
}

#[pymethods]
impl Settings {
    /// Reads the arguments of `CosConfig`, given by name.
    #[new]
    fn new(arguments: Bound<'_, PyDict>) -> Result<Self, Refusal> {
        let arguments = Arguments(arguments);
        let site = arguments.site()?;
        let anonymous = arguments.is_true("Anonymous")?;
        // Before an instance, which may raise what it likes, is asked for anything.
        let token = arguments.token()?;
        let source = arguments.source(anonymous)?;
        let state = State {
            site,
            source,
            token,
            anonymous,
            sign_host: arguments.is_true("SignHost")?,
            sign_params: arguments.is_true("SignParams")?,
            clock: Clock::new(arguments.get("now")?)?,
        };
        Ok(Self { state: Mutex::new(Arc::new(state)), version: AtomicU64::default() })
    }

    /// The URL of an object, of a bucket without `path`, or of the service without `bucket`.
    #[pyo3(signature = (bucket, path, endpoint, domain, use_appid))]
    fn uri(
        &self,
        bucket: Option<Bound<'_, PyAny>>,
        path: Option<Bound<'_, PyAny>>,
        endpoint: Option<Bound<'_, PyAny>>,
        domain: Option<Bound<'_, PyAny>>,
        use_appid: bool,
    ) -> Result<String, Refusal> {
        let endpoint = endpoint.map(|value| text_of(&value, "endpoint")).transpose()?;
        let domain = domain.map(|value| text_of(&value, "domain")).transpose()?;
        let place = Place {
            bucket: bucket.as_ref(),
            endpoint: endpoint.as_deref(),
            domain: domain.as_deref(),
            use_appid,
        };
        let mut url = String::new();
        self.state().site.push_origin(&mut url, &place)?;
        if let Some(path) = path {
            push_key(&mut url, text_in(&key_of(&path)?)?);
        }
        Ok(url)
    }

    /// The host of a bucket, or of an account, at the endpoint.
    #[pyo3(signature = (bucket, appid))]
    fn host(
        &self,
        bucket: Option<Bound<'_, PyAny>>,
        appid: Option<Bound<'_, PyAny>>,
    ) -> Result<Option<String>, Refusal> {
        let state = self.state();
        match (bucket, appid) {
            (Some(bucket), _) => state.site.bucket_host(&bucket).map(Some),
            (None, Some(appid)) => {
                let appid = match text_of(&appid, "Appid") {
                    Err(Refusal::NotText { .. }) => appid.str()?.extract()?,
                    told => told?,
                };
                Ok(Some(format!("{appid}.{}", state.site.endpoint()?)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Sends to this address from now on.
    #[pyo3(signature = (ip, port))]
    fn set_ip_port(
        &self,
        ip: Option<Bound<'_, PyAny>>,
        port: Option<Bound<'_, PyAny>>,
    ) -> Result<(), Refusal> {
        let ip = ip.map(|value| text_of(&value, "IP")).transpose()?;
        let port = port.map(|port| port.str()?.extract()).transpose()?;
        self.replace(|state| {
            state.site.ip = ip;
            state.site.port = port;
        });
        Ok(())
    }

    /// The same settings, to be changed apart from these.
    fn copy(&self) -> Self {
        Self { state: Mutex::new(self.state()), version: AtomicU64::new(self.version()) }
    }

    /// Signs with these keys from now on.
    #[pyo3(signature = (secret_id, secret_key, token))]
    fn set_credential(
        &self,
        secret_id: Bound<'_, PyAny>,
        secret_key: Bound<'_, PyAny>,
        token: Option<Bound<'_, PyAny>>,
    ) -> Result<(), Refusal> {
        let keys = Keys::new(&secret_id, &secret_key)?;
        let token = unpadded_token(token.as_ref())?;
        self.replace(|state| {
            state.source = Source::Keys(Arc::new(keys));
            state.token = token;
        });
        Ok(())
    }

    /// The chain that the keys come from, if they are to be asked for now.
    fn due_chain(&self, py: Python<'_>) -> Option<Py<Chain>> {
        match &self.state().source {
            Source::Chain(chain) if chain.get().is_due() => Some(chain.clone_ref(py)),
            _ => None,
        }
    }

    fn __repr__(&self) -> &'static str {
        "Settings(..)"
    }
}

/// A key as `uri` takes it: text, and not empty.
pub(crate) fn key_of<'py>(key: &Bound<'py, PyAny>) -> Result<Bound<'py, PyBytes>, Refusal> {
    if !key.is_truthy()? {
        return Err(Refusal::KeyEmpty);
    }
    utf8_of(key, "Key")
}
