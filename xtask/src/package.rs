//! `cargo xtask package`: what others take away with them, in `dist/package/`.
//!
//! The npm package as a tarball ([`npm`]) with the documentation of its API ([`api`]), and the page as a plain folder that
//! any static host can serve ([`site`]). `cargo xtask test` installs the tarball as others would and has it answer
//! ([`trial`]).

mod api;
mod npm;
mod site;
pub mod trial;

use crate::build;
use crate::steps::Steps;
use crate::tools::node;
use crate::workspace::Workspace;
use anyhow::{Context, Result};

/// Builds engine, page and server, and packs them.
///
/// # Errors
/// Something does not build, or cannot be written.
pub fn package(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    node::find_or_install(workspace, steps)?;
    build::everything(workspace, steps)?;
    let folder = workspace.root.join("dist/package");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    let tarball = steps.take("pack the npm package", || npm::pack(workspace, &folder))?;
    api::document(workspace, steps, &folder.join("docs/api"))?;
    steps.take("write the static site", || site::write(workspace, &folder))?;
    println!("the npm package is {}", tarball.display());
    Ok(())
}
