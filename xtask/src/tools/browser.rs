//! The browser of tests and benchmarks: an installed one, else Debian's package where we may install it.

use crate::steps::Steps;
use crate::tools::apt::{apt_install, can_apt_install};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

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
        if !can_apt_install() {
            bail!(
                "the browser tests need Chromium or Chrome, and found none: install one (on Debian: \
                 `sudo apt-get install chromium`), or set CHROME to its executable"
            );
        }
        apt_install(workspace, "chromium")?;
        chromium::find_executable().context("apt-get has installed chromium")
    })
}
