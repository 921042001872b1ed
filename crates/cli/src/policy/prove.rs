//! `cospass policy prove`: a policy is tried. A private endpoint of this process has it, and each request is really sent.
//!
//! Who asks is another account than the one whose the buckets are, and each bucket has the policy with that account as its
//! principal: so nothing but the policy allows anything. A request that gets past the policy is answered by whatever its
//! operation says, 404 for an object that is not there; one that does not, by 403 `AccessDenied`.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use clap::Args;
use cospass::{
    Bucket, Client, Credentials, Endpoint, Error, Expires, FormKey, HyperTransport, ObjectKey,
    RawRequest, Region, Scheme, Signer, UploadForm,
};
use cospass_protocol::operation::Resource;
use cospass_protocol::policy::Question;
use cospass_server::{Running, Server};

use super::file::{PolicyFile, bytes_of};
use super::request::read_line;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::place::RegionArgs;
use crate::runtime::block_on;
use crate::serve::not_started;
use crate::shell::quote;

/// What `--help` says of the files.
pub(crate) const MORE_HELP: &str = r#"A file of requests has one a line, in the words of `cospass policy check`: a method, a target, and -H, -q as needed;
lines that begin with # are comments. A body is as long as its Content-Length says, and made of zeros.

  # allow.txt
  PUT cos://photos-1250000000/u/42/a.png -H 'Content-Type: image/png' -H 'Content-Length: 1000'
  # deny.txt
  PUT cos://photos-1250000000/u/43/a.png -H 'Content-Type: image/png' -H 'Content-Length: 1000'
  GET cos://photos-1250000000/u/42/a.png

Each is sent to an endpoint in this process that has the policy, and asked about offline as well; a line on standard output
is `ok` or `FAIL`, what happened, and the request. The exit code is 5 if one failed. Requests come over plain HTTP from
127.0.0.1, so --from-ip and --tls cannot be proved: ask for them with `cospass policy check`."#;

/// The longest body that is sent, in bytes.
const BODY_MAX: usize = 64 << 20;

/// The number of the account that asks.
const ASKING: &str = "100000000002";

#[derive(Args)]
pub(crate) struct ProveArgs {
    /// The policy: a file, or - for standard input
    policy: String,

    /// A file of requests that the policy is to permit
    #[arg(long, value_name = "FILE", required_unless_present = "deny")]
    allow: Option<String>,

    /// A file of requests that the policy is not to permit
    #[arg(long, value_name = "FILE")]
    deny: Option<String>,

    #[command(flatten)]
    region: RegionArgs,
}

/// A request, and what the policy is to say of it.
struct Case {
    is_to_be_allowed: bool,
    question: Question,
}

/// Proves.
pub(crate) fn run(args: ProveArgs) -> Result<Exit, Failure> {
    let policy = PolicyFile::read_own(&args.policy)?;
    let region = args.region.region()?;
    let now = environment::now();
    let mut cases = Vec::new();
    for (file, is_to_be_allowed) in [(&args.allow, true), (&args.deny, false)] {
        let Some(file) = file else { continue };
        let questions = questions(file, &region, now)?;
        cases.extend(questions.into_iter().map(|question| Case { is_to_be_allowed, question }));
    }
    let mut output = Output::stdout();
    let failed = block_on(async {
        let proof = Proof::start(&policy, &cases, region).await?;
        let mut failed = 0_usize;
        for case in &cases {
            let (ok, line) = proof.try_one(case, &policy).await?;
            failed += usize::from(!ok);
            output.line(line)?;
            output.flush()?;
        }
        proof.running.shutdown().await;
        Ok(failed)
    })?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Mismatch })
}

/// The requests of a file.
fn questions(file: &str, region: &Region, now: i64) -> Result<Vec<Question>, Failure> {
    let bytes = bytes_of(file, 16 << 20)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut questions = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let bad = |what: &dyn fmt::Display| {
            let message = format_args!("{file}, line {}: {what}", number + 1);
            Failure::usage("requests", message)
        };
        let Some(request) = read_line(line).map_err(|error| bad(&error))? else { continue };
        if request.from_ip.is_some() {
            return Err(bad(
                &"a private endpoint sees 127.0.0.1 alone; leave --from-ip out, or ask with cospass policy check",
            ));
        }
        let mut question = request.question(region.name(), now);
        // As the endpoint will see it.
        (question.ip, question.tls) = (Some([127, 0, 0, 1].into()), None);
        question.needs().map_err(|error| bad(&error))?;
        questions.push(question);
    }
    if questions.is_empty() {
        let message = format_args!("{file} has no request; write one a line");
        return Err(Failure::usage("requests", message));
    }
    Ok(questions)
}

/// An endpoint that has the policy, and somebody who asks.
struct Proof {
    running: Running,
    client: Client,
    signer: Signer,
    transport: HyperTransport,
}

impl Proof {
    async fn start(policy: &PolicyFile, cases: &[Case], region: Region) -> Result<Self, Failure> {
        let owner = Credentials::new("AKIDowner", "owner");
        let asking = Credentials::new("AKIDasking", "asking");
        let buckets: BTreeSet<_> =
            cases.iter().filter_map(|case| case.question.resource.bucket()).collect();
        let mut builder = Server::builder()
            .in_memory()
            .credentials(owner.clone())
            // No bucket is its own: no bucket's name ends so.
            .account(asking.clone(), ASKING, "0")
            .region(region.name());
        for bucket in &buckets {
            builder = builder.bucket(bucket.as_str());
        }
        let running = builder.start().await.map_err(|error| not_started(&error, None))?;
        let endpoint = Endpoint::default_domain(region);
        let client = |credentials: Credentials| {
            let transport = HyperTransport::to_address(running.local_addr());
            let builder = Client::builder(credentials, endpoint.clone()).scheme(Scheme::Http);
            builder.transport(transport).build()
        };
        let text = policy.for_principal(&format!("qcs::cam::uin/{ASKING}:uin/{ASKING}"))?;
        let of_owner = client(owner);
        for bucket in buckets {
            let mut put = RawRequest::new("PUT", Some(bucket.clone()), ObjectKey::bucket());
            put.params = vec![("policy".to_owned(), String::new())];
            put.body = Bytes::from(text.clone());
            of_owner.raw(put).await.map_err(|error| {
                let message = format_args!("the endpoint does not take the policy: {error}");
                Failure::new(Exit::Failed, "policy-refused", message)
            })?;
        }
        Ok(Self {
            client: client(asking.clone()),
            signer: Signer::new(asking, endpoint),
            transport: HyperTransport::to_address(running.local_addr()),
            running,
        })
    }

    /// Sends a request, and compares what came with what was to come and with what the policy says offline.
    async fn try_one(&self, case: &Case, policy: &PolicyFile) -> Result<(bool, String), Failure> {
        let question = &case.question;
        let offline = question.answer(&policy.policy);
        let offline = offline.map_err(|error| Failure::usage("request", error))?;
        let status = self.send(question).await?;
        let was_allowed = status != 403;
        let ok = was_allowed == case.is_to_be_allowed && was_allowed == offline.is_allowed;
        // As the file has it: where it comes from is the endpoint's own affair.
        let plain = Question { ip: None, tls: Some("1.2".to_owned()), ..question.clone() };
        let words: Vec<_> = plain.words().iter().map(|word| quote(word)).collect();
        let mark = if ok { "ok  " } else { "FAIL" };
        let verdict = if was_allowed { "allowed" } else { "denied " };
        let request = words.join(" ");
        let mut line = format!("{mark} {verdict} {status} {request}");
        if !ok {
            line += &format!("\n     offline: {offline}");
        }
        Ok((ok, line))
    }

    /// The status of the answer.
    async fn send(&self, question: &Question) -> Result<u16, Failure> {
        let network = |error: &dyn fmt::Display| Failure::new(Exit::Network, "network", error);
        let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
        let told = question.headers.iter().find(|(name, _)| is_length(name));
        let length = match told.map(|(_, value)| value.parse::<usize>()) {
            None => 0,
            Some(Ok(length)) if length <= BODY_MAX => length,
            Some(_) => {
                let message = format_args!(
                    "a Content-Length is a number up to {BODY_MAX} here; ask for others with cospass policy check"
                );
                return Err(Failure::usage("content-length", message));
            }
        };
        let (bucket, key) = match &question.resource {
            Resource::Service => (None, ObjectKey::bucket()),
            Resource::Bucket(bucket) => (Some(bucket.clone()), ObjectKey::bucket()),
            Resource::Object(bucket, key) => (Some(bucket.clone()), key.clone()),
        };
        if let (Some(bucket), "POST", true) =
            (&bucket, question.method.as_str(), question.params.is_empty())
        {
            return self.send_form(bucket, &key, &question.headers).await;
        }
        let mut request = RawRequest::new(&question.method, bucket, key);
        request.params.clone_from(&question.params);
        request.headers.clone_from(&question.headers);
        request.headers.retain(|(name, _)| !is_length(name));
        request.body = Bytes::from(vec![0; length]);
        match self.client.raw(request).await {
            Ok(answer) => Ok(answer.status),
            Err(Error::Service(refusal)) => Ok(refusal.status),
            Err(error) => Err(network(&error)),
        }
    }

    /// Uploads a byte out of a form.
    async fn send_form(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        headers: &[(String, String)],
    ) -> Result<u16, Failure> {
        let failed = |error: &dyn fmt::Display| Failure::new(Exit::Failed, "form", error);
        let is_type = |name: &str| name.eq_ignore_ascii_case("content-type");
        let fields: Vec<_> = headers
            .iter()
            .filter(|(name, _)| !is_type(name) && !name.eq_ignore_ascii_case("content-length"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let content_type = headers.iter().find(|(name, _)| is_type(name));
        let form = UploadForm {
            scheme: Scheme::Http,
            content_type: content_type.map(|(_, value)| value.as_str()),
            fields: &fields,
            ..UploadForm::new(bucket, FormKey::Exact(key.as_str()), self.signer.endpoint())
        };
        let signed = self.signer.upload_form(&form, Expires::default());
        let signed = signed.map_err(|error| failed(&error))?;
        crate::policy::form::post(&self.transport, &signed).await
    }
}
