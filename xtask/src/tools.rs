//! The machine's preparation: which tools, at which versions, and where they are.
//!
//! Cargo cannot pin programs, so this does: each tool has a folder of its own, `NAME-VERSION`, in a cache
//! outside the tree ([`cache`]). Another version is another folder, so several checkouts can share the cache.
//! The tools are on the PATH of the children only.

mod apt;
pub mod browser;
mod cache;
pub mod node;
mod rust;
mod wasm_opt;

use crate::steps::Steps;
use crate::tools::cache::Cache;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use apt::{apt_install, can_apt_install};
pub use rust::{WASM, add_rust_target};

/// Trunk 0.22 needs a newer compiler than rust-toolchain.toml names.
const TRUNK: &str = "0.21.14";

/// The tools that turn Rust into a page.
pub struct Tools {
    cache: Cache,
    folders: Vec<PathBuf>,
}

impl Tools {
    /// Installs what is missing.
    ///
    /// # Errors
    /// A tool cannot be installed; what was there before is untouched.
    pub fn prepare(workspace: &Workspace, steps: &mut Steps) -> Result<Self> {
        let cache = Cache::locate()?;
        rust::prepare(workspace, steps)?;
        let bindgen = workspace.locked_version("wasm-bindgen")?;
        let folders = vec![
            cargo_install(workspace, &cache, steps, "trunk", TRUNK, Lock::TheirsFirst)?,
            cargo_install(workspace, &cache, steps, "wasm-bindgen-cli", &bindgen, Lock::OursFirst)?,
            wasm_opt::install(workspace, &cache, steps)?,
        ];
        Ok(Self { cache, folders })
    }

    /// Where the tools are kept.
    pub fn cache(&self) -> &Path {
        self.cache.folder()
    }

    /// The tools' folders, whose names hold their versions.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// One of the tools, or any other program, with the tools first on its PATH.
    ///
    /// # Errors
    /// A folder's name cannot stand in PATH.
    pub fn command(&self, workspace: &Workspace, program: &str) -> Result<Command> {
        let mut command = workspace.command(self.locate(program));
        command.env("PATH", self.path()?);
        Ok(command)
    }

    fn path(&self) -> Result<OsString> {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(std::env::split_paths(&inherited));
        std::env::join_paths(folders)
            .with_context(|| format!("{} cannot stand in PATH", self.cache.folder().display()))
    }

    /// The PATH given to a child is not the one in which the system looks for the child itself.
    fn locate(&self, program: &str) -> PathBuf {
        let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let candidates = self.folders.iter().map(|folder| folder.join(&file));
        candidates.into_iter().find(|candidate| candidate.is_file()).unwrap_or_else(|| program.into())
    }
}

/// Which versions a tool's own dependencies get first; if that does not build, the other way is tried. Which
/// one works depends on the registry at hand: trunk builds only with the lock file that it ships, and the one
/// that wasm-bindgen-cli ships names a version that not every registry has.
#[derive(Clone, Copy)]
enum Lock {
    TheirsFirst,
    OursFirst,
}

/// Builds a pinned tool from the registry, and returns the folder of its programs.
fn cargo_install(
    workspace: &Workspace,
    cache: &Cache,
    steps: &mut Steps,
    name: &str,
    version: &str,
    lock: Lock,
) -> Result<PathBuf> {
    let folder = cache.install(steps, name, version, |root| {
        let install = |is_locked: bool| {
            let mut command = workspace.cargo();
            // Outside the tree, so that the workspace's configuration is not the tool's.
            command.current_dir(cache.folder()).env_remove("CARGO_TARGET_DIR");
            command.args(["install", name, "--version", &format!("={version}"), "--root"]).arg(root);
            if is_locked {
                command.arg("--locked");
            }
            run(&mut command)
        };
        let is_locked_first = matches!(lock, Lock::TheirsFirst);
        install(is_locked_first).or_else(|first| {
            eprintln!(
                "   {first:#}; trying {} its own lock file",
                if is_locked_first { "without" } else { "with" }
            );
            install(!is_locked_first)
        })
    })?;
    Ok(folder.join("bin"))
}
