//! typos, the spelling checker: PyPI's wheel holds the program itself, so with pip it is there in seconds; else it
//! is built from crates.io.

use crate::steps::Steps;
use crate::tools::Place;
use crate::tools::cache::Cache;
use crate::tools::crates_io::{Lock, Package, Workshop};
use crate::tools::on_path::is_on_path;
use crate::workspace::{Workspace, run};
use anyhow::Result;

/// The version of wheel and crate, and of .pre-commit-config.yaml.
pub const VERSION: &str = "1.52.0";
const CRATE: Package<'_> = Package::new("typos-cli", VERSION, Lock::TheirsFirst).with_program("typos");
/// The ways to call pip; a system may have any of them.
const PIPS: [&[&str]; 4] = [&["pip"], &["pip3"], &["python3", "-m", "pip"], &["python", "-m", "pip"]];

/// Finds the program, or installs it.
///
/// # Errors
/// It cannot be installed.
pub fn install(workspace: &Workspace, cache: &Cache, steps: &mut Steps) -> Result<Place> {
    if is_on_path(workspace, "typos", VERSION) {
        return Ok(Place::OnPath);
    }
    let answers = |pip: &&&[&str]| {
        let answer = workspace.command(pip[0]).args(&pip[1..]).arg("--version").output();
        answer.is_ok_and(|it| it.status.success())
    };
    if let Some(pip) = PIPS.iter().find(answers) {
        let installed = cache.install(steps, "typos", VERSION, |root| {
            let mut command = workspace.command(pip[0]);
            command.env("PIP_ROOT_USER_ACTION", "ignore").args(&pip[1..]).args(["install", "--quiet"]);
            command.args(["--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--target"]);
            run(command.arg(root).arg(format!("typos=={VERSION}")))
        });
        match installed {
            Ok(folder) => return Ok(Place::Folder(folder.join("bin"))),
            Err(error) => eprintln!("   {error:#}; building it instead"),
        }
    }
    Workshop::default().install(workspace, cache, steps, &CRATE)
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn before_a_commit_the_same_version_checks() {
        let hooks = include_str!("../../../.pre-commit-config.yaml");
        assert!(hooks.contains(&format!("typos=={VERSION}")), "see .pre-commit-config.yaml");
    }
}
