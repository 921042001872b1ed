//! The parts of a multipart/form-data body up to its file (RFC 7578; RFC 2046 §5.1.1).
//!
//! Bytes come in pieces of any size. What is not yet read of them is held until it can be, and no more of it than
//! [`FormLimits`] allows: a preamble, a head or a value without end is refused when the limit is reached.

use memchr::memmem;

use super::disposition::{Disposition, boundary, malformed};
use super::{FileReader, Form, FormError, FormFields};

/// How much of a form is read before its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormLimits {
    /// The most fields.
    pub fields: usize,
    /// The longest field, its head included, in bytes.
    pub field_size: usize,
    /// The most bytes of all fields, their heads included, before the file, and again behind it.
    pub size: usize,
}

/// Reads a body up to the bytes of its file.
#[derive(Debug)]
pub struct FieldsReader {
    parts: Parts,
    fields: FormFields,
    /// The file's name, once the file was reached.
    file: Option<Option<String>>,
}

impl FieldsReader {
    /// A reader of the body that goes with that `Content-Type`.
    ///
    /// # Errors
    /// [`FormError::NoBoundary`].
    pub fn new(content_type: &[u8], limits: FormLimits) -> Result<Self, FormError> {
        let parts = Parts::new(&boundary(content_type)?, limits);
        Ok(Self { parts, fields: FormFields::default(), file: None })
    }

    /// Takes the next bytes, and tells whether the file was reached. What of these bytes belongs to the file is kept for
    /// its reader.
    ///
    /// # Errors
    /// The first [`FormError`].
    pub fn read(&mut self, bytes: &[u8]) -> Result<bool, FormError> {
        self.parts.push(bytes);
        while self.file.is_none() {
            match self.parts.next()? {
                None => return Ok(false),
                Some(Part::Field(name, value)) => {
                    if self.fields.len() >= self.parts.limits.fields {
                        return Err(FormError::TooLarge);
                    }
                    self.fields.add(name, value)?;
                }
                Some(Part::File(filename)) => self.file = Some(filename),
                Some(Part::End) => return Err(FormError::NoFile),
            }
        }
        Ok(true)
    }

    /// The form, and the reader of its file; the error is that of a body that ends before the file.
    ///
    /// # Errors
    /// [`FormError::Malformed`], and [`FormError::NoFilename`] when the key needs one.
    pub fn finish(self) -> Result<(Form, FileReader), FormError> {
        let filename = self.file.ok_or(malformed("it ends before the file"))?;
        let form = Form { fields: self.fields, filename }.name_key()?;
        Ok((form, FileReader::new(self.parts)))
    }
}

/// One part after the other.
#[derive(Debug)]
pub(super) struct Parts {
    /// `\r\n--boundary`; the first one lacks the line break, so that one is put before the body.
    delimiter: Vec<u8>,
    /// What is not yet read.
    held: Vec<u8>,
    /// How much of it holds no beginning of what is looked for.
    searched: usize,
    at: At,
    /// How many bytes were read.
    read: usize,
    pub(super) limits: FormLimits,
}

/// What is expected next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Preamble,
    /// Behind a delimiter.
    Line,
    /// At the line break before the head of a part.
    Head,
    /// In the value of a field.
    Value(String),
    End,
}

pub(super) enum Part {
    Field(String, Vec<u8>),
    /// The file, whose bytes come next.
    File(Option<String>),
    End,
}

impl Parts {
    fn new(boundary: &str, limits: FormLimits) -> Self {
        let delimiter = ["\r\n--", boundary].concat().into_bytes();
        Self { delimiter, held: b"\r\n".to_vec(), searched: 0, at: At::Preamble, read: 0, limits }
    }

    pub(super) fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next part; `None` if more bytes are needed for it.
    pub(super) fn next(&mut self) -> Result<Option<Part>, FormError> {
        loop {
            let part = match &self.at {
                At::Preamble => self.preamble()?,
                At::Line => self.line()?,
                At::Head => self.head()?,
                At::Value(_) => self.value()?,
                At::End => return Ok(Some(Part::End)),
            };
            match part {
                Step::More => return Ok(None),
                Step::On => {}
                Step::Part(part) => return Ok(Some(part)),
            }
        }
    }

    fn preamble(&mut self) -> Result<Step, FormError> {
        Ok(match self.up_to_delimiter()? {
            None => Step::More,
            Some(_) => Step::to(&mut self.at, At::Line),
        })
    }

    /// What stands behind a delimiter on its line: `--` after the last part, else white space.
    fn line(&mut self) -> Result<Step, FormError> {
        if self.held.starts_with(b"--") {
            return Ok(Step::to(&mut self.at, At::End));
        }
        let space = self.held.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match self.held.get(space..).unwrap_or_default() {
            [] | [b'\r'] | [b'-'] => self.wait(),
            [b'\r', b'\n', ..] => {
                self.take(space)?;
                Ok(Step::to(&mut self.at, At::Head))
            }
            _ => Err(malformed("a boundary does not end its line")),
        }
    }

    fn head(&mut self) -> Result<Step, FormError> {
        let Some(end) = self.find(b"\r\n\r\n") else { return self.wait() };
        let head = self.take(end)?;
        self.take(4)?;
        let Disposition { name, filename } = Disposition::read(&head)?;
        Ok(if name.eq_ignore_ascii_case("file") {
            Step::Part(Part::File(filename))
        } else if filename.is_some_and(|filename| !filename.is_empty()) {
            return Err(FormError::SeveralFiles);
        } else {
            Step::to(&mut self.at, At::Value(name))
        })
    }

    fn value(&mut self) -> Result<Step, FormError> {
        let Some(value) = self.up_to_delimiter()? else { return Ok(Step::More) };
        match std::mem::replace(&mut self.at, At::Line) {
            At::Value(name) => Ok(Step::Part(Part::Field(name, value))),
            _ => Ok(Step::On),
        }
    }

    /// Behind the file: the reader of it came upon a delimiter.
    pub(super) fn go_on_behind_file(&mut self, rest: &[u8]) {
        (self.at, self.read) = (At::Line, 0);
        self.held = rest.to_vec();
    }

    /// What is held when the file begins.
    pub(super) fn take_held(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Takes what stands before the next delimiter, and the delimiter.
    fn up_to_delimiter(&mut self) -> Result<Option<Vec<u8>>, FormError> {
        let delimiter = std::mem::take(&mut self.delimiter);
        let found = self.find(&delimiter);
        self.delimiter = delimiter;
        let Some(found) = found else { return self.wait().map(|_| None) };
        let before = self.take(found)?;
        self.take(self.delimiter.len())?;
        Ok(Some(before))
    }

    /// Where `what` begins in what is held. Nothing is searched twice.
    fn find(&mut self, what: &[u8]) -> Option<usize> {
        let unsearched = self.held.get(self.searched..).unwrap_or_default();
        let found = memmem::find(unsearched, what).map(|at| self.searched + at);
        self.searched = match found {
            Some(_) => 0,
            None => self.searched.max((self.held.len() + 1).saturating_sub(what.len())),
        };
        found
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, FormError> {
        let rest = self.held.split_off(length.min(self.held.len()));
        let taken = std::mem::replace(&mut self.held, rest);
        self.read += taken.len();
        if taken.len() > self.limits.field_size || self.read > self.limits.size {
            return Err(FormError::TooLarge);
        }
        Ok(taken)
    }

    /// More bytes are needed, unless too many are held already.
    fn wait(&self) -> Result<Step, FormError> {
        let held = self.held.len();
        if held > self.limits.field_size || self.read + held > self.limits.size {
            return Err(FormError::TooLarge);
        }
        Ok(Step::More)
    }
}

enum Step {
    /// More bytes are needed.
    More,
    /// Something else is expected now.
    On,
    Part(Part),
}

impl Step {
    fn to(at: &mut At, next: At) -> Self {
        *at = next;
        Self::On
    }
}
