//! What sources look at: variables, the home folder, the network. One value, so that a program or a test can have others.

use std::env::VarError;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use http::Request;
use zeroize::Zeroizing;

use super::CredentialsError;
use crate::transport::{Body, HyperTransport, Sending, Transport};

/// The longest file of credentials that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

type LookUp = dyn Fn(&str) -> Result<String, VarError> + Send + Sync;

/// What sources look at. Clones look at the same.
#[derive(Clone)]
pub struct Surroundings {
    look_up: Arc<LookUp>,
    /// The folder that stands for `/`.
    root: PathBuf,
    transport: Arc<dyn Transport>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name), Arc::new(Later::default()))
    }

    /// Others: how a variable is looked up, and how servers are asked. `HOME` (or `USERPROFILE`) tells the home folder.
    pub fn new(
        look_up: impl Fn(&str) -> Result<String, VarError> + Send + Sync + 'static,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self { look_up: Arc::new(look_up), root: PathBuf::from("/"), transport }
    }

    /// The same with another folder in place of `/`, below which `etc` is.
    #[must_use]
    pub fn with_root(self, root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), ..self }
    }

    pub(super) fn look_up(&self, name: &str) -> Result<String, VarError> {
        (self.look_up)(name)
    }

    /// The value of a variable that is set to something.
    pub(super) fn variable(&self, name: &'static str) -> Result<Option<String>, CredentialsError> {
        match self.look_up(name) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => {
                let problem = "it does not hold Unicode text; set it anew".to_owned();
                Err(CredentialsError::Variable { name, problem })
            }
        }
    }

    pub(super) fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// A path below the home folder, if there is one.
    pub(super) fn home(&self, name: &str) -> Result<Option<PathBuf>, CredentialsError> {
        let home = match self.variable("HOME")? {
            None if cfg!(windows) => self.variable("USERPROFILE")?,
            home => home,
        };
        Ok(home.map(|home| Path::new(&home).join(name)))
    }

    /// A path below `/`.
    pub(super) fn system(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("root", &self.root).finish_non_exhaustive()
    }
}

/// A transport that is made when something is sent: it reads all certificates of the system, and most sources send nothing.
#[derive(Default)]
struct Later(OnceLock<HyperTransport>);

impl Transport for Later {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        self.0.get_or_init(HyperTransport::new).send(request)
    }
}

/// The text of a file; none if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, CredentialsError> {
    let unreadable = |error| CredentialsError::Unreadable { path: path.to_owned(), error };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // A part of its path is a file: it is not there either.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    // Of one size from the start: a text that grows leaves a part of itself behind.
    let length = file.metadata().map_err(unreadable)?.len().min(FILE_MAX);
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(length).unwrap_or(0) + 1));
    file.take(FILE_MAX).read_to_string(&mut text).map_err(unreadable)?;
    Ok(Some(text))
}

/// That a file is not there, in words.
pub(super) fn not_there(path: Option<&Path>) -> String {
    match path {
        None => "there is no home folder (HOME is not set)".to_owned(),
        Some(path) => format!("{} is not there", path.display()),
    }
}
