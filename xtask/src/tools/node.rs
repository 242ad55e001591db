//! Node and npm, for the checks of the JavaScript: installed ones, else Debian's packages where we may install them.
//!
//! Nothing that is served needs them: the page's modules are run as they are written. npm's packages are pinned here
//! and live in the cache of tools, so the tree holds no `node_modules` and no lock file.

use crate::steps::Steps;
use crate::tools::apt::{apt_install, can_apt_install};
use crate::tools::cache::Cache;
use crate::workspace::{Workspace, output, run};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// The oldest that has a test runner with mocks, and hooks for imports.
const OLDEST: (u32, u32) = (18, 19);

/// Makes sure that `node` and `npm` are there.
///
/// # Errors
/// They are not, or too old, and this machine is not one where we can install them.
pub fn find_or_install(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    if !is_there(workspace) {
        steps.take("install Node", || {
            if !can_apt_install() {
                bail!(
                    "the checks of the JavaScript need Node and npm, and found none: install them (on Debian: \
                     `sudo apt-get install nodejs npm`)"
                );
            }
            apt_install(workspace, "npm")
        })?;
    }
    let version = output(workspace.command("node").arg("--version"))?;
    check_version(version.trim())
}

/// Whether `node` and `npm` are there, of whatever version.
pub fn is_there(workspace: &Workspace) -> bool {
    ["node", "npm"].iter().all(|program| {
        workspace.command(program).arg("--version").output().is_ok_and(|answer| answer.status.success())
    })
}

/// The `node_modules` with an npm package that depends on no other, which is installed first if need be.
///
/// # Errors
/// It cannot be installed.
pub fn npm_install(
    workspace: &Workspace,
    cache: &Cache,
    steps: &mut Steps,
    (package, version): (&str, &str),
) -> Result<PathBuf> {
    let folder = cache.install(steps, package, version, |root| {
        let mut npm = workspace.command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"]);
        run(npm.arg(root).arg(format!("{package}@{version}")))
    })?;
    Ok(folder.join("node_modules"))
}

/// Finds what keeps people from using a page; the browser tests inject it. Nothing of it is shipped (MPL-2.0).
const AXE: (&str, &str) = ("axe-core", "4.14.1");

/// The script of axe-core, which is installed first if need be.
///
/// # Errors
/// It cannot be installed.
pub fn axe(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    let modules = npm_install(workspace, &Cache::locate()?, steps, AXE)?;
    Ok(modules.join(AXE.0).join("axe.min.js"))
}

/// A command of such a package.
///
/// # Errors
/// It cannot be installed.
pub fn npm_command(
    workspace: &Workspace,
    steps: &mut Steps,
    package: (&str, &str),
    name: &str,
) -> Result<Command> {
    let modules = npm_install(workspace, &Cache::locate()?, steps, package)?;
    let program = modules.join(package.0).join("bin").join(name);
    let mut command = workspace.command("node");
    command.arg(program);
    Ok(command)
}

/// Checks a version as `node --version` prints it.
fn check_version(found: &str) -> Result<()> {
    let mut numbers = found.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    let version = numbers.next().zip(numbers.next());
    let version = version.with_context(|| format!("expected a version of Node, found `{found}`"))?;
    if version < OLDEST {
        let (major, minor) = OLDEST;
        bail!(
            "the checks of the JavaScript need Node {major}.{minor} or later, found {found}: install a later one"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_version;

    #[test]
    fn an_old_node_is_named_and_a_later_one_is_taken() {
        for version in ["v18.19.0", "v18.20.4", "v20.20.2", "v100.0.0"] {
            check_version(version).unwrap();
        }
        let error = check_version("v18.13.0").unwrap_err().to_string();
        assert!(error.contains("18.19") && error.contains("v18.13.0"), "{error}");
        assert!(check_version("what").unwrap_err().to_string().contains("`what`"));
    }
}
