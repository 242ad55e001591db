//! The page's service worker: `web/service-worker.js` with the list of the files of this build before it.
//!
//! The list is the version. Browsers compare the script byte by byte, so a build in which any file of page or engine
//! differs is an update to them, and one in which none does is not; hence no date and no number in it.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use walkdir::WalkDir;

/// Its file, beside the page.
pub const NAME: &str = "service-worker.js";
/// What a page is made of, by the extension of the name; the rest of a folder is for people and their tools.
const EXTENSIONS: [&str; 8] = ["css", "html", "js", "png", "svg", "wasm", "webmanifest", "woff2"];

/// Writes it into the folder of a page; the engine, wherever it is now, will be served as `engine/` beside the page.
///
/// # Errors
/// A folder or the source cannot be read; there is no page.
pub fn write(source: &Path, page: &Path, engine: &Path) -> Result<()> {
    let mut files = BTreeMap::new();
    list(page, "", &mut files)?;
    list(engine, "engine/", &mut files)?;
    files.remove(NAME);
    for needed in ["index.html", "engine/tickertone.js"] {
        ensure!(
            files.contains_key(needed),
            "expected {needed} among the page's files, found none: build it again"
        );
    }
    let script =
        std::fs::read_to_string(source).with_context(|| format!("{} cannot be read", source.display()))?;
    let place = page.join(NAME);
    let list = serde_json::to_string(&files)?;
    std::fs::write(&place, format!("self.FILES = {list};\n{script}"))
        .with_context(|| format!("{} cannot be written", place.display()))
}

/// Adds a folder's files: address relative to the page → SHA-256 in hexadecimal.
fn list(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for found in WalkDir::new(folder) {
        let found = found.with_context(|| format!("{} cannot be read", folder.display()))?;
        let path = found.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy());
        if !found.file_type().is_file() || !extension.is_some_and(|found| EXTENSIONS.contains(&&*found)) {
            continue;
        }
        let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let names: Vec<_> = path.strip_prefix(folder)?.iter().map(|name| name.to_string_lossy()).collect();
        let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        files.insert(format!("{prefix}{}", names.join("/")), hash);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{NAME, write};
    use std::path::Path;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        folder
    }

    fn written(page: &Path, engine: &Path) -> String {
        let source = folder(&[("source.js", "install();\n")]);
        write(&source.path().join("source.js"), page, engine).unwrap();
        std::fs::read_to_string(page.join(NAME)).unwrap()
    }

    #[test]
    fn the_list_has_what_a_browser_asks_for_and_changes_with_it_alone() {
        let page = folder(&[("index.html", "<p>"), ("js/a.js", "abc"), ("notes.md", "for people")]);
        let engine = folder(&[("tickertone.js", ""), ("relaxed/engine.wasm", ""), ("package.json", "{}")]);
        let first = written(page.path(), engine.path());
        let (list, rest) = first.strip_prefix("self.FILES = ").unwrap().split_once(";\n").unwrap();
        assert_eq!(rest, "install();\n");
        let list: serde_json::Value = serde_json::from_str(list).unwrap();
        let names: Vec<_> = list.as_object().unwrap().keys().collect();
        assert_eq!(names, ["engine/relaxed/engine.wasm", "engine/tickertone.js", "index.html", "js/a.js"]);
        // FIPS 180-4, of "abc".
        assert_eq!(list["js/a.js"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(written(page.path(), engine.path()), first, "written anew over itself");
        std::fs::write(page.path().join("notes.md"), "changed").unwrap();
        assert_eq!(written(page.path(), engine.path()), first);
        std::fs::write(engine.path().join("tickertone.js"), "changed").unwrap();
        assert_ne!(written(page.path(), engine.path()), first);
    }

    #[test]
    fn a_folder_without_a_page_is_refused() {
        let (page, engine) = (folder(&[]), folder(&[("tickertone.js", "")]));
        let error = write(Path::new("nowhere"), page.path(), engine.path()).unwrap_err().to_string();
        assert!(error.contains("expected index.html"), "{error}");
    }
}
