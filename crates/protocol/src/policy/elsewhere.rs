//! What another service of the account is asked for, such as STS: the caller's own policies alone decide (598/10605).

use super::{Caller, Circumstances, Decision, Effect, Ground, Policy, Source, Statement};

/// What another service is asked for.
#[derive(Clone, Copy, Debug)]
pub struct AskElsewhere<'a> {
    /// The service: `sts`.
    pub service: &'a str,
    /// The action: `AssumeRole`.
    pub action: &'a str,
    /// The resource as that service calls it; `*` for what has none.
    pub resource: &'a str,
    /// The request that asks.
    pub circumstances: &'a Circumstances<'a>,
}

/// Decides. An account itself may everything; whoever has temporary keys, no more than their policy allows.
pub fn judge_elsewhere<'a>(caller: &Caller<'a>, ask: &AskElsewhere<'_>) -> Decision<'a> {
    let Some(identity) = caller.identity else { return Decision::Denied(Ground::Nothing) };
    if let Some(session) = caller.session {
        let found = |effect| find(session, Source::Session, effect, ask);
        if let Some(denying) = found(Effect::Deny) {
            return Decision::Denied(denying);
        }
        if found(Effect::Allow).is_none() {
            return Decision::Denied(Ground::NothingInSession);
        }
    }
    let own = |effect| {
        let mut numbered = caller.policies.iter().enumerate();
        numbered.find_map(|(i, policy)| find(policy, Source::Identity(i), effect, ask))
    };
    if let Some(denying) = own(Effect::Deny) {
        return Decision::Denied(denying);
    }
    let allowing = if identity.is_root() { Some(Ground::Owner) } else { own(Effect::Allow) };
    allowing.map_or(Decision::Denied(Ground::Nothing), Decision::Allowed)
}

fn find<'a>(
    policy: &'a Policy,
    source: Source,
    effect: Effect,
    ask: &AskElsewhere<'_>,
) -> Option<Ground<'a>> {
    let mut numbered = policy.statements().iter().enumerate();
    let (index, statement) =
        numbered.find(|(_, statement)| statement.effect == effect && matches(statement, ask))?;
    Some(Ground::Statement { source, index, sid: statement.sid.as_deref() })
}

fn matches(statement: &Statement, ask: &AskElsewhere<'_>) -> bool {
    statement.actions.iter().any(|pattern| pattern.matches_of(ask.service, ask.action))
        && statement.resources.iter().any(|pattern| pattern.names_elsewhere(ask.resource))
        && statement
            .conditions
            .iter()
            .all(|condition| condition.holds(ask.action, ask.circumstances))
}

#[cfg(test)]
mod tests {
    use cospass_sign::RequestHead;

    use super::*;
    use crate::policy::{Identity, PolicyKind};

    const ROLE: &str = "qcs::cam::uin/1:roleName/up";

    fn is_allowed(identity: &Identity, own: Option<&str>, session: Option<&str>) -> bool {
        let parse = |(effect, action, resource): (&str, &str, &str)| {
            let text = format!(
                r#"{{"version":"2.0","statement":[{{"effect":"{effect}","action":"{action}","resource":"{resource}"}}]}}"#
            );
            Policy::parse(text.as_bytes(), PolicyKind::Identity).unwrap()
        };
        let of = |text: &str| {
            let mut parts = text.split(' ');
            let mut part = || parts.next().unwrap();
            parse((part(), part(), part()))
        };
        let policies: Vec<_> = own.map(of).into_iter().collect();
        let session = session.map(of);
        let caller =
            Caller { identity: Some(identity), policies: &policies, session: session.as_ref() };
        let circumstances = &Circumstances::new(RequestHead::new("POST", b"/", None, &[]), 0);
        let ask =
            AskElsewhere { service: "sts", action: "AssumeRole", resource: ROLE, circumstances };
        judge_elsewhere(&caller, &ask).is_allowed()
    }

    #[test]
    fn a_user_may_what_its_policies_allow_and_an_account_everything() {
        let (root, user) = (Identity::root("1"), Identity::sub_user("1", "2"));
        assert!(is_allowed(&root, None, None));
        for own in [
            "allow name/sts:AssumeRole *",
            "allow sts:* qcs::cam::uin/1:roleName/*",
            &format!("allow * {ROLE}"),
        ] {
            assert!(is_allowed(&user, Some(own), None), "{own}");
        }
        assert!(is_allowed(&root, None, Some("allow sts:AssumeRole *")));
    }

    #[test]
    fn nothing_else_is_allowed() {
        let (root, user) = (Identity::root("1"), Identity::sub_user("1", "2"));
        assert!(!is_allowed(&user, None, None));
        for own in [
            "allow name/cos:AssumeRole *",
            "allow sts:GetFederationToken *",
            "allow sts:AssumeRole qcs::cam::uin/1:roleName/other",
            "allow sts:AssumeRole qcs::cos:x:uid/1:b-1/*",
            "deny sts:AssumeRole *",
        ] {
            assert!(!is_allowed(&user, Some(own), None), "{own}");
        }
        assert!(!is_allowed(&root, Some("deny sts:* *"), None));
        assert!(!is_allowed(&root, None, Some("allow cos:* *")));
        assert!(!is_allowed(&user, None, Some("allow sts:AssumeRole *")));
    }
}
