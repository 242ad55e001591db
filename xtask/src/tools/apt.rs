//! Debian's packages, where we may install them.

use crate::workspace::{Workspace, run};
use anyhow::Result;
use std::path::Path;

/// Whether this is Debian or one of its children, and we are root.
pub fn can_apt_install() -> bool {
    Path::new("/etc/debian_version").is_file() && is_root()
}

/// Installs a package and what it depends on.
///
/// # Errors
/// apt-get fails.
pub fn apt_install(workspace: &Workspace, package: &str) -> Result<()> {
    let apt = || {
        let mut apt = workspace.command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
        apt
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends", package]))
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
