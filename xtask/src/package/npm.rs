//! The npm package `tickertone` as a tarball.
//!
//! npm itself packs it, so that it is what `npm publish` would send; npm gives every file the same time, so that the same
//! files make the same bytes.

use crate::workspace::{Workspace, output};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the package's files are, once they are built.
const ENGINE: &str = "dist/engine";
/// What npm adds to what a package names.
const ALWAYS: [&str; 2] = ["README.md", "package.json"];

/// What `npm pack --json` says of one package.
#[derive(Deserialize)]
struct Packed {
    filename: String,
    files: Vec<PackedFile>,
}

#[derive(Deserialize)]
struct PackedFile {
    path: String,
}

#[derive(Deserialize)]
struct Manifest {
    files: Vec<String>,
}

/// Packs `dist/engine` into `tickertone-VERSION.tgz` in `folder`, and returns its path.
///
/// # Errors
/// npm is not there, it cannot be written, or it holds other files than it names.
pub fn pack(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let engine = workspace.root.join(ENGINE);
    let mut npm = workspace.command("npm");
    npm.args(["pack", "--json", "--ignore-scripts", "--pack-destination"]).arg(folder).current_dir(&engine);
    let said = output(&mut npm)?;
    let packed: Vec<Packed> =
        serde_json::from_str(&said).with_context(|| format!("npm pack answered `{said}`"))?;
    let packed = packed.first().context("npm pack has packed nothing")?;
    let manifest = engine.join("package.json");
    let manifest =
        std::fs::read(&manifest).with_context(|| format!("{} cannot be read", manifest.display()))?;
    let manifest: Manifest = serde_json::from_slice(&manifest).context("package.json names no files")?;
    check_files(&manifest.files, packed.files.iter().map(|file| file.path.as_str()))?;
    Ok(folder.join(&packed.filename))
}

/// Checks that a package holds what it names, and nothing else.
fn check_files<'a>(named: &'a [String], packed: impl Iterator<Item = &'a str>) -> Result<()> {
    let named: BTreeSet<&str> = named.iter().map(String::as_str).chain(ALWAYS).collect();
    let packed: BTreeSet<&str> = packed.collect();
    let (missing, more) = (named.difference(&packed), packed.difference(&named));
    let (missing, more): (Vec<_>, Vec<_>) = (missing.collect(), more.collect());
    ensure!(
        missing.is_empty() && more.is_empty(),
        "expected the package to hold what wasm-model/js/package.json names, found that {missing:?} are missing and \
         {more:?} are not named: build it anew with `cargo xtask build`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_files;

    #[test]
    fn a_package_holds_what_it_names() {
        let named = ["a.js".to_owned(), "b/c.wasm".to_owned()];
        check_files(&named, ["README.md", "a.js", "b/c.wasm", "package.json"].into_iter()).unwrap();
        let missing = check_files(&named, ["README.md", "a.js", "package.json"].into_iter()).unwrap_err();
        assert!(missing.to_string().contains("[\"b/c.wasm\"] are missing"), "{missing}");
        let all = ["README.md", "a.js", "b/c.wasm", "notes.txt", "package.json"];
        let more = check_files(&named, all.into_iter()).unwrap_err();
        assert!(more.to_string().contains("[\"notes.txt\"] are not named"), "{more}");
    }
}
