//! The ids of a request, in the form of the service's own.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What every trace id of the service begins with.
const TRACE_PREFIX: &str = "8efc6b2d3b069ca89454d10b9ef00187";

/// `x-cos-request-id` and `x-cos-trace-id`. SDKs take an answer without the former for one of another server.
#[derive(Clone, Debug)]
pub(crate) struct RequestId {
    /// base64 of `<hex time>_<hex address>_<hex>_<hex>`.
    pub(crate) request: String,
    /// base64 of 128 hex digits.
    pub(crate) trace: String,
}

impl RequestId {
    /// Fresh ids, for a request that arrived at a Unix time on an address.
    pub(crate) fn new(now: i64, local: IpAddr) -> Self {
        let mut random = [0; 56];
        if getrandom::fill(&mut random).is_err() {
            // An id that repeats is better than no answer.
            random = [0; 56];
        }
        let (first, rest) = random.split_at(3);
        let (second, trace) = rest.split_at(5);
        let address = match local {
            IpAddr::V4(address) => u32::from(address),
            IpAddr::V6(address) => u128::from(address) as u32,
        };
        let text = format!("{now:x}_{address:08x}_{}_{}", hex(first), hex(second));
        let trace = format!("{TRACE_PREFIX}{}", hex(trace));
        Self { request: STANDARD.encode(text), trace: STANDARD.encode(trace) }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_that_of_the_service() {
        let id = RequestId::new(0x634f_8fe8, "72.54.64.11".parse().unwrap());
        let text = String::from_utf8(STANDARD.decode(&id.request).unwrap()).unwrap();
        assert!(text.starts_with("634f8fe8_4836400b_"), "{text}");
        assert_eq!(STANDARD.decode(&id.trace).unwrap().len(), 128);
        let other = RequestId::new(0x634f_8fe8, "::1".parse().unwrap());
        assert_ne!((id.request, id.trace), (other.request, other.trace));
    }
}
