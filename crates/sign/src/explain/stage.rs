//! The stages of a signature, side by side: what the request has here, what is known from elsewhere.

use crate::canonical::{Canonical, Form};
use crate::claim::Claim;
use crate::explain::compare::{Pairs, Text};
use crate::explain::inquiry::Finding;
use crate::explain::{Cause, Evidence};
use crate::is_token_name;
use crate::reading::Parts;

/// Whether a stage agrees with what is known of it from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It agrees.
    Same,
    /// It parts.
    Differs,
    /// Nothing is known of it from elsewhere.
    Unknown,
}

/// One stage of the signature. Values are decoded and hold no secret; a token is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it is: `SecretId`, `time`, `method`, `path`, `parameter NAME`, `header NAME`,
    /// `StringToSign`, `signature`.
    pub name: String,
    /// The request as it is sent.
    pub here: String,
    /// The same as it was signed, or as the server saw it.
    pub there: Option<String>,
    /// Whether the two agree.
    pub verdict: Verdict,
}

impl Stage {
    fn compared(name: impl Into<String>, here: String, there: Option<String>) -> Self {
        let verdict = match &there {
            None => Verdict::Unknown,
            Some(there) if *there == here => Verdict::Same,
            Some(_) => Verdict::Differs,
        };
        Self { name: name.into(), here, there, verdict }
    }
}

/// All stages of a request, in the order in which the service looks at them.
pub(super) fn stages(evidence: &Evidence<'_>, claim: &Claim<'_>, finding: &Finding) -> Vec<Stage> {
    let parts = Parts::of(claim, &evidence.head);
    let sent = Text::of(&parts);
    let received = || Text::parse(evidence.server?.format_string.as_deref()?);
    let there = finding.there.clone().or_else(received);
    let there = there.as_ref();
    let mut stages = vec![secret_id(evidence, claim), time(evidence, claim, &finding.cause)];
    stages.push(Stage::compared("method", sent.method.clone(), there.map(|t| t.method.clone())));
    stages.push(Stage::compared("path", lossy(&sent.path), there.map(|t| lossy(&t.path))));
    stages.extend(pairs("parameter", &sent.params, there.map(|t| &t.params)));
    stages.extend(pairs("header", &sent.headers, there.map(|t| &t.headers)));
    stages.push(string_to_sign(evidence, claim, &parts));
    stages.extend(not_sent(&finding.cause));
    stages.push(signature(finding.holds));
    stages
}

fn secret_id(evidence: &Evidence<'_>, claim: &Claim<'_>) -> Stage {
    let known = evidence.credentials.map(|credentials| credentials.secret_id().to_string());
    Stage::compared("SecretId", claim.secret_id().to_owned(), known)
}

fn time(evidence: &Evidence<'_>, claim: &Claim<'_>, cause: &Cause) -> Stage {
    let authorization = claim.authorization();
    let (sign_time, key_time) = (&*authorization.sign_time(), &*authorization.key_time());
    let here = if sign_time == key_time {
        sign_time.to_owned()
    } else {
        format!("q-sign-time {sign_time}, q-key-time {key_time}")
    };
    let (there, verdict) = match cause {
        Cause::Expired { now, .. } | Cause::NotYetValid { now, .. } => {
            (Some(format!("now {now}")), Verdict::Differs)
        }
        Cause::Clock { seconds } => {
            (Some(format!("clocks differ by {seconds} s")), Verdict::Differs)
        }
        Cause::FieldChanged { field, signed, .. } if field.ends_with("time") => {
            (Some(signed.clone()), Verdict::Differs)
        }
        _ => match evidence.now {
            Some(now) => (Some(format!("now {now}")), Verdict::Same),
            None => (None, Verdict::Unknown),
        },
    };
    Stage { name: "time".into(), here, there, verdict }
}

fn pairs(kind: &str, here: &Pairs, there: Option<&Pairs>) -> Vec<Stage> {
    let mut names: Vec<_> = here.keys().chain(there.into_iter().flat_map(Pairs::keys)).collect();
    names.sort_unstable();
    names.dedup();
    let shown = |name: &str, pairs: &Pairs| match pairs.get(name) {
        None => "(absent)".to_owned(),
        Some(_) if is_token_name(name.as_bytes()) => "(a token)".to_owned(),
        Some(values) => lossy(&values.join(&b", "[..])),
    };
    names
        .into_iter()
        .map(|name| {
            let there = there.map(|pairs| shown(name, pairs));
            Stage::compared(format!("{kind} {name}"), shown(name, here), there)
        })
        .collect()
}

fn string_to_sign(evidence: &Evidence<'_>, claim: &Claim<'_>, parts: &Parts<'_>) -> Stage {
    let mut canonical = Canonical::new();
    parts.write(Form::RULE, &mut canonical);
    let mut here = String::new();
    canonical.write_string_to_sign(&claim.authorization().sign_time(), &mut here);
    let one_line = |text: &str| text.trim_end().replace('\n', " ");
    let there = evidence.server.and_then(|server| server.string_to_sign.as_deref()).map(one_line);
    Stage::compared("StringToSign", one_line(&here), there)
}

/// The name that is listed and not sent, which no text has.
fn not_sent(cause: &Cause) -> Option<Stage> {
    let (kind, name) = match cause {
        Cause::HeaderNotSent { name } => ("header", name),
        Cause::ParamNotSent { name } => ("parameter", name),
        _ => return None,
    };
    let there = Some("(listed as signed)".to_owned());
    Some(Stage::compared(format!("{kind} {name}"), "(absent)".to_owned(), there))
}

fn signature(holds: Option<bool>) -> Stage {
    let (here, verdict) = match holds {
        Some(true) => ("holds for what is sent", Verdict::Same),
        Some(false) => ("is not that of this text and key", Verdict::Differs),
        None => ("not checked", Verdict::Unknown),
    };
    Stage { name: "signature".into(), here: here.into(), there: None, verdict }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
