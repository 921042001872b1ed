//! `cospass serve`: the endpoint, until it is told to stop.

mod args;
mod config;
mod people;
mod settings;
mod welcome;

use std::path::Path;

use cospass::{Credentials, Scheme};
use cospass_server::{KeptCredentials, Running, StartError};

use crate::environment;
use crate::exit::{Exit, Failure};
use crate::logging::LogArgs;
use crate::output::{Output, note};
use crate::runtime::{ReloadSignal, StopSignal, block_on};
use settings::Settings;
use welcome::Welcome;

pub(crate) use args::{ServeArgs, parse_address};

/// Serves until Ctrl-C or SIGTERM, then lets open requests end.
pub(crate) fn run(args: ServeArgs, log: &LogArgs) -> Result<Exit, Failure> {
    let settings = Settings::of(args)?;
    log.start(settings.log.as_deref())?;
    let (credentials, source) = credentials(&settings)?;
    block_on(async {
        let mut stop = StopSignal::listen()?;
        let mut reload = ReloadSignal::listen()?;
        cospass_server::raise_file_limit();
        let started = settings.builder(credentials.clone())?.start().await;
        let running = started.map_err(|error| not_started(&error, settings.data.as_deref()))?;
        let welcome =
            Welcome { settings: &settings, address: running.local_addr(), source, credentials };
        announce(&running, settings.scheme())?;
        welcome.tell();
        loop {
            tokio::select! {
                () = stop.received() => break,
                () = reload.received() => {
                    if let Err(error) = tokio::task::block_in_place(|| running.reload()) {
                        note(error);
                    }
                }
            }
        }
        note("stopping: open requests may end; press Ctrl-C again to cut them off");
        tokio::select! {
            () = running.shutdown() => {}
            () = stop.received() => {}
        }
        Ok(Exit::Done)
    })
}

/// Tells the address on standard output, and lets go of it: the access log may go there.
fn announce(running: &Running, scheme: Scheme) -> Result<(), Failure> {
    let mut output = Output::stdout();
    let address = running.local_addr();
    let mut announced = output.line(format_args!("listening on {scheme}://{address}"));
    if let Some(control) = running.control_addr() {
        announced =
            announced.and_then(|()| output.line(format_args!("control on http://{control}")));
    }
    if let Some(sts) = running.sts_addr() {
        announced = announced.and_then(|()| output.line(format_args!("sts on {scheme}://{sts}")));
    }
    match announced.and_then(|()| output.flush()) {
        // Whoever started the endpoint may not want to read more of it.
        Ok(()) | Err(Failure::PipeClosed) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Where the credentials of the endpoint come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Environment,
    Config,
    MadeNow,
    Kept,
    /// Made now, and kept nowhere.
    Unkept,
}

/// Those of the environment, of the file, or those kept with the data, in this order.
fn credentials(settings: &Settings) -> Result<(Credentials, Source), Failure> {
    if let Some(credentials) = environment::credentials_of_environment()? {
        return Ok((credentials, Source::Environment));
    }
    if let Some(account) = &settings.account {
        let credentials = Credentials::new(account.secret_id.clone(), account.secret_key()?);
        return Ok((credentials, Source::Config));
    }
    let kept = settings.data.as_deref().map_or_else(KeptCredentials::unkept, KeptCredentials::of);
    let kept = kept.map_err(|error| Failure::new(Exit::Credentials, "credentials-kept", error))?;
    let source = match (&settings.data, kept.is_new) {
        (None, _) => Source::Unkept,
        (Some(_), true) => Source::MadeNow,
        (Some(_), false) => Source::Kept,
    };
    Ok((kept.credentials, source))
}

/// Why an endpoint did not start.
pub(crate) fn not_started(error: &StartError, data: Option<&Path>) -> Failure {
    let exit = match error {
        StartError::Listen { .. } => Exit::Network,
        StartError::AccountTwice { .. }
        | StartError::Bucket(_)
        | StartError::Region(_)
        | StartError::ControlOffLoopback { .. }
        | StartError::Policy { .. }
        | StartError::Role { .. }
        | StartError::Provider { .. }
        | StartError::Unknown { .. }
        | StartError::TokenKeys(_)
        | StartError::Tls(_) => Exit::Usage,
        _ => Exit::Failed,
    };
    let place = data.map_or_else(|| "in memory".to_owned(), |data| format!("on {data:?}"));
    Failure::new(exit, "start", format_args!("the endpoint {place} does not start: {error}"))
}
