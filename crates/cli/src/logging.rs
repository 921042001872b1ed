//! What happens inside, told on standard error when it is asked for.

use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::exit::Failure;

#[derive(Args)]
pub(crate) struct LogArgs {
    /// Tell more of what happens on standard error: -v info, -vv debug, -vvv trace
    #[arg(short, long, global = true, display_order = 900, action = clap::ArgAction::Count)]
    verbose: u8,

    /// What to tell: off, error, warn, info, debug, trace, or directives such as cospass_server=debug. Without it
    /// RUST_LOG, or warn
    #[arg(
        long,
        global = true,
        display_order = 901,
        value_name = "LEVEL",
        conflicts_with = "verbose"
    )]
    log: Option<String>,
}

impl LogArgs {
    /// Starts logging to standard error. What a file says counts where the command line says nothing.
    pub(crate) fn start(&self, of_file: Option<&str>) -> Result<(), Failure> {
        let directives = match (&self.log, self.verbose, of_file) {
            (Some(directives), ..) => directives.clone(),
            (None, 1, _) => "info".to_owned(),
            (None, 2, _) => "debug".to_owned(),
            (None, 3.., _) => "trace".to_owned(),
            (None, 0, Some(directives)) => directives.to_owned(),
            (None, 0, None) => std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()),
        };
        let filter = EnvFilter::try_new(&directives).map_err(|error| {
            let message =
                format_args!("{directives:?} is no log level ({error}); give warn, info or debug");
            Failure::usage("log-level", message)
        })?;
        // Another logger is never set before this one, and without a logger the command works as well.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .try_init();
        Ok(())
    }
}
