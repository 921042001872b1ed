//! How many files the process may open, and how many connections that allows.

use std::io;

/// Files that are open whatever comes: the store's own, the listeners, logs, the runtime's.
const RESERVED: u64 = 32;

/// How many connections may be served at a time: at most so many, and one for every two files, since each may read or
/// write a blob beside its socket.
pub(crate) fn connections(wanted: usize) -> usize {
    let Some(files) = files() else { return wanted };
    let possible = usize::try_from(files.saturating_sub(RESERVED) / 2).unwrap_or(usize::MAX);
    if possible < wanted {
        tracing::warn!(files, connections = possible, "the limit of open files bounds connections");
    }
    possible.clamp(1, wanted.max(1))
}

/// Whether an error says that the process, or the system, has no file left to open.
pub(crate) fn is_reached(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let full = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
        full.contains(&error.raw_os_error())
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

#[cfg(unix)]
fn files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn files() -> Option<u64> {
    None
}

/// Lets the process open as many files as the system allows it to: the soft limit becomes the hard one. For a program
/// that is the endpoint; one that has it inside, and calls `select`, had better leave the limit alone.
pub fn raise() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if limit.current != limit.maximum
            && let Err(error) = setrlimit(Resource::Nofile, raised)
        {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_place_and_never_more_than_wanted() {
        assert_eq!(connections(0), 1);
        assert_eq!(connections(1), 1);
        assert!((1..=1 << 40).contains(&connections(1 << 40)));
    }

    #[test]
    #[cfg(unix)]
    fn want_of_files_is_told_from_other_errors() {
        assert!(is_reached(&rustix::io::Errno::MFILE.into()));
        assert!(!is_reached(&rustix::io::Errno::NOENT.into()));
        assert!(!is_reached(&io::Error::other("x")));
    }
}
