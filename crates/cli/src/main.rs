//! The program `cospass`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cospass_cli::run(std::env::args_os()))
}
