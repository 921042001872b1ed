//! `cospass health`: whether an endpoint is ready, as its control listener says. A container without a shell asks so.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::serve::parse_address;

/// How long the connection, and then the answer, may take; the listener itself gives up on its store before that.
const PATIENCE: Duration = Duration::from_secs(6);

/// The longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 4096;

#[derive(Args)]
pub(crate) struct HealthArgs {
    /// Where the control listener is (serve --control)
    #[arg(value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9001", value_parser = parse_address)]
    control: SocketAddr,
}

/// Asks once, and prints what the endpoint says.
pub(crate) fn run(args: &HealthArgs) -> Result<Exit, Failure> {
    let answer = ask(args.control).map_err(|error| {
        let message = format_args!("the control listener on {}: {error}", args.control);
        Failure::new(Exit::Network, "network", message)
    })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut output = Output::stdout();
    output.line(body.trim_end())?;
    output.flush()?;
    Ok(if head.starts_with("HTTP/1.1 200 ") { Exit::Done } else { Exit::Network })
}

fn ask(control: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&control, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {control}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}
