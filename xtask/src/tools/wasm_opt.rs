//! wasm-opt, Binaryen's optimizer: from npm where there is npm, else built from crates.io.
//!
//! npm's package is current and there in seconds, but is JavaScript, so it needs Node. The crate needs only the
//! compilers that Rust and C need anyway, but takes minutes and is an older Binaryen. Both are pinned, and both
//! know everything that the engine uses.

use crate::steps::Steps;
use crate::tools::cache::Cache;
use crate::tools::{Lock, cargo_install};
use crate::workspace::{Workspace, run};
use anyhow::Result;
use std::path::PathBuf;

const NPM_VERSION: &str = "132.0.0";
const CRATE_VERSION: &str = "0.116.1";

/// The folder of the program, installed there first if need be.
///
/// # Errors
/// It cannot be installed.
pub fn install(workspace: &Workspace, cache: &Cache, steps: &mut Steps) -> Result<PathBuf> {
    let answers =
        |program| workspace.command(program).arg("--version").output().is_ok_and(|it| it.status.success());
    if !(answers("npm") && answers("node")) {
        return cargo_install(workspace, cache, steps, "wasm-opt", CRATE_VERSION, Lock::TheirsFirst);
    }
    let folder = cache.install(steps, "binaryen", NPM_VERSION, |root| {
        let mut npm = workspace.command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"]);
        run(npm.arg(root).arg(format!("binaryen@{NPM_VERSION}")))
    })?;
    Ok(folder.join("node_modules/.bin"))
}
