//! Tools from crates.io, built here.
//!
//! Most of them orchestrate, and are compiled far longer than they run: so without optimization, without debug
//! information, and all of one preparation in one target folder: what several depend on is compiled once.

use crate::steps::Steps;
use crate::tools::Place;
use crate::tools::cache::Cache;
use crate::tools::on_path::is_on_path;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result};
use std::path::Path;
use tempfile::TempDir;

/// The profile that tools are built in: `dev`, made thinner.
const THIN: [(&str, &str); 5] = [
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_DEV_DEBUG", "false"),
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_DEV_INCREMENTAL", "false"),
];

/// Which versions a tool's own dependencies get first; if that does not build, the other way is tried. Which
/// one works depends on the registry at hand: trunk builds only with the lock file that it ships, and the one
/// that wasm-bindgen-cli ships names a version that not every registry has.
#[derive(Clone, Copy)]
pub enum Lock {
    /// Those of the lock file that the tool ships.
    TheirsFirst,
    /// The newest that it allows.
    OursFirst,
}

/// A package of crates.io at the version that is pinned, and the one program of it that is wanted.
#[derive(Clone, Copy)]
pub struct Package<'a> {
    name: &'a str,
    pub program: &'a str,
    pub version: &'a str,
    lock: Lock,
    has_default_features: bool,
    is_optimized: bool,
}

impl<'a> Package<'a> {
    /// A package whose program has its name.
    pub const fn new(name: &'a str, version: &'a str, lock: Lock) -> Self {
        Self { name, program: name, version, lock, has_default_features: true, is_optimized: false }
    }

    /// The same, of which the program with this name is wanted.
    pub const fn with_program(self, program: &'a str) -> Self {
        Self { program, ..self }
    }

    /// The same without its default features.
    pub const fn without_default_features(self) -> Self {
        Self { has_default_features: false, ..self }
    }

    /// The same, built for its own speed: it works longer than it is compiled.
    pub const fn optimized(self) -> Self {
        Self { is_optimized: true, ..self }
    }
}

/// The folder in which tools are built, made when the first one is and removed with this value.
#[derive(Default)]
pub struct Workshop {
    target: Option<TempDir>,
}

impl Workshop {
    /// Finds a tool, or builds it.
    ///
    /// # Errors
    /// It does not build.
    pub fn install(
        &mut self,
        workspace: &Workspace,
        cache: &Cache,
        steps: &mut Steps,
        package: &Package<'_>,
    ) -> Result<Place> {
        if is_on_path(workspace, package.program, package.version) {
            return Ok(Place::OnPath);
        }
        let folder = cache.install(steps, package.name, package.version, |root| {
            let target = self.target(cache)?;
            let install = |is_locked: bool| {
                let mut command = workspace.cargo();
                // Outside the tree, so that the workspace's configuration is not the tool's.
                command.current_dir(cache.folder()).args(["install", package.name]);
                command.args(["--version", &format!("={}", package.version), "--bin", package.program]);
                command.arg("--root").arg(root).arg("--target-dir").arg(target);
                if !package.is_optimized {
                    command.envs(THIN).args(["--profile", "dev"]);
                }
                if !package.has_default_features {
                    command.arg("--no-default-features");
                }
                if is_locked {
                    command.arg("--locked");
                }
                run(&mut command)
            };
            let is_locked_first = matches!(package.lock, Lock::TheirsFirst);
            install(is_locked_first).or_else(|first| {
                let how = if is_locked_first { "without" } else { "with" };
                eprintln!("   {first:#}; trying {how} its own lock file");
                install(!is_locked_first)
            })
        })?;
        Ok(Place::Folder(folder.join("bin")))
    }

    fn target(&mut self, cache: &Cache) -> Result<&Path> {
        if self.target.is_none() {
            let made = tempfile::Builder::new().prefix(".target-").tempdir_in(cache.folder());
            let made =
                made.with_context(|| format!("no folder could be made in {}", cache.folder().display()))?;
            self.target = Some(made);
        }
        self.target.as_ref().map(TempDir::path).context("the folder was just made")
    }
}
