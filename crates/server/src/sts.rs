//! The Security Token Service: temporary keys, made and checked here (product 1312).
//!
//! ```text
//! Head ─► body ─► Call ─► authenticate (CallPrincipal) ─► authorize (Permit<Issue>) ─► keys
//! ```
//!
//! A call is told by its host, `sts.tencentcloudapi.com` and the like, or by the listener that it came on. Its signature
//! covers its body, so that the body is read before anybody is believed: within [`Limits::call_size`] and
//! [`Limits::form_time`](crate::Limits::form_time). Every answer has status 200 and exactly `Content-Type: application/json`:
//! tencentcloud-sdk-python tells an error by that.
//!
//! [`Limits::call_size`]: crate::Limits::call_size

mod key_file;
mod token;
mod web_identity;

use cospass_protocol::policy::Circumstances;
use cospass_protocol::sts::{Answer, Call, Form, Received, StsError, StsErrorCode};
use http::header::{CONTENT_TYPE, HeaderValue};

pub use key_file::TokenKeyError;
pub(crate) use key_file::{of_folder, path_in, read as read_keys};
pub(crate) use token::{Issue, TokenKeys, Who, is_temporary};
pub use web_identity::IdentityProvider;
pub(crate) use web_identity::{KnownProvider, Vouched};

use crate::accounts::Accounts;
use crate::authenticate::authenticate_call;
use crate::authorize::{CallAsker, PermittedCall, authorize_call};
use crate::body::SealedBody;
use crate::exchange::Trail;
use crate::head::Head;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;

/// The actions, as operations are named in logs and metrics.
const ACTIONS: [&str; 4] =
    ["GetFederationToken", "AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"];

/// What a call is answered with.
pub(crate) struct Desk<'a> {
    pub(crate) accounts: &'a Accounts,
    pub(crate) head: &'a Head<'a>,
    pub(crate) circumstances: Circumstances<'a>,
    pub(crate) request_id: &'a str,
}

impl Desk<'_> {
    /// Answers a call; what goes wrong with its bytes is refused as with any request.
    pub(crate) async fn answer(
        &self,
        body: &mut SealedBody,
        trail: &mut Trail,
    ) -> Result<Reply, Refusal> {
        let path = String::from_utf8_lossy(self.head.request.path());
        let form = Form::of_path(&path).unwrap_or(Form::Current);
        let answered = match body.read_call().await {
            Ok(body) => self.respond(&path, &body, trail),
            Err(refusal) if refusal.cause == Cause::EntityTooLarge => {
                Err(StsErrorCode::RequestSizeLimitExceeded.into())
            }
            Err(refusal) => return Err(refusal),
        };
        let text = match answered {
            Ok(answer) => answer.write(self.request_id, form),
            Err(error) => {
                trail.refused = Some(error.code.as_str());
                tracing::debug!(%error, "a call of STS is refused");
                error.write(self.request_id, form)
            }
        };
        Ok(Reply::text(text).header(CONTENT_TYPE, HeaderValue::from_static("application/json")))
    }

    fn respond(&self, path: &str, body: &[u8], trail: &mut Trail) -> Result<Answer, StsError> {
        let request = &self.head.request;
        let (method, query, headers) = (request.method(), request.query(), request.headers());
        let call = Call::read(&Received { method, path, query, headers, body })?;
        trail.secret_id = call.secret_id().map(str::to_owned);
        let named = ACTIONS.into_iter().find(|action| *action == call.action());
        trail.operation = named.unwrap_or("-");
        let (principal, request) = authenticate_call(call, self.accounts, self.circumstances.now)?;
        let asker = CallAsker {
            principal: &principal,
            accounts: self.accounts,
            circumstances: &self.circumstances,
            request_id: self.request_id,
        };
        match authorize_call(&asker, request)? {
            PermittedCall::Issue(permit) => {
                self.accounts.token_keys.issue(&permit).map(Answer::Issued)
            }
            PermittedCall::Tell(permit) => Ok(Answer::Caller(permit.into_operation())),
        }
    }
}
