//! A request that is asked about without being sent: what it needs, and what a policy says of it.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use cospass_sign::RequestHead;
use cospass_sign::percent::encode;

use super::judge::matches;
use super::{
    Ask, Caller, Circumstances, Condition, Decision, Effect, Ground, Identity, Policy, Rules,
    Statement, Target, judge,
};
use crate::operation::{DecodeError, Need, Operation, Parts, Request, Resource};

/// A request that is asked about. `POST` to an object without a sub-resource stands for a form that uploads it, and the
/// headers for its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The method in upper case.
    pub method: String,
    /// What the request is for.
    pub resource: Resource,
    /// Query parameters, raw.
    pub params: Vec<(String, String)>,
    /// Headers, raw; names in any case. Without a `Host` it is that of the bucket's default domain.
    pub headers: Vec<(String, String)>,
    /// The region of the bucket; empty if it is not known, and then only what is of every region matches.
    pub region: String,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The version of TLS, such as `1.2`; none on plain HTTP.
    pub tls: Option<String>,
    /// When it is sent, Unix seconds.
    pub now: i64,
}

/// Why nothing can be said of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionError {
    /// It is none of the operations.
    Operation(DecodeError),
    /// Which objects it is about stands in its body: each of them is asked about by itself.
    KeysInBody,
}

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the request may be made.
    pub is_allowed: bool,
    /// What decided: of a request that is allowed what allows its first need, else what its first refused need lacks.
    pub need: Need,
    /// The region of what is needed.
    pub region: String,
    /// The deciding statement: its place from 0, and its name. There is none where nothing allows the request.
    pub statement: Option<(usize, Option<String>)>,
    /// The statement that comes nearest to allowing it, where nothing does.
    pub near_miss: Option<NearMiss>,
}

/// How a statement that allows something does not allow the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NearMiss {
    /// It names others than whoever asks.
    Principal {
        /// The place of the statement, from 0.
        index: usize,
    },
    /// Its conditions do not hold; the first one of them.
    Condition {
        /// The place of the statement, from 0.
        index: usize,
        /// `string_like.cos:content-type`
        path: String,
    },
    /// It allows the action elsewhere.
    Resource {
        /// The place of the statement, from 0.
        index: usize,
    },
    /// It allows other actions there.
    Action {
        /// The place of the statement, from 0.
        index: usize,
    },
}

impl Question {
    /// A request without parameters and headers over TLS 1.2, at that moment, Unix seconds.
    pub fn new(method: &str, resource: Resource, region: &str, now: i64) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            resource,
            params: Vec::new(),
            headers: Vec::new(),
            region: region.to_owned(),
            ip: None,
            tls: Some("1.2".to_owned()),
            now,
        }
    }

    /// The same request to a bucket in that region.
    pub fn within(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Everything that has to be allowed for a signed request: its own need, and that of the source of a copy.
    ///
    /// # Errors
    /// One [`QuestionError`] for each reason.
    pub fn needs(&self) -> Result<Vec<Need>, QuestionError> {
        if let Some(need) = self.need_of_form() {
            return Ok(vec![need]);
        }
        let pairs = |pairs: &'_ [(String, String)]| {
            let pair = |(name, value): &(String, String)| {
                (Cow::Owned(name.clone().into_bytes()), Cow::Owned(value.clone().into_bytes()))
            };
            pairs.iter().map(pair).collect::<Vec<_>>()
        };
        let operation = Operation::decode(Parts {
            method: Cow::Borrowed(&self.method),
            resource: self.resource.clone(),
            params: pairs(&self.params),
            headers: pairs(&self.headers),
        })
        .map_err(QuestionError::Operation)?;
        let need = operation.need();
        if need.is_of_unsigned {
            return Err(QuestionError::KeysInBody);
        }
        Ok([need].into_iter().chain(operation.also_needs()).collect())
    }

    fn need_of_form(&self) -> Option<Need> {
        let Resource::Object(bucket, key) = &self.resource else { return None };
        let is_form = self.method == "POST" && self.params.is_empty();
        is_form.then(|| Need::new("PostObject", Target::object(bucket, key)))
    }

    /// What a policy says of the request that belongs to whoever sends it: a user's, or that of temporary keys.
    ///
    /// # Errors
    /// One [`QuestionError`] for each reason.
    pub fn answer(&self, policy: &Policy) -> Result<Answer, QuestionError> {
        self.answer_needs(policy, self.needs()?)
    }

    /// What a policy says of some needs of the request.
    pub(super) fn answer_needs(
        &self,
        policy: &Policy,
        needs: Vec<Need>,
    ) -> Result<Answer, QuestionError> {
        // Any user of any account: the policy decides alone.
        let user = Identity::sub_user("1", "2");
        let policies = std::slice::from_ref(policy);
        let caller = Caller { identity: Some(&user), policies, session: None };
        let rules = Rules { owner_uin: "1", policy: None, grants: &[] };
        self.judge(needs, policy, &caller, &rules)
    }

    /// What a bucket's policy says of the request of an identity, or of an unsigned one, that has no policies of its own.
    ///
    /// # Errors
    /// One [`QuestionError`] for each reason.
    pub fn answer_of_bucket(
        &self,
        policy: &Policy,
        identity: Option<&Identity>,
    ) -> Result<Answer, QuestionError> {
        let caller = Caller { identity, policies: &[], session: None };
        let owner_uin = identity.map(Identity::owner_uin).unwrap_or_default();
        self.judge(
            self.needs()?,
            policy,
            &caller,
            &Rules { owner_uin, policy: Some(policy), grants: &[] },
        )
    }

    fn judge(
        &self,
        needs: Vec<Need>,
        policy: &Policy,
        caller: &Caller<'_>,
        rules: &Rules<'_>,
    ) -> Result<Answer, QuestionError> {
        let query = self.query();
        let host = self.host();
        let mut headers: Vec<_> =
            self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            headers.push((b"host", host.as_bytes()));
        }
        let request = RequestHead::new(&self.method, b"/", Some(query.as_bytes()), &headers);
        let circumstances = &Circumstances {
            ip: self.ip,
            secure_transport: self.tls.is_some(),
            tls_version: self.tls.as_deref(),
            ..Circumstances::new(request, self.now)
        };
        let mut allowed = None;
        for need in needs {
            let ask = Ask { need: &need, region: &self.region, circumstances };
            let (is_allowed, ground) = match judge(caller, &ask, rules) {
                Decision::Allowed(ground) => (true, ground),
                Decision::Denied(ground) => (false, ground),
            };
            let statement = match ground {
                Ground::Statement { index, sid, .. } => Some((index, sid.map(str::to_owned))),
                _ => None,
            };
            let is_nothing = !is_allowed && statement.is_none();
            let near_miss = is_nothing.then(|| near_miss(policy, &ask)).flatten();
            let region = self.region.clone();
            let answer = Answer { is_allowed, region, statement, near_miss, need };
            match is_allowed {
                true => allowed = allowed.or(Some(answer)),
                false => return Ok(answer),
            }
        }
        allowed.ok_or(QuestionError::KeysInBody)
    }

    /// The query, percent-encoded.
    fn query(&self) -> String {
        let encoded = |text: &str| encode(text.as_bytes());
        let param = |(name, value): &(String, String)| match value.as_str() {
            "" => encoded(name),
            value => format!("{}={}", encoded(name), encoded(value)),
        };
        self.params.iter().map(param).collect::<Vec<_>>().join("&")
    }

    fn host(&self) -> String {
        match self.resource.bucket() {
            Some(bucket) => format!("{}.cos.{}.myqcloud.com", bucket.as_str(), self.region),
            None => "service.cos.myqcloud.com".to_owned(),
        }
    }
}

/// The statement that allows most of what is asked.
fn near_miss(policy: &Policy, ask: &Ask<'_>) -> Option<NearMiss> {
    let has_action = |statement: &Statement| {
        let actions = ask.need.actions.iter();
        let has = |action: &&str| statement.actions.iter().any(|own| own.matches(action));
        actions.copied().any(|action| has(&action))
    };
    let has_resource = |statement: &Statement| {
        statement.resources.iter().any(|own| own.matches(&ask.need.target, ask.region))
    };
    let allowing = policy.statements().iter().enumerate();
    let allowing = allowing.filter(|(_, one)| one.effect == Effect::Allow);
    let missing = allowing.filter_map(|(index, one)| match (has_action(one), has_resource(one)) {
        // Nothing allows it although it says so: it counts for others.
        _ if matches(one, ask) => Some((0, NearMiss::Principal { index })),
        (true, true) => {
            let mut actions = ask.need.actions.iter();
            let action =
                actions.find(|action| one.actions.iter().any(|own| own.matches(action)))?;
            let fails = |own: &&Condition| !own.holds(action, ask.circumstances);
            let path = one.conditions.iter().find(fails)?.path().to_owned();
            Some((1, NearMiss::Condition { index, path }))
        }
        (true, false) => Some((2, NearMiss::Resource { index })),
        (false, true) => Some((3, NearMiss::Action { index })),
        (false, false) => None,
    });
    missing.min_by_key(|(distance, _)| *distance).map(|(_, near)| near)
}

impl fmt::Display for Answer {
    /// `allowed …` or `denied …`, with what decided.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_allowed { "allowed" } else { "denied" })?;
        match &self.statement {
            Some((index, Some(sid))) => write!(f, " by statement[{index}] {sid:?}: ")?,
            Some((index, None)) => write!(f, " by statement[{index}]: ")?,
            None if self.is_allowed => f.write_str(" to the owner of the bucket: ")?,
            None => f.write_str(" since nothing allows ")?,
        }
        for (number, action) in self.need.actions.iter().enumerate() {
            let or = if number == 0 { "" } else { " or " };
            write!(f, "{or}name/cos:{action}")?;
        }
        write!(f, " on {}", self.need.target.resource(&self.region))?;
        match &self.near_miss {
            None => Ok(()),
            Some(near) => write!(f, "; {near}"),
        }
    }
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal { index } => {
                write!(f, "statement[{index}] would, but its principal is another")
            }
            Self::Condition { index, path } => {
                write!(f, "statement[{index}] would, but its condition {path} does not hold")
            }
            Self::Resource { index } => {
                write!(f, "statement[{index}] allows the action, but not on this resource")
            }
            Self::Action { index } => {
                write!(f, "statement[{index}] has the resource, but not this action")
            }
        }
    }
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(error) => write!(f, "{error}"),
            Self::KeysInBody => f.write_str(
                "the body of POST ?delete names the objects, each of which needs DeleteObject; ask of each key by DELETE",
            ),
        }
    }
}

impl std::error::Error for QuestionError {}
