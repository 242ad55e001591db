//! The browsers of tests and benchmarks: installed ones, else Debian's packages where we may install them.

use crate::steps::Steps;
use crate::tools::apt::{apt_install, can_apt_install};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Chromium's executable.
///
/// # Errors
/// There is none, and this machine is not one where we can install it.
pub fn find_or_install(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    take(workspace, steps, "chromium", chromium::find_executable)
}

/// The executable of Firefox, with which the tests look at the page without relaxed SIMD.
///
/// # Errors
/// Those of [`find_or_install`].
pub fn find_or_install_firefox(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    take(workspace, steps, "firefox-esr", chromium::find_firefox)
}

fn take(
    workspace: &Workspace,
    steps: &mut Steps,
    package: &str,
    find: fn() -> Result<PathBuf, chromium::Error>,
) -> Result<PathBuf> {
    let missing = match find() {
        Err(missing @ chromium::Error::NotFound { .. }) => missing,
        found => return Ok(found?),
    };
    steps.take(&format!("install {package}"), || {
        if !can_apt_install() {
            bail!("{missing}; here it cannot: on Debian, `sudo apt-get install {package}` does");
        }
        apt_install(workspace, package)?;
        find().with_context(|| format!("apt-get has installed {package}"))
    })
}
