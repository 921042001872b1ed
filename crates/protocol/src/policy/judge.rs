//! The decision: deny over allow, and deny if nothing allows (436/35240 "access policy evaluation", 598/10605).
//!
//! What allows is a union: the caller's own policies, the bucket's policy, and the grants of the bucket or the object.
//! A signed request is judged twice, as its caller and as anonymous against the bucket's policy and grants; either
//! suffices. So a statement that denies everyone refuses unsigned requests alone (598/58417): to refuse a user, name it.

use std::fmt;

use super::principal::ANONYMOUS;
use super::{Circumstances, Effect, Identity, Policy, Statement};
use crate::operation::{Grant, Need, Permission};

/// Who asks, and what limits it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'a> {
    /// Whose signature it is; nobody's for an unsigned request.
    pub identity: Option<&'a Identity>,
    /// Its own policies, and those of its groups.
    pub policies: &'a [Policy],
    /// The policy that temporary keys were made with: they may do what it allows, and no more than their caller may.
    pub session: Option<&'a Policy>,
}

impl<'a> Caller<'a> {
    /// The id of whose signature it is, as policies name it; of nobody, `qcs::cam::anonymous:anonymous`.
    pub fn id(&self) -> &'a str {
        self.identity.map_or(ANONYMOUS, Identity::id)
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// What has to be allowed.
    pub need: &'a Need,
    /// The region of the bucket.
    pub region: &'a str,
    /// The request that asks.
    pub circumstances: &'a Circumstances<'a>,
}

/// What a resource says of who may use it.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The account that it belongs to, by number.
    pub owner_uin: &'a str,
    /// The bucket's policy.
    pub policy: Option<&'a Policy>,
    /// The grants of the bucket, or of the object where those count instead.
    pub grants: &'a [Grant],
}

/// Whether it may be done, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It may.
    Allowed(Ground<'a>),
    /// It may not.
    Denied(Ground<'a>),
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground<'a> {
    /// The resource is the caller's.
    Owner,
    /// A statement of a policy.
    Statement {
        /// Of which policy.
        source: Source,
        /// Its place in the policy, from 0.
        index: usize,
        /// Its name.
        sid: Option<&'a str>,
    },
    /// A grant of the bucket or the object.
    Grant(Permission),
    /// Nothing allows it.
    Nothing,
    /// Nothing in the policy that the temporary keys were made with allows it.
    NothingInSession,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the policy that temporary keys were made with.
    Session,
    /// In one of the caller's own, counted from 0.
    Identity(usize),
    /// In the bucket's.
    Bucket,
}

impl Decision<'_> {
    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// Decides.
pub fn judge<'a>(caller: &Caller<'a>, ask: &Ask<'_>, rules: &Rules<'a>) -> Decision<'a> {
    let Some(identity) = caller.identity else {
        return as_anonymous(ask, rules);
    };
    let itself = match caller.session.map(|session| in_session(session, ask)) {
        Some(denied @ Decision::Denied(_)) => denied,
        _ => as_itself(identity, caller.policies, ask, rules),
    };
    match as_anonymous(ask, rules) {
        allowed @ Decision::Allowed(_) if !itself.is_allowed() => allowed,
        _ => itself,
    }
}

fn in_session<'a>(session: &'a Policy, ask: &Ask<'_>) -> Decision<'a> {
    let found = |effect| find(session, Source::Session, effect, ask, |_| true);
    match (found(Effect::Deny), found(Effect::Allow)) {
        (Some(denying), _) => Decision::Denied(denying),
        (None, Some(allowing)) => Decision::Allowed(allowing),
        (None, None) => Decision::Denied(Ground::NothingInSession),
    }
}

fn as_itself<'a>(
    identity: &Identity,
    policies: &'a [Policy],
    ask: &Ask<'_>,
    rules: &Rules<'a>,
) -> Decision<'a> {
    let is_owner = identity.owner_uin() == rules.owner_uin;
    let owns = is_owner && identity.is_root();
    // Whatever the policy says, its owner can replace it (436/8282).
    if owns && ask.need.actions.contains(&"PutBucketPolicy") {
        return Decision::Allowed(Ground::Owner);
    }
    let own = |effect| {
        let mut numbered = policies.iter().enumerate();
        numbered.find_map(|(i, policy)| find(policy, Source::Identity(i), effect, ask, |_| true))
    };
    if let Some(denying) = own(Effect::Deny).or_else(|| by_name(Effect::Deny, identity, ask, rules))
    {
        return Decision::Denied(denying);
    }
    let resource = || {
        let by_policy = by_name(Effect::Allow, identity, ask, rules);
        by_policy.or_else(|| {
            granted(ask, rules, |grant| {
                identity.is_grantee(&grant.grantee) || grant.grantee.is_authenticated()
            })
        })
    };
    let allowing = if owns {
        Some(Ground::Owner)
    } else if is_owner {
        own(Effect::Allow).or_else(resource)
    } else if identity.is_root() {
        resource()
    } else {
        // The owner must let the account in, and the account its user (598/10605).
        let account = identity.account();
        let let_in = resource().or_else(|| by_name(Effect::Allow, &account, ask, rules));
        let let_in =
            let_in.or_else(|| granted(ask, rules, |grant| account.is_grantee(&grant.grantee)));
        let_in.and_then(|_| own(Effect::Allow))
    };
    allowing.map_or(Decision::Denied(Ground::Nothing), Decision::Allowed)
}

fn as_anonymous<'a>(ask: &Ask<'_>, rules: &Rules<'a>) -> Decision<'a> {
    let to_anyone =
        |statement: &Statement| statement.principals.iter().any(super::PrincipalPattern::is_anyone);
    let found = |effect| {
        rules.policy.and_then(|policy| find(policy, Source::Bucket, effect, ask, to_anyone))
    };
    if let Some(denying) = found(Effect::Deny) {
        return Decision::Denied(denying);
    }
    let allowing =
        found(Effect::Allow).or_else(|| granted(ask, rules, |grant| grant.grantee.is_everyone()));
    allowing.map_or(Decision::Denied(Ground::Nothing), Decision::Allowed)
}

/// The statement of the bucket's policy that has that effect on an identity by its name.
fn by_name<'a>(
    effect: Effect,
    identity: &Identity,
    ask: &Ask<'_>,
    rules: &Rules<'a>,
) -> Option<Ground<'a>> {
    find(rules.policy?, Source::Bucket, effect, ask, |statement| {
        statement.principals.iter().any(|principal| principal.names(identity))
    })
}

/// The first statement that has that effect on what is asked.
fn find<'a>(
    policy: &'a Policy,
    source: Source,
    effect: Effect,
    ask: &Ask<'_>,
    is_for: impl Fn(&Statement) -> bool,
) -> Option<Ground<'a>> {
    let mut numbered = policy.statements().iter().enumerate();
    let (index, statement) = numbered.find(|(_, statement)| {
        statement.effect == effect && is_for(statement) && matches(statement, ask)
    })?;
    Some(Ground::Statement { source, index, sid: statement.sid.as_deref() })
}

/// Whether a statement matches, its principals aside.
pub(super) fn matches(statement: &Statement, ask: &Ask<'_>) -> bool {
    let of_action = |action: &&&str| {
        statement.actions.iter().any(|pattern| pattern.matches(action))
            && statement
                .conditions
                .iter()
                .all(|condition| condition.holds(action, ask.circumstances))
    };
    statement.resources.iter().any(|pattern| pattern.matches(&ask.need.target, ask.region))
        && ask.need.actions.iter().find(of_action).is_some()
}

/// The grant that gives one of those what is asked.
fn granted<'a>(
    ask: &Ask<'_>,
    rules: &Rules<'a>,
    is_for: impl Fn(&Grant) -> bool,
) -> Option<Ground<'a>> {
    let permission = ask.need.granted_by?;
    let suffices = |given: Permission| given == permission || given == Permission::FullControl;
    let mut grants = rules.grants.iter();
    let grant = grants.find(|grant| suffices(grant.permission) && is_for(grant))?;
    Some(Ground::Grant(grant.permission))
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(ground) => write!(f, "allowed: {ground}"),
            Self::Denied(ground) => write!(f, "denied: {ground}"),
        }
    }
}

impl fmt::Display for Ground<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => f.write_str("the owner may do everything"),
            Self::Statement { source, index, sid } => {
                write!(f, "statement[{index}]")?;
                if let Some(sid) = sid {
                    write!(f, " {sid:?}")?;
                }
                match source {
                    Source::Session => f.write_str(" of the temporary keys' policy"),
                    Source::Identity(number) => write!(f, " of the caller's policy {number}"),
                    Source::Bucket => f.write_str(" of the bucket's policy"),
                }
            }
            Self::Grant(permission) => write!(f, "the grant {}", permission.as_str()),
            Self::Nothing => f.write_str("nothing allows it"),
            Self::NothingInSession => {
                f.write_str("nothing in the temporary keys' policy allows it")
            }
        }
    }
}
