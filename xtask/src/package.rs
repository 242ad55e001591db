//! `cargo xtask package`: what others take away with them, in `dist/package/`.
//!
//! The npm package as a tarball ([`npm`]) with the documentation of its API ([`api`]), and the page as a plain folder that
//! any static host can serve ([`site`]). `cargo xtask test` installs the tarball as others would and has it answer
//! ([`trial`]).

mod api;
mod npm;
mod policy;
mod site;
pub mod trial;

use crate::build;
use crate::steps::Steps;
use crate::tools::node;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Builds engine, page and server, and packs them.
///
/// # Errors
/// Something does not build, or cannot be written.
pub fn package(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    node::find_or_install(workspace, steps)?;
    build::everything(workspace, steps)?;
    let folder = folder(workspace)?;
    let tarball = steps.take("pack the npm package", || npm::pack(workspace, &folder))?;
    api::document(workspace, steps, &folder.join("docs/api"))?;
    write_site(workspace, steps)?;
    println!("the npm package is {}", tarball.display());
    Ok(())
}

/// Writes the static site of what has been built.
///
/// # Errors
/// See [`package`].
pub fn write_site(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let folder = folder(workspace)?;
    steps.take("write the static site", || site::write(workspace, &folder))
}

fn folder(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root.join("dist/package");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    Ok(folder)
}
