//! The addresses of hosts, asked of Python where a program has put a function of its own in the place of
//! `socket.getaddrinfo`: to keep what it once found, or to lead the service's hosts to another address.

use std::io;
use std::net::{IpAddr, SocketAddr};

use cospass::Resolve;
use pyo3::prelude::*;

use crate::interpreter;

/// See the head of this file.
pub(super) struct OfPython;

impl Resolve for OfPython {
    fn resolve(&self, host: &str) -> io::Result<Option<Vec<SocketAddr>>> {
        // At the end of the process nobody is there to be asked.
        let asked = interpreter::enter(|py| addresses(py, host)).unwrap_or(Ok(None));
        asked.map_err(io::Error::other)
    }
}

/// What the function of a program says, called as the official SDK's transport calls it (urllib3, `create_connection`), but for the
/// port, which is 0. `None` if the function is Python's own.
fn addresses(py: Python<'_>, host: &str) -> PyResult<Option<Vec<SocketAddr>>> {
    let socket = py.import("socket")?;
    let function = socket.getattr("getaddrinfo")?;
    let globals = function.getattr_opt("__globals__")?;
    if globals.is_some_and(|globals| globals.is(socket.dict())) {
        return Ok(None);
    }
    let (family, kind) = (socket.getattr("AF_UNSPEC")?, socket.getattr("SOCK_STREAM")?);
    let found = function.call1((host, 0, family, kind))?;
    let mut addresses = Vec::new();
    for row in found.try_iter()? {
        let sockaddr = row?.get_item(4)?;
        let (ip, port): (String, u16) =
            (sockaddr.get_item(0)?.extract()?, sockaddr.get_item(1)?.extract()?);
        // What is no address of a host, as one of a link's zone, is left out.
        addresses.extend(ip.parse::<IpAddr>().map(|ip| SocketAddr::from((ip, port))));
    }
    Ok(Some(addresses))
}
