//! A generated policy permits every request of its intent, and none of its neighbours.

use proptest::prelude::*;

use super::*;
use crate::operation::Resource;
use crate::{ObjectKey, Region};

const OTHER: &str = "examplebucket2-1250000000";
const NETWORK: &str = "10.0.0.0/24";

/// Paths that are meant, and keys near to what they mean.
const PATHS: &[&str] = &["u/42/*", "u/42/a.jpg", "u/4*", "*", "u/42"];
const KEYS: &[&str] = &[
    "u/42/a.jpg",
    "u/42/a.jpgx",
    "u/42/a",
    "u/42/",
    "u/42",
    "u/421",
    "u/43/a.jpg",
    "U/42/a.jpg",
    "u",
    "x",
];

fn region() -> Option<Region> {
    Some(Region::new(REGION).unwrap())
}

fn bucket(name: &str) -> Bucket {
    Bucket::new(name).unwrap()
}

fn intents() -> impl Strategy<Value = Intent> {
    let verbs = [Verb::Get, Verb::Head, Verb::Put, Verb::Post, Verb::Delete, Verb::List];
    let access = (proptest::sample::select(verbs.to_vec()), proptest::sample::select(PATHS))
        .prop_map(|(verb, path)| Access { verb, bucket: bucket(BUCKET), path: path.to_owned() });
    let modes =
        vec![UploadMode::Simple, UploadMode::Form, UploadMode::Multipart, UploadMode::Resume];
    (
        proptest::collection::vec(access, 1..4),
        proptest::sample::subsequence(modes, 0..3),
        proptest::option::of(Just(100_u64)),
        proptest::sample::subsequence(vec!["image/*", "text/plain"], 0..=2),
        any::<bool>(),
    )
        .prop_map(|(accesses, uploads, max_size, types, is_bound)| Intent {
            uploads,
            max_size,
            content_types: types.into_iter().map(str::to_owned).collect(),
            from: is_bound.then(|| NETWORK.to_owned()).into_iter().collect(),
            ..Intent::new(accesses, region())
        })
}

/// Where a request goes: to what is meant, to another bucket, to another region.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Meant,
    OtherBucket,
    OtherRegion,
}

/// A request near to what is meant: method with sub-resource, place, key (the prefix of a list), type, length, address.
type Near = (usize, Place, usize, Option<&'static str>, Option<u64>, Option<&'static str>);

/// Method, parameters, and the action that it is by the documents.
type Made = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const REQUESTS: &[Made] = &[
    ("GET", &[], "GetObject"),
    ("HEAD", &[], "HeadObject"),
    ("PUT", &[], "PutObject"),
    ("POST", &[], "PostObject"),
    ("DELETE", &[], "DeleteObject"),
    ("POST", &[("uploads", "")], "InitiateMultipartUpload"),
    ("PUT", &[("partNumber", "1"), ("uploadId", "x")], "UploadPart"),
    ("GET", &[("uploadId", "x")], "ListParts"),
    ("POST", &[("uploadId", "x")], "CompleteMultipartUpload"),
    ("DELETE", &[("uploadId", "x")], "AbortMultipartUpload"),
    ("GET", &[("acl", "")], "GetObjectACL"),
    ("PUT", &[("acl", "")], "PutObjectACL"),
    ("GET", &[("tagging", "")], "GetObjectTagging"),
    ("PUT", &[("tagging", "")], "PutObjectTagging"),
    ("DELETE", &[("tagging", "")], "DeleteObjectTagging"),
    ("POST", &[("append", ""), ("position", "0")], "AppendObject"),
    ("POST", &[("restore", "")], "PostObjectRestore"),
    ("PUT", &[("retention", "")], "PutObjectRetention"),
    // Of the bucket; what is a key above is a prefix here.
    ("GET", &[], "GetBucket"),
    ("GET", &[("uploads", "")], "ListMultipartUploads"),
    ("GET", &[("versions", "")], "GetBucketObjectVersions"),
    ("GET", &[("policy", "")], "GetBucketPolicy"),
    ("PUT", &[("policy", "")], "PutBucketPolicy"),
    ("DELETE", &[], "DeleteBucket"),
];

/// The first request of the bucket.
const OF_BUCKET: usize = 18;
/// The first one that has no prefix.
const WITHOUT_PREFIX: usize = 21;

fn question(near: Near) -> Question {
    let (request, place, key, content_type, length, ip) = near;
    let (method, params, _) = REQUESTS[request];
    let bucket = bucket(if place == Place::OtherBucket { OTHER } else { BUCKET });
    let region = if place == Place::OtherRegion { "ap-beijing" } else { REGION };
    let resource = match request {
        OF_BUCKET.. => Resource::Bucket(bucket),
        _ => Resource::Object(bucket, ObjectKey::new(KEYS[key]).unwrap()),
    };
    let mut question = Question::new(method, resource, region, 0);
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    question.params = params.iter().map(pair).collect();
    if (OF_BUCKET..WITHOUT_PREFIX).contains(&request) {
        question.params.push(("prefix".into(), KEYS[key].into()));
    }
    let header = |name: &str, value: String| (name.to_owned(), value);
    question.headers.extend(content_type.map(|kind| header("Content-Type", kind.to_owned())));
    question.headers.extend(length.map(|length| header("Content-Length", length.to_string())));
    question.ip = ip.map(|ip| ip.parse().unwrap());
    question
}

/// Whether an intent means a request, found out without a policy.
fn means(intent: &Intent, near: Near) -> bool {
    let (request, place, key, content_type, length, ip) = near;
    let action = REQUESTS[request].2;
    let is_there = intent.from.is_empty() || ip.is_some_and(|ip| ip.starts_with("10.0.0."));
    let is_kind = intent.content_types.is_empty()
        || content_type.is_some_and(|kind| {
            intent.content_types.iter().any(|meant| match meant.as_str() {
                "image/*" => kind.starts_with("image/"),
                meant => meant == kind,
            })
        });
    let is_short = intent.max_size.is_none_or(|most| length.is_some_and(|length| length <= most));
    let parts = ["UploadPart", "CompleteMultipartUpload"];
    let resumed = ["ListMultipartUploads", "ListParts", "AbortMultipartUpload"];
    intent.accesses.iter().any(|access| {
        let is_key = match access.path.strip_suffix('*') {
            Some(prefix) => KEYS[key].starts_with(prefix),
            None => KEYS[key] == access.path,
        };
        let by = |mode: &UploadMode| match mode {
            UploadMode::Simple => action == "PutObject" && is_kind && is_short,
            UploadMode::Form => action == "PostObject" && is_kind,
            UploadMode::Multipart | UploadMode::Resume => {
                let is_resumed = *mode == UploadMode::Resume && resumed.contains(&action);
                action == "InitiateMultipartUpload" && is_kind
                    || parts.contains(&action)
                    || is_resumed
            }
        };
        let is_verb = match access.verb {
            Verb::Get => action == "GetObject",
            Verb::Head => action == "HeadObject",
            Verb::Delete => action == "DeleteObject",
            Verb::List => action == "GetBucket",
            Verb::Post => by(&UploadMode::Form),
            Verb::Put if intent.uploads.is_empty() => by(&UploadMode::Simple),
            Verb::Put => intent.uploads.iter().any(by),
        };
        place == Place::Meant && is_key && is_verb && is_there
    })
}

fn near() -> impl Strategy<Value = Near> {
    (
        0..REQUESTS.len(),
        proptest::sample::select(
            [[Place::Meant; 10].as_slice(), &[Place::OtherBucket, Place::OtherRegion]].concat(),
        ),
        0..KEYS.len(),
        proptest::sample::select(vec![
            None,
            Some("image/png"),
            Some("text/plain"),
            Some("text/html"),
        ]),
        proptest::sample::select(vec![None, Some(0), Some(100), Some(101)]),
        proptest::sample::select(vec![None, Some("10.0.0.9"), Some("10.0.1.9")]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_policy_permits_what_is_meant_and_nothing_near_it(
        intent in intents(),
        nears in proptest::collection::vec(near(), 1000),
    ) {
        let draft = match intent.draft() {
            Ok(draft) => draft,
            Err(error) => {
                // Sizes of forms and parts cannot be bounded, nor limits kept where nothing is uploaded.
                let expected = matches!(error, IntentError::SizeOf(_) | IntentError::NoUpload);
                prop_assert!(expected, "{error}");
                return Ok(());
            }
        };
        let policy = Policy::parse(draft.write().as_bytes(), PolicyKind::Identity);
        let policy = policy.unwrap();
        for near in nears {
            let answer = question(near).answer(&policy).unwrap();
            prop_assert_eq!(answer.is_allowed, means(&intent, near), "{:?}: {}", near, answer);
        }
    }
}

#[test]
fn each_request_of_the_tests_needs_the_action_that_is_said() {
    for (place, (_, _, action)) in REQUESTS.iter().enumerate() {
        let needs = question((place, Place::Meant, 0, None, None, None)).needs().unwrap();
        assert!(needs[0].actions.contains(action), "{action}: {needs:?}");
    }
}

#[test]
fn the_example_of_the_documentation_is_written() {
    let access = |verb, path: &str| Access { verb, bucket: bucket(BUCKET), path: path.to_owned() };
    let intent = Intent {
        max_size: Some(20 << 20),
        content_types: vec!["image/*".to_owned()],
        from: vec!["203.0.113.0/24".to_owned()],
        ..Intent::new(vec![access(Verb::Put, "u/42/*"), access(Verb::Get, "pub/*")], region())
    };
    let expected = r#"{
  "version": "2.0",
  "statement": [{
    "effect": "allow",
    "action": ["name/cos:PutObject"],
    "resource": ["qcs::cos:ap-guangzhou:uid/1250000000:examplebucket-1250000000/u/42/*"],
    "condition": { "string_like": { "cos:content-type": ["image/*"] }, "numeric_less_than_equal": { "cos:content-length": 20971520 }, "ip_equal": { "qcs:ip": ["203.0.113.0/24"] } }
  }, {
    "effect": "allow",
    "action": ["name/cos:GetObject"],
    "resource": ["qcs::cos:ap-guangzhou:uid/1250000000:examplebucket-1250000000/pub/*"],
    "condition": { "ip_equal": { "qcs:ip": ["203.0.113.0/24"] } }
  }]
}"#;
    assert_eq!(intent.draft().unwrap().write(), expected);
}

#[test]
fn what_no_policy_can_say_is_refused_by_name() {
    let access =
        |path: &str| Access { verb: Verb::Put, bucket: bucket(BUCKET), path: path.to_owned() };
    let plain = |path: &str| Intent::new(vec![access(path)], region());
    let cause = |intent: &Intent| intent.draft().unwrap_err().cause();
    assert_eq!(cause(&Intent::new(vec![], region())), "intent-nothing");
    assert_eq!(cause(&plain("")), "intent-bucket");
    for path in ["a*b", "**", "*a*"] {
        assert_eq!(cause(&plain(path)), "intent-star", "{path}");
    }
    for kind in ["", "image", "image/", "*/*", "im*ge/png", "image/*x", "a b/c"] {
        let intent = Intent { content_types: vec![kind.to_owned()], ..plain("a") };
        assert_eq!(cause(&intent), "intent-content-type", "{kind}");
    }
    let from = Intent { from: vec!["10.0.0.0/33".to_owned()], ..plain("a") };
    assert_eq!(cause(&from), "intent-network");
    for mode in [UploadMode::Form, UploadMode::Multipart, UploadMode::Resume] {
        let intent = Intent { uploads: vec![mode], max_size: Some(1), ..plain("a") };
        assert_eq!(intent.draft(), Err(IntentError::SizeOf(mode)));
    }
    let mut download = plain("a");
    download.accesses[0].verb = Verb::Get;
    assert_eq!(cause(&Intent { max_size: Some(1), ..download }), "intent-no-upload");
    assert_eq!(Verb::parse("patch").unwrap_err().cause(), "intent-verb");
    assert_eq!(Verb::parse("list"), Ok(Verb::List));
    assert_eq!(UploadMode::parse("parts").unwrap_err().cause(), "intent-mode");
    assert_eq!(UploadMode::parse("resume"), Ok(UploadMode::Resume));
}
