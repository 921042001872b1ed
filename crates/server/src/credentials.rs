//! Credentials of an endpoint's own, made at the first start and kept beside its data.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cospass_sign::{Credentials, SecretKey};

use crate::private;

/// The file in the data folder, mode 0600.
const FILE: &str = "credentials";

const SECRET_ID: &str = "SecretId=";
const SECRET_KEY: &str = "SecretKey=";

/// The random characters of a SecretId after `AKID`, and of a SecretKey; as long as the service's.
const RANDOM_LENGTH: usize = 32;

/// Credentials that were found in the data folder, or made and put there.
#[derive(Debug)]
pub struct KeptCredentials {
    /// A permanent key pair.
    pub credentials: Credentials,
    /// Whether they were made just now: the one moment to show them.
    pub is_new: bool,
}

impl KeptCredentials {
    /// Finds the credentials of a data folder, or makes them from the system's randomness. Blocks.
    ///
    /// # Errors
    /// One [`KeptCredentialsError`] for each reason.
    pub fn of(data_dir: &Path) -> Result<Self, KeptCredentialsError> {
        let path = data_dir.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => {
                check_mode(&path)?;
                let credentials = parse(&text).ok_or(KeptCredentialsError::Unreadable { path })?;
                Ok(Self { credentials, is_new: false })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let credentials = random()?;
                write(data_dir, &path, &credentials)?;
                Ok(Self { credentials, is_new: true })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes credentials that are kept nowhere, for an endpoint in memory.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn unkept() -> Result<Self, KeptCredentialsError> {
        Ok(Self { credentials: random()?, is_new: true })
    }
}

fn parse(text: &str) -> Option<Credentials> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let filled = |value: &&str| !value.is_empty();
    let secret_id = value(SECRET_ID).filter(filled)?;
    let secret_key = value(SECRET_KEY).filter(filled)?;
    Some(Credentials::new(secret_id, secret_key))
}

/// Written whole or not at all: what a crash leaves is not the file.
fn write(data_dir: &Path, path: &Path, credentials: &Credentials) -> io::Result<()> {
    private::create_folder(data_dir)?;
    let temporary = path.with_extension("new");
    private::remove_file(&temporary)?;
    let mut file = private::create_file(&temporary)?;
    let secret_key: &SecretKey = credentials.secret_key();
    writeln!(file, "{SECRET_ID}{}", credentials.secret_id())?;
    writeln!(file, "{SECRET_KEY}{}", secret_key.expose())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    private::sync_folder(data_dir)
}

fn check_mode(path: &Path) -> Result<(), KeptCredentialsError> {
    match private::is_private(path)? {
        true => Ok(()),
        false => Err(KeptCredentialsError::OpenToOthers { path: path.to_owned() }),
    }
}

fn random() -> io::Result<Credentials> {
    let secret_id = format!("AKID{}", random_text()?);
    Ok(Credentials::new(secret_id, random_text()?))
}

fn random_text() -> io::Result<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(RANDOM_LENGTH);
    while text.len() < RANDOM_LENGTH {
        let mut bytes = [0; RANDOM_LENGTH];
        getrandom::fill(&mut bytes)?;
        // Bytes from 248 on would make some characters likelier than others.
        let even = bytes.iter().filter(|byte| usize::from(**byte) < ALPHABET.len() * 4);
        let characters = even.filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        text.extend(characters.take(RANDOM_LENGTH - text.len()).map(|byte| char::from(*byte)));
    }
    Ok(text)
}

/// Why the credentials of a data folder cannot be had.
#[derive(Debug)]
pub enum KeptCredentialsError {
    /// The file is not two lines, `SecretId=…` and `SecretKey=…`.
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read the file.
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read or written, or the system gave no randomness.
    Io(io::Error),
}

impl fmt::Display for KeptCredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path } => write!(
                f,
                "{} is not two lines, SecretId=… and SecretKey=…; remove it to have new ones made",
                path.display()
            ),
            Self::OpenToOthers { path } => {
                write!(f, "{} can be read by others; make its mode 0600", path.display())
            }
            Self::Io(error) => write!(f, "the kept credentials cannot be had: {error}"),
        }
    }
}

impl std::error::Error for KeptCredentialsError {}

impl From<io::Error> for KeptCredentialsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn they_are_made_once() {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let first = KeptCredentials::of(&data).unwrap();
        let again = KeptCredentials::of(&data).unwrap();
        assert!(first.is_new && !again.is_new);
        let (first, again) = (first.credentials, again.credentials);
        assert_eq!(first.secret_id(), again.secret_id());
        assert_eq!(first.secret_key().expose(), again.secret_key().expose());
        let id = first.secret_id().as_str().strip_prefix("AKID").unwrap();
        for text in [id, first.secret_key().expose()] {
            assert!(text.len() == 32 && text.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
        assert_ne!(id, first.secret_key().expose());
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        KeptCredentials::of(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = KeptCredentials::of(folder.path());
        assert!(matches!(refused, Err(KeptCredentialsError::OpenToOthers { .. })));
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        for text in ["", "SecretId=a\n", "SecretId=\nSecretKey=b\n"] {
            let folder = TempDir::new().unwrap();
            let mut file = private::create_file(&folder.path().join(FILE)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let refused = KeptCredentials::of(folder.path());
            assert!(matches!(refused, Err(KeptCredentialsError::Unreadable { .. })), "{text:?}");
        }
    }
}
