//! The names in the head of a part, `Content-Disposition: form-data; name="…"; filename="…"` (RFC 7578 §4.2).
//!
//! Browsers write names as the HTML standard has it ("multipart/form-data encoding algorithm"): UTF-8, with `"`, CR and LF
//! as `%22`, `%0D` and `%0A`, and no other escape. curl and older libraries write `\"` and `\\`, and older ones still tell
//! a name that is not ASCII as `filename*=UTF-8''…` (RFC 5987).

use cospass_sign::percent;

use super::FormError;

/// The longest boundary (RFC 2046 §5.1.1).
const BOUNDARY_MAX: usize = 70;

/// What the head of a part says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    pub(super) name: String,
    pub(super) filename: Option<String>,
}

impl Disposition {
    /// Reads the head of a part: its lines, without the empty one that ends it.
    pub(super) fn read(head: &[u8]) -> Result<Self, FormError> {
        let mut found = None;
        for line in head.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let line = text(line)?;
            let (name, value) = line.split_once(':').ok_or(malformed("a header has no colon"))?;
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-disposition") {
                if found.replace(Self::of(value)?).is_some() {
                    return Err(malformed("a part has two Content-Dispositions"));
                }
            } else if name.eq_ignore_ascii_case("content-transfer-encoding")
                && !["7bit", "8bit", "binary"].iter().any(|same| value.eq_ignore_ascii_case(same))
            {
                return Err(malformed("a part is encoded"));
            }
        }
        found.ok_or(malformed("a part has no Content-Disposition"))
    }

    fn of(value: &str) -> Result<Self, FormError> {
        let (mut name, mut filename, mut extended) = (None, None, None);
        for (parameter, value) in parameters(value, "form-data")? {
            let slot = match parameter.to_ascii_lowercase().as_str() {
                "name" => &mut name,
                "filename" => &mut filename,
                "filename*" => &mut extended,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(malformed("a parameter of a Content-Disposition stands twice"));
            }
        }
        let name = name.ok_or(malformed("a part has no name"))?;
        let filename = match (filename, extended) {
            (None, Some(extended)) => Some(decoded(&extended)?),
            (filename, _) => filename.as_deref().map(unescaped),
        };
        Ok(Self { name: unescaped(&name), filename })
    }
}

/// The boundary of a `Content-Type: multipart/form-data; boundary=…`.
pub(super) fn boundary(content_type: &[u8]) -> Result<String, FormError> {
    let text = std::str::from_utf8(content_type).map_err(|_| FormError::NoBoundary)?;
    let parameters = parameters(text, "multipart/form-data").map_err(|_| FormError::NoBoundary)?;
    let mut boundaries =
        parameters.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case("boundary"));
    match (boundaries.next(), boundaries.next()) {
        (Some((_, boundary)), None)
            if (1..=BOUNDARY_MAX).contains(&boundary.len())
                && boundary.bytes().all(|byte| matches!(byte, b' '..=b'~'))
                && !boundary.ends_with(' ') =>
        {
            Ok(boundary)
        }
        _ => Err(FormError::NoBoundary),
    }
}

/// A name as it stands between quotation marks: the HTML standard's three escapes.
pub(super) fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// The parameters of a header whose value begins with that type. Values lose their quotation marks and backslashes.
fn parameters<'a>(value: &'a str, kind: &str) -> Result<Vec<(&'a str, String)>, FormError> {
    let (found, mut rest) = value.split_at(value.find(';').unwrap_or(value.len()));
    if !found.trim().eq_ignore_ascii_case(kind) {
        return Err(malformed("a part is no form-data"));
    }
    let mut parameters = Vec::new();
    while let Some(parameter) = rest.strip_prefix(';') {
        let parameter = parameter.trim_start();
        if parameter.is_empty() {
            break;
        }
        let (name, after) =
            parameter.split_once('=').ok_or(malformed("a parameter has no value"))?;
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let (value, after) = after.split_at(after.find(';').unwrap_or(after.len()));
                (value.trim().to_owned(), after)
            }
        };
        parameters.push((name.trim(), value));
        rest = after.trim_start();
    }
    if !rest.is_empty() && !rest.starts_with(';') {
        return Err(malformed("something stands behind a quoted parameter"));
    }
    Ok(parameters)
}

/// What stands before the closing quotation mark, and what behind it. A backslash escapes a quotation mark, unless that
/// one is the last, and itself; before anything else it is part of a path of Windows, as it is at the end of a name.
fn unquoted(text: &str) -> Result<(String, &str), FormError> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\']).ok_or(malformed("a quoted parameter has no end"))?;
        let (before, from) = rest.split_at(at);
        value.push_str(before);
        let escaped = from.strip_prefix('\\');
        match escaped.map(|escaped| (escaped, escaped.chars().next())) {
            None => return Ok((value, from.get(1..).unwrap_or_default())),
            Some((escaped, Some(sign @ ('"' | '\\'))))
                if escaped.get(1..).is_some_and(|behind| behind.contains('"')) =>
            {
                value.push(sign);
                rest = escaped.get(1..).unwrap_or_default();
            }
            Some((escaped, _)) => {
                value.push('\\');
                rest = escaped;
            }
        }
    }
}

/// The value of `filename*`: `UTF-8'language'percent-encoded`.
fn decoded(extended: &str) -> Result<String, FormError> {
    let mut pieces = extended.splitn(3, '\'');
    let (charset, encoded) = (pieces.next().unwrap_or_default(), pieces.nth(1));
    let encoded = encoded.filter(|_| charset.eq_ignore_ascii_case("utf-8"));
    let encoded = encoded.ok_or(malformed("a filename* is not UTF-8''…"))?;
    Ok(text(&percent::decode(encoded.as_bytes()))?.to_owned())
}

fn text(bytes: &[u8]) -> Result<&str, FormError> {
    std::str::from_utf8(bytes).map_err(|_| malformed("a part's head is not UTF-8"))
}

pub(super) const fn malformed(what: &'static str) -> FormError {
    FormError::Malformed(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<(String, Option<String>), FormError> {
        Disposition::read(head.as_bytes()).map(|found| (found.name, found.filename))
    }

    fn filename(written: &str) -> Option<String> {
        let head = format!("Content-Disposition: form-data; name=\"file\"; {written}");
        read(&head).unwrap().1
    }

    #[test]
    fn names_are_read_as_clients_write_them() {
        for (written, name) in [
            ("filename=\"a b.jpg\"", "a b.jpg"),
            ("filename=\"页面;=.jpg\"", "页面;=.jpg"),
            ("filename=\"a%22b%0D%0A.jpg\"", "a\"b\r\n.jpg"),
            ("filename=\"a\\\"b\\\\.jpg\"", "a\"b\\.jpg"),
            ("filename=\"C:\\dir\\a.jpg\"", "C:\\dir\\a.jpg"),
            ("filename=\"ends with \\\"", "ends with \\"),
            ("filename=a.jpg", "a.jpg"),
            ("FileName = \"a.jpg\" ;", "a.jpg"),
            ("filename*=UTF-8''%E9%A1%B5%20x", "页 x"),
            ("filename=\"a\"; filename*=utf-8'en'b", "a"),
            ("filename=\"\"", ""),
        ] {
            assert_eq!(filename(written).as_deref(), Some(name), "{written}");
        }
    }

    #[test]
    fn other_headers_say_nothing() {
        let head = "content-type: text/plain\r\nCONTENT-DISPOSITION: Form-Data; name=\"a\"\r\nX: y";
        assert_eq!(read(head), Ok(("a".to_owned(), None)));
        let head = "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: BINARY";
        assert_eq!(read(head), Ok(("a".to_owned(), None)));
    }

    #[test]
    fn a_head_without_one_name_is_refused() {
        for head in [
            "",
            "Content-Type: text/plain",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; filename=\"a\"",
            "Content-Disposition: attachment; name=\"a\"",
            "Content-Disposition: form-data; name=\"a",
            "Content-Disposition: form-data; name=\"a\"b",
            "Content-Disposition: form-data; name",
            "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
            "Content-Disposition: form-data; filename*=latin1''a; name=\"a\"",
            "no header",
        ] {
            assert!(matches!(read(head), Err(FormError::Malformed(_))), "{head}: {:?}", read(head));
        }
        assert!(Disposition::read(b"Content-Disposition: form-data; name=\"\xff\"").is_err());
    }

    #[test]
    fn a_boundary_is_one_that_can_be() {
        for (content_type, found) in [
            (
                "multipart/form-data; boundary=----WebKitFormBoundaryZBPbaoYE2gqeB21N",
                "----WebKitFormBoundaryZBPbaoYE2gqeB21N",
            ),
            ("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"a b:c\"", "a b:c"),
        ] {
            assert_eq!(boundary(content_type.as_bytes()).as_deref(), Ok(found));
        }
        let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
        for content_type in [
            "",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a; boundary=a",
            "multipart/form-data; boundary=\"a ",
            "multipart/form-data; boundary=\"a \"",
            "multipart/form-data; boundary=页",
            "multipart/mixed; boundary=a",
            "application/x-www-form-urlencoded",
            &long,
        ] {
            assert_eq!(
                boundary(content_type.as_bytes()),
                Err(FormError::NoBoundary),
                "{content_type}"
            );
        }
        assert_eq!(boundary(b"\xff"), Err(FormError::NoBoundary));
    }
}
