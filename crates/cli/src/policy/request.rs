//! A request in words: of `cospass policy check`, and of each line of the files of `cospass policy prove`.

use std::net::IpAddr;

use clap::error::ErrorKind;
use clap::{Args, Parser};
use cospass_protocol::operation::Resource;
use cospass_protocol::policy::Question;

use crate::pairs::{Pair, parse_header, parse_param};
use crate::shell::words;
use crate::target::{Target, parse_target};

#[derive(Args, Debug)]
pub(super) struct RequestArgs {
    /// The HTTP method: GET, PUT, HEAD, DELETE, POST, OPTIONS
    #[arg(value_parser = parse_method)]
    method: String,

    /// cos://BUCKET/KEY, or cos://BUCKET/ for the bucket
    #[arg(value_parser = parse_target)]
    target: Target,

    /// A header of the request
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<Pair>,

    /// A query parameter, raw
    #[arg(short = 'q', long = "param", value_name = "NAME[=VALUE]", value_parser = parse_param, allow_hyphen_values = true)]
    params: Vec<Pair>,

    /// The address that the request comes from
    #[arg(long, value_name = "IP")]
    pub(super) from_ip: Option<IpAddr>,

    /// The version of TLS: 1.0, 1.1, 1.2 (if left out), 1.3, or none for plain HTTP
    #[arg(long, value_name = "VERSION", value_parser = ["1.0", "1.1", "1.2", "1.3", "none"])]
    pub(super) tls: Option<String>,
}

fn parse_method(text: &str) -> Result<String, String> {
    let method = text.to_ascii_uppercase();
    match method.as_str() {
        "GET" | "PUT" | "HEAD" | "DELETE" | "POST" | "OPTIONS" => Ok(method),
        _ => Err("it is no method; write GET, PUT, HEAD, DELETE, POST or OPTIONS".to_owned()),
    }
}

impl RequestArgs {
    /// What is asked of a policy.
    pub(super) fn question(self, region: &str, now: i64) -> Question {
        let resource = Resource::new(self.target.bucket, self.target.key);
        Question {
            params: self.params,
            headers: self.headers,
            ip: self.from_ip,
            tls: Some(self.tls.unwrap_or_else(|| "1.2".to_owned()))
                .filter(|version| version != "none"),
            ..Question::new(&self.method, resource, region, now)
        }
    }
}

/// A line of a file of requests.
#[derive(Parser, Debug)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Line {
    #[command(flatten)]
    request: RequestArgs,
}

/// Reads a line; none if it is empty or a comment, which begins with `#`.
pub(super) fn read_line(line: &str) -> Result<Option<RequestArgs>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let words = words(line).map_err(|error| error.to_string())?;
    let read = Line::try_parse_from(words);
    // What is wrong stands in the first line; how the command is used does not help here.
    read.map(|line| Some(line.request)).map_err(|error| {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let first = first.strip_prefix("error: ").unwrap_or(first);
        match error.kind() {
            ErrorKind::UnknownArgument => format!("{first}; quote what has spaces: '…'"),
            ErrorKind::MissingRequiredArgument => {
                "a request is a method and a target: GET cos://BUCKET/KEY".to_owned()
            }
            _ => first.to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request_in_words() {
        let line = "put cos://b-1/u/42/a.png -H 'Content-Type: image/png' -q 'x=a b' --tls none";
        let question = read_line(line).unwrap().unwrap().question("ap-x", 5);
        assert_eq!((question.method.as_str(), question.tls), ("PUT", None));
        assert_eq!(question.headers, [("Content-Type".to_owned(), "image/png".to_owned())]);
        assert_eq!(question.params, [("x".to_owned(), "a b".to_owned())]);
        for line in ["", "  # GET cos://b-1/a"] {
            assert!(read_line(line).unwrap().is_none());
        }
        for line in
            ["GET", "GET b-1/a", "GET cos://b-1/a x", "GET 'cos://b-1/a", "GET cos://b-1/a --x"]
        {
            assert!(!read_line(line).unwrap_err().is_empty(), "{line}");
        }
    }
}
