//! A request out of any bytes, in lines: the method, the path with the query, a header each.

use cospass_sign::RequestHead;

pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a [u8],
    pub query: Option<&'a [u8]>,
    pub headers: Vec<(&'a [u8], &'a [u8])>,
}

pub fn parse(input: &[u8]) -> Request<'_> {
    let mut lines = input.split(|&b| b == b'\n');
    let method = std::str::from_utf8(lines.next().unwrap_or_default()).unwrap_or("GET");
    let (path, query) = split(lines.next().unwrap_or_default(), b'?');
    let headers = lines.map(|line| split(line, b':')).map(|(n, v)| (n, v.unwrap_or_default()));
    Request { method, path, query, headers: headers.collect() }
}

impl<'a> Request<'a> {
    pub fn head(&'a self) -> RequestHead<'a> {
        RequestHead::new(self.method, self.path, self.query, &self.headers)
    }
}

fn split(line: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match line.iter().position(|&b| b == separator) {
        Some(at) => (&line[..at], Some(&line[at + 1..])),
        None => (line, None),
    }
}
