//! The file of the keys that temporary keys are made with.
//!
//! ```text
//! # a line that begins so says nothing
//! 3f…  64 hex digits: this key makes temporary keys
//! a0…  this one, and any after it, only checks those that it made
//! ```
//!
//! A key is changed in three steps, each followed by SIGHUP to every endpoint that has the file: the new one behind the old
//! one, then before it, and when the last token of the old one has ended, the new one alone.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base16ct::{lower, mixed};

use super::token::TokenKey;
use crate::private;

/// The file in the data folder, mode 0600.
const FILE: &str = "token-keys";

/// The most keys at a time.
const KEYS_MAX: usize = 16;

/// Reads the keys of a data folder; the first is made from the system's randomness. Blocks.
pub(crate) fn of_folder(data_dir: &Path) -> Result<Vec<TokenKey>, TokenKeyError> {
    let path = data_dir.join(FILE);
    match read(&path) {
        Err(TokenKeyError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            let failed = |error| TokenKeyError::Io { path: path.clone(), error };
            let key = TokenKey::random().map_err(failed)?;
            write(data_dir, &path, &key).map_err(failed)?;
            Ok(vec![key])
        }
        read => read,
    }
}

/// The file of a data folder.
pub(crate) fn path_in(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// Reads a file of keys. Blocks.
pub(crate) fn read(path: &Path) -> Result<Vec<TokenKey>, TokenKeyError> {
    let failed = |error| TokenKeyError::Io { path: path.to_owned(), error };
    let text = zeroize::Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    if !private::is_private(path).map_err(failed)? {
        return Err(TokenKeyError::OpenToOthers { path: path.to_owned() });
    }
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(|(number, line)| {
        let bad = || TokenKeyError::Unreadable { path: path.to_owned(), line: number + 1 };
        from_hex(line).map(TokenKey::new).ok_or_else(bad)
    });
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    match keys.len() {
        1..=KEYS_MAX => Ok(keys),
        _ => Err(TokenKeyError::Unreadable { path: path.to_owned(), line: 0 }),
    }
}

/// Written whole or not at all: what a crash leaves is not the file.
fn write(data_dir: &Path, path: &Path, key: &TokenKey) -> io::Result<()> {
    private::create_folder(data_dir)?;
    let temporary = path.with_extension("new");
    private::remove_file(&temporary)?;
    let mut file = private::create_file(&temporary)?;
    let digits = zeroize::Zeroizing::new(lower::encode_string(key.expose()));
    writeln!(file, "{}", &*digits)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    private::sync_folder(data_dir)
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let read = mixed::decode(text, &mut key).ok()?.len();
    (read == key.len()).then_some(key)
}

/// Why the keys of temporary keys cannot be had.
#[derive(Debug)]
pub enum TokenKeyError {
    /// A line is not 64 hex digits, or there is no key, or more than 16.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 for the number of keys.
        line: usize,
    },
    /// Others than the owner may read the file.
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read or written, or the system gave no randomness.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl fmt::Display for TokenKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, line: 0 } => {
                write!(f, "{} has no key, or more than {KEYS_MAX}", path.display())
            }
            Self::Unreadable { path, line } => write!(
                f,
                "line {line} of {} is not 64 hex digits; `openssl rand -hex 32` makes them",
                path.display()
            ),
            Self::OpenToOthers { path } => {
                write!(f, "{} can be read by others; make its mode 0600", path.display())
            }
            Self::Io { path, error } => {
                write!(f, "the keys in {} cannot be had: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for TokenKeyError {}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn file(text: &str) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("keys");
        private::create_file(&path).unwrap().write_all(text.as_bytes()).unwrap();
        (folder, path)
    }

    #[test]
    fn the_first_key_of_a_folder_is_made_once() {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let (first, again) = (of_folder(&data).unwrap(), of_folder(&data).unwrap());
        assert_eq!(first[0].expose(), again[0].expose());
        assert!(private::is_private(&path_in(&data)).unwrap());
        assert_ne!(of_folder(folder.path()).unwrap()[0].expose(), first[0].expose());
    }

    #[test]
    fn several_keys_are_read_in_their_order() {
        let (_folder, path) = file(&format!("# two\n{}\n\n{}\n", "ab".repeat(32), "CD".repeat(32)));
        let keys = read(&path).unwrap();
        assert_eq!((keys[0].expose(), keys[1].expose()), (&[0xab; 32], &[0xcd; 32]));
    }

    #[test]
    fn another_file_is_refused() {
        for (text, at) in [
            ("", 0),
            ("# none\n", 0),
            (&format!("{}\nabc", "ab".repeat(32)), 2),
            (&"zz".repeat(32), 1),
            (&format!("{}\n", "ab".repeat(32)).repeat(KEYS_MAX + 1), 0),
        ] {
            let (_folder, path) = file(text);
            let refused = read(&path);
            let Err(TokenKeyError::Unreadable { line, .. }) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!(line, at);
        }
        let absent = read(Path::new("/nowhere/keys"));
        assert!(matches!(absent, Err(TokenKeyError::Io { .. })));
    }

    #[test]
    #[cfg(unix)]
    fn one_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, path) = file(&"ab".repeat(32));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(TokenKeyError::OpenToOthers { .. })));
    }
}
