//! Reading `vectors/*.jsonl` and rebuilding the requests that they describe.

use std::fs;
use std::path::Path;

use cospass_sign::percent::{self, Plus};
use cospass_sign::{Claim, RequestHead};
use serde_json::Value;

/// One line of a vectors file.
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) check: String,
    pub(crate) secret_id: String,
    pub(crate) secret_key: String,
    line: Value,
}

/// All lines of one SDK.
pub(crate) fn read(sdk: &str) -> Vec<Vector> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let text = fs::read_to_string(root.join(format!("{sdk}.jsonl"))).unwrap();
    text.lines().map(|line| Vector::of(serde_json::from_str(line).unwrap())).collect()
}

impl Vector {
    fn of(line: Value) -> Self {
        Self {
            id: text(&line["id"]),
            check: text(&line["check"]),
            secret_id: secret(&line, "secret_id", "Secret_id").trim().to_owned(),
            secret_key: secret(&line, "secret_key", "Secret_key"),
            line,
        }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.check.starts_with("OK")
    }

    /// Whether parameters or headers of the input differ in the case of their names alone.
    pub(crate) fn has_duplicates(&self) -> bool {
        ["params", "headers"].iter().any(|kind| {
            let mut names: Vec<_> = pairs(&self.line["input"][kind])
                .into_iter()
                .map(|(n, _)| n.to_lowercase())
                .collect();
            let all = names.len();
            names.sort();
            names.dedup();
            names.len() < all
        }) || self.check.contains("dup=")
    }

    /// Whether the line can be no request that anybody sends: a parameter named like a field of the
    /// signature, which would stand in the request twice, or a SecretId that ends the field it
    /// stands in.
    pub(crate) fn is_unreadable(&self) -> bool {
        let names = pairs(&self.line["input"]["params"]);
        let in_header = self.line["url"].is_null();
        names.iter().any(|(name, _)| cospass_sign::is_signature_field(name.as_bytes()))
            || (in_header && self.secret_id.contains('&'))
    }

    /// A time at which both ranges of the claim hold, or the best guess.
    pub(crate) fn now_within(&self, claim: &Claim<'_>) -> i64 {
        let authorization = claim.authorization();
        [authorization.sign_time(), authorization.key_time()]
            .iter()
            .filter_map(|time| time.split(';').nth(1)?.split('.').next()?.parse().ok())
            .min()
            .unwrap_or_default()
    }

    /// The ways in which the line's request can be meant; SDKs treat a leading slash of the key
    /// differently, and an `Authorization` alone does not say how.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let input = &self.line["input"];
        let request = &self.line["request"];
        let authorization = self.line["authorization"].as_str();
        let mut headers = pairs(&input["headers"]);
        if !input["conf"]["headers_given"].is_null() {
            headers = pairs(&input["conf"]["headers_given"]);
        }
        headers.extend(pairs(&input["conf"]["extra_headers"]));
        let ignores_host = self.check.contains("caller-Host-ignored");
        headers.retain(|(name, _)| {
            let is = |other| name.eq_ignore_ascii_case(other);
            !(is("authorization") || (is("host") && ignores_host))
        });
        if !request.is_null() {
            let mut headers = pairs(&request["headers"]);
            if let Some(authorization) = authorization {
                headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
                headers.push(("Authorization".into(), authorization.into()));
            }
            return vec![Request::new(&self.method(), &text(&request["url"]), headers)];
        }
        if let (None, Some(url)) = (authorization, self.line["url"].as_str()) {
            return vec![Request::new(&self.method(), url, headers)];
        }
        headers.push(("Authorization".into(), authorization.unwrap_or_default().into()));
        // Go signs the token of the configuration as a header.
        if let Some(token) = input["token"].as_str() {
            headers.push(("x-cos-security-token".into(), token.into()));
        }
        let query = pairs(&input["params"])
            .iter()
            .map(|(n, v)| {
                format!("{}={}", percent::encode(n.as_bytes()), percent::encode(v.as_bytes()))
            })
            .collect::<Vec<_>>()
            .join("&");
        let keys = [
            text(&input["key"]),
            text(&input["key"]).strip_prefix('/').unwrap_or_default().to_owned(),
            text(&input["conf"]["key_given"]).strip_prefix('/').unwrap_or_default().to_owned(),
        ];
        keys.iter()
            .map(|key| {
                let path = percent::encode(key.as_bytes());
                let url = format!("https://{}/{path}?{query}", self.host());
                Request::new(&self.method(), &url, headers.clone())
            })
            .collect()
    }

    fn method(&self) -> String {
        let request = self.line["request"]["method"].as_str();
        request.or(self.line["input"]["method"].as_str()).unwrap_or("GET").to_owned()
    }

    fn host(&self) -> String {
        let input = &self.line["input"];
        if let Some(domain) = input["domain"].as_str() {
            return domain.to_owned();
        }
        let default = format!("cos.{}.myqcloud.com", text(&input["region"]));
        let endpoint = input["endpoint"].as_str().unwrap_or(&default);
        let region = text(&input["region"]);
        // The aliases that the Python SDK maps, and hosts that carry their own `cos.`.
        let endpoint = match region.as_str() {
            r if input["endpoint"].is_null() && r.contains("cos.") => format!("{r}.myqcloud.com"),
            _ => endpoint.to_owned(),
        };
        format!("{}.{endpoint}", text(&input["bucket"]))
    }
}

/// A request as it goes over the wire.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    path: Vec<u8>,
    query: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Request {
    fn new(method: &str, url: &str, headers: Vec<(String, String)>) -> Self {
        let (_, rest) = url.split_once("://").unwrap();
        let slash = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, target) = rest.split_at(slash);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = if path.is_empty() { "/" } else { path };
        // A caller's Host header is what is sent.
        let mut headers: Vec<_> =
            headers.into_iter().map(|(n, v)| (n.into_bytes(), v.into_bytes())).collect();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"host")) {
            headers.push((b"Host".to_vec(), host.as_bytes().to_vec()));
        }
        Self { method: method.into(), path: path.into(), query: query.into(), headers }
    }

    pub(crate) fn headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (&name[..], &value[..])).collect()
    }

    pub(crate) fn head<'a>(&'a self, headers: &'a [(&'a [u8], &'a [u8])]) -> RequestHead<'a> {
        RequestHead::new(&self.method, &self.path, Some(&self.query), headers)
    }
}

/// The request with one meaningful thing changed, in every place: the method, each byte of the
/// path, of the signature's fields, of each signed parameter and of each signed header.
pub(crate) fn changes(request: &Request, port_is_signed: bool) -> Vec<(String, Request)> {
    let headers = request.headers();
    let head = request.head(&headers);
    let claim = Claim::read(&head).unwrap();
    let mut changes = Vec::new();
    let method = if request.method.eq_ignore_ascii_case("GET") { "PUT" } else { "GET" };
    changes.push(("the method".into(), Request { method: method.into(), ..request.clone() }));
    for at in 0..request.path.len() {
        let mut changed = request.clone();
        change(&mut changed.path[at]);
        changes.push((format!("byte {at} of the path"), changed));
    }
    for (start, piece) in pieces(&request.query) {
        let name = piece.split(|&b| b == b'=').next().unwrap();
        let name = percent::decode_query(name, Plus::Space);
        let name = String::from_utf8_lossy(&name).into_owned();
        let literal = name.replace(' ', "+");
        let is_field = name.starts_with("q-") || name == "sign";
        if !is_field && !claim.covers_param(&name) && !claim.covers_param(&literal) {
            continue;
        }
        // The name of `sign` and its `=` carry nothing that is signed.
        for at in start..start + piece.len() {
            let mut changed = request.clone();
            change(&mut changed.query[at]);
            changes.push((format!("byte {at} of the query ({name})"), changed));
        }
    }
    for (position, (name, value)) in request.headers.iter().enumerate() {
        let name = String::from_utf8_lossy(name).into_owned();
        let is_field = name.eq_ignore_ascii_case("authorization");
        if !is_field && !claim.covers_header(&name) {
            continue;
        }
        // The token that .NET appends to the text is not signed.
        let text = String::from_utf8_lossy(value);
        let mut signed = text.find("&x-cos-").unwrap_or(value.len());
        if name.eq_ignore_ascii_case("host") && !port_is_signed {
            signed = text.rfind(':').unwrap_or(signed);
        }
        for at in 0..signed {
            let mut changed = request.clone();
            change(&mut changed.headers[position].1[at]);
            changes.push((format!("byte {at} of the header {name}"), changed));
        }
    }
    changes
}

fn change(byte: &mut u8) {
    *byte = if *byte == b'7' { b'8' } else { b'7' };
}

fn pieces(query: &[u8]) -> Vec<(usize, &[u8])> {
    let mut start = 0;
    let mut pieces = Vec::new();
    for piece in query.split(|&b| b == b'&') {
        if !piece.is_empty() {
            pieces.push((start, piece));
        }
        start += piece.len() + 1;
    }
    pieces
}

fn secret(line: &Value, name: &str, old_name: &str) -> String {
    let input = &line["input"];
    text(if input[name].is_null() { &input["conf"][old_name] } else { &input[name] })
}

/// A value as Python's `str` writes it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| format!("'{}'", text(item))).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(n, v)| (n.clone(), if v.is_null() { "None".into() } else { text(v) }))
            .collect(),
        _ => Vec::new(),
    }
}
