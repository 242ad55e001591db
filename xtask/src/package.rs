//! `cargo xtask package`: what others take away with them, in `dist/package/`.
//!
//! The npm package as a tarball ([`npm`]), and the page as a plain folder that any static host can serve ([`site`]).

mod npm;
mod policy;
mod site;

use crate::build;
use crate::steps::Steps;
use crate::workspace::Workspace;
use anyhow::{Context, Result};

/// Builds engine, page and server, and packs them.
///
/// # Errors
/// Something does not build, or cannot be written.
pub fn package(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    build::everything(workspace, steps)?;
    pack(workspace, steps)
}

/// Packs what has been built.
///
/// # Errors
/// See [`package`].
pub fn pack(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let folder = workspace.root.join("dist/package");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    steps.take("pack the npm package", || npm::pack(workspace, &folder))?;
    steps.take("write the static site", || site::write(workspace, &folder))
}
