//! wasm-opt, Binaryen's optimizer: from PATH, from npm where there is npm, else built from crates.io.
//!
//! npm's package is current and there in seconds, but is JavaScript, so it needs Node. The crate needs only the
//! compilers that Rust and C need anyway, but takes minutes and is an older Binaryen. Both are pinned, and both
//! know everything that the engine uses.

use crate::steps::Steps;
use crate::tools::Place;
use crate::tools::cache::Cache;
use crate::tools::crates_io::{Lock, Package, Workshop};
use crate::tools::node;
use crate::tools::on_path::is_on_path;
use crate::workspace::Workspace;
use anyhow::Result;

/// Binaryen's own number of the version on npm.
const BINARYEN: &str = "132";
const NPM_VERSION: &str = "132.0.0";
const CRATE: Package<'_> = Package::new("wasm-opt", "0.116.1", Lock::TheirsFirst).optimized();

/// Finds the program, or installs it, and returns its version with its place.
///
/// # Errors
/// It cannot be installed.
pub fn install(
    workspace: &Workspace,
    cache: &Cache,
    steps: &mut Steps,
    workshop: &mut Workshop,
) -> Result<(&'static str, Place)> {
    if is_on_path(workspace, "wasm-opt", BINARYEN) {
        return Ok((BINARYEN, Place::OnPath));
    }
    if !node::is_there(workspace) {
        return Ok((CRATE.version, workshop.install(workspace, cache, steps, &CRATE)?));
    }
    let modules = node::npm_install(workspace, cache, steps, &[("binaryen", NPM_VERSION)])?;
    Ok((BINARYEN, Place::Folder(modules.join(".bin"))))
}
