//! `cargo xtask test`: every check, the quick ones first.
//!
//! The tests proper come last and are one `cargo test`, so that its own result lines close the output. What
//! the browser tests open has been built by then. Everything is compiled in the release profile: lints, docs
//! and tests share their dependencies, and matrix products take minutes without optimization.

use crate::build;
use crate::emulation;
use crate::invariants;
use crate::javascript;
use crate::steps::Steps;
use crate::tools::{Tools, WASM, browser};
use crate::workspace::{Workspace, run};
use anyhow::Result;

/// Runs every check.
///
/// # Errors
/// The first that fails.
pub fn check(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let tools = Tools::prepare(workspace, steps)?;
    let chromium = browser::find_or_install(workspace, steps)?;
    steps.take("format", || run(workspace.cargo().args(["fmt", "--all", "--check"])))?;
    steps.take("invariants", || invariants::check(workspace))?;
    javascript::check(workspace, steps)?;
    steps.take("lints", || {
        run(workspace.cargo().args([
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    steps.take("lints of what runs in the browser", || {
        build::lint_engine(workspace)?;
        let page = ["clippy", "--release", "--package", "web", "--target", WASM];
        run(workspace.cargo().args(page).args(["--", "-D", "warnings"]))
    })?;
    steps.take("docs", || {
        let mut doc = workspace.cargo();
        doc.env("RUSTDOCFLAGS", "-D warnings");
        run(doc.args(["doc", "--release", "--workspace", "--no-deps", "--document-private-items", "--quiet"]))
    })?;
    emulation::check_neon(workspace, steps)?;
    build::page_and_engine(workspace, &tools, steps)?;
    eprintln!("so far:");
    steps.print_summary();
    steps.take("tests, in the real browser too", || {
        run(workspace.cargo().env("CHROME", &chromium).args(["test", "--release", "--workspace"]))
    })?;
    eprintln!("every check passed, in {}", steps.total());
    Ok(())
}
