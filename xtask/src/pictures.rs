//! `cargo xtask pictures`: the page in each of its main states, as people see it.
//!
//! The pictures are taken by the browser test `pictures`, which knows how to lead the page into each state; here it is
//! told where to leave them. They are looked at, not compared.

use crate::build;
use crate::steps::Steps;
use crate::tools::browser;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result};

/// Builds everything and takes the pictures.
///
/// # Errors
/// Something cannot be built, or a state of the page cannot be reached.
pub fn take(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    build::everything(workspace, steps)?;
    let chromium = browser::find_or_install(workspace, steps)?;
    let folder = workspace.root.join("target/pictures");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be created", folder.display()))?;
    steps.take("pictures", || {
        let mut test = workspace.cargo();
        test.env("CHROME", &chromium).env("PICTURES", &folder);
        run(test.args(["test", "--release", "--workspace", "--test", "browser", "pictures::"]))
    })?;
    println!("the pictures are in {}", folder.display());
    Ok(())
}
