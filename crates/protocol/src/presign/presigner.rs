//! The signer: one pair of keys, buffers that are used again, and the way from a request to its URL or text.

use std::fmt;

use cospass_sign::{Credentials, KeyTime, Signature};
use sha1_lanes::Engine;
use zeroize::Zeroizing;

use super::batch::{Around, Batch};
use super::check::check_key_time;
use super::key_state::KeyState;
use super::outline::{Buffers, Carrier, Outline};
use super::{PresignError, PresignRequest, Presigned};
use crate::ObjectKey;

/// Signs requests, one after the other, with one pair of keys.
///
/// It keeps the signing key of the last key time, and all that the last request made of anything but its key, so that the
/// next one that differs in its key alone takes little more than its hashing. [`presign_into`](Self::presign_into) and
/// [`authorization_into`](Self::authorization_into) allocate nothing once the buffers have grown; they do to look up more
/// than 64 parameters or signed headers, and for another endpoint than the last one.
///
/// ```
/// use cospass_protocol::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region};
/// use cospass_sign::{Credentials, KeyTime};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
/// let bucket = Bucket::new("examplebucket-1250000000")?;
/// let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
/// let key_time = KeyTime::new(1_700_000_000, 1_700_000_300);
///
/// let mut url = String::new();
/// for name in ["a.txt", "b.txt"] {
///     let key = ObjectKey::new(name)?;
///     let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
///     url.clear();
///     presigner.presign_into(&request, key_time, &mut url)?;
///     assert!(url.starts_with("https://examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/"));
/// }
/// # Ok(())
/// # }
/// ```
pub struct Presigner {
    credentials: Credentials,
    key: KeyState,
    outline: Outline,
    buffers: Buffers,
    /// It may hold a token.
    http_string: Zeroizing<Vec<u8>>,
    /// What is before the digits of the signature, behind the path of a URL and in the text of a header; the latter is empty
    /// until it is asked for.
    query: String,
    header: String,
}

impl Presigner {
    /// A signer with empty buffers.
    pub fn new(credentials: Credentials) -> Self {
        Presigner {
            key: KeyState::new(&credentials),
            credentials,
            outline: Outline::default(),
            buffers: Buffers::default(),
            http_string: Zeroizing::new(Vec::new()),
            query: String::new(),
            header: String::new(),
        }
    }

    /// The pair of keys that signs.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// A pre-signed URL: the signature, the parameters and the token in the query.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn presign(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
    ) -> Result<Presigned, PresignError> {
        self.prepare(request, key_time, Carrier::Query)?;
        let mut text = String::with_capacity(self.url_room(request) + self.header_room());
        let signature = self.write_presigned_url(request.key, &mut text)?;
        self.presigned(request, key_time, Carrier::Query, text, &signature)
    }

    /// Appends the URL of [`presign`](Self::presign) alone to `out`, which stays as it was on error.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn presign_into(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        out: &mut String,
    ) -> Result<(), PresignError> {
        self.prepare(request, key_time, Carrier::Query)?;
        out.reserve(self.url_room(request));
        let length = out.len();
        let written = self.write_presigned_url(request.key, out);
        if written.is_err() {
            out.truncate(length);
        }
        written.map(|_| ())
    }

    /// The value of an `Authorization` header. The token is a header, too, and among those to send.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn authorization(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
    ) -> Result<Presigned, PresignError> {
        self.prepare(request, key_time, Carrier::Header)?;
        let mut text = String::with_capacity(self.url_room(request) + self.header_room());
        // The keys `.` and `..` stand in it as they are, for clients that do not remove them.
        text.push_str(&self.outline.origin);
        if request.key.write_url_path(&mut text).is_err() {
            text.push_str(request.key.path());
        }
        text.push_str(&self.outline.params);
        let signature = self.key.sign(&self.http_string);
        self.presigned(request, key_time, Carrier::Header, text, &signature)
    }

    /// Appends the value of an `Authorization` header alone to `out`, as [`authorization`](Self::authorization) makes it. The
    /// token of temporary credentials is to be sent as a header, too.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn authorization_into(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        out: &mut String,
    ) -> Result<(), PresignError> {
        self.prepare(request, key_time, Carrier::Header)?;
        let header = self.header();
        out.reserve(header.len() + Signature::LENGTH);
        out.push_str(header);
        out.push_str(self.key.sign(&self.http_string).as_str());
        Ok(())
    }

    /// Prepares a [`Batch`]: the same request for many keys, at one key time. The key of `request` is of no account.
    ///
    /// # Errors
    /// [`PresignError`], of what is the same for all keys.
    pub fn batch(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        engine: Engine,
    ) -> Result<Batch, PresignError> {
        let bucket = ObjectKey::bucket();
        let request = PresignRequest { key: &bucket, ..*request };
        self.prepare(&request, key_time, Carrier::Query)?;
        let Outline { method, rest, origin, params, .. } = &self.outline;
        let around = Around {
            method: method.clone(),
            rest: rest.clone(),
            origin: origin.clone(),
            query: self.query.clone(),
            params: params.clone(),
        };
        let secret_key = self.credentials.secret_key();
        Ok(Batch::new(cospass_sign::Batch::new(secret_key, self.key.text(), engine), around))
    }

    /// Checks a request, and writes the text that is signed. Signing is left to the caller, who has better to do before: a
    /// processor that is asked for text which it wrote in other pieces a moment ago has to wait.
    fn prepare(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        carrier: Carrier,
    ) -> Result<(), PresignError> {
        check_key_time(key_time)?;
        let outline = &mut self.outline;
        let another = outline.of(request, carrier, &self.credentials, &mut self.buffers)?;
        if self.key.at(key_time) || another {
            self.query.clear();
            self.query.push('?');
            self.query.push_str(self.key.query_start());
            self.query.push_str(&outline.query_end);
            self.header.clear();
        }
        let path = request.key.path().as_bytes();
        let http_string = &mut self.http_string;
        http_string.clear();
        http_string.reserve(outline.method.len() + path.len() + outline.rest.len());
        http_string.extend_from_slice(&outline.method);
        http_string.extend_from_slice(path);
        http_string.extend_from_slice(&outline.rest);
        Ok(())
    }

    /// Signs what was prepared, on the way.
    fn write_presigned_url(
        &mut self,
        key: &ObjectKey,
        out: &mut String,
    ) -> Result<Signature, PresignError> {
        out.push_str(&self.outline.origin);
        key.write_url_path(out)?;
        out.push_str(&self.query);
        let signature = self.key.sign(&self.http_string);
        out.push_str(signature.as_str());
        out.push_str(&self.outline.params);
        Ok(signature)
    }

    fn write_authorization(&mut self, signature: &Signature, out: &mut String) {
        let header = self.header();
        out.reserve(header.len() + Signature::LENGTH);
        out.push_str(header);
        out.push_str(signature.as_str());
    }

    /// What is before the digits of the signature in the text of a header.
    fn header(&mut self) -> &str {
        if self.header.is_empty() {
            self.key.write_header_start(&mut self.header);
            self.header.push_str(&self.outline.header_end);
        }
        &self.header
    }

    /// Bytes enough for a URL whose key needs no escapes.
    fn url_room(&self, request: &PresignRequest<'_>) -> usize {
        let Outline { origin, params, .. } = &self.outline;
        let parts = [origin.len(), request.key.path().len(), self.query.len(), params.len()];
        parts.into_iter().sum::<usize>() + Signature::LENGTH
    }

    /// Bytes enough for the text of a header.
    fn header_room(&mut self) -> usize {
        self.header().len() + Signature::LENGTH
    }

    /// The answer with a URL, to which the text of a header is added.
    fn presigned(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        carrier: Carrier,
        mut text: String,
        signature: &Signature,
    ) -> Result<Presigned, PresignError> {
        let url_end = text.len();
        self.write_authorization(signature, &mut text);
        let to_send = self.outline.what_to_send(request, carrier, &self.credentials)?;
        let headers = to_send.headers.clone();
        let credentials_end = self.credentials.ends_at();
        let risks = to_send.risks;
        Ok(Presigned { text, url_end, headers, key_time, credentials_end, risks })
    }
}

impl fmt::Debug for Presigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presigner").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
