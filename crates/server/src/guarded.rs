//! A connection between the socket and hyper: what comes in is watched, what stands still is cut off, and what hyper
//! refuses by itself goes out as an error document of the service.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::acknowledge::Acknowledge;
use crate::framing::{Framing, Watch};
use crate::limits::Limits;

/// How hyper begins its own answers to heads that it cannot read (hyper `proto/h1/role.rs`, `Server::on_error`).
const OWN_ANSWERS: [(&[u8], HeadFault); 3] = [
    (b"HTTP/1.1 400 Bad Request\r\n", HeadFault::Malformed),
    (b"HTTP/1.1 431 Request Header Fields Too Large\r\n", HeadFault::TooLong),
    (b"HTTP/1.1 414 URI Too Long\r\n", HeadFault::TooLong),
];

/// Longer than any of hyper's own answers, in bytes.
const OWN_ANSWER_MAX: usize = 256;

/// What is wrong with a head that hyper cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadFault {
    /// It is no HTTP.
    Malformed,
    /// It is too long, or has too many headers.
    TooLong,
}

/// A stream, watched over. `refuse` makes the answer to a head that hyper cannot read.
pub(crate) struct Guarded<S, R> {
    stream: S,
    framing: Framing,
    watch: Watch,
    limits: Arc<Limits>,
    refuse: R,
    /// Until when the client must take something.
    stalled: Option<Pin<Box<Sleep>>>,
    /// What goes out instead of hyper's answer.
    refusal: Option<Bytes>,
    /// After a refusal: until when, and how much, is still read, so that the client gets to read it.
    farewell: Option<(Pin<Box<Sleep>>, u64)>,
}

impl<S, R> Guarded<S, R> {
    pub(crate) fn new(stream: S, framing: &Framing, limits: &Arc<Limits>, refuse: R) -> Self {
        Self {
            stream,
            framing: framing.clone(),
            watch: framing.watch(),
            limits: Arc::clone(limits),
            refuse,
            stalled: None,
            refusal: None,
            farewell: None,
        }
    }

    fn unless_stalled<T>(
        &mut self,
        context: &mut Context<'_>,
        done: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let deadline = Instant::now() + self.limits.answer_pause;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin, R: Fn(HeadFault) -> Bytes> Guarded<S, R> {
    /// Writes the refusal instead of hyper's own answer; `None` if the bytes are not that.
    fn poll_refuse(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Option<Poll<io::Result<usize>>> {
        if self.refusal.is_none() {
            let fault = own_answer(bytes).filter(|_| !self.framing.is_answering())?;
            self.refusal = Some((self.refuse)(fault));
            let until = Instant::now() + self.limits.discard_time;
            self.farewell = Some((Box::pin(sleep_until(until)), self.limits.discard_size));
        }
        let refusal = self.refusal.as_mut()?;
        while refusal.has_remaining() {
            match Pin::new(&mut self.stream).poll_write(context, refusal) {
                Poll::Ready(Ok(0)) => {
                    return Some(Poll::Ready(Err(io::ErrorKind::WriteZero.into())));
                }
                Poll::Ready(Ok(written)) => refusal.advance(written),
                other => return Some(other),
            }
        }
        self.refusal = None;
        Some(Poll::Ready(Ok(bytes.len())))
    }
}

/// What hyper says with these bytes, if they are an answer of its own and nothing else.
fn own_answer(bytes: &[u8]) -> Option<HeadFault> {
    let is_whole = bytes.len() <= OWN_ANSWER_MAX && bytes.ends_with(b"\r\n\r\n");
    let found = OWN_ANSWERS.iter().find(|(start, _)| is_whole && bytes.starts_with(start));
    found.map(|(_, fault)| *fault)
}

impl<S: AsyncRead + Acknowledge + Unpin, R: Unpin> AsyncRead for Guarded<S, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.watch.see(buffer.filled().get(before..).unwrap_or_default()) {
            self.stream.acknowledge();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S, R> AsyncWrite for Guarded<S, R>
where
    S: AsyncRead + AsyncWrite + Unpin,
    R: Fn(HeadFault) -> Bytes + Unpin,
{
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match self.poll_refuse(context, bytes) {
            Some(refused) => refused,
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        };
        self.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = pieces.iter().find(|piece| !piece.is_empty());
        let refused = first.and_then(|first| self.poll_refuse(context, first));
        let written = match refused {
            Some(refused) => refused,
            None => Pin::new(&mut self.stream).poll_write_vectored(context, pieces),
        };
        self.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// A stream that encrypts keeps bytes back until they can be written, so that a client that takes nothing shows here.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.unless_stalled(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(context);
        ready!(self.unless_stalled(context, closed))?;
        let Self { stream, farewell: Some((until, left)), .. } = &mut *self else {
            return Poll::Ready(Ok(()));
        };
        // A socket that is closed before everything was read from it is reset, and what was sent is lost.
        let mut scratch = [0; 8192];
        while *left > 0 && until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    *left = left.saturating_sub(buffer.filled().len() as u64);
                }
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::io::AsyncReadExt;

    use super::*;

    /// What a client sends at a time, and how often it was told that something is here.
    struct Sent {
        writes: Vec<&'static [u8]>,
        told: Cell<usize>,
    }

    impl AsyncRead for Sent {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if !self.writes.is_empty() {
                buffer.put_slice(self.writes.remove(0));
            }
            Poll::Ready(Ok(()))
        }
    }

    impl Acknowledge for Sent {
        fn acknowledge(&self) {
            self.told.set(self.told.get() + 1);
        }
    }

    #[tokio::test]
    async fn a_client_is_told_that_its_head_is_here_if_it_may_wait_for_that() {
        const PUT: &[u8] = b"PUT /k HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
        const WHOLE: &[u8] = b"PUT /k HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        const GET: &[u8] = b"GET /k HTTP/1.1\r\nHost: h\r\n\r\n";
        let cases: [(&[&'static [u8]], usize); 4] = [
            (&[PUT, b"abc"], 1),
            (&[PUT, b"a", b"bc", PUT, b"abc"], 2),
            (&[WHOLE], 0),
            (&[GET], 0),
        ];
        for (writes, told) in cases {
            let stream = Sent { writes: writes.to_vec(), told: Cell::new(0) };
            let (framing, limits) = (Framing::default(), Arc::new(Limits::default()));
            let mut guarded = Guarded::new(stream, &framing, &limits, |_: HeadFault| Bytes::new());
            let (mut read, mut buffer) = (Vec::new(), [0; 128]);
            while let length @ 1.. = guarded.read(&mut buffer).await.unwrap() {
                read.extend_from_slice(&buffer[..length]);
            }
            assert_eq!(read, writes.concat(), "nothing is changed");
            assert_eq!(guarded.stream.told.get(), told, "{writes:?}");
        }
    }

    #[test]
    fn only_whole_answers_of_hyper_are_taken_for_such() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(own_answer(own), Some(HeadFault::TooLong));
        let own = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
        assert_eq!(own_answer(own), Some(HeadFault::Malformed));
        let with_body = [&own[..], b"<Error/>"].concat();
        for bytes in [&with_body[..], b"HTTP/1.1 200 OK\r\n\r\n", b"", &own[..30]] {
            assert_eq!(own_answer(bytes), None);
        }
        let ours = [&own[..26], &[b'x'; OWN_ANSWER_MAX], b"\r\n\r\n"].concat();
        assert_eq!(own_answer(&ours), None, "an answer of the endpoint's is longer");
    }
}
