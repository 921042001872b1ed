//! Where one request ends and the next begins, watched beside hyper.
//!
//! A head with both `Content-Length` and `Transfer-Encoding` is how requests are smuggled past a proxy (RFC 9112 §6.1,
//! §11.2). hyper drops the length before anyone sees it, so the bytes of heads are looked at on their way in. Behind a
//! head with chunks nothing is looked at any more: such a connection is closed after its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most of a header's line that is kept; a line that tells a length is far shorter.
const LINE_MAX: usize = 128;

/// What is known of the requests of one connection.
#[derive(Clone, Default)]
pub(crate) struct Framing(Arc<Flags>);

#[derive(Default)]
struct Flags {
    ambiguous: AtomicBool,
    last: AtomicBool,
    answering: AtomicBool,
}

impl Framing {
    /// Whether a head had both a length and chunks.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.0.ambiguous.load(Ordering::Relaxed)
    }

    /// Whether the connection may serve another request.
    pub(crate) fn allows_another(&self) -> bool {
        !self.0.last.load(Ordering::Relaxed)
    }

    /// The connection serves no other request, because the endpoint stops.
    pub(crate) fn end(&self) {
        self.0.last.store(true, Ordering::Relaxed);
    }

    /// A request has been read; its answer is on its way until the guard is dropped.
    pub(crate) fn begin_answer(&self) -> Answering {
        self.0.answering.store(true, Ordering::Relaxed);
        Answering(self.clone())
    }

    pub(crate) fn is_answering(&self) -> bool {
        self.0.answering.load(Ordering::Relaxed)
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch { framing: self.clone(), state: State::head() }
    }
}

/// The answer to a request is on its way.
pub(crate) struct Answering(Framing);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.answering.store(false, Ordering::Relaxed);
    }
}

/// Looks at the bytes of a connection as they come in.
pub(crate) struct Watch {
    framing: Framing,
    state: State,
}

enum State {
    Head { line: Vec<u8>, cut: bool, began: bool, length: Option<u64>, chunked: bool },
    Body { left: u64 },
    Blind,
}

impl State {
    const fn head() -> Self {
        Self::Head { line: Vec::new(), cut: false, began: false, length: None, chunked: false }
    }
}

impl Watch {
    /// Looks at the next bytes. Whether a head ends among them whose body does not.
    #[must_use]
    pub(crate) fn see(&mut self, mut bytes: &[u8]) -> bool {
        let mut body_is_to_come = false;
        while !bytes.is_empty() {
            bytes = match &mut self.state {
                State::Blind => break,
                State::Body { left } => {
                    let skipped = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= skipped as u64;
                    if *left == 0 {
                        self.state = State::head();
                        body_is_to_come = false;
                    }
                    bytes.get(skipped..).unwrap_or_default()
                }
                State::Head { line, cut, .. } => {
                    let end = memchr::memchr(b'\n', bytes);
                    let (piece, rest) = match end {
                        Some(end) => (bytes.get(..end), bytes.get(end + 1..)),
                        None => (Some(bytes), None),
                    };
                    let piece = piece.unwrap_or_default();
                    let room = LINE_MAX.saturating_sub(line.len());
                    *cut |= piece.len() > room;
                    line.extend_from_slice(piece.get(..room).unwrap_or(piece));
                    if end.is_some() {
                        self.end_line();
                        body_is_to_come = !matches!(self.state, State::Head { .. });
                    }
                    rest.unwrap_or_default()
                }
            };
        }
        body_is_to_come
    }

    fn end_line(&mut self) {
        let State::Head { line, cut, began, length, chunked } = &mut self.state else {
            return;
        };
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if text.is_empty() {
            // Empty lines before the request line are no end of a head (RFC 9112 §2.2).
            if *began {
                self.end_head();
            }
            return;
        }
        let mut parts = text.splitn(2, |&byte| byte == b':');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut unclear = false;
        if *began && name.eq_ignore_ascii_case(b"transfer-encoding") {
            *chunked = true;
        } else if *began && name.eq_ignore_ascii_case(b"content-length") {
            let value = std::str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok());
            unclear = *cut || value.is_none();
            *length = value;
        }
        *began = true;
        *cut = false;
        line.clear();
        if unclear {
            self.go_blind();
        }
    }

    fn end_head(&mut self) {
        let State::Head { length, chunked, .. } = self.state else {
            return;
        };
        match (length, chunked) {
            (Some(_), true) => {
                self.framing.0.ambiguous.store(true, Ordering::Relaxed);
                self.go_blind();
            }
            (None, true) => self.go_blind(),
            (Some(left), false) if left > 0 => self.state = State::Body { left },
            (_, false) => self.state = State::head(),
        }
    }

    fn go_blind(&mut self) {
        self.framing.0.last.store(true, Ordering::Relaxed);
        self.state = State::Blind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the bytes are ambiguous and whether another request may follow, however they are cut.
    fn watch(bytes: &str) -> (bool, bool) {
        let verdicts = [1, 3, bytes.len()].map(|size| {
            let framing = Framing::default();
            let mut watch = framing.watch();
            for piece in bytes.as_bytes().chunks(size) {
                let _ = watch.see(piece);
            }
            (framing.is_ambiguous(), framing.allows_another())
        });
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{bytes:?}");
        verdicts[0]
    }

    #[test]
    fn a_length_or_chunks_are_clear() {
        for head in
            ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", "PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"]
        {
            assert_eq!(watch(&head.repeat(3)), (false, true), "{head:?}");
        }
        let chunks = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        assert_eq!(watch(chunks), (false, false));
    }

    #[test]
    fn a_body_is_still_to_come_until_all_of_it_is_there() {
        let put = "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
        let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        let chunks = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let sees = |pieces: &[&str]| -> Vec<bool> {
            let mut watch = Framing::default().watch();
            pieces.iter().map(|piece| watch.see(piece.as_bytes())).collect()
        };
        assert_eq!(sees(&[put, "abc", put, "a", "bc"]), [true, false, true, false, false]);
        assert_eq!(sees(&[&put[..20], &put[20..], "abc"]), [false, true, false]);
        assert_eq!(sees(&[&format!("{put}a"), &format!("bc{put}")]), [true, true]);
        assert_eq!(sees(&[&format!("{put}abc"), &format!("{put}abc{get}"), get]), [false; 3]);
        assert_eq!(sees(&[&put.replace('3', "0"), chunks, "1\r\na\r\n"]), [false, true, false]);
    }

    #[test]
    fn both_are_ambiguous_in_any_order_and_case() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "transfer-encoding: chunked\nCONTENT-LENGTH: 5",
        ] {
            let before = "\r\nPUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
            let bytes = format!("{before}PUT / HTTP/1.1\r\n{fields}\r\n\r\n");
            assert_eq!(watch(&bytes), (true, false), "{fields:?}");
        }
    }

    #[test]
    fn a_body_is_no_head() {
        let body = "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
        let bytes = format!("PUT / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert_eq!(watch(&bytes), (false, true));
    }

    #[test]
    fn an_unclear_length_is_the_last() {
        for value in ["x".to_owned(), "0".repeat(LINE_MAX)] {
            let bytes = format!("PUT / HTTP/1.1\r\nContent-Length: {value}\r\n\r\n");
            assert_eq!(watch(&bytes), (false, false), "{value}");
        }
    }
}
