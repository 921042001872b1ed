//! What holds for every request: what is signed is accepted, what is changed is refused, and the
//! three carriers of a signature say the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use cospass_sign::{
    Acceptance, Authorization, Canonical, Carrier, Claim, RequestHead, SecretKey, Signature,
    SigningKey, Verified, is_signature_field, percent,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const SECRET_ID: &str = "AKIDEXAMPLE";
const START: i64 = 1_700_000_000;
const END: i64 = 1_700_000_300;

proptest! {
    #[test]
    fn what_is_signed_is_accepted(request in request(), secret in ".*", carrier in carrier()) {
        let sent = request.sign(&secret).send(carrier);
        let verified = sent.verify(&secret, Acceptance::Strict);
        prop_assert_eq!(verified.map(|v| v.convention().to_string()), Ok("canonical".to_owned()));
    }

    #[test]
    fn one_changed_byte_is_refused(
        request in request_without_duplicates(),
        carrier in carrier(),
        place in any::<Index>(),
        byte: u8,
    ) {
        let signed = request.sign("secret");
        let changed = signed.change(place, byte);
        prop_assume!(changed.is_some());
        let verified = changed.unwrap().send(carrier).verify("secret", Acceptance::Service);
        prop_assert!(verified.is_err());
    }

    #[test]
    fn another_secret_is_refused(request in request(), carrier in carrier()) {
        let sent = request.sign("secret").send(carrier);
        let refused = sent.verify("Secret", Acceptance::Sdk);
        prop_assert_eq!(refused.map(drop), Err("signature-mismatch"));
    }

    #[test]
    fn the_carriers_agree(request in request()) {
        let signed = request.sign("secret");
        let read = CARRIERS.map(|carrier| {
            let sent = signed.send(carrier);
            let headers = sent.borrowed_headers();
            let claim = Claim::read(&sent.head(&headers)).unwrap();
            assert_eq!(claim.carrier(), carrier);
            claim.authorization().clone().into_owned()
        });
        prop_assert_eq!(&read[0], &read[1]);
        prop_assert_eq!(&read[0], &read[2]);
    }

    #[test]
    fn parse_inverts_print(
        secret_id in "[^&]+",
        start: i64,
        end: i64,
        header_list in "[^&]*",
        param_list in "[^&]*",
        signature in "[0-9a-f]{40}",
    ) {
        let key_time = format!("{start};{end}");
        let signature = Signature::parse(&signature).unwrap();
        let printed =
            Authorization::new(&secret_id, &key_time, &header_list, &param_list, signature);
        let mut text = String::new();
        printed.write_header(&mut text);
        let parsed = Authorization::parse(&text).unwrap();
        prop_assert_eq!(&parsed, &printed);
        for write in [Authorization::write_query, Authorization::write_sign_parameter] {
            let mut query = String::new();
            write(&printed, &mut query);
            let head = RequestHead::new("GET", b"/", Some(query.as_bytes()), &[]);
            let claim = Claim::read(&head).unwrap();
            prop_assert_eq!(claim.authorization(), &printed);
        }
    }
}

type Pair = (Vec<u8>, Vec<u8>);

/// A request before it is signed, everything decoded. All of its parameters and headers are signed.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: Vec<u8>,
    params: Vec<Pair>,
    headers: Vec<Pair>,
}

/// The parts of a signed request in which one byte is changed.
#[derive(Clone, Debug)]
struct Signed {
    request: Request,
    secret_id: Vec<u8>,
    sign_time: Vec<u8>,
    key_time: Vec<u8>,
    header_list: Vec<u8>,
    param_list: Vec<u8>,
    signature: Vec<u8>,
}

/// A request on the wire.
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<Pair>,
}

impl Request {
    fn sign(&self, secret: &str) -> Signed {
        let mut canonical = Canonical::new();
        canonical.write(&self.method, &self.path, &self.params, &self.headers);
        let key_time = format!("{START};{END}");
        let signature = SigningKey::derive(&SecretKey::new(secret), &key_time)
            .sign(&key_time, &canonical)
            .as_str()
            .into();
        Signed {
            request: self.clone(),
            secret_id: SECRET_ID.into(),
            sign_time: key_time.clone().into(),
            key_time: key_time.into(),
            header_list: canonical.header_list().into(),
            param_list: canonical.param_list().into(),
            signature,
        }
    }
}

impl Signed {
    /// The same with one byte replaced, or nothing where that means the same request: the method,
    /// names and the host are compared in lower case.
    fn change(&self, place: Index, byte: u8) -> Option<Self> {
        let mut changed = self.clone();
        let Request { method, path, params, headers } = &mut changed.request;
        let mut method_bytes = method.clone().into_bytes();
        let (mut exact, mut caseless) = (vec![path], vec![&mut method_bytes]);
        for (name, value) in params.iter_mut().chain(headers) {
            if name.eq_ignore_ascii_case(b"host") { &mut caseless } else { &mut exact }.push(value);
            caseless.push(name);
        }
        caseless.extend([&mut changed.header_list, &mut changed.param_list]);
        exact.extend([&mut changed.secret_id, &mut changed.sign_time]);
        exact.extend([&mut changed.key_time, &mut changed.signature]);

        let exact = exact.into_iter().flatten().map(|byte| (true, byte));
        let caseless = caseless.into_iter().flatten().map(|byte| (false, byte));
        let mut bytes: Vec<(bool, &mut u8)> = exact.chain(caseless).collect();
        let place = place.index(bytes.len());
        let (exact, changed_byte) = &mut bytes[place];
        let old = std::mem::replace(*changed_byte, byte);
        if old == byte || (!*exact && old.eq_ignore_ascii_case(&byte)) {
            return None;
        }
        *method = String::from_utf8(method_bytes).ok()?;
        Some(changed)
    }

    /// The fields of the signature with their values.
    fn fields(&self) -> [(&'static str, &[u8]); 7] {
        [
            ("q-sign-algorithm", b"sha1"),
            ("q-ak", &self.secret_id),
            ("q-sign-time", &self.sign_time),
            ("q-key-time", &self.key_time),
            ("q-header-list", &self.header_list),
            ("q-url-param-list", &self.param_list),
            ("q-signature", &self.signature),
        ]
    }

    fn send(&self, carrier: Carrier) -> Sent {
        let mut text = Vec::new();
        for (name, value) in self.fields() {
            let separator = if text.is_empty() { "" } else { "&" };
            text.extend_from_slice(format!("{separator}{name}=").as_bytes());
            text.extend_from_slice(value);
        }
        let request = &self.request;
        let mut params: Vec<String> = Vec::new();
        let mut headers = request.headers.clone();
        match carrier {
            Carrier::Header => headers.push((b"Authorization".to_vec(), text)),
            Carrier::Query => params.extend(self.fields().map(|(n, v)| encode(n.as_bytes(), v))),
            Carrier::SignParameter => params.push(encode(b"sign", &text)),
        }
        params.extend(request.params.iter().map(|(n, v)| encode(n, v)));
        Sent {
            method: request.method.clone(),
            path: percent::encode(&request.path).replace("%2F", "/"),
            query: params.join("&"),
            headers,
        }
    }
}

impl Sent {
    fn borrowed_headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(n, v)| (&n[..], &v[..])).collect()
    }

    fn head<'a>(&'a self, headers: &'a [(&'a [u8], &'a [u8])]) -> RequestHead<'a> {
        let (path, query) = (self.path.as_bytes(), self.query.as_bytes());
        RequestHead::new(&self.method, path, Some(query), headers)
    }

    /// The verdict of a verifier that knows one SecretId, or the cause of the refusal.
    fn verify(&self, secret: &str, acceptance: Acceptance) -> Result<Verified, &'static str> {
        let headers = self.borrowed_headers();
        let head = self.head(&headers);
        let claim = Claim::read(&head).map_err(|error| error.cause())?;
        let secret = SecretKey::new(secret);
        let known = (claim.secret_id() == SECRET_ID).then_some(&secret);
        claim.verify(&head, known, END, acceptance).map_err(|refusal| refusal.cause())
    }
}

fn encode(name: &[u8], value: &[u8]) -> String {
    format!("{}={}", percent::encode(name), percent::encode(value))
}

const CARRIERS: [Carrier; 3] = [Carrier::Header, Carrier::Query, Carrier::SignParameter];

fn carrier() -> impl Strategy<Value = Carrier> {
    select(&CARRIERS[..])
}

fn request() -> impl Strategy<Value = Request> {
    let method = prop_oneof![
        select(&["GET", "PUT", "HEAD", "DELETE", "POST", "OPTIONS"][..]).prop_map(str::to_owned),
        "[A-Za-z]{1,8}",
    ];
    let path = prop::collection::vec(any::<u8>(), 0..40).prop_map(|key| [b"/", &key[..]].concat());
    let value = || prop::collection::vec(any::<u8>(), 0..24);
    let params = prop::collection::vec((param_name(), value()), 0..6);
    let headers = prop::collection::vec((header_name(), value()), 0..6);
    (method, path, params, headers, host()).prop_map(|(method, path, params, mut headers, host)| {
        headers.push((b"Host".to_vec(), host.into_bytes()));
        Request { method, path, params, headers }
    })
}

/// Some SDKs sign one of several equal names, or one as often as it is listed (D10, D18); then some
/// changes of a duplicate are accepted under a convention with a name.
fn request_without_duplicates() -> impl Strategy<Value = Request> {
    request().prop_map(|mut request| {
        for pairs in [&mut request.params, &mut request.headers] {
            let mut seen = Vec::new();
            pairs.retain(|(name, _)| {
                let name = name.to_ascii_lowercase();
                let is_new = !seen.contains(&name);
                seen.push(name);
                is_new
            });
        }
        request
    })
}

/// Any bytes but those of the signature's own fields. A parameter without a name cannot be listed.
fn param_name() -> impl Strategy<Value = Vec<u8>> {
    let known = select(
        &["acl", "response-content-type", "imageMogr2/thumbnail/!50p", "x-cos-security-token"][..],
    );
    prop_oneof![
        known.prop_map(|name| name.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 1..12),
    ]
    .prop_filter("a field of the signature", |name| !is_signature_field(name))
}

/// Names of RFC 9110 §5.6.2. `content-length` is left out: listed and absent it counts as `0`.
fn header_name() -> impl Strategy<Value = Vec<u8>> {
    let known =
        select(&["Content-MD5", "content-type", "Range", "x-cos-acl", "X-Cos-Meta-A", "Date"][..]);
    prop_oneof![known.prop_map(str::to_owned), "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}"]
        .prop_map(String::into_bytes)
        .prop_filter("a name with a meaning of its own", |name| {
            ["authorization", "host", "content-length", "x-cos-security-token"]
                .iter()
                .all(|own| !name.eq_ignore_ascii_case(own.as_bytes()))
        })
}

fn host() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.-]{1,30}(:[0-9]{1,5})?"
}
