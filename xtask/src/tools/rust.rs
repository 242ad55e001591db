//! Rust's own parts: the wasm target's library, rustfmt, clippy.
//!
//! rust-toolchain.toml names them, but rustup reads it only when it installs the toolchain; one that was there
//! before may lack them. Without rustup (a distribution's Rust) they must be there already.

use crate::steps::Steps;
use crate::workspace::{Workspace, output, run};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// The target of engine and page.
pub const WASM: &str = "wasm32-unknown-unknown";
/// A component and the cargo command that shows it is there.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "fmt"), ("clippy", "clippy")];

/// Installs what is missing.
///
/// # Errors
/// Something is missing and rustup is not there, or cannot install it.
pub fn prepare(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    add_rust_target(workspace, steps, WASM)?;
    for (component, command) in COMPONENTS {
        let probe = workspace.cargo().args([command, "--version"]).output();
        if !probe.context("cargo could not be started")?.status.success() {
            rustup(workspace, steps, &["component", "add", component])?;
        }
    }
    Ok(())
}

/// Installs a target's library where it is missing.
///
/// # Errors
/// As [`prepare`].
pub fn add_rust_target(workspace: &Workspace, steps: &mut Steps, target: &str) -> Result<()> {
    let libraries =
        output(workspace.command("rustc").args(["--print", "target-libdir", "--target", target]))?;
    match Path::new(libraries.trim()).is_dir() {
        true => Ok(()),
        false => rustup(workspace, steps, &["target", "add", target]),
    }
}

fn rustup(workspace: &Workspace, steps: &mut Steps, arguments: &[&str]) -> Result<()> {
    let wish = arguments.join(" ");
    steps.take(&format!("rustup {wish}"), || {
        if workspace.command("rustup").arg("--version").output().is_err() {
            bail!(
                "expected rustup or a Rust that has it all, found neither: install rustup (https://rustup.rs), or \
                 your distribution's package for `{wish}`"
            );
        }
        run(workspace.command("rustup").args(arguments))
    })
}
