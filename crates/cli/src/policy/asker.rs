//! Who asks: of a policy of its own, or by `--as` of a bucket's policy.

use clap::Args;
use cospass_protocol::policy::{Answer, Identity, PolicyKind, Question};

use super::file::PolicyFile;
use crate::exit::Failure;
use crate::output::note;

#[derive(Args)]
pub(super) struct AskerArgs {
    /// Who asks, of a bucket's policy: qcs::cam::uin/OWNER:uin/USER; an unsigned request if left out
    #[arg(long = "as", value_name = "PRINCIPAL", value_parser = parse_identity)]
    identity: Option<Identity>,
}

/// Who makes requests.
pub(super) enum Asker {
    /// Whoever has the policy.
    Holder,
    /// Somebody with a key, whom the policy of a bucket may name.
    Named(Identity),
    /// Nobody who is known: an unsigned request.
    Nobody,
}

fn parse_identity(text: &str) -> Result<Identity, String> {
    Identity::from_id(text).ok_or_else(|| {
        "it is no principal; write qcs::cam::uin/OWNER:uin/USER, or leave it out for an unsigned request".to_owned()
    })
}

impl AskerArgs {
    /// Who asks of that policy.
    pub(super) fn asker(self, path: &str, file: &PolicyFile) -> Result<Asker, Failure> {
        match (file.kind, self.identity) {
            (PolicyKind::Identity, None) => Ok(Asker::Holder),
            (PolicyKind::Identity, Some(identity)) => {
                let message = format_args!(
                    "{path} names no principals and counts for whoever has it; leave --as {} out",
                    identity.id()
                );
                Err(Failure::usage("principal", message))
            }
            (PolicyKind::Bucket, Some(identity)) => Ok(Asker::Named(identity)),
            (PolicyKind::Bucket, None) => {
                note(format_args!(
                    "note: {path} names principals, so it is a bucket's, and an unsigned request is asked about; --as names somebody"
                ));
                Ok(Asker::Nobody)
            }
        }
    }
}

impl Asker {
    /// What the policy says, offline.
    pub(super) fn ask(&self, file: &PolicyFile, question: &Question) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Holder => question.answer(&file.policy),
            Self::Named(identity) => question.answer_of_bucket(&file.policy, Some(identity)),
            Self::Nobody => question.answer_of_bucket(&file.policy, None),
        };
        answer.map_err(|error| Failure::usage("request", error))
    }
}
