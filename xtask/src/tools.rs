//! The machine's preparation: which tools, at which versions, and where they are.
//!
//! Cargo cannot pin programs, so this does: a tool of the very version that is on PATH already is taken
//! ([`on_path`]); any other is installed in a folder of its own, `NAME-VERSION`, in a cache outside the tree
//! ([`cache`]). Another version is another folder, so several checkouts can share the cache. The tools are on
//! the PATH of the children only.

mod apt;
pub mod browser;
pub mod cache;
mod crates_io;
pub mod node;
mod on_path;
mod rust;
mod typos;
mod wasm_opt;

use crate::steps::Steps;
use crate::tools::cache::Cache;
use crate::tools::crates_io::{Lock, Package, Workshop};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use apt::{apt_install, can_apt_install};
pub use rust::{WASM, add_rust_target};

/// Builds the page. Trunk 0.22 needs a newer compiler than rust-toolchain.toml names. Its features are the
/// question for a newer version, and TLS to serve with.
const TRUNK: Package<'_> = Package::new("trunk", "0.21.14", Lock::TheirsFirst).without_default_features();
/// Licences, advisories, sources and bans of the dependencies.
const CARGO_DENY: Package<'_> = Package::new("cargo-deny", "0.20.2", Lock::TheirsFirst);
/// Dependencies that no source file names.
const CARGO_MACHETE: Package<'_> = Package::new("cargo-machete", "0.9.2", Lock::TheirsFirst);

/// Where a tool is.
enum Place {
    /// On the caller's PATH, in the right version.
    OnPath,
    /// In this folder of the cache.
    Folder(PathBuf),
}

/// The tools that turn Rust into a page, and those that check the sources.
pub struct Tools {
    cache: Cache,
    /// What builds, with its version: what was made by other tools is made again. Who only checks is not among them, or
    /// `serve` would make anew what `test` has made.
    versions: Vec<String>,
    /// The folders of those that are not on PATH.
    folders: Vec<PathBuf>,
}

impl Tools {
    /// Installs what building needs and this machine lacks.
    ///
    /// # Errors
    /// A tool cannot be installed; what was there before is untouched.
    pub fn prepare(workspace: &Workspace, steps: &mut Steps) -> Result<Self> {
        Self::prepare_all(workspace, steps, &[])
    }

    /// Installs what building and checking need and this machine lacks.
    ///
    /// # Errors
    /// As [`Tools::prepare`].
    pub fn prepare_with_checkers(workspace: &Workspace, steps: &mut Steps) -> Result<Self> {
        let mut tools = Self::prepare_all(workspace, steps, &[CARGO_DENY, CARGO_MACHETE])?;
        let place = typos::install(workspace, &tools.cache, steps)?;
        tools.add(place);
        Ok(tools)
    }

    fn prepare_all(workspace: &Workspace, steps: &mut Steps, checkers: &[Package<'_>]) -> Result<Self> {
        let cache = Cache::locate()?;
        rust::prepare(workspace, steps)?;
        let mut tools = Self { cache, versions: Vec::new(), folders: Vec::new() };
        let bindgen = workspace.locked_version("wasm-bindgen")?;
        let bindgen = Package::new("wasm-bindgen-cli", &bindgen, Lock::OursFirst)
            .with_program("wasm-bindgen")
            .without_default_features();
        let mut workshop = Workshop::default();
        for package in [TRUNK, bindgen] {
            tools.add(workshop.install(workspace, &tools.cache, steps, &package)?);
            tools.versions.push(format!("{} {}", package.program, package.version));
        }
        for package in checkers {
            tools.add(workshop.install(workspace, &tools.cache, steps, package)?);
        }
        let (version, place) = wasm_opt::install(workspace, &tools.cache, steps, &mut workshop)?;
        tools.add(place);
        tools.versions.push(format!("wasm-opt {version}"));
        Ok(tools)
    }

    fn add(&mut self, place: Place) {
        if let Place::Folder(folder) = place {
            self.folders.push(folder);
        }
    }

    /// Where the tools are kept.
    pub fn cache(&self) -> &Path {
        self.cache.folder()
    }

    /// The tools that build, with their versions.
    pub fn versions(&self) -> &[String] {
        &self.versions
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
