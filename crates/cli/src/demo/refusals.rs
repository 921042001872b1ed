//! The second half of the demo: three requests as a stranger would send them, each refused and explained.

use cospass::ObjectKey;
use cospass_sign::explain::ServerView;

use super::http::{no_body, read_short, send};
use super::{Demo, sign};
use crate::environment;
use crate::exit::Failure;
use crate::explain::{Case, parse_answer, printable};
use crate::sent::SentRequest;

/// A request that must be refused.
struct Trespass<'a> {
    title: &'static str,
    method: &'static str,
    url: &'a str,
    /// The URL as it was signed, where it was changed.
    original: Option<&'a str>,
    /// The refusal that is expected: the server's code and the explanation's cause.
    code: &'static str,
    cause: &'static str,
}

impl Demo {
    /// A tampered parameter, an expired URL, another method.
    pub(super) async fn refuse_three(&mut self, key: &ObjectKey, url: &str) -> Result<(), Failure> {
        let tampered = url.replace("=attachment%3B", "=inline%3B");
        self.refuse(Trespass {
            title: "A stranger changes a parameter: the file is to open in the browser.",
            method: "GET",
            url: &tampered,
            original: Some(url),
            code: "SignatureDoesNotMatch",
            cause: "param-changed",
        })
        .await?;
        let an_hour_ago = environment::now() - 3600;
        let expired = sign(self.presign("GET", key).now(an_hour_ago).expires(300))?;
        self.refuse(Trespass {
            title: "A URL is used an hour after it was made for five minutes.",
            method: "GET",
            url: expired.url(),
            original: None,
            code: "AccessDenied",
            cause: "expired",
        })
        .await?;
        self.refuse(Trespass {
            title: "The URL of the download is used to delete.",
            method: "DELETE",
            url,
            original: None,
            code: "SignatureDoesNotMatch",
            cause: "method",
        })
        .await
    }

    async fn refuse(&mut self, trespass: Trespass<'_>) -> Result<(), Failure> {
        let Trespass { title, method, url, .. } = trespass;
        self.guide.step(title)?;
        let words: &[&str] = if method == "GET" { &["curl"] } else { &["curl", "-X", method] };
        self.guide.command(&[words, &[url]].concat())?;
        let answer = send(method, url, &[], no_body()).await?;
        let status = answer.status().as_u16();
        let body = read_short(answer).await?;
        let server = parse_answer(&body).unwrap_or_default();
        let ServerView { code, message, .. } = &server;
        let seen = format!("the server answers {status} {code}: {message}");
        let held = status == 403 && code == trespass.code;
        self.guide.check(held, printable(&seen))?;
        self.explain(&trespass, server)
    }

    fn explain(&mut self, trespass: &Trespass<'_>, server: ServerView) -> Result<(), Failure> {
        let request = SentRequest::new(trespass.method, trespass.url, [])?;
        let original = trespass.original.map(|url| SentRequest::new(trespass.method, url, []));
        let case = Case {
            server: Some(server),
            original: original.transpose()?,
            now: environment::now(),
            ..Case::new(Some(&self.credentials))
        };
        let finding = case.explain(&request);
        let (id, cause) = (finding.cause().id(), finding.cause().to_string());
        self.guide.check(id == trespass.cause, format_args!("explain: {id}: {}", printable(&cause)))
    }
}
