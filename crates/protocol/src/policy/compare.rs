//! What one policy permits that another does not.
//!
//! Both are asked about requests at the edges of what they say: each action, keys at and beside each resource, values at and
//! beside each condition. So what is found is real, since a request shows it; where conditions are so many that not all of
//! their combinations can be tried, something may stay unfound.

use std::collections::BTreeSet;
use std::fmt;

use cospass_sign::percent::{self, encode};

use super::example::{ExampleOf, On, examples};
use super::key::Carrier;
use super::resource::ResourceShape;
use super::{Condition, Effect, Policy, Question, Statement};
use crate::operation::Resource;
use crate::{Bucket, ObjectKey};

/// Something that one policy permits and another does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The action, without `name/cos:`.
    pub action: &'static str,
    /// The statement that permits it: its place from 0.
    pub index: usize,
    /// A request that shows it.
    pub example: Question,
}

/// The most combinations of conditions' values that are tried beside each resource.
const COMBINATIONS: usize = 400;

/// The most keys that are tried of each resource.
const KEYS: usize = 60;

/// What stands in for everything where a policy names no bucket.
const ANY_BUCKET: &str = "examplebucket-1250000000";
const ANY_REGION: &str = "ap-guangzhou";

/// What `to` permits and `from` does not, each action once for each statement that permits it.
///
/// `now` is the time, Unix seconds, of requests on which no condition says anything of time.
pub fn additions(from: &Policy, to: &Policy, now: i64) -> Vec<Difference> {
    let world = World::of(&[from, to], now);
    let allowing = to.statements().iter().enumerate();
    let allowing = allowing.filter(|(_, statement)| statement.effect == Effect::Allow);
    let mut found: Vec<Difference> = Vec::new();
    for (index, statement) in allowing {
        for one in examples() {
            let action = one.example.action;
            if !statement.actions.iter().any(|pattern| pattern.matches(action)) {
                continue;
            }
            let candidates = world.questions(&one, statement);
            let is_new = |question: &Question| {
                let allows = |policy| question.is_first_allowed(policy);
                allows(to) == Some(true) && allows(from) == Some(false)
            };
            if let Some(example) = candidates.into_iter().find(is_new) {
                let known = found.iter().any(|other| other.example == example);
                if !known {
                    found.push(Difference { action, index, example });
                }
            }
        }
    }
    found
}

/// The edges of what policies say.
struct World {
    regions: Vec<String>,
    buckets: Vec<Bucket>,
    /// Keys, and prefixes of listings.
    paths: Vec<String>,
    /// What requests are varied in, with the actions that it goes with and its values.
    axes: Vec<(Condition, Vec<Variation>)>,
    now: i64,
}

/// A change of a request.
#[derive(Clone, Debug, PartialEq)]
enum Variation {
    None,
    Header(&'static str, String),
    Param(&'static str, String),
    Ip(String),
    Time(i64),
    Tls(Option<String>),
}

impl World {
    fn of(policies: &[&Policy], now: i64) -> Self {
        let statements = || policies.iter().flat_map(|policy| policy.statements());
        let shapes: Vec<_> = statements()
            .flat_map(|statement| &statement.resources)
            .filter_map(super::ResourcePattern::shape)
            .collect();
        let mut regions: BTreeSet<_> =
            shapes.iter().flat_map(|shape| samples(shape.region)).collect();
        regions.insert(ANY_REGION.to_owned());
        regions.retain(|region| crate::Region::new(region).is_ok());
        let mut buckets: BTreeSet<_> = shapes.iter().flat_map(buckets_of).collect();
        buckets.insert(ANY_BUCKET.to_owned());
        let mut paths: BTreeSet<_> =
            shapes.iter().flat_map(|shape| samples(shape.path())).collect();
        paths.extend(["".to_owned(), "x".to_owned()]);
        let mut axes: Vec<(Condition, Vec<Variation>)> = Vec::new();
        for condition in statements().flat_map(|statement| &statement.conditions) {
            let more = variations(condition);
            match axes.iter_mut().find(|(other, _)| other.key() == condition.key()) {
                Some((_, all)) => all.extend(more),
                None => axes.push((condition.clone(), more)),
            }
        }
        for (condition, all) in &mut axes {
            all.extend(absent(condition.key().carrier));
            let mut kept: Vec<Variation> = Vec::new();
            for one in all.drain(..) {
                if !kept.contains(&one) {
                    kept.push(one);
                }
            }
            *all = kept;
        }
        Self {
            regions: regions.into_iter().collect(),
            buckets: buckets.iter().filter_map(|name| Bucket::new(name).ok()).collect(),
            paths: paths.into_iter().collect(),
            axes,
            now,
        }
    }

    /// Requests for an action on what a statement names.
    fn questions(&self, one: &ExampleOf, statement: &Statement) -> Vec<Question> {
        let mut questions = Vec::new();
        let combinations = self.combinations(one.example.action);
        for region in &self.regions {
            for bucket in &self.buckets {
                let is_named = |path: &&String| {
                    one.target(bucket, path).is_some_and(|target| {
                        let mut resources = statement.resources.iter();
                        resources.any(|pattern| pattern.matches(&target, region))
                    })
                };
                let paths: &[String] = match one.example.on {
                    On::Account | On::Bucket => self.paths.get(..1).unwrap_or_default(),
                    On::Prefix | On::Object => &self.paths,
                };
                for path in paths.iter().filter(is_named).take(KEYS) {
                    let Some(resource) = one.resource(bucket, path) else { continue };
                    let mut plain = Question::new(one.example.method, resource, region, self.now);
                    plain.params = one.params(path);
                    let pair = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
                    plain.headers = one.example.headers.iter().map(pair).collect();
                    let varied = combinations.iter().map(|varied| {
                        let mut question = plain.clone();
                        varied.iter().for_each(|variation| variation.apply(&mut question));
                        question
                    });
                    questions.extend(varied);
                }
            }
        }
        questions
    }

    /// Each combination of the variations that go with an action; the first so many of them.
    fn combinations(&self, action: &str) -> Vec<Vec<Variation>> {
        let mut all = vec![Vec::new()];
        for (condition, variations) in &self.axes {
            if !condition.key().goes_with(action) {
                continue;
            }
            let longer = all.iter().flat_map(|shorter: &Vec<Variation>| {
                variations
                    .iter()
                    .map(|one| [shorter.as_slice(), std::slice::from_ref(one)].concat())
            });
            all = longer.take(COMBINATIONS).collect();
        }
        all
    }
}

impl Variation {
    fn apply(&self, question: &mut Question) {
        match self {
            Self::None => {}
            Self::Header(name, value) => question.headers.push(((*name).to_owned(), value.clone())),
            Self::Param(name, value) => {
                question.params.retain(|(other, _)| other != name);
                question.params.push(((*name).to_owned(), value.clone()));
            }
            Self::Ip(ip) => question.ip = ip.parse().ok(),
            Self::Time(now) => question.now = *now,
            Self::Tls(version) => question.tls = version.clone(),
        }
    }
}

/// The values at and beside those of a condition.
fn variations(condition: &Condition) -> Vec<Variation> {
    let edges = condition.edges();
    match condition.key().carrier {
        Carrier::Header(name) => {
            edges.into_iter().map(|value| Variation::Header(name, value)).collect()
        }
        // Policies have them percent-encoded.
        Carrier::Param(name) => edges
            .into_iter()
            .map(|value| {
                let raw = percent::decode(value.as_bytes());
                Variation::Param(name, String::from_utf8_lossy(&raw).into_owned())
            })
            .collect(),
        Carrier::Ip => edges.into_iter().map(Variation::Ip).collect(),
        Carrier::Time => {
            edges.iter().filter_map(|text| text.parse().ok()).map(Variation::Time).collect()
        }
        Carrier::SecureTransport => {
            vec![Variation::Tls(Some("1.2".to_owned())), Variation::Tls(None)]
        }
        Carrier::TlsVersion => {
            edges.into_iter().map(|version| Variation::Tls(Some(version))).collect()
        }
        Carrier::RequestTags => edges
            .iter()
            .filter_map(|tag| tag.split_once('&'))
            .map(|(key, value)| {
                let tag = format!("{}={}", encode(key.as_bytes()), encode(value.as_bytes()));
                Variation::Header("x-cos-tagging", tag)
            })
            .collect(),
        // Nothing that a request could change.
        Carrier::ResourceTags | Carrier::Nothing => Vec::new(),
    }
}

/// A request without what carries a key, where one can be without it.
fn absent(carrier: Carrier) -> Option<Variation> {
    match carrier {
        Carrier::Time | Carrier::SecureTransport => None,
        Carrier::TlsVersion => Some(Variation::Tls(None)),
        _ => Some(Variation::None),
    }
}

/// Texts that a glob matches: nothing, something, and something with a slash for its stars.
pub(super) fn samples(glob: &str) -> Vec<String> {
    match glob.contains('*') {
        false => vec![glob.to_owned()],
        true => ["", "x", "x/y"].iter().map(|filler| glob.replace('*', filler)).collect(),
    }
}

/// Names of buckets that a resource may mean.
fn buckets_of(shape: &ResourceShape<'_>) -> Vec<String> {
    let appid = shape.appid.unwrap_or("1250000000");
    match shape.bucket() {
        bucket if !bucket.contains('*') => vec![bucket.to_owned()],
        bucket => ["", "x", &format!("x-{appid}"), &format!("-{appid}")]
            .iter()
            .map(|filler| bucket.replace('*', filler))
            .collect(),
    }
}

impl Question {
    /// Whether a policy permits what is asked first, the source of a copy left aside; none if nothing can be said.
    fn is_first_allowed(&self, policy: &Policy) -> Option<bool> {
        let need = self.needs().ok()?.into_iter().next()?;
        self.answer_needs(policy, vec![need]).ok().map(|answer| answer.is_allowed)
    }

    /// The request as words: `PUT cos://BUCKET/KEY -H 'Name: value'`. Values are not quoted for a shell.
    pub fn words(&self) -> Vec<String> {
        let target = match &self.resource {
            Resource::Service => "cos://".to_owned(),
            Resource::Bucket(bucket) => format!("cos://{}/", bucket.as_str()),
            Resource::Object(bucket, key) => {
                // A leading slash of the key is its own.
                let own = if key.as_str().starts_with('/') { "/" } else { "" };
                format!("cos://{}/{own}{}", bucket.as_str(), ObjectKey::as_str(key))
            }
        };
        let mut words = vec![self.method.clone(), target];
        for (name, value) in &self.params {
            let param = if value.is_empty() { name.clone() } else { format!("{name}={value}") };
            words.extend(["-q".to_owned(), param]);
        }
        for (name, value) in &self.headers {
            words.extend(["-H".to_owned(), format!("{name}: {value}")]);
        }
        if let Some(ip) = self.ip {
            words.extend(["--from-ip".to_owned(), ip.to_string()]);
        }
        if self.tls.as_deref() != Some("1.2") {
            let version = self.tls.clone().unwrap_or_else(|| "none".to_owned());
            words.extend(["--tls".to_owned(), version]);
        }
        words.extend(["--region".to_owned(), self.region.clone()]);
        words
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "name/cos:{} by statement[{}]", self.action, self.index)
    }
}
