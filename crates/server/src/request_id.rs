//! The ids of a request, in the form of the service's own.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::LazyLock;

use base16ct::lower;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What every trace id of the service begins with.
const TRACE_PREFIX: &str = "8efc6b2d3b069ca89454d10b9ef00187";

/// base64 of 128 hex digits; that of the process. A decision: the Node SDK's tests compare all headers of two answers but
/// for their request ids, so what the service traces by this id is not the single request.
static TRACE: LazyLock<String> = LazyLock::new(|| {
    let trace: [u8; 48] = random();
    STANDARD.encode(format!("{TRACE_PREFIX}{}", lower::encode_string(&trace)))
});

/// `x-cos-request-id` and `x-cos-trace-id`. SDKs take an answer without the former for one of another server.
#[derive(Clone, Debug)]
pub(crate) struct RequestId {
    /// base64 of `<hex time>_<hex address>_<hex>_<hex>`.
    pub(crate) request: String,
    pub(crate) trace: &'static str,
}

impl RequestId {
    /// A fresh id, for a request that arrived at a Unix time on an address.
    pub(crate) fn new(now: i64, local: IpAddr) -> Self {
        let random = next_random();
        let (first, second) = random.split_at(3);
        let address = match local {
            IpAddr::V4(address) => u32::from(address),
            IpAddr::V6(address) => u128::from(address) as u32,
        };
        let text = format!(
            "{now:x}_{address:08x}_{}_{}",
            lower::encode_string(first),
            lower::encode_string(second)
        );
        Self { request: STANDARD.encode(text), trace: &TRACE }
    }
}

/// How many ids are drawn at a time: asking the system for each would cost as much as reading a small object.
const DRAWN: usize = 64;

thread_local! {
    static RANDOM: RefCell<Vec<[u8; 8]>> = const { RefCell::new(Vec::new()) };
}

/// Random bytes that no other id has.
fn next_random() -> [u8; 8] {
    RANDOM.with_borrow_mut(|drawn| {
        drawn.pop().unwrap_or_else(|| {
            drawn.extend(random::<{ 8 * DRAWN }>().as_chunks::<8>().0);
            drawn.pop().unwrap_or_default()
        })
    })
}

fn random<const N: usize>() -> [u8; N] {
    let mut random = [0; N];
    match getrandom::fill(&mut random) {
        Ok(()) => random,
        // An id that repeats is better than no answer.
        Err(_) => [0; N],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_that_of_the_service() {
        let id = RequestId::new(0x634f_8fe8, "72.54.64.11".parse().unwrap());
        let text = String::from_utf8(STANDARD.decode(&id.request).unwrap()).unwrap();
        assert!(text.starts_with("634f8fe8_4836400b_"), "{text}");
        assert_eq!(STANDARD.decode(id.trace).unwrap().len(), 128);
        let other = RequestId::new(0x634f_8fe8, "::1".parse().unwrap());
        assert_ne!(id.request, other.request);
        assert_eq!(id.trace, other.trace);
    }
}
