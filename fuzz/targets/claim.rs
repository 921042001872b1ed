//! The claim of any request: reading and verifying never panic, what is printed is read back as it
//! was, and nothing is accepted that nobody signed.

#![no_main]

mod request;

use cospass_sign::{Acceptance, Authorization, Carrier, Claim, RequestHead, SecretKey};
use libfuzzer_sys::fuzz_target;

/// A secret that signed none of the seeds.
const SECRET: &str = "not the secret of any seed";

fuzz_target!(|input: &[u8]| {
    let request = request::parse(input);
    let head = request.head();
    let Ok(claim) = Claim::read(&head) else { return };
    let secret = SecretKey::new(SECRET);
    let now = now_within(claim.authorization());
    for acceptance in [Acceptance::Strict, Acceptance::Service, Acceptance::Sdk] {
        for known in [Some(&secret), None] {
            assert!(claim.verify(&head, known, now, acceptance).is_err());
        }
    }
    claim.canonical_view(&head);
    read_back(&claim);
});

/// The end of the key time, so that the signature is looked at, not the clock alone.
fn now_within(authorization: &Authorization<'_>) -> i64 {
    let key_time = authorization.key_time();
    let end = key_time.split(';').nth(1);
    end.and_then(|end| end.split('.').next()?.parse().ok()).unwrap_or_default()
}

fn read_back(claim: &Claim<'_>) {
    let authorization = claim.authorization();
    let (mut header, mut query, mut sign) = (String::new(), String::new(), String::new());
    authorization.write_header(&mut header);
    authorization.write_query(&mut query);
    authorization.write_sign_parameter(&mut sign);

    let (carrier, again) = read_query(&query);
    assert_eq!((carrier, fields(&again)), (Carrier::Query, fields(authorization)));
    // The `&` that separates the fields of the text can stand in a field of the query alone.
    if !fields(authorization).iter().any(|field| field.contains('&')) {
        assert_eq!(Authorization::parse(&header).as_ref(), Ok(authorization));
        assert_eq!(read_query(&sign), (Carrier::SignParameter, authorization.clone()));
    }
}

/// Everything but a token, which only the text may hold.
fn fields(authorization: &Authorization<'_>) -> [String; 6] {
    [
        authorization.secret_id().to_owned(),
        authorization.sign_time().into_owned(),
        authorization.key_time().into_owned(),
        authorization.header_list().to_owned(),
        authorization.param_list().to_owned(),
        authorization.signature().as_str().to_owned(),
    ]
}

fn read_query(query: &str) -> (Carrier, Authorization<'static>) {
    let head = RequestHead::new("GET", b"/", Some(query.as_bytes()), &[]);
    let claim = Claim::read(&head).expect("what was printed is read");
    (claim.carrier(), claim.authorization().clone().into_owned())
}
