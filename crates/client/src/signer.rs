//! The three calls: a pre-signed URL, a pre-signed download URL, and the value of an `Authorization` header.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use cospass_protocol::{
    Bucket, Endpoint, Expires, ExpiresError, ObjectKey, PresignError, PresignRequest, Presigned,
    Presigner, Scheme, SignedForm, UploadForm, UploadFormError,
};
use cospass_sign::{Credentials, KeyTime};

use crate::batch::{self, PresignedMany, SignManyError};
use crate::clock::system_seconds;
use crate::presigners::Presigners;

/// Signs requests to one endpoint with one pair of keys. Cheap to clone and to share among threads.
///
/// The clones share signing keys and buffers, one set to each thread that signs, so that no thread waits for another. Whoever
/// needs the URL alone gets it sooner from a [`Presigner`] of one's own, and many at once from [`Signing::sign_many`].
#[derive(Debug, Clone)]
pub struct Signer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    endpoint: Endpoint,
    presigners: Presigners,
}

impl Signer {
    /// A signer for an endpoint.
    pub fn new(credentials: Credentials, endpoint: Endpoint) -> Self {
        Signer(Arc::new(Inner { endpoint, presigners: Presigners::new(credentials) }))
    }

    /// Where the requests go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// A URL that makes one request: `get_presigned_url` of the Python SDK.
    ///
    /// The bucket is `&bucket`, or `None` for [`Endpoint::service`].
    pub fn presigned_url<'a>(
        &'a self,
        method: &'a str,
        bucket: impl Into<Option<&'a Bucket>>,
        key: &'a ObjectKey,
    ) -> Signing<'a> {
        Signing::new(self, Form::Url, method, bucket.into(), key)
    }

    /// A URL that downloads an object: `get_presigned_download_url` of the Python SDK, the same as
    /// [`presigned_url`](Self::presigned_url) with `GET`.
    pub fn presigned_download_url<'a>(
        &'a self,
        bucket: impl Into<Option<&'a Bucket>>,
        key: &'a ObjectKey,
    ) -> Signing<'a> {
        self.presigned_url("GET", bucket, key)
    }

    /// The value of an `Authorization` header for one request: `get_auth` of the Python SDK.
    pub fn authorization<'a>(
        &'a self,
        method: &'a str,
        bucket: impl Into<Option<&'a Bucket>>,
        key: &'a ObjectKey,
    ) -> Signing<'a> {
        Signing::new(self, Form::Authorization, method, bucket.into(), key)
    }

    /// Signs an upload form, POST Object, for its endpoint: the fields, and ready HTML. The form's own endpoint is of no
    /// account.
    ///
    /// ```
    /// use cospass::{Bucket, Credentials, Endpoint, Expires, FormKey, Region, Signer, UploadForm};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), endpoint);
    /// let bucket = Bucket::new("examplebucket-1250000000")?;
    /// let form = UploadForm {
    ///     size: Some((0..=20 << 20).into()),
    ///     content_type: Some("image/*"),
    ///     ..UploadForm::new(&bucket, FormKey::Prefix("u/42/"), signer.endpoint())
    /// };
    /// let signed = signer.upload_form(&form, Expires::from(600))?;
    /// assert!(signed.html().starts_with("<form method=\"post\""));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SignError`]; nothing is signed then.
    pub fn upload_form(
        &self,
        form: &UploadForm<'_>,
        expires: Expires,
    ) -> Result<SignedForm, SignError> {
        let key_time = expires.key_time(system_time()?)?;
        let form = UploadForm { endpoint: &self.0.endpoint, ..*form };
        Ok(form.sign(self.0.presigners.credentials(), key_time)?)
    }
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Url,
    Authorization,
}

type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// A request on its way to be signed; [`sign`](Self::sign) ends it.
///
/// Names and values are raw text: they are percent-encoded where it is due, and nowhere before.
#[must_use = "nothing is signed before `.sign()`"]
pub struct Signing<'a> {
    signer: &'a Signer,
    form: Form,
    method: &'a str,
    bucket: Option<&'a Bucket>,
    key: &'a ObjectKey,
    scheme: Scheme,
    params: Pairs<'a>,
    headers: Pairs<'a>,
    sign_host: bool,
    signed_headers: Option<Vec<&'a str>>,
    signed_params: Option<Vec<&'a str>>,
    expires: Expires,
    now: Option<i64>,
    key_time: Option<KeyTime>,
}

impl<'a> Signing<'a> {
    fn new(
        signer: &'a Signer,
        form: Form,
        method: &'a str,
        bucket: Option<&'a Bucket>,
        key: &'a ObjectKey,
    ) -> Self {
        Signing {
            signer,
            form,
            method,
            bucket,
            key,
            scheme: Scheme::default(),
            params: Vec::new(),
            headers: Vec::new(),
            sign_host: true,
            signed_headers: None,
            signed_params: None,
            expires: Expires::default(),
            now: None,
            key_time: None,
        }
    }

    /// How long the signature holds: seconds, or a [`Duration`](std::time::Duration). Default: 300 s.
    pub fn expires(mut self, expires: impl Into<Expires>) -> Self {
        self.expires = expires.into();
        self
    }

    /// A query parameter, signed. A parameter without value has an empty one: `.param("acl", "")`.
    pub fn param(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Several query parameters, as [`param`](Self::param) does one.
    pub fn params<N, V>(mut self, params: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<Cow<'a, str>>,
        V: Into<Cow<'a, str>>,
    {
        self.params.extend(params.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// A header that the client will send. It is signed when it is on the list of the official SDKs: `Content-MD5`,
    /// `Content-Type`, `Range`, …, `x-cos-*`, `x-ci-*`. A `Host` names the host to sign in place of the endpoint's.
    pub fn header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Several headers, as [`header`](Self::header) does one.
    pub fn headers<N, V>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<Cow<'a, str>>,
        V: Into<Cow<'a, str>>,
    {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Whether the endpoint's host is signed. Default: it is.
    pub fn sign_host(mut self, sign_host: bool) -> Self {
        self.sign_host = sign_host;
        self
    }

    /// Sign exactly these of the headers given, `host` among them if it is to be signed.
    pub fn signed_headers(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.signed_headers = Some(names.into_iter().collect());
        self
    }

    /// Sign exactly these of the parameters given.
    pub fn signed_params(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.signed_params = Some(names.into_iter().collect());
        self
    }

    /// The scheme of the URL. Default: `https`.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// The time at which the signature is made, Unix seconds. Default: the system's clock.
    pub fn now(mut self, now: i64) -> Self {
        self.now = Some(now);
        self
    }

    /// From when to when the signature holds, in place of [`now`](Self::now) and [`expires`](Self::expires).
    pub fn key_time(mut self, key_time: KeyTime) -> Self {
        self.key_time = Some(key_time);
        self
    }

    /// Signs.
    ///
    /// # Errors
    /// [`SignError`]; nothing is signed then.
    pub fn sign(self) -> Result<Presigned, SignError> {
        let form = self.form;
        self.with_presigner(|presigner, request, key_time| match form {
            Form::Url => Ok(presigner.presign(request, key_time)?),
            Form::Authorization => Ok(presigner.authorization(request, key_time)?),
        })
    }

    /// Makes the pre-signed URL of each key, in their order, on so many threads (0: as many as the machine has cores). The
    /// key that the request began with is of no account, and it is always URLs that are made.
    ///
    /// It is an order of magnitude faster than signing one by one: the hashes of many URLs are made side by side.
    ///
    /// ```
    /// use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, Signer};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), endpoint);
    /// let bucket = Bucket::new("examplebucket-1250000000")?;
    /// let many = signer
    ///     .presigned_download_url(&bucket, &ObjectKey::bucket())
    ///     .expires(600)
    ///     .sign_many(&["a.jpg", "b.jpg"], 1)?;
    /// assert!(many.urls().next().unwrap().contains("/a.jpg?"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SignManyError`]; nothing is made then.
    pub fn sign_many<K: AsRef<str> + Sync>(
        self,
        keys: &[K],
        threads: usize,
    ) -> Result<PresignedMany, SignManyError> {
        let (one, batch) = self.with_presigner(|presigner, request, key_time| {
            let bucket = ObjectKey::bucket();
            let request = PresignRequest { key: &bucket, ..*request };
            let batch = presigner.batch(&request, key_time, batch::fastest_engine())?;
            Ok((presigner.presign(&request, key_time)?, batch))
        })?;
        PresignedMany::of(&one, &batch, keys, threads)
    }

    /// Lets `run` sign the request at its key time.
    fn with_presigner<T>(
        self,
        run: impl FnOnce(&mut Presigner, &PresignRequest<'_>, KeyTime) -> Result<T, SignError>,
    ) -> Result<T, SignError> {
        let key_time = match (self.key_time, self.now) {
            (Some(key_time), _) => key_time,
            (None, Some(now)) => self.expires.key_time(now)?,
            (None, None) => self.expires.key_time(system_time()?)?,
        };
        let Inner { endpoint, presigners } = &*self.signer.0;
        with_borrowed(&self.params, |params| {
            with_borrowed(&self.headers, |headers| {
                let request = PresignRequest {
                    scheme: self.scheme,
                    params,
                    headers,
                    sign_host: self.sign_host,
                    signed_headers: self.signed_headers.as_deref(),
                    signed_params: self.signed_params.as_deref(),
                    ..PresignRequest::new(self.method, self.bucket, self.key, endpoint)
                };
                presigners.with(|presigner| run(presigner, &request, key_time))
            })
        })
    }
}

impl fmt::Debug for Signing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing")
            .field("form", &self.form)
            .field("method", &self.method)
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The pairs as a request has them; those of an ordinary request need no allocation.
fn with_borrowed<R>(pairs: &Pairs<'_>, run: impl FnOnce(&[(&str, &str)]) -> R) -> R {
    let borrowed = pairs.iter().map(|(name, value)| (&**name, &**value));
    let mut few = [("", ""); 8];
    match few.get_mut(..pairs.len()) {
        Some(few) => {
            few.iter_mut().zip(borrowed).for_each(|(place, pair)| *place = pair);
            run(few)
        }
        None => run(&borrowed.collect::<Vec<_>>()),
    }
}

fn system_time() -> Result<i64, SignError> {
    system_seconds().ok_or(SignError::Clock)
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignError {
    /// The signature cannot hold for so long.
    Expires(ExpiresError),
    /// The request cannot be signed as it is.
    Request(PresignError),
    /// The form cannot be signed as it is.
    Form(UploadFormError),
    /// The system's clock stands before 1970.
    Clock,
}

impl SignError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Expires(refusal) => refusal.cause(),
            Self::Request(refusal) => refusal.cause(),
            Self::Form(refusal) => refusal.cause(),
            Self::Clock => "clock",
        }
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expires(refusal) => refusal.fmt(f),
            Self::Request(refusal) => refusal.fmt(f),
            Self::Form(refusal) => refusal.fmt(f),
            Self::Clock => f.write_str("the system's clock stands before 1970; set it"),
        }
    }
}

impl Error for SignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Expires(refusal) => Some(refusal),
            Self::Request(refusal) => Some(refusal),
            Self::Form(refusal) => Some(refusal),
            Self::Clock => None,
        }
    }
}

impl From<ExpiresError> for SignError {
    fn from(refusal: ExpiresError) -> Self {
        Self::Expires(refusal)
    }
}

impl From<UploadFormError> for SignError {
    fn from(refusal: UploadFormError) -> Self {
        Self::Form(refusal)
    }
}

impl From<PresignError> for SignError {
    fn from(refusal: PresignError) -> Self {
        Self::Request(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cospass_protocol::Region;
    use std::time::Duration;

    const NOW: i64 = 1_700_000_000;

    fn signer() -> Signer {
        let region = Region::new("ap-guangzhou").unwrap();
        let credentials = Credentials::new("AKIDEXAMPLE", "secret");
        Signer::new(credentials, Endpoint::default_domain(region))
    }

    fn bucket() -> Bucket {
        Bucket::new("examplebucket-1250000000").unwrap()
    }

    fn key() -> ObjectKey {
        ObjectKey::new("exampleobject").unwrap()
    }

    #[test]
    fn the_default_validity_is_300_seconds_from_the_systems_clock() {
        let (signer, bucket, key) = (signer(), bucket(), key());
        let before = system_time().unwrap();
        let signed = signer.presigned_download_url(&bucket, &key).sign().unwrap();
        let after = system_time().unwrap();
        assert!((before + 300..=after + 300).contains(&signed.expires_at()));
        assert_eq!(signed.key_time().start(), signed.expires_at() - 360);
    }

    #[test]
    fn validity_is_said_in_seconds_as_a_duration_or_as_a_key_time() {
        let (signer, bucket, key) = (signer(), bucket(), key());
        let signing = || signer.presigned_url("PUT", &bucket, &key).now(NOW);
        let seconds = signing().expires(7200).sign().unwrap();
        let duration = signing().expires(Duration::from_secs(7200)).sign().unwrap();
        let key_time = signing().key_time(KeyTime::new(NOW - 60, NOW + 7200)).sign().unwrap();
        assert_eq!(seconds, duration);
        assert_eq!(seconds, key_time);
    }

    #[test]
    fn a_validity_that_makes_no_sense_is_refused() {
        let (signer, bucket, key) = (signer(), bucket(), key());
        let signing = |expires| signer.presigned_url("PUT", &bucket, &key).expires(expires).sign();
        assert_eq!(signing(0_i64), Err(SignError::Expires(ExpiresError::Zero)));
        assert_eq!(signing(-1).unwrap_err().cause(), "expires-negative");
        assert_eq!(signing(i64::MAX).unwrap_err().cause(), "expires-too-late");
    }

    #[test]
    fn a_request_that_cannot_be_signed_is_refused() {
        let (signer, bucket, key) = (signer(), bucket(), key());
        let refusal = signer.presigned_url("GET", &bucket, &key).param("", "v").sign();
        assert_eq!(refusal, Err(SignError::Request(PresignError::ParamNameEmpty)));
        let text = refusal.unwrap_err();
        assert!(text.source().is_some() && text.to_string().contains("parameter"));
    }

    #[test]
    fn clones_sign_the_same_on_many_threads() {
        let (signer, bucket, key) = (signer(), bucket(), key());
        let sign = |signer: &Signer| signer.presigned_url("GET", &bucket, &key).now(NOW).sign();
        let expected = sign(&signer).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let signer = signer.clone();
                let (sign, expected) = (&sign, &expected);
                scope.spawn(move || assert_eq!(&sign(&signer).unwrap(), expected));
            }
        });
    }

    #[test]
    fn debug_shows_no_secret() {
        let region = Region::new("ap-x").unwrap();
        let credentials = Credentials::new("AKIDEXAMPLE", "hidden-1").with_token("hidden-2");
        let signer = Signer::new(credentials, Endpoint::default_domain(region));
        let (bucket, key) = (bucket(), key());
        let signing = signer.authorization("PUT", &bucket, &key).header("x-cos-a", "hidden-3");
        let text = format!("{signer:?} {signing:?}");
        let signed = format!("{:?}", signing.sign().unwrap());
        assert!(!text.contains("hidden") && !signed.contains("hidden"));
    }
}
