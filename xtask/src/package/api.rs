//! The documentation of the npm package's API, as web pages: TypeDoc makes them of the declarations that TypeScript users
//! get, so that they cannot say anything else.

use crate::javascript::{ENTRIES, TYPESCRIPT};
use crate::steps::Steps;
use crate::tools::cache::Cache;
use crate::tools::node;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result};
use serde_json::json;
use std::path::Path;

const TYPEDOC: (&str, &str) = ("typedoc", "0.28.20");

/// Writes the pages into a folder, in the place of those that were there.
///
/// # Errors
/// TypeDoc cannot be had, or complains.
pub fn document(workspace: &Workspace, steps: &mut Steps, folder: &Path) -> Result<()> {
    let modules = node::npm_install(workspace, &Cache::locate()?, steps, &[TYPEDOC, TYPESCRIPT])?;
    steps.take("document the API", || {
        let entries = ENTRIES.map(|entry| workspace.root.join(entry).with_extension("d.ts"));
        let options = json!({
            "compilerOptions": {
                "strict": true, "target": "ES2022", "module": "ES2022", "moduleResolution": "bundler",
                "lib": ["ES2022", "DOM", "DOM.Iterable"], "types": [], "skipLibCheck": true,
            },
            "files": &entries,
        });
        let project = tempfile::Builder::new().suffix(".json").tempfile().context("no temporary file")?;
        std::fs::write(project.path(), options.to_string()).context("the project file cannot be written")?;
        let mut typedoc = workspace.command("node");
        typedoc.arg(modules.join("typedoc/bin/typedoc")).arg("--tsconfig").arg(project.path());
        typedoc.args(["--name", "tickertone", "--readme", "wasm-model/js/README.md", "--out"]).arg(folder);
        typedoc.args(["--disableSources", "--hideGenerator", "--excludePrivate", "--treatWarningsAsErrors"]);
        typedoc.args(["--logLevel", "Warn"]);
        for entry in &entries {
            typedoc.arg("--entryPoints").arg(entry);
        }
        run(&mut typedoc)
    })
}
