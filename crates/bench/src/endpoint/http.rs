//! One connection, as plain as can be, so that the servers and not the client are measured.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use crate::Outcome;

/// What is read or written at a time.
const PIECE: usize = 256 * 1024;

pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    address: SocketAddr,
    etag: String,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let reader = BufReader::with_capacity(PIECE, stream);
        Ok(Self { reader, address, etag: String::new() })
    }

    /// Sends a request without body; gives the status and the length of the answer's body, which is shown piece by piece.
    pub(crate) fn get(&mut self, target: &str, see: impl FnMut(&[u8])) -> Outcome<(u16, u64)> {
        let head = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.reader.get_mut().write_all(head.as_bytes())?;
        self.answer(see)
    }

    /// Sends a body of that length, a piece over and over; gives the status.
    pub(crate) fn put(&mut self, target: &str, piece: &[u8], length: usize) -> Outcome<u16> {
        let head = format!(
            "PUT {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n",
            self.address
        );
        let stream = self.reader.get_mut();
        // Small enough for one segment: a second write would cost a second wake-up.
        if length <= piece.len() {
            let body = piece.get(..length).unwrap_or_default();
            stream.write_all(&[head.as_bytes(), body].concat())?;
        } else {
            stream.write_all(head.as_bytes())?;
            let mut left = length;
            while left > 0 {
                let part = piece.get(..left.min(piece.len())).unwrap_or_default();
                stream.write_all(part)?;
                left -= part.len();
            }
        }
        Ok(self.answer(|_| {})?.0)
    }

    /// Sends a short document; gives the answer's, which is to be 200.
    pub(crate) fn post(&mut self, target: &str, document: &str) -> Outcome<String> {
        let Self { address, reader, .. } = self;
        let length = document.len();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{document}"
        );
        reader.get_mut().write_all(request.as_bytes())?;
        let mut body = Vec::new();
        let (status, _) = self.answer(|piece| body.extend_from_slice(piece))?;
        match (status, String::from_utf8(body)?) {
            (200, body) => Ok(body),
            (status, body) => Err(format!("{target}: {status}: {body}").into()),
        }
    }

    /// The entity tag of the last answer, in quotes.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    fn answer(&mut self, mut see: impl FnMut(&[u8])) -> Outcome<(u16, u64)> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut length = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("etag") {
                self.etag = value.trim().to_owned();
            }
        }
        let mut left = length;
        while left > 0 {
            let buffered = self.reader.fill_buf()?;
            let taken = buffered.len().min(usize::try_from(left)?);
            if taken == 0 {
                return Err("the body ended too early".into());
            }
            see(buffered.get(..taken).unwrap_or_default());
            self.reader.consume(taken);
            left -= taken as u64;
        }
        Ok((status, length))
    }
}

/// Some bytes that no file system can pack.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> =
        std::iter::repeat_with(&mut next).take(length.div_ceil(8)).flatten().collect();
    bytes.truncate(length);
    bytes
}

/// The whole body of an answer that must be 200.
pub(crate) fn fetch(address: SocketAddr, target: &str) -> Outcome<Vec<u8>> {
    let mut body = Vec::new();
    let (status, _) =
        Connection::open(address)?.get(target, |piece| body.extend_from_slice(piece))?;
    match status {
        200 => Ok(body),
        _ => Err(format!("{target}: {status}: {}", String::from_utf8_lossy(&body)).into()),
    }
}
