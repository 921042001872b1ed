//! A policy of Cloud Access Management: reading never panics and is bounded, and what was read decides without panic.

#![no_main]

use cospass_protocol::Bucket;
use cospass_protocol::operation::{Need, Permission};
use cospass_protocol::policy::{
    Ask, Caller, Circumstances, Identity, Policy, PolicyKind, Rules, Target, judge,
};
use cospass_sign::RequestHead;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = Policy::parse(input, PolicyKind::Identity);
    let policy = match Policy::parse(input, PolicyKind::Bucket) {
        Ok(policy) => policy,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let bucket = Bucket::new("examplebucket-1250000000").expect("it is a bucket");
    let need = Need::new("GetObject", Target::prefix(&bucket, "a/b")).granted_by(Permission::Read);
    let headers: [(&[u8], &[u8]); 1] = [(b"content-type", b"image/png")];
    let request = RequestHead::new("GET", b"/a/b", Some(b"versionId=x"), &headers);
    let circumstances = Circumstances::new(request, 1_700_000_000);
    let ask = Ask { need: &need, region: "ap-guangzhou", circumstances: &circumstances };
    let rules = Rules { owner_uin: "1", policy: Some(&policy), grants: &[] };
    let user = Identity::sub_user("1", "2");
    for identity in [None, Some(&user)] {
        let caller = Caller { identity, ..Caller::default() };
        assert!(!judge(&caller, &ask, &rules).to_string().is_empty());
    }
});
