//! Who may, and what decides.

use super::*;

/// Who asks in the tests of decisions.
struct Asking {
    identity: Option<Identity>,
    policies: Vec<Policy>,
    session: Option<Policy>,
}

impl Asking {
    fn anonymous() -> Self {
        Self { identity: None, policies: vec![], session: None }
    }

    fn user(owner: &str, uin: &str) -> Self {
        Self { identity: Some(Identity::sub_user(owner, uin)), ..Self::anonymous() }
    }

    fn with(mut self, statement: &str) -> Self {
        self.policies.push(policy(PolicyKind::Identity, &[statement.to_owned()]).unwrap());
        self
    }

    fn session(self, statement: &str) -> Self {
        let session = policy(PolicyKind::Identity, &[statement.to_owned()]).unwrap();
        Self { session: Some(session), ..self }
    }

    /// What is decided of `GetObject` of the key `a`, as text.
    fn decided(&self, statements: &[&str], grants: &[Grant]) -> String {
        self.decided_of("GetObject", statements, grants)
    }

    fn decided_of(&self, action: &'static str, statements: &[&str], grants: &[Grant]) -> String {
        let statements: Vec<_> = statements.iter().map(|text| (*text).to_owned()).collect();
        let policy =
            (!statements.is_empty()).then(|| policy(PolicyKind::Bucket, &statements).unwrap());
        let circumstances = Circumstances::new(RequestHead::new("GET", b"/a", None, &[]), 0);
        let need = Need::new(action, Target::prefix(&Bucket::new(BUCKET).unwrap(), "a"));
        let need = need.granted_by(Permission::Read);
        let ask = Ask { need: &need, region: REGION, circumstances: &circumstances };
        let rules = Rules { owner_uin: "1", policy: policy.as_ref(), grants };
        let caller = Caller {
            identity: self.identity.as_ref(),
            policies: &self.policies,
            session: self.session.as_ref(),
        };
        judge(&caller, &ask, &rules).to_string()
    }
}

const ALLOW_ALL: &str = r#""effect":"allow","principal":"*","action":"*","resource":"*""#;
const DENY_ALL: &str = r#""effect":"deny","principal":"*","action":"*","resource":"*""#;
const ALLOW: &str = r#""effect":"allow","action":"cos:GetObject","resource":"*""#;
const ALLOW_OTHER: &str = r#""effect":"allow","action":"cos:PutObject","resource":"*""#;
const DENY: &str = r#""effect":"deny","sid":"no","action":"cos:GetObject","resource":"*""#;

fn naming(effect: &str, user: &str) -> String {
    format!(
        r#""effect":"{effect}","principal":{{"qcs":"qcs::cam::uin/{user}"}},"action":"*","resource":"*""#
    )
}

#[test]
fn the_owner_may_everything_unless_it_is_denied_by_name() {
    let root = Asking::user("1", "1");
    let owner = "allowed: the owner may do everything";
    assert_eq!(root.decided(&[], &[]), owner);
    // 598/58417: denying everyone refuses unsigned requests alone.
    assert_eq!(root.decided(&[DENY_ALL], &[]), owner);
    let denying = naming("deny", "1:uin/1");
    let denied = "denied: statement[0] of the bucket's policy";
    assert_eq!(root.decided(&[&denying], &[]), denied);
    assert_eq!(root.decided_of("PutBucketPolicy", &[&denying], &[]), owner);
    assert_eq!(root.decided_of("DeleteBucketPolicy", &[&denying], &[]), denied);
}

#[test]
fn nobody_may_anything_unless_it_is_allowed() {
    let nothing = "denied: nothing allows it";
    assert_eq!(Asking::anonymous().decided(&[], &[]), nothing);
    assert_eq!(Asking::user("1", "2").decided(&[], &[]), nothing);
    assert_eq!(Asking::user("3", "3").decided(&[], &[]), nothing);
}

#[test]
fn an_unsigned_request_is_what_everyone_is_allowed() {
    let anonymous = Asking::anonymous();
    assert_eq!(
        anonymous.decided(&[ALLOW_ALL], &[]),
        "allowed: statement[0] of the bucket's policy"
    );
    let denied = "denied: statement[1] of the bucket's policy";
    assert_eq!(anonymous.decided(&[ALLOW_ALL, DENY_ALL], &[]), denied);
    assert_eq!(anonymous.decided(&[&naming("allow", "1:uin/*")], &[]), "denied: nothing allows it");
    let grant = |grantee, permission| Grant { grantee, permission };
    let everyone = [grant(Grantee::everyone(), Permission::Read)];
    assert_eq!(anonymous.decided(&[], &everyone), "allowed: the grant READ");
    assert_eq!(
        anonymous.decided(&[DENY_ALL], &everyone),
        "denied: statement[0] of the bucket's policy"
    );
    let full = [grant(Grantee::everyone(), Permission::FullControl)];
    assert_eq!(anonymous.decided(&[], &full), "allowed: the grant FULL_CONTROL");
    let other = [grant(Grantee::everyone(), Permission::Write)];
    assert_eq!(anonymous.decided(&[], &other), "denied: nothing allows it");
}

#[test]
fn a_user_is_judged_by_its_policies_the_bucket_s_and_grants_and_as_anonymous() {
    let user = || Asking::user("1", "2");
    assert_eq!(
        user().with(ALLOW).decided(&[], &[]),
        "allowed: statement[0] of the caller's policy 0"
    );
    assert_eq!(
        user().with(ALLOW).with(DENY).decided(&[ALLOW_OTHER_NAMED], &[]),
        "denied: statement[0] \"no\" of the caller's policy 1"
    );
    let by_name = naming("allow", "1:uin/2");
    assert_eq!(user().decided(&[&by_name], &[]), "allowed: statement[0] of the bucket's policy");
    let denied = "denied: statement[0] of the bucket's policy";
    assert_eq!(user().with(ALLOW).decided(&[&naming("deny", "1:uin/2")], &[]), denied);
    assert_eq!(
        user().with(ALLOW).decided(&[DENY_ALL], &[]),
        "allowed: statement[0] of the caller's policy 0"
    );
    // As anonymous, it may what everyone may, whatever its own policies say.
    let allowed = "allowed: statement[0] of the bucket's policy";
    assert_eq!(user().with(DENY).decided(&[ALLOW_ALL], &[]), allowed);
    let grant =
        |id| [Grant { grantee: Grantee::from_id(id).unwrap(), permission: Permission::Read }];
    assert_eq!(user().decided(&[], &grant("qcs::cam::uin/1:uin/2")), "allowed: the grant READ");
    assert_eq!(user().decided(&[], &grant("qcs::cam::uin/1:uin/3")), "denied: nothing allows it");
    let group =
        Grantee::from_uri("http://cam.qcloud.com/groups/global/AuthenticatedUsers").unwrap();
    let authenticated = [Grant { grantee: group, permission: Permission::Read }];
    assert_eq!(user().decided(&[], &authenticated), "allowed: the grant READ");
    assert_eq!(Asking::anonymous().decided(&[], &authenticated), "denied: nothing allows it");
}

const ALLOW_OTHER_NAMED: &str = r#""effect":"allow","principal":{"qcs":"qcs::cam::uin/1:uin/2"},"action":"cos:PutObject","resource":"*""#;

#[test]
fn a_user_of_another_account_needs_both_accounts() {
    let let_in = naming("allow", "3:uin/3");
    let (root, user) = (Asking::user("3", "3"), Asking::user("3", "4"));
    assert_eq!(root.decided(&[&let_in], &[]), "allowed: statement[0] of the bucket's policy");
    assert_eq!(user.decided(&[&let_in], &[]), "denied: nothing allows it");
    let user = user.with(ALLOW);
    assert_eq!(user.decided(&[&let_in], &[]), "allowed: statement[0] of the caller's policy 0");
    assert_eq!(user.decided(&[], &[]), "denied: nothing allows it");
}

#[test]
fn temporary_keys_may_what_both_policies_allow() {
    let root = || Asking::user("1", "1");
    assert_eq!(root().session(ALLOW).decided(&[], &[]), "allowed: the owner may do everything");
    assert_eq!(
        root().session(ALLOW_OTHER).decided(&[], &[]),
        "denied: nothing in the temporary keys' policy allows it"
    );
    assert_eq!(
        root().session(DENY).decided(&[], &[]),
        "denied: statement[0] \"no\" of the temporary keys' policy"
    );
    assert_eq!(
        root().session(ALLOW_OTHER).decided_of("PutBucketPolicy", &[], &[]),
        "denied: nothing in the temporary keys' policy allows it"
    );
    let user = Asking::user("1", "2").session(ALLOW);
    assert_eq!(user.decided(&[], &[]), "denied: nothing allows it");
    let allowed = "allowed: statement[0] of the bucket's policy";
    assert_eq!(root().session(ALLOW_OTHER).decided(&[ALLOW_ALL], &[]), allowed);
}
