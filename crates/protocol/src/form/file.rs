//! The file of a form, and what may stand behind it.

use memchr::{memmem, memrchr_iter};

use super::FormError;
use super::disposition::malformed;
use super::parts::{Part, Parts};

/// Reads a body from the first byte of its file on.
#[derive(Debug)]
pub struct FileReader {
    parts: Parts,
    /// Bytes that may be the beginning of the delimiter that ends the file.
    held: Vec<u8>,
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    File,
    Behind,
    End,
}

impl FileReader {
    pub(super) fn new(mut parts: Parts) -> Self {
        let held = parts.take_held();
        Self { parts, held, at: At::File }
    }

    /// Takes the next bytes and appends those of the file. The first time it appends also what was kept of the bytes
    /// that came with the fields.
    ///
    /// The file is the last part. A field behind it is refused if it says something of the upload, since it would be
    /// dropped; others, such as the button that was pressed, are ignored as they are before the file. That is a
    /// decision: the documentation says that the file must be the last, not what happens when it is not.
    ///
    /// # Errors
    /// The first [`FormError`].
    pub fn read(&mut self, bytes: &[u8], file: &mut Vec<u8>) -> Result<(), FormError> {
        match self.at {
            At::File if self.held.is_empty() => self.read_file(bytes, file),
            At::File => {
                let mut all = std::mem::take(&mut self.held);
                all.extend_from_slice(bytes);
                self.read_file(&all, file)
            }
            At::Behind => {
                self.parts.push(bytes);
                self.read_behind()
            }
            At::End => Ok(()),
        }
    }

    /// Checks that the body ended where a form may end.
    ///
    /// # Errors
    /// [`FormError::Malformed`] when the last boundary is missing.
    pub fn finish(&self) -> Result<(), FormError> {
        match self.at {
            At::End => Ok(()),
            At::File | At::Behind => Err(malformed("it ends before the last boundary")),
        }
    }

    fn read_file(&mut self, bytes: &[u8], file: &mut Vec<u8>) -> Result<(), FormError> {
        let delimiter = self.parts.delimiter();
        if let Some(end) = memmem::find(bytes, delimiter) {
            file.extend_from_slice(bytes.get(..end).unwrap_or_default());
            let rest = bytes.get(end + delimiter.len()..).unwrap_or_default();
            self.parts.go_on_behind_file(rest);
            self.at = At::Behind;
            return self.read_behind();
        }
        let (before, begun) = bytes.split_at(bytes.len() - begun(bytes, delimiter));
        file.extend_from_slice(before);
        self.held = begun.to_vec();
        Ok(())
    }

    fn read_behind(&mut self) -> Result<(), FormError> {
        loop {
            match self.parts.next()? {
                None => return Ok(()),
                Some(Part::Field(name, _)) if says_something(&name) => {
                    return Err(FormError::AfterFile(name));
                }
                Some(Part::Field(..)) => {}
                Some(Part::File(_)) => return Err(FormError::SeveralFiles),
                Some(Part::End) => {
                    self.at = At::End;
                    return Ok(());
                }
            }
        }
    }
}

/// How many of the last bytes are the beginning of a delimiter.
fn begun(bytes: &[u8], delimiter: &[u8]) -> usize {
    let from = (bytes.len() + 1).saturating_sub(delimiter.len());
    let last = bytes.get(from..).unwrap_or_default();
    // A boundary holds no CR, so that only the last one can begin a delimiter.
    let begins = memrchr_iter(b'\r', last).next().and_then(|at| last.get(at..));
    begins.filter(|begun| delimiter.starts_with(begun)).map_or(0, <[u8]>::len)
}

/// Whether a field of that name would change what is done.
fn says_something(name: &str) -> bool {
    const NAMES: [&str; 4] = ["acl", "expires", "key", "policy"];
    const PREFIXES: [&str; 5] = ["cache-control", "content-", "q-", "success_action_", "x-cos-"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
