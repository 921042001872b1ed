//! What curl makes of data and of the URL: a body, a query, a path.

use cospass_sign::percent::push_encoded;

use super::CurlError;

/// How a piece of data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it stands; a file's line ends would be dropped.
    Ascii,
    /// As it stands.
    Raw,
    /// `[NAME=]CONTENT`, the content percent-encoded.
    Url,
}

/// The data of a command: what goes into the body (or, with `-G`, the query), and what into the query in any case.
#[derive(Debug, Default)]
pub(super) struct Data {
    pieces: Vec<String>,
    query: Vec<String>,
    /// Whether a file, whose content is not known here, is among the pieces.
    from_file: bool,
}

impl Data {
    pub(super) fn add(
        &mut self,
        option: &str,
        value: &str,
        encoding: Encoding,
    ) -> Result<(), CurlError> {
        // `--data-raw` alone takes an @ as it stands.
        if value.starts_with('@') && option != "--data-raw" {
            self.from_file = true;
        }
        let piece = match encoding {
            Encoding::Url => url_encoded(option, value)?,
            _ => value.to_owned(),
        };
        self.pieces.push(piece);
        Ok(())
    }

    /// `--url-query`: percent-encoded, or as it stands after a `+`.
    pub(super) fn add_to_query(&mut self, option: &str, value: &str) -> Result<(), CurlError> {
        let piece = match value.strip_prefix('+') {
            Some(plain) => plain.to_owned(),
            None => url_encoded(option, value)?,
        };
        self.query.push(piece);
        Ok(())
    }

    /// Whether there is something for a body.
    pub(super) fn is_body(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Whether a file, whose content is not known here, is among the data.
    pub(super) fn is_from_file(&self) -> bool {
        self.from_file
    }

    /// The length of the body in bytes, if it is known.
    pub(super) fn length(&self) -> Option<usize> {
        let separators = self.pieces.len().saturating_sub(1);
        let length = self.pieces.iter().map(String::len).sum::<usize>() + separators;
        (!self.from_file).then_some(length)
    }

    /// Appends what belongs into the query.
    pub(super) fn write_query(&self, url: &mut String, data_too: bool) {
        let data = self.pieces.iter().filter(|_| data_too);
        for piece in self.query.iter().chain(data) {
            let at = url.find('#').unwrap_or(url.len());
            let mark = if url.contains('?') { '&' } else { '?' };
            url.insert_str(at, &format!("{mark}{piece}"));
        }
    }
}

/// `CONTENT`, `=CONTENT` or `NAME=CONTENT`; a file is refused.
fn url_encoded(option: &str, value: &str) -> Result<String, CurlError> {
    let at = value.find(['=', '@']);
    let (name, content) = match at.and_then(|at| value.split_at_checked(at)) {
        Some((_, file)) if file.starts_with('@') => {
            return Err(CurlError::FromFile(option.to_owned()));
        }
        Some((name, content)) => (name, content.strip_prefix('=').unwrap_or_default()),
        None => ("", value),
    };
    let mut out = name.to_owned();
    if !name.is_empty() {
        out.push('=');
    }
    push_encoded(&mut out, content.as_bytes());
    Ok(out)
}

/// A URL that ends in `/` gets the name of the file that is uploaded to it.
pub(super) fn name_upload(url: &mut String, file: &str) {
    if url.contains(['?', '#']) || file == "-" || file == "." {
        return;
    }
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    match url.get(after_scheme..).and_then(|rest| rest.rfind('/')) {
        None => url.push('/'),
        Some(_) if url.ends_with('/') => {}
        Some(_) => return,
    }
    let name = file.rsplit('/').next().unwrap_or_default();
    push_encoded(url, name.as_bytes());
}

/// Removes `.` and `..` from the path (RFC 3986 §5.2.4), as curl does without `--path-as-is`.
pub(super) fn remove_dot_segments(url: &mut String) {
    let Some(start) = url.find("://").and_then(|at| Some(url.get(at + 3..)?.find('/')? + at + 3))
    else {
        return;
    };
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let Some(path) = url.get(start + 1..end) else { return };
    let is_dots = |segment: &str| matches!(segment, "." | "..");
    if !path.split('/').any(is_dots) {
        return;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let last_is_dots = path.rsplit('/').next().is_some_and(is_dots);
    let slash = if last_is_dots && !kept.is_empty() { "/" } else { "" };
    let cleaned = format!("{}{slash}", kept.join("/"));
    url.replace_range(start + 1..end, &cleaned);
}
