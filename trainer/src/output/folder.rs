//! A folder that appears whole or not at all.

use super::file::{folder_of, sync_folder, without_temporary_name};
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

/// Writes the files into a folder beside `folder`, makes them durable, and gives it that name.
///
/// # Errors
/// `folder` exists and does not hold exactly these files; anything that cannot be written.
pub fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> anyhow::Result<()> {
    if folder.exists() {
        return match holds(folder, files) {
            true => Ok(()),
            false => bail!(
                "{}: expected a folder that does not exist yet, found one with other content. Remove it or name another `output`",
                folder.display()
            ),
        };
    }
    try_write(folder, files)
        .map_err(|error| without_temporary_name(error, folder_of(folder)))
        .with_context(|| format!("cannot write {}", folder.display()))
}

fn holds(folder: &Path, files: &[(&str, Vec<u8>)]) -> bool {
    let expected: BTreeSet<OsString> = files.iter().map(|(name, _)| name.into()).collect();
    let found: Option<BTreeSet<OsString>> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
        .ok();
    found.is_some_and(|found| found == expected)
        && files
            .iter()
            .all(|(name, bytes)| std::fs::read(folder.join(name)).is_ok_and(|found| found == *bytes))
}

fn try_write(folder: &Path, files: &[(&str, Vec<u8>)]) -> std::io::Result<()> {
    let parent = folder_of(folder);
    std::fs::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    // Temporary folders are private by default; this one becomes the result.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    let temporary = builder.tempdir_in(parent)?;
    for (name, bytes) in files {
        let mut file = std::fs::File::create_new(temporary.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    // The names of the files, before the folder's own.
    sync_folder(&temporary.path().join("file"))?;
    std::fs::rename(temporary.path(), folder)?;
    // Nothing is left under the temporary name that could be removed.
    let _ = temporary.keep();
    sync_folder(folder)
}
