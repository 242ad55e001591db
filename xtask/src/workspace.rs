//! The workspace that is being worked on, and how its children are started.
//!
//! A child's environment is ours without what `cargo run` added for us and without what would change the
//! build behind the configuration's back: an environment `RUSTFLAGS` *replaces* the wasm target features of
//! `.cargo/config.toml`, `CARGO_BUILD_TARGET` moves the outputs, trunk obeys `TRUNK_*` and fails on `NO_COLOR`.

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;

const REMOVED: [&str; 14] = [
    "CARGO",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_ENCODED_RUSTDOCFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "NO_COLOR",
];
const REMOVED_PREFIXES: [&str; 2] = ["CARGO_PKG_", "TRUNK_"];

/// The part of Cargo.lock that is read here.
#[derive(Deserialize)]
struct Lock {
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
}

/// The workspace's folders and packages.
pub struct Workspace {
    /// The folder of the root Cargo.toml.
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    pub target: PathBuf,
    /// What cargo knows of the members: their dependencies as written, not as resolved.
    pub metadata: Metadata,
}

impl Workspace {
    /// Finds the workspace this program was built from.
    ///
    /// # Errors
    /// Its folder is gone, or cargo cannot read it.
    pub fn open() -> Result<Self> {
        // What `cargo run` says is where the tree is now; the tree may have moved since this was compiled.
        let folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let mut command = MetadataCommand::new();
        command.no_deps().manifest_path(folder.join("Cargo.toml"));
        for name in REMOVED {
            command.env_remove(name);
        }
        let metadata = command.exec().with_context(|| format!("cargo cannot read {}", folder.display()))?;
        let root = PathBuf::from(metadata.workspace_root.as_std_path());
        let target = PathBuf::from(metadata.target_directory.as_std_path());
        Ok(Self { root, target, metadata })
    }

    /// Waits until no other `cargo xtask` works on this tree. Cargo and trunk lock less: two at a time pull the
    /// half-built page from under each other. Dropping the file, or becoming the server, lets the next one in.
    ///
    /// # Errors
    /// The target folder cannot be written.
    pub fn lock(&self) -> Result<File> {
        let place = self.target.join("xtask.lock");
        let cannot = || format!("{} could not be locked", place.display());
        std::fs::create_dir_all(&self.target).with_context(cannot)?;
        let file = File::create(&place).with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => eprintln!("── waiting for another `cargo xtask` to finish"),
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        file.lock().with_context(cannot)?;
        Ok(file)
    }

    /// The version of a package that Cargo.lock has chosen.
    ///
    /// # Errors
    /// Nothing in the workspace depends on it.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let file = self.root.join("Cargo.lock");
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let lock: Lock =
            toml::from_str(&text).with_context(|| format!("{} is no lock file", file.display()))?;
        match lock.package.into_iter().find(|found| found.name == package) {
            Some(found) => Ok(found.version),
            None => bail!("expected a package named {package} in {}, found none", file.display()),
        }
    }

    /// The version of a package of the workspace.
    ///
    /// # Errors
    /// It has none of this name.
    pub fn version(&self, package: &str) -> Result<String> {
        let found = self.metadata.packages.iter().find(|found| found.name.as_str() == package);
        let found =
            found.with_context(|| format!("expected a package {package} in the workspace, found none"))?;
        Ok(found.version.to_string())
    }

    /// A program to be run in the root with a clean environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for name in REMOVED {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            if REMOVED_PREFIXES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command
    }

    /// Cargo, with a clean environment.
    pub fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// A program that a release build has made.
    pub fn release_binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// Runs a program to its end, its output going where ours goes.
///
/// # Errors
/// It cannot be started, or it fails: with its command line.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} could not be started", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a program and returns what it prints on stdout.
///
/// # Errors
/// It cannot be started, it fails, or what it prints is not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("{} could not be started", line(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", line(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", line(command)))
}

/// The command as one would type it, the program without its folder.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    format!("`{}`", words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" "))
}
