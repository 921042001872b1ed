//! Warnings on standard error, and `--deny-warnings`, which refuses what they are of. `docs/warnings.md` has a line on each.

use clap::Args;
use cospass_protocol::Warning;

use crate::exit::Failure;
use crate::output::note;

#[derive(Args, Clone, Copy)]
pub(crate) struct WarningArgs {
    /// Refuse what there is a warning of, with exit code 2; docs/warnings.md tells what they mean
    #[arg(long)]
    deny_warnings: bool,
}

impl WarningArgs {
    /// Refuses if there is a warning and it is to be so.
    pub(crate) fn check(self, warnings: &[Warning]) -> Result<(), Failure> {
        match warnings.first().filter(|_| self.deny_warnings) {
            None => Ok(()),
            Some(first) => {
                let message = format_args!(
                    "refused for the warning {}: {first} (--deny-warnings)",
                    first.id()
                );
                Err(Failure::usage("warning-denied", message))
            }
        }
    }

    /// Tells them, or refuses.
    pub(crate) fn tell(self, warnings: &[Warning]) -> Result<(), Failure> {
        self.check(warnings)?;
        tell(warnings);
        Ok(())
    }
}

/// Tells warnings that are accepted.
pub(crate) fn tell(warnings: &[Warning]) {
    for warning in warnings {
        note(format_args!("warning: {}: {warning}", warning.id()));
    }
}
