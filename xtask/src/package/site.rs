//! The page as a plain folder: page, engine and models, under any path of any static host, and the same as a zip.
//!
//! A static host sends no headers of ours, so the page itself says by which policy it lives ([`policy`]). All addresses
//! in it are relative; what a visitor needs offline is listed anew, since the page is another file now.

use super::policy;
use crate::service_worker;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use messages::Manifest;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// What lies beside the page for whoever unpacks it.
const README: &str = include_str!("site/README.txt");

/// Writes `site/` and `tickertone-site-VERSION.zip` into `folder`.
///
/// # Errors
/// Something of it was not built, or they cannot be written.
pub fn write(workspace: &Workspace, folder: &Path) -> Result<()> {
    let root = &workspace.root;
    let unfinished = tempfile::tempdir_in(folder).context("no folder for the site could be made")?;
    // A folder in the folder, because the outer one may be read by us alone.
    let site = unfinished.path().join("site");
    copy(&root.join("dist/app"), &site)?;
    let index = site.join("index.html");
    let html =
        std::fs::read_to_string(&index).with_context(|| format!("{} cannot be read", index.display()))?;
    std::fs::write(&index, policy::with_policy(&html)?)?;
    let engine = root.join("dist/engine");
    service_worker::write(&root.join("web").join(service_worker::NAME), &site, &engine)?;
    copy(&engine, &site.join("engine"))?;
    copy_models(&root.join("models"), &site.join("models"))?;
    std::fs::write(site.join("README.txt"), README)?;

    let version = workspace.version("xtask")?;
    let archive = unfinished.path().join("site.zip");
    pack(&site, &format!("tickertone-{version}"), &archive)?;
    std::fs::rename(&archive, folder.join(format!("tickertone-site-{version}.zip")))
        .context("the zip could not be put in place")?;
    let place = folder.join("site");
    if place.exists() {
        std::fs::remove_dir_all(&place)
            .with_context(|| format!("{} could not be removed", place.display()))?;
    }
    std::fs::rename(&site, &place).with_context(|| format!("{} could not be put in place", place.display()))
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for (name, path) in files(from)? {
        copy_file(&path, &to.join(name))?;
    }
    Ok(())
}

/// Copies the manifest and the files that it names; cards and golden values are for others.
fn copy_models(from: &Path, to: &Path) -> Result<()> {
    let manifest = from.join("manifest.json");
    let text = std::fs::read(&manifest).with_context(|| format!("{} cannot be read", manifest.display()))?;
    let read: Manifest =
        serde_json::from_slice(&text).with_context(|| format!("{} is no manifest", manifest.display()))?;
    copy_file(&manifest, &to.join("manifest.json"))?;
    read.models.iter().try_for_each(|model| copy_file(&from.join(&model.file), &to.join(&model.file)))
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))?;
    }
    std::fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("{} could not be copied to {}", from.display(), to.display()))
}

/// The files of a folder by their `/`-separated names in it, sorted.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for found in WalkDir::new(folder).sort_by_file_name() {
        let found = found.with_context(|| format!("{} cannot be read", folder.display()))?;
        if found.file_type().is_file() {
            let names = found.path().strip_prefix(folder)?.iter().map(|name| name.to_string_lossy());
            files.push((names.collect::<Vec<_>>().join("/"), found.into_path()));
        }
    }
    Ok(files)
}

/// Packs a folder under this name: the same files give the same bytes, whenever and wherever. Not compressed: nine tenths
/// of it are weights, which do not shrink.
fn pack(folder: &Path, name: &str, archive: &Path) -> Result<()> {
    let cannot = || format!("{} cannot be written", archive.display());
    let mut zip = ZipWriter::new(File::create(archive).with_context(cannot)?);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (file, path) in files(folder)? {
        zip.start_file(format!("{name}/{file}"), options).with_context(cannot)?;
        let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        zip.write_all(&bytes).with_context(cannot)?;
    }
    zip.finish().map(drop).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::pack;

    #[test]
    fn the_same_files_make_the_same_zip() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("js")).unwrap();
        for (name, text) in [("index.html", "<p>"), ("js/b.js", "b"), ("js/a.js", "a")] {
            std::fs::write(site.join(name), text).unwrap();
        }
        let packed = |name: &str| {
            let archive = folder.path().join(name);
            pack(&site, "tickertone-1.2.3", &archive).unwrap();
            std::fs::read(archive).unwrap()
        };
        let first = packed("one.zip");
        std::fs::remove_file(site.join("js/a.js")).unwrap();
        std::fs::write(site.join("js/a.js"), "a").unwrap();
        assert_eq!(packed("two.zip"), first);
        let archive = zip::ZipArchive::new(std::io::Cursor::new(first)).unwrap();
        let names: Result<Vec<_>, _> = archive.file_names().collect();
        assert_eq!(
            names.unwrap(),
            ["index.html", "js/a.js", "js/b.js"].map(|name| format!("tickertone-1.2.3/{name}"))
        );
    }
}
