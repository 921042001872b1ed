//! Percent-encoding over any bytes: what is encoded is decoded to what it was, and every text has
//! one reading, the one of a second decoder that is written as plainly as can be.

#![no_main]

use cospass_sign::percent::{self, Plus};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let encoded = percent::encode(input);
    assert!(encoded.bytes().all(|b| b == b'%' || percent::is_unreserved(b)));
    for plus in [Plus::Space, Plus::Literal] {
        assert_eq!(&*percent::decode_query(encoded.as_bytes(), plus), input);
        assert_eq!(&*percent::decode_query(input, plus), plain_decode(input, plus));
    }
    assert_eq!(percent::decode(input), percent::decode_query(input, Plus::Literal));

    let mut lower = Vec::new();
    percent::encode_lower_into(&mut lower, input);
    assert_eq!(lower, encoded.to_ascii_lowercase().as_bytes());
});

fn plain_decode(text: &[u8], plus: Plus) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        match (text[at], digits) {
            (b'%', Some(digits)) => {
                let digits = std::str::from_utf8(digits).expect("hex digits are ASCII");
                out.push(u8::from_str_radix(digits, 16).expect("two hex digits are a byte"));
                at += 2;
            }
            (b'+', _) if plus == Plus::Space => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    out
}
