//! The browser of tests and benchmarks: an installed one, else Debian's package where we may install it.

use crate::steps::Steps;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The browser's executable.
///
/// # Errors
/// There is none, and this machine is not one where we can install it.
pub fn find_or_install(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    match chromium::find_executable() {
        Err(chromium::Error::NotFound) => {}
        found => return Ok(found?),
    }
    steps.take("install Chromium", || {
        if !Path::new("/etc/debian_version").is_file() || !is_root(workspace) {
            bail!(
                "the browser tests need Chromium or Chrome, and found none: install one (on Debian: \
                 `sudo apt-get install chromium`), or set CHROME to its executable"
            );
        }
        run(apt(workspace).arg("update"))?;
        run(apt(workspace).args(["install", "--yes", "--no-install-recommends", "chromium"]))?;
        chromium::find_executable().context("apt-get has installed chromium")
    })
}

fn is_root(workspace: &Workspace) -> bool {
    workspace.command("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn apt(workspace: &Workspace) -> std::process::Command {
    let mut apt = workspace.command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    apt
}
