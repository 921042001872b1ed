//! A `curl` command as it stands in a terminal, read back into the request that curl makes of it (curl(1), 8.x).
//!
//! Options that do not change the request are skipped. An option that would, and that is not understood, is refused by
//! name, since an explanation of another request would mislead.

mod data;
mod options;

use std::fmt;

use crate::pairs::Pair;
use crate::shell::{self, WordsError};
use data::{Data, Encoding};
use options::Kind;

/// The request that a curl command makes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CurlRequest {
    pub(crate) method: String,
    pub(crate) url: String,
    /// Those given, and those that curl adds on its own and that a signature may cover.
    pub(crate) headers: Vec<Pair>,
}

/// Why a text is not a curl command that makes one known request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CurlError {
    /// It is not a plain shell command.
    Words(WordsError),
    /// The first word is not `curl`.
    NotCurl,
    /// The command names no URL.
    UrlMissing,
    /// The command names several URLs.
    SeveralUrls,
    /// An option that is not understood, or that signed access has no place for.
    Option(String),
    /// An option lacks its value.
    ValueMissing(String),
    /// A header or data that is read from a file.
    FromFile(String),
}

impl CurlError {
    /// The stable name of the cause.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Self::Words(WordsError::CutAt(_)) => "curl-url-cut",
            Self::Words(_) => "curl-words",
            Self::NotCurl => "curl-not-curl",
            Self::UrlMissing => "curl-url-missing",
            Self::SeveralUrls => "curl-several-urls",
            Self::Option(_) => "curl-option",
            Self::ValueMissing(_) => "curl-value-missing",
            Self::FromFile(_) => "curl-from-file",
        }
    }
}

impl fmt::Display for CurlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(error) => write!(f, "the curl command cannot be read: {error}"),
            Self::NotCurl => f.write_str("the command does not begin with curl"),
            Self::UrlMissing => f.write_str("the curl command names no URL"),
            Self::SeveralUrls => {
                f.write_str("the curl command names several URLs; give one of them")
            }
            Self::Option(option) => {
                write!(
                    f,
                    "curl's option {option} is not understood here; leave it out if it does not matter"
                )
            }
            Self::ValueMissing(option) => write!(f, "curl's option {option} lacks its value"),
            Self::FromFile(option) => {
                write!(f, "curl's option {option} reads a file here; write its content out instead")
            }
        }
    }
}

impl From<WordsError> for CurlError {
    fn from(error: WordsError) -> Self {
        Self::Words(error)
    }
}

/// Reads a command.
pub(crate) fn parse_curl(text: &str) -> Result<CurlRequest, CurlError> {
    let mut words = shell::words(text)?.into_iter();
    let name = words.next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    if !matches!(name, "curl" | "curl.exe") {
        return Err(CurlError::NotCurl);
    }
    let mut command = Command::default();
    let mut only_urls = false;
    while let Some(word) = words.next() {
        if only_urls || word == "-" || !word.starts_with('-') {
            command.set_url(word)?;
        } else if word == "--" {
            only_urls = true;
        } else if word.starts_with("--") {
            let kind = options::long(&word);
            let kind = kind.ok_or_else(|| CurlError::Option(word.clone()))?;
            let value = if kind.takes_value() {
                words.next().ok_or_else(|| CurlError::ValueMissing(word.clone()))?
            } else {
                String::new()
            };
            command.apply(kind, &word, value)?;
        } else {
            command.short_options(&word, &mut words)?;
        }
    }
    command.finish()
}

/// The command, as far as it has been read.
#[derive(Default)]
struct Command {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<Pair>,
    /// Names whose header curl is told not to send.
    removed: Vec<String>,
    data: Data,
    /// Options that imply a method.
    head: bool,
    get: bool,
    form: bool,
    upload: Option<String>,
    path_as_is: bool,
}

impl Command {
    /// Options with one dash may stand together, and a value may follow without a space.
    fn short_options(
        &mut self,
        word: &str,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), CurlError> {
        for (at, letter) in word.char_indices().skip(1) {
            let name = format!("-{letter}");
            let kind = options::short(letter).ok_or_else(|| CurlError::Option(name.clone()))?;
            if !kind.takes_value() {
                self.apply(kind, &name, String::new())?;
                continue;
            }
            let attached = word.get(at + letter.len_utf8()..).unwrap_or_default();
            let value = match attached {
                "" => words.next().ok_or_else(|| CurlError::ValueMissing(name.clone()))?,
                attached => attached.to_owned(),
            };
            return self.apply(kind, &name, value);
        }
        Ok(())
    }

    fn apply(&mut self, kind: Kind, option: &str, value: String) -> Result<(), CurlError> {
        match kind {
            Kind::Flag | Kind::Value => {}
            Kind::Method => self.method = Some(value),
            Kind::Header => self.set_header(option, &value)?,
            Kind::HeaderNamed(name) => self.headers.push((name.to_owned(), value)),
            Kind::Range => self.headers.push(("Range".to_owned(), format!("bytes={value}"))),
            Kind::Url => self.set_url(value)?,
            Kind::Head => self.head = true,
            Kind::Get => self.get = true,
            Kind::Form => self.form = true,
            Kind::PathAsIs => self.path_as_is = true,
            Kind::Upload => self.upload = Some(value),
            Kind::Data => self.data.add(option, &value, Encoding::Ascii)?,
            Kind::DataRaw => self.data.add(option, &value, Encoding::Raw)?,
            Kind::DataUrlEncoded => self.data.add(option, &value, Encoding::Url)?,
            Kind::UrlQuery => self.data.add_to_query(option, &value)?,
            Kind::Json => {
                self.data.add(option, &value, Encoding::Ascii)?;
                for name in ["Content-Type", "Accept"] {
                    self.headers.push((name.to_owned(), "application/json".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// `Name: value`, `Name;` for an empty one, `Name:` to send none.
    fn set_header(&mut self, option: &str, text: &str) -> Result<(), CurlError> {
        if text.starts_with('@') {
            return Err(CurlError::FromFile(option.to_owned()));
        }
        if let Some((name, value)) = text.split_once(':') {
            match value.trim_matches([' ', '\t']) {
                "" => self.removed.push(name.to_owned()),
                value => self.headers.push((name.to_owned(), value.to_owned())),
            }
        } else if let Some(name) = text.strip_suffix(';') {
            self.headers.push((name.to_owned(), String::new()));
        }
        Ok(())
    }

    fn set_url(&mut self, url: String) -> Result<(), CurlError> {
        if self.url.replace(url).is_some() { Err(CurlError::SeveralUrls) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<CurlRequest, CurlError> {
        let mut url = self.url.take().ok_or(CurlError::UrlMissing)?;
        if !url.contains("://") {
            url.insert_str(0, "http://");
        }
        if let Some(file) = &self.upload {
            data::name_upload(&mut url, file);
        }
        if self.get && self.data.is_from_file() {
            return Err(CurlError::FromFile("-G with -d @".to_owned()));
        }
        self.data.write_query(&mut url, self.get);
        if !self.path_as_is {
            data::remove_dot_segments(&mut url);
        }
        self.add_own_headers();
        let method = match &self.method {
            Some(method) => method.clone(),
            None if self.head => "HEAD".to_owned(),
            None if self.upload.is_some() => "PUT".to_owned(),
            None if self.sends_body() => "POST".to_owned(),
            None => "GET".to_owned(),
        };
        Ok(CurlRequest { method, url, headers: self.headers })
    }

    fn sends_body(&self) -> bool {
        self.form || (self.data.is_body() && !self.get)
    }

    /// The headers that curl adds for a body, and that a signature may cover.
    fn add_own_headers(&mut self) {
        let mut own = Vec::new();
        if self.upload.is_none() && !self.form && self.sends_body() {
            own.push(("Content-Type", "application/x-www-form-urlencoded".to_owned()));
            own.extend(self.data.length().map(|length| ("Content-Length", length.to_string())));
        }
        let length = self.upload.as_ref().and_then(|file| std::fs::metadata(file).ok());
        own.extend(length.map(|file| ("Content-Length", file.len().to_string())));
        for (name, value) in own {
            let is_it = |other: &str| other.eq_ignore_ascii_case(name);
            let given = self.headers.iter().any(|(other, _)| is_it(other));
            if !given && !self.removed.iter().any(|other| is_it(other)) {
                self.headers.push((name.to_owned(), value));
            }
        }
    }
}

#[cfg(test)]
mod tests;
