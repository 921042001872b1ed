//! `completions` and `man`: what a shell and a reader of manual pages know of the command, made from its own definition.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::{Exit, Failure};
use crate::output::{Output, note};

/// What the help of `completions` tells beside its arguments.
pub(crate) const MORE_HELP: &str = "\
Where they go:
  bash  cospass completions bash > ~/.local/share/bash-completion/completions/cospass
  zsh   cospass completions zsh > a folder of $fpath, as _cospass
  fish  cospass completions fish > ~/.config/fish/completions/cospass.fish";

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that reads them
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArgs {
    /// Where the pages go: a folder, made if it is not there
    folder: PathBuf,
}

/// Writes the completions of a shell to standard output.
pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "cospass", &mut script);
    let mut output = Output::stdout();
    output.line(String::from_utf8_lossy(&script).trim_end())?;
    output.flush()?;
    Ok(Exit::Done)
}

/// Writes a page for the command and one for each of its subcommands.
pub(crate) fn man(args: &ManArgs, command: Command) -> Result<Exit, Failure> {
    let folder = &args.folder;
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| {
        Failure::io(format_args!("cannot write the pages to {}", folder.display()), &error)
    })?;
    note(format_args!("the manual pages are in {}; man -l cospass.1 shows one", folder.display()));
    Ok(Exit::Done)
}
