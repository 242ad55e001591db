//! The checks of the JavaScript: its types, the declarations made of them, its unit tests.
//!
//! The modules are served as they are written; types are JSDoc, checked by TypeScript without writing anything. What
//! TypeScript users of the package get, a `.d.ts` for each entry, is generated here: a committed one that is not current
//! is written anew, and the check fails, so that somebody looks at what has changed.

use crate::steps::Steps;
use crate::tools::node;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};

/// The last TypeScript that is JavaScript itself, and so runs wherever Node does.
pub const TYPESCRIPT: (&str, &str) = ("typescript", "5.9.3");
/// What is checked, and how strictly.
const PROJECT: &str = "wasm-model/tests/js/tsconfig.json";
/// The package's entries, whose types are its contract, relative to the root.
pub const ENTRIES: [&str; 2] = ["wasm-model/js/tickertone.js", "wasm-model/js/element.js"];
/// Where the unit tests are, as `*.test.mjs`.
const TESTS: [&str; 2] = ["wasm-model/tests/js", "web/tests/js"];

/// Checks types, declarations and behaviour.
///
/// # Errors
/// The first check that fails; Node or TypeScript cannot be had.
pub fn check(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    node::find_or_install(workspace, steps)?;
    let emitted = tempfile::tempdir().context("no temporary folder")?;
    let mut tsc = node::npm_command(workspace, steps, TYPESCRIPT, "tsc")?;
    steps.take("types of the JavaScript", || {
        tsc.args(["--project", PROJECT, "--noEmit", "false", "--declaration", "--emitDeclarationOnly"]);
        run(tsc.args(["--rootDir", ".", "--outDir"]).arg(emitted.path()))?;
        for entry in ENTRIES {
            let generated = emitted.path().join(entry).with_extension("d.ts");
            let generated = std::fs::read_to_string(&generated)
                .with_context(|| format!("TypeScript has not written {}", generated.display()))?;
            check_declarations(&workspace.root.join(entry).with_extension("d.ts"), &generated)?;
        }
        Ok(())
    })?;
    steps.take("unit tests of the JavaScript", || {
        let mut node = workspace.command("node");
        node.args(["--test", "--test-reporter", "spec"]);
        for folder in TESTS {
            node.args(tests_in(&workspace.root.join(folder))?);
        }
        run(&mut node)
    })
}

/// Holds the committed declarations against the generated ones, and replaces them where they differ.
fn check_declarations(committed: &Path, generated: &str) -> Result<()> {
    let name = committed.file_name().map(|name| name.to_string_lossy().replace(".d.ts", ".js"));
    let source = name.unwrap_or_default();
    let expected = format!(
        "// Generated from the JSDoc of {source} by `cargo xtask test`: change it there.\n\n{generated}"
    );
    if std::fs::read_to_string(committed).is_ok_and(|found| found == expected) {
        return Ok(());
    }
    std::fs::write(committed, expected)
        .with_context(|| format!("{} cannot be written", committed.display()))?;
    bail!("{} was not current and is now: look at what has changed, and commit it", committed.display())
}

/// The test files of a folder, by name. Not every Node that we take finds them by itself.
fn tests_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut tests = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", folder.display()))?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            tests.push(path);
        }
    }
    ensure!(!tests.is_empty(), "expected tests in {}, found none", folder.display());
    tests.sort();
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::{check_declarations, tests_in};

    #[test]
    fn declarations_that_are_not_current_are_written_anew_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let committed = folder.path().join("entry.d.ts");
        for generated in ["export type A = 1;\n", "export type A = 2;\n"] {
            let error = check_declarations(&committed, generated).unwrap_err().to_string();
            assert!(error.contains("entry.d.ts was not current"), "{error}");
            check_declarations(&committed, generated).unwrap();
            assert!(std::fs::read_to_string(&committed).unwrap().ends_with(generated));
        }
    }

    #[test]
    fn a_folder_without_tests_proves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("fake-worker.mjs"), "").unwrap();
        assert!(tests_in(folder.path()).unwrap_err().to_string().contains("found none"));
        for name in ["pool.test.mjs", "engine.test.mjs"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names = tests_in(folder.path()).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["engine.test.mjs", "pool.test.mjs"]);
    }
}
