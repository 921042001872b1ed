//! A request as it is sent: a method, a URL read without changing it, and headers.

use std::borrow::Cow;

use cospass_protocol::UrlParts;
use cospass_sign::RequestHead;

use crate::exit::Failure;
use crate::json::Json;
use crate::pairs::Pair;

/// A request that was, or is to be, sent.
#[derive(Debug)]
pub(crate) struct SentRequest<'a> {
    method: Cow<'a, str>,
    path: String,
    query: Option<String>,
    /// With `Host`, which comes from the URL unless it was given.
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    has_fragment: bool,
}

impl<'a> SentRequest<'a> {
    /// Takes a URL apart; nothing of it is decoded or normalised.
    pub(crate) fn new(
        method: impl Into<Cow<'a, str>>,
        url: &str,
        headers: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Self, Failure> {
        let parts = UrlParts::read(url).map_err(|error| Failure::usage(error.cause(), error))?;
        let mut headers: Vec<_> = headers.into_iter().collect();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            headers.insert(0, ("Host".into(), parts.host_header().to_owned().into()));
        }
        Ok(SentRequest {
            method: method.into(),
            path: parts.path().to_owned(),
            query: parts.query().map(str::to_owned),
            headers,
            has_fragment: parts.fragment().is_some(),
        })
    }

    /// The method.
    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// The value of the `Host` header.
    pub(crate) fn host(&self) -> &str {
        let host = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        host.map(|(_, value)| value.as_ref()).unwrap_or_default()
    }

    /// Whether the URL had a `#`, after which nothing is sent.
    pub(crate) fn has_fragment(&self) -> bool {
        self.has_fragment
    }

    /// The headers as [`head`](Self::head) takes them.
    pub(crate) fn headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
    }

    /// The request as a verifier sees it.
    pub(crate) fn head<'s>(&'s self, headers: &'s [(&'s [u8], &'s [u8])]) -> RequestHead<'s> {
        let query = self.query.as_ref().map(String::as_bytes);
        RequestHead::new(&self.method, self.path.as_bytes(), query, headers)
    }
}

/// What stands on a URL after `#`, told to the user.
pub(crate) const FRAGMENT: &str = "the URL has a # in it; no client sends what stands after it. \
     If the # belongs to the key or to a value, it must be written %23";

/// A line of a batch of `verify` or `explain`: the request, and the time if the line has one.
pub(crate) fn read_line<'a>(
    line: &'a [u8],
    default_headers: &'a [Pair],
) -> Result<(SentRequest<'a>, Option<i64>), Failure> {
    let (mut method, mut url, mut headers, mut now) = (None, None, None, None);
    let mut seen = Vec::new();
    for (name, value) in Json::object(line)? {
        if seen.contains(&name) {
            let message = format_args!("the field {name:?} is given twice; give it once");
            return Err(Failure::usage("field-twice", message));
        }
        let is_null = value == Json::Null;
        match name.as_ref() {
            "method" | "url" | "headers" | "now" if is_null => {}
            "method" => method = Some(value.text("method")?),
            "url" => url = Some(value.text("url")?),
            "headers" => headers = Some(value.pairs("headers")?),
            "now" => now = Some(value.time("now")?),
            other => {
                let message = format_args!(
                    "the field {other:?} is unknown; a line may have method, url, headers and now"
                );
                return Err(Failure::usage("unknown-field", message));
            }
        }
        seen.push(name);
    }
    let url = url.ok_or_else(|| Failure::usage("url-missing", "the line has no url; give it"))?;
    let headers = headers.unwrap_or_else(|| crate::pairs::borrowed(default_headers));
    let request = SentRequest::new(method.unwrap_or(Cow::Borrowed("GET")), &url, headers)?;
    Ok((request, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> &'static str {
        match read_line(line.as_bytes(), &[]) {
            Err(Failure::Told { code, .. }) => code,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_url_is_not_changed() {
        let url = "HTTP://B-1.Example:80/a/../%7e%zz//b+?x=%3b;&&y#z";
        let request = SentRequest::new("GET", url, []).unwrap();
        let headers = request.headers();
        let head = request.head(&headers);
        assert_eq!(head.path(), b"/a/../%7e%zz//b+");
        assert_eq!(head.query(), Some(&b"x=%3b;&&y"[..]));
        assert_eq!(request.host(), "B-1.Example");
        assert!(request.has_fragment());
    }

    #[test]
    fn a_given_host_is_kept() {
        let host = ("host".into(), "Other:80".into());
        let request = SentRequest::new("GET", "http://a/", [host]).unwrap();
        assert_eq!((request.host(), request.headers().len()), ("Other:80", 1));
    }

    #[test]
    fn lines_have_defaults_and_refusals() {
        let line = br#"{"url":"http://a/","method":null,"headers":null,"now":5}"#;
        let defaults = [("X".to_owned(), "y".to_owned())];
        let (request, now) = read_line(line, &defaults).unwrap();
        assert_eq!((request.method(), request.headers.len(), now), ("GET", 2, Some(5)));
        for (line, expected) in [
            (r#"{"method":"GET"}"#, "url-missing"),
            (r#"{"url":"http://a/","url":"http://b/"}"#, "field-twice"),
            (r#"{"url":"http://a/","secret_key":"hush"}"#, "unknown-field"),
            (r#"{"url":"ftp://a/"}"#, "url-scheme"),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
    }
}
