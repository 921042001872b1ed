//! Where a fresh URL, or a fresh bundle, comes from when the old one ends: a function, a command, an HTTP endpoint.

use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cospass_protocol::UrlParts;
use http::Request;
use http_body_util::{BodyExt, Empty};

use crate::answer::read_whole;
use crate::client::USER_AGENT;
use crate::error::Error;
use crate::transport::Transport;

/// The longest text that is taken: a bundle of 10,000 URLs.
const FRESH_MAX: usize = 32 * 1024 * 1024;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What [`UrlSource::fresh`] returns.
pub type Freshening<'a> = Pin<Box<dyn Future<Output = Result<String, Error>> + Send + 'a>>;

/// Gives a fresh URL for the same object, or a fresh bundle for the same upload, when the old one has ended or is about to.
///
/// Any function that returns a future is one:
///
/// ```
/// # use cospass::{Error, UrlSource};
/// fn source() -> impl UrlSource {
///     || async { Ok::<_, Error>("https://…".to_owned()) }
/// }
/// ```
pub trait UrlSource: Send + Sync {
    /// Gives it. White space around it does not matter.
    fn fresh(&self) -> Freshening<'_>;
}

impl<F, R> UrlSource for F
where
    F: Fn() -> R + Send + Sync,
    R: Future<Output = Result<String, Error>> + Send + 'static,
{
    fn fresh(&self) -> Freshening<'_> {
        Box::pin(self())
    }
}

fn no(cause: impl std::fmt::Display) -> Error {
    Error::Renewal { cause: cause.to_string() }
}

/// A command whose standard output is the fresh URL, or the fresh bundle.
#[derive(Clone, Debug)]
pub struct RenewCommand {
    program: String,
    arguments: Vec<String>,
}

impl RenewCommand {
    /// A program and its arguments; no shell reads them.
    pub fn new(program: impl Into<String>, arguments: impl IntoIterator<Item = String>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect() }
    }

    async fn run(&self) -> Result<String, Error> {
        let child = tokio::process::Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let child = child.map_err(|error| no(format_args!("{}: {error}", self.program)))?;
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let ended = ended.map_err(|_| no("the command does not end"))?.map_err(no)?;
        if !ended.status.success() {
            return Err(no(format_args!("the command ended with {}", ended.status)));
        }
        String::from_utf8(ended.stdout).map_err(|_| no("the command printed no text"))
    }
}

impl UrlSource for RenewCommand {
    fn fresh(&self) -> Freshening<'_> {
        Box::pin(self.run())
    }
}

/// An HTTP endpoint whose answer to a GET is the fresh URL, or the fresh bundle.
pub struct RenewEndpoint {
    url: String,
    transport: Arc<dyn Transport>,
}

impl RenewEndpoint {
    /// The endpoint of that URL. What it answers is not shown, and neither is the URL, which may bear a secret.
    ///
    /// # Errors
    /// [`Error::Url`] when it is none.
    pub fn new(url: impl Into<String>, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let url = url.into();
        UrlParts::read(&url)?;
        Ok(Self { url, transport })
    }

    async fn ask(&self) -> Result<String, Error> {
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::builder().uri(&self.url).header("User-Agent", USER_AGENT).body(body);
        let asked = self.transport.send(request.map_err(no)?);
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        let answer = answer.map_err(|_| no("the endpoint does not answer"))?.map_err(no)?;
        if !answer.status().is_success() {
            return Err(no(format_args!("the endpoint answered {}", answer.status().as_u16())));
        }
        let text = read_whole(&mut answer.into_body(), FRESH_MAX).await.map_err(no)?;
        String::from_utf8(text.to_vec()).map_err(|_| no("the endpoint answered no text"))
    }
}

impl UrlSource for RenewEndpoint {
    fn fresh(&self) -> Freshening<'_> {
        Box::pin(self.ask())
    }
}

impl std::fmt::Debug for RenewEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RenewEndpoint(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_gives_what_it_prints() {
        let echo = RenewCommand::new("echo", ["http://a/b?c d".to_owned()]);
        assert_eq!(echo.fresh().await.unwrap(), "http://a/b?c d\n");
        for bad in [RenewCommand::new("false", []), RenewCommand::new("/no/such/thing", [])] {
            assert!(matches!(bad.fresh().await, Err(Error::Renewal { .. })));
        }
    }

    #[tokio::test]
    async fn a_function_gives_what_it_returns() {
        let source = || async { Ok::<_, Error>("http://a".to_owned()) };
        assert_eq!(source.fresh().await.unwrap(), "http://a");
    }
}
