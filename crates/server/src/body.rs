//! The body of a request: sealed until there is a [`Permit`], then read within limits.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use cospass_protocol::form::{FieldsReader, FileReader, Form, FormError};
use cospass_protocol::operation::PostObject;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT, HeaderValue, TRANSFER_ENCODING};
use hyper::body::{Body, Frame, Incoming};
use tokio::time::{Instant, timeout};

use crate::authorize::Permit;
use crate::form::FormFile;
use crate::limits::Limits;
use crate::pace::Pace;
use crate::refusal::{Cause, Refusal};

/// The body of a request, of which nothing has been read yet.
pub(crate) struct SealedBody {
    incoming: Incoming,
    length: Length,
    expects_continue: bool,
    opened: bool,
    received: u64,
    /// The file of a form whose fields were read.
    file: Option<FileReader>,
    limits: Arc<Limits>,
}

/// What the head says of the body's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Neither a length nor chunks: there is no body.
    Absent,
    /// So many bytes.
    Known(u64),
    /// As many as chunks bring.
    Chunked,
}

impl SealedBody {
    pub(crate) fn new(headers: &HeaderMap, incoming: Incoming, limits: Arc<Limits>) -> Self {
        let length = if headers.contains_key(TRANSFER_ENCODING) {
            Length::Chunked
        } else if headers.contains_key(CONTENT_LENGTH) {
            Length::Known(incoming.size_hint().exact().unwrap_or(0))
        } else {
            Length::Absent
        };
        let expects_continue = headers.contains_key(EXPECT);
        Self { incoming, length, expects_continue, opened: false, received: 0, file: None, limits }
    }

    pub(crate) fn length(&self) -> Length {
        self.length
    }

    /// Whether its transfer coding is none, or `chunked` alone: what another one wraps would be taken for the body.
    pub(crate) fn is_plainly_coded(&self, headers: &HeaderMap) -> bool {
        let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
        let is_chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
        self.length != Length::Chunked
            || (codings.next().is_some_and(is_chunked) && codings.next().is_none())
    }

    /// How many bytes were read.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Opens the body for whoever has a permit, to read at most `most` bytes at a pace.
    pub(crate) fn open<Op>(&mut self, _permit: &Permit<Op>, most: u64, pace: Pace) -> Pieces<'_> {
        self.opened = true;
        let Self { incoming, limits, received, .. } = self;
        let slowness = Slowness { unpaced: !pace.is_limited(), ..Slowness::default() };
        Pieces { incoming, limits, received, left: most, pace, slowness, file: None }
    }

    /// Reads a form up to its file: the signature stands there. Beside it, a [call of STS](Self::read_call) alone is read
    /// before there is a permit.
    pub(crate) async fn read_fields(&mut self, content_type: &[u8]) -> Result<Form, Refusal> {
        if self.length == Length::Absent {
            return Err(Cause::MissingLength.into());
        }
        self.opened = true;
        let Self { incoming, limits, received, .. } = self;
        let mut reader = FieldsReader::new(content_type, limits.of_form())?;
        let fields = async {
            while let Some(frame) = next_frame(incoming).await {
                let frame = frame.map_err(|_| Cause::IncompleteBody)?;
                let Some(data) = frame.data_ref() else { continue };
                *received += data.len() as u64;
                if reader.read(data)? {
                    break;
                }
            }
            Ok::<_, Refusal>(reader.finish()?)
        };
        let fields = timeout(limits.form_time, fields).await;
        let (form, file) = fields.map_err(|_| Cause::BodyTimeout)??;
        self.file = Some(file);
        Ok(form)
    }

    /// Reads the body of a call of STS, whose signature covers it.
    pub(crate) async fn read_call(&mut self) -> Result<Vec<u8>, Refusal> {
        self.opened = true;
        let Self { incoming, limits, received, .. } = self;
        let most = limits.call_size;
        let whole = async {
            let mut body = Vec::new();
            while let Some(frame) = next_frame(incoming).await {
                let frame = frame.map_err(|_| Cause::IncompleteBody)?;
                let Some(data) = frame.data_ref() else { continue };
                *received += data.len() as u64;
                if body.len() + data.len() > most {
                    return Err(Cause::EntityTooLarge.into());
                }
                body.extend_from_slice(data);
            }
            Ok::<_, Refusal>(body)
        };
        timeout(limits.form_time, whole).await.map_err(|_| Cause::BodyTimeout)?
    }

    /// Opens the file of a form whose fields were read, to read as much of it as is permitted.
    pub(crate) fn open_file(
        &mut self,
        permit: &Permit<PostObject>,
        pace: Pace,
    ) -> Result<Pieces<'_>, Refusal> {
        let reader = self.file.take().ok_or(FormError::NoFile)?;
        let length = &permit.operation().length;
        let longest = self.limits.object_size.min(*length.end());
        let file = FormFile::new(reader, *length.start()..=longest);
        let around = 2 * self.limits.form_size as u64;
        let most = self.limits.object_size.saturating_add(around);
        if matches!(self.length, Length::Known(length) if length > most) {
            return Err(Cause::EntityTooLarge.into());
        }
        Ok(Pieces { file: Some(file), ..self.open(permit, most, pace) })
    }

    /// Reads a small body whole.
    pub(crate) async fn read_document<Op>(
        &mut self,
        permit: &Permit<Op>,
    ) -> Result<Vec<u8>, Refusal> {
        self.read_whole(permit, self.limits.document_size).await
    }

    /// Reads the whole of a body that lists objects or parts.
    pub(crate) async fn read_list<Op>(&mut self, permit: &Permit<Op>) -> Result<Vec<u8>, Refusal> {
        self.read_whole(permit, self.limits.list_document_size).await
    }

    async fn read_whole<Op>(
        &mut self,
        permit: &Permit<Op>,
        most: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let mut document = Vec::new();
        let mut pieces = self.open(permit, most as u64, Pace::unlimited());
        while let Some(piece) = pieces.next().await? {
            document.extend_from_slice(&piece);
        }
        Ok(document)
    }

    /// Throws away what is left of a body, within limits, beside the answer: a client that is still sending would
    /// otherwise meet a reset connection before it reads why it was refused. Nothing looks at the bytes.
    ///
    /// A client that waits for `100 Continue` has sent nothing, and must not be told to.
    pub(crate) fn discard(self) {
        if self.incoming.is_end_stream() || (self.expects_continue && !self.opened) {
            return;
        }
        let Self { mut incoming, limits, .. } = self;
        tokio::spawn(async move {
            let mut left = limits.discard_size;
            let discard = async {
                while let Some(Ok(frame)) = next_frame(&mut incoming).await {
                    let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                    match left.checked_sub(length) {
                        Some(rest) => left = rest,
                        None => break,
                    }
                }
            };
            let _ = timeout(limits.discard_time, discard).await;
        });
    }

    /// Whether the connection can serve another request after an answer that read nothing of this one's body.
    pub(crate) fn is_left_waiting(&self) -> bool {
        self.expects_continue && !self.opened && !self.incoming.is_end_stream()
    }
}

/// The pieces of an opened body.
pub(crate) struct Pieces<'a> {
    incoming: &'a mut Incoming,
    limits: &'a Limits,
    received: &'a mut u64,
    left: u64,
    pace: Pace,
    slowness: Slowness,
    /// What is to be had of the body, if it is not all.
    file: Option<FormFile>,
}

impl Pieces<'_> {
    /// The next bytes; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let data = self.next_of_body().await?;
            let is_end = data.is_none();
            let Some(file) = &mut self.file else { return Ok(data) };
            let data = file.take(data.as_deref())?;
            match (data.is_empty(), is_end) {
                (true, true) => return Ok(None),
                (true, false) => {}
                (false, _) => return Ok(Some(data)),
            }
        }
    }

    async fn next_of_body(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let asked = Instant::now();
            let frame = timeout(self.limits.body_pause, next_frame(self.incoming)).await;
            let waited = asked.elapsed();
            let data = match frame {
                Err(_) => return Err(Cause::BodyTimeout.into()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(Cause::IncompleteBody.into()),
                Ok(Some(Ok(frame))) => frame.into_data(),
            };
            // Trailers say nothing here.
            let Ok(data) = data else { continue };
            if !data.has_remaining() {
                continue;
            }
            let length = data.len();
            *self.received += length as u64;
            let left = self.left.checked_sub(length as u64);
            self.left = left.ok_or(Cause::EntityTooLarge)?;
            self.slowness.judge(length, waited, self.limits)?;
            self.pace.take(length).await;
            return Ok(Some(data));
        }
    }
}

/// How slowly a body arrives, over one window after another. Only the time counts in which the endpoint waited for the
/// client: a disk that is slow, or a pace that was asked for, is not the client's fault.
#[derive(Default)]
struct Slowness {
    unpaced: bool,
    waited: Duration,
    bytes: u64,
}

impl Slowness {
    fn judge(&mut self, length: usize, waited: Duration, limits: &Limits) -> Result<(), Refusal> {
        self.waited += waited;
        self.bytes += length as u64;
        if self.waited < limits.body_rate_window || !self.unpaced {
            return Ok(());
        }
        let least = self.waited.as_secs_f64() * limits.body_rate as f64;
        if (self.bytes as f64) < least {
            return Err(Cause::BodyTooSlow.into());
        }
        (self.waited, self.bytes) = (Duration::ZERO, 0);
        Ok(())
    }
}

async fn next_frame(incoming: &mut Incoming) -> Option<hyper::Result<Frame<Bytes>>> {
    poll_fn(|context| Pin::new(&mut *incoming).poll_frame(context)).await
}
