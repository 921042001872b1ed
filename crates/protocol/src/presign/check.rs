//! What is refused before anything is signed, whatever names are signed.

use cospass_sign::{KeyTime, SIGN_PARAMETER, SIGNATURE_FIELDS};

use super::{PresignError, PresignRequest};

/// Checks that a key time does not end before it begins.
pub(super) fn check_key_time(key_time: KeyTime) -> Result<(), PresignError> {
    let (start, end) = (key_time.start(), key_time.end());
    if end <= start { Err(PresignError::KeyTime { start, end }) } else { Ok(()) }
}

/// Checks everything that does not depend on which names are signed. `host` is the host of the URL.
pub(super) fn check(request: &PresignRequest<'_>, host: &str) -> Result<(), PresignError> {
    if !is_token(request.method) {
        let method = request.method.to_owned();
        return Err(PresignError::Method { method });
    }
    check_bucket(request, host)?;
    for (name, _) in request.params {
        if name.is_empty() {
            return Err(PresignError::ParamNameEmpty);
        }
        let mut fields = SIGNATURE_FIELDS.iter().chain([&SIGN_PARAMETER]);
        if fields.any(|field| name.eq_ignore_ascii_case(field)) {
            let name = (*name).to_owned();
            return Err(PresignError::ParamReserved { name });
        }
    }
    for (name, value) in request.headers {
        check_header(name, value)?;
    }
    Ok(())
}

fn check_bucket(request: &PresignRequest<'_>, host: &str) -> Result<(), PresignError> {
    let endpoint = request.endpoint;
    match request.bucket {
        None if endpoint.names_bucket() => {
            let host = host.to_owned();
            Err(PresignError::BucketMissing { host })
        }
        Some(_) if endpoint.is_service() => Err(PresignError::BucketOnService),
        Some(bucket) if endpoint.names_bucket() && is_twice(bucket.as_str(), host) => {
            let host = host.to_owned();
            Err(PresignError::BucketTwice { host })
        }
        _ => Ok(()),
    }
}

/// Whether the label that a host begins with is its second one, too.
fn is_twice(label: &str, host: &str) -> bool {
    let from_second = host.get(label.len() + 1..).unwrap_or_default();
    let rest = from_second.strip_prefix(label);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Checks that a header can be signed as it is given, and sent by somebody: a name that is no token is signed, as the
/// official SDKs do, with a [`Warning`](super::Warning); one that would end a line, or the name, is not.
pub(super) fn check_header(name: &str, value: &str) -> Result<(), PresignError> {
    let is_control = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    let ends_name = |byte: u8| byte.is_ascii_control() || byte == b':';
    let owned = || name.to_owned();
    if name.is_empty() || name.bytes().any(ends_name) {
        Err(PresignError::HeaderName { name: owned() })
    } else if value.bytes().any(is_control) {
        Err(PresignError::HeaderValue { name: owned() })
    } else if value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
        Err(PresignError::HeaderPadded { name: owned() })
    } else {
        Ok(())
    }
}

/// Whether the text is a `token` of RFC 9110 §5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bucket, Endpoint, ObjectKey, Presigner, Region};
    use cospass_sign::Credentials;

    /// The refusal of a request that is right but for what `change` does to it; the same for a URL and a header.
    fn refused(change: impl FnOnce(&mut PresignRequest<'_>)) -> PresignError {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("k").unwrap());
        let endpoint = Endpoint::default_domain(Region::new("ap-x").unwrap());
        let mut request = PresignRequest::new("GET", &bucket, &key, &endpoint);
        let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
        let key_time = KeyTime::new(0, 1);
        assert!(presigner.presign(&request, key_time).is_ok());
        change(&mut request);
        let refusal = presigner.presign(&request, key_time).unwrap_err();
        assert_eq!(presigner.authorization(&request, key_time).unwrap_err(), refusal);
        assert!(!refusal.to_string().is_empty() && !refusal.cause().contains(' '));
        refusal
    }

    fn refused_params(params: &'static [(&str, &str)]) -> PresignError {
        refused(|request| request.params = params)
    }

    fn refused_headers(headers: &'static [(&str, &str)]) -> PresignError {
        refused(|request| request.headers = headers)
    }

    #[test]
    fn a_method_that_is_no_token_is_refused() {
        for method in ["", "GET ", "G\nT", "方法"] {
            let refusal = refused(|request| request.method = method);
            assert_eq!(refusal, PresignError::Method { method: method.into() });
        }
    }

    #[test]
    fn a_missing_bucket_is_refused() {
        let host = "cos.ap-x.myqcloud.com".to_owned();
        assert_eq!(refused(|request| request.bucket = None), PresignError::BucketMissing { host });
    }

    #[test]
    fn a_bucket_on_the_services_domain_is_refused() {
        let service = Endpoint::service();
        let (bucket, root) = (Bucket::new("b-1").unwrap(), ObjectKey::bucket());
        let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
        let mut sign = |bucket| {
            let request = PresignRequest::new("GET", bucket, &root, &service);
            presigner.presign(&request, KeyTime::new(0, 1))
        };
        assert!(sign(None).is_ok());
        assert_eq!(sign(Some(&bucket)), Err(PresignError::BucketOnService));
    }

    #[test]
    fn a_bucket_twice_in_the_host_is_refused() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("k").unwrap());
        let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
        let mut sign = |host| {
            let endpoint = Endpoint::explicit(host).unwrap();
            let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
            presigner.presign(&request, KeyTime::new(0, 1)).map(|_| ())
        };
        assert_eq!(sign("b-12.cos.localhost"), Ok(()));
        let host = "b-1.b-1.cos.localhost".to_owned();
        assert_eq!(sign("b-1.cos.localhost"), Err(PresignError::BucketTwice { host }));
    }

    #[test]
    fn a_key_time_that_ends_before_it_begins_is_refused() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("k").unwrap());
        let endpoint = Endpoint::accelerate();
        let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
        let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
        for (start, end) in [(5, 5), (5, 4)] {
            let refusal = presigner.presign(&request, KeyTime::new(start, end));
            assert_eq!(refusal, Err(PresignError::KeyTime { start, end }));
        }
    }

    #[test]
    fn a_parameter_without_name_is_refused() {
        assert_eq!(refused_params(&[("", "v")]), PresignError::ParamNameEmpty);
    }

    #[test]
    fn a_parameter_named_as_a_field_of_the_signature_is_refused() {
        for name in ["q-sign-algorithm", "q-ak", "Q-Signature", "sign"] {
            let params = [(name, "v")];
            let refusal = PresignError::ParamReserved { name: name.into() };
            let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("k").unwrap());
            let endpoint = Endpoint::accelerate();
            let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
            let request = PresignRequest { params: &params, ..request };
            assert_eq!(check(&request, "b-1.x"), Err(refusal));
        }
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        for params in [&[("a", "1"), ("a", "1")], &[("foo", "1"), ("Foo", "2")]] {
            let name = params[1].0.to_owned();
            assert_eq!(refused_params(params), PresignError::ParamTwice { name });
        }
    }

    #[test]
    fn a_missing_signed_parameter_is_refused() {
        let refusal = refused(|request| request.signed_params = Some(&["a"]));
        assert_eq!(refusal, PresignError::SignedParamMissing { name: "a".into() });
    }

    #[test]
    fn a_header_name_that_http_cannot_carry_is_refused() {
        for headers in [&[("", "v")], &[("x\ny", "v")], &[("x:y", "v")]] {
            let name = headers[0].0.to_owned();
            assert_eq!(refused_headers(headers), PresignError::HeaderName { name });
        }
    }

    #[test]
    fn a_header_value_that_http_cannot_carry_is_refused() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("k").unwrap());
        let endpoint = Endpoint::accelerate();
        let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
        let credentials = Credentials::new("AKIDEXAMPLE", "secret").with_token("a\nb");
        let token = Presigner::new(credentials).authorization(&request, KeyTime::new(0, 1));
        let name = "x-cos-security-token".to_owned();
        assert_eq!(token, Err(PresignError::HeaderValue { name }));
        let refusal = PresignError::HeaderValue { name: "x".into() };
        assert_eq!(refused_headers(&[("x", "a\r\nb")]), refusal);
        assert_eq!(refused_headers(&[("x", "a\0")]), refusal);
    }

    #[test]
    fn a_header_value_within_white_space_is_refused() {
        let refusal = PresignError::HeaderPadded { name: "x".into() };
        assert_eq!(refused_headers(&[("x", " a")]), refusal);
        assert_eq!(refused_headers(&[("x", "a\t")]), refusal);
    }

    #[test]
    fn a_signed_header_given_twice_is_refused() {
        let refusal = PresignError::HeaderTwice { name: "content-type".into() };
        assert_eq!(refused_headers(&[("Content-Type", "a"), ("content-type", "b")]), refusal);
        let refusal = refused_headers(&[("Host", "a"), ("host", "b")]);
        assert_eq!(refusal.cause(), "header-twice");
    }

    #[test]
    fn a_missing_signed_header_is_refused() {
        let refusal = refused(|request| request.signed_headers = Some(&["host", "date"]));
        assert_eq!(refusal, PresignError::SignedHeaderMissing { name: "date".into() });
        let refusal = refused(|request| {
            request.signed_headers = Some(&["host"]);
            request.sign_host = false;
        });
        assert_eq!(refusal, PresignError::SignedHeaderMissing { name: "host".into() });
    }

    #[test]
    fn a_token_given_twice_is_refused() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("k").unwrap());
        let endpoint = Endpoint::accelerate();
        let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
        let credentials = Credentials::new("AKIDEXAMPLE", "secret").with_token("t");
        let mut presigner = Presigner::new(credentials);
        let own = [("X-Cos-Security-Token", "t")];
        for request in [
            PresignRequest { params: &own, ..request },
            PresignRequest { headers: &own, ..request },
        ] {
            let key_time = KeyTime::new(0, 1);
            assert_eq!(presigner.presign(&request, key_time), Err(PresignError::TokenTwice));
            assert_eq!(presigner.authorization(&request, key_time), Err(PresignError::TokenTwice));
        }
    }
}
