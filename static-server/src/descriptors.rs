//! File descriptors: how many connections the process can hold.
//!
//! Many systems start a process with a soft limit of 1,024 or 256 and let it raise that itself.

use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are no connections: standard streams, sockets and pipes of the runtime, refusals.
const RESERVED: usize = 64;
/// Connections by default where descriptors abound. Each can hold some 64 KiB of headers.
const DEFAULT_CONNECTIONS: usize = 1024;

/// Raises the soft limit of descriptors to the hard one and gives the largest number of connections.
///
/// # Errors
/// More connections than descriptors are wanted, or there are next to none.
pub fn max_connections(wanted: Option<usize>) -> anyhow::Result<usize> {
    let descriptors = raise_limit();
    let possible = descriptors.saturating_sub(RESERVED);
    ensure!(
        wanted.unwrap_or(1) <= possible,
        "--max-connections: expected at most {possible} ({descriptors} file descriptors less {RESERVED}), found {}; \
         lower it, or raise the limit of the process (`ulimit -n`, `LimitNOFILE=`)",
        wanted.map_or("the default".to_owned(), |wanted| wanted.to_string())
    );
    Ok(wanted.unwrap_or(DEFAULT_CONNECTIONS.min(possible)))
}

/// The limit of descriptors after raising it as far as it goes.
fn raise_limit() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // What cannot be raised stays as it is.
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).ok();
    let Rlimit { current, .. } = getrlimit(Resource::Nofile);
    current.and_then(|current| usize::try_from(current).ok()).unwrap_or(usize::MAX)
}
