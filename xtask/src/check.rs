//! `cargo xtask test`: every check, the quick ones first.
//!
//! The tests proper come last and are one `cargo test`, so that its own result lines close the output. What
//! the browser tests open has been built by then. Everything is compiled in the release profile: lints, docs
//! and tests share their dependencies, and matrix products take minutes without optimization.

use crate::build;
use crate::emulation;
use crate::invariants;
use crate::javascript;
use crate::package;
use crate::rooms;
use crate::steps::Steps;
use crate::tools::{Tools, browser, node};
use crate::workspace::{Workspace, run};
use anyhow::Result;

/// What `--all` gives the tests to search longer: cases of each property for proptest (256 otherwise), mutations of
/// each corpus for the crate `fuzz` (3,000 otherwise); five batches of ten thousand texts for the page (none otherwise).
const SEARCH_LONGER: [(&str, &str); 3] =
    [("PROPTEST_CASES", "4096"), ("FUZZ_MUTATIONS", "100000"), ("TICKERTONE_TEST_ALL", "1")];

/// Runs every check; with `is_all` also those that take long.
///
/// # Errors
/// The first that fails.
pub fn check(workspace: &Workspace, steps: &mut Steps, is_all: bool) -> Result<()> {
    let tools = Tools::prepare_with_checkers(workspace, steps)?;
    let chromium = browser::find_or_install(workspace, steps)?;
    let firefox = browser::find_or_install_firefox(workspace, steps)?;
    node::find_or_install(workspace, steps)?;
    let axe = node::axe(workspace, steps)?;
    steps.take("format", || run(workspace.cargo().args(["fmt", "--all", "--check"])))?;
    steps.take("spelling", || run(&mut tools.command(workspace, "typos")?))?;
    steps.take("invariants", || {
        invariants::check(workspace)?;
        rooms::check(workspace)
    })?;
    steps.take("dependencies", || dependencies(workspace, &tools))?;
    javascript::check(workspace, steps)?;
    steps.take_both(
        |steps| {
            build::page_and_engine(workspace, &tools, steps)?;
            package::write_site(workspace, steps)?;
            steps.take("lints of what runs in the browser", || build::lint(workspace))
        },
        |steps| {
            lints_and_docs(workspace, steps)?;
            emulation::check_neon(workspace, steps)
        },
    )?;
    package::trial::try_out(workspace, steps, &chromium, is_all)?;
    if is_all {
        steps.take("benches, each once", || {
            run(workspace.cargo().args(["bench", "--workspace", "--bench", "*", "--", "--test"]))
        })?;
    }
    eprintln!("so far:");
    steps.print_summary();
    steps.take("tests, in the real browsers too", || {
        let mut tests = workspace.cargo();
        if is_all {
            tests.envs(SEARCH_LONGER);
        }
        tests.env("CHROME", &chromium).env("FIREFOX", &firefox).env("AXE", &axe);
        run(tests.args(["test", "--release", "--workspace"]))
    })?;
    eprintln!("every check passed, in {}", steps.total());
    Ok(())
}

fn lints_and_docs(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.take("lints", || {
        let lint = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
        run(workspace.cargo().args(lint))
    })?;
    steps.take("docs", || {
        let mut doc = workspace.cargo();
        doc.env("RUSTDOCFLAGS", "-D warnings");
        run(doc.args(["doc", "--release", "--workspace", "--no-deps", "--document-private-items", "--quiet"]))
    })
}

/// What we depend on: used at all, under licences that we may ship, without known holes.
fn dependencies(workspace: &Workspace, tools: &Tools) -> Result<()> {
    run(tools.command(workspace, "cargo-machete")?.arg("--skip-target-dir"))?;
    let deny = || tools.command(workspace, "cargo-deny");
    run(deny()?.args(["--log-level", "error", "check", "bans", "licenses", "sources"]))?;
    // The database is a git repository. A machine without a way to it shall pass, but not in silence.
    let mut fetch = deny()?;
    fetch.args(["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0");
    fetch.env("GIT_HTTP_LOW_SPEED_LIMIT", "1000").env("GIT_HTTP_LOW_SPEED_TIME", "20");
    if !fetch.output()?.status.success() {
        eprintln!("   advisories: NOT checked, their database cannot be fetched from here");
        return Ok(());
    }
    run(deny()?.args(["check", "--disable-fetch", "advisories"]))
}
