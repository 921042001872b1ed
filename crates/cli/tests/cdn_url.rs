//! `cospass cdn-url`, and what is said where a signature of COS would be of no use.
#![allow(clippy::unwrap_used, reason = "tests alone")]

mod support;

use support::{Ran, bare, run, signed, target};

fn cdn_url(arguments: &[&str]) -> Ran {
    let mut command = bare();
    command.env("COSPASS_CDN_KEY", "dimtm5evg50ijsx2hvuwyfoiu65").arg("cdn-url");
    run(command.args(arguments))
}

#[test]
fn a_url_is_what_the_documents_say() {
    let url = "http://cloud.tencent.com/test.jpg";
    let of = |more: &[&str]| cdn_url(&[&[url, "--now", "1582791032"], more].concat()).ends_with(0);
    assert_eq!(
        of(&["--type", "d"]).line(),
        format!("{url}?sign=900a5049aa8ac1ab144527d9c2be4cea&t=1582791032")
    );
    let a = of(&["--type", "A", "--random", "im1acp76sx9sdqe601v", "--param", "k"]);
    let hash = "3fbb88382c9356b6faaf9d68c7b2ae3a";
    assert_eq!(a.line(), format!("{url}?k=1582791032-im1acp76sx9sdqe601v-0-{hash}"));
    assert!(of(&["--type", "B"]).line().starts_with("http://cloud.tencent.com/202002271610/"));
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let url = "https://img.example.com/a";
    assert!(cdn_url(&[url, "--type", "C"]).ends_with(2).stderr.contains("A, B, D"));
    cdn_url(&[url]).ends_with(2);
    cdn_url(&["https://img.example.com/a?x=1", "--type", "A"]).ends_with(2);
    cdn_url(&["https://b-1.cos.ap-guangzhou.myqcloud.com/a", "--type", "A"]).ends_with(2);
    cdn_url(&[url, "--type", "A", "--param", "a-b"]).ends_with(2);
    let keyless = run(bare().args(["cdn-url", url, "--type", "A"])).ends_with(3);
    assert!(keyless.stderr.contains("COSPASS_CDN_KEY"), "{keyless:?}");
    let mut wrong = bare();
    wrong.env("COSPASS_CDN_KEY", "no key").args(["cdn-url", url, "--type", "A"]);
    let wrong = run(&mut wrong).ends_with(3);
    assert!(!wrong.stderr.contains("no key") && wrong.stderr.contains("6 to 40"), "{wrong:?}");
}

#[test]
fn a_signature_for_a_cdn_is_refused_or_warned_of_everywhere() {
    let put = target("a");
    for domain in ["b-1.file.myqcloud.com", "x.cdn.dnsv1.com", "x.cdn.dnsv1.com.cn:443"] {
        for command in [
            &["presign", "GET", &put][..],
            &["auth", "GET", &put],
            &["post-form", &put],
            &["bundle", &put, "--size", "1M"],
            &["stat", &put],
            &["doctor", &put],
        ] {
            let refused = signed(&[command, &["--domain", domain]].concat()).ends_with(2);
            assert!(refused.stderr.contains("cdn-url"), "{command:?} {refused:?}");
        }
    }
    let host = ["presign", "GET", &put, "--region", "ap-x", "-H", "Host: b-1.file.myqcloud.com"];
    assert!(signed(&host).ends_with(0).stderr.contains("warning: cdn-domain"));
    signed(&[&host[..], &["--deny-warnings"]].concat()).ends_with(2);
}
