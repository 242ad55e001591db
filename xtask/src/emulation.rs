//! The NEON kernel on a machine without NEON: compiled for aarch64, run under qemu, and held to the digest that all
//! kernels share. On an aarch64 machine the ordinary tests do that.

use crate::steps::Steps;
use crate::tools::{add_rust_target, apt_install, can_apt_install};
use crate::workspace::{Workspace, output, run};
use anyhow::{Context, Result, ensure};

/// Linked by Rust's own linker, with the C library that the target brings along.
const TARGET: &str = "aarch64-unknown-linux-musl";
/// The program of the qemu package, statically linked (Debian up to 12) and not.
const EMULATORS: [&str; 2] = ["qemu-aarch64-static", "qemu-aarch64"];

/// Compiles and runs the kernels.
///
/// # Errors
/// They do not compile, or compute other bits.
pub fn check_neon(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    if !cfg!(all(target_os = "linux", not(target_arch = "aarch64"))) {
        return Ok(());
    }
    add_rust_target(workspace, steps, TARGET)?;
    let program = workspace.target.join("kernels-aarch64");
    steps.take("compile the kernels for aarch64", || {
        let mut rustc = workspace.command("rustc");
        rustc.args([
            "--edition",
            "2024",
            "-O",
            "--target",
            TARGET,
            "-C",
            "linker=rust-lld",
            "-A",
            "warnings",
        ]);
        run(rustc.arg("-o").arg(&program).arg(workspace.root.join("classifier/tests/kernels/program.rs")))
    })?;
    let Some(emulator) = emulator(workspace, steps)? else {
        eprintln!("kernels for aarch64: compiled, but not run: install qemu-user to run them, too");
        return Ok(());
    };
    steps.take("run the kernels for aarch64", || {
        let digests = output(workspace.command(emulator).arg(&program))?;
        let golden = workspace.root.join("classifier/tests/kernels/digest.txt");
        let golden = std::fs::read_to_string(&golden).context("the kernels' digest cannot be read")?;
        ensure!(digests.contains("neon-dot"), "expected the kernel neon-dot, found:\n{digests}");
        for line in digests.lines() {
            ensure!(line.ends_with(golden.trim()), "expected the digest {}, found: {line}", golden.trim());
        }
        Ok(())
    })
}

fn emulator(workspace: &Workspace, steps: &mut Steps) -> Result<Option<&'static str>> {
    let find =
        || EMULATORS.into_iter().find(|name| workspace.command(name).arg("--version").output().is_ok());
    if find().is_none() && can_apt_install() {
        steps.take("install qemu-user", || apt_install(workspace, "qemu-user-static"))?;
    }
    Ok(find())
}
