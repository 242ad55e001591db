//! Files that a crash leaves as the old one or the new one, never half of either.

use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// Writes a temporary file beside `path`, makes it durable, renames it over `path`. A pipe or a device (`/dev/stdout`)
/// gets the bytes themselves: a file in its place would be no help to whoever reads it.
///
/// # Errors
/// Whatever goes wrong on the way; what was at `path` is then still there, and the temporary file is gone.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    try_write_atomically(path, bytes)
        .map_err(|error| without_temporary_name(error, folder_of(path)))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The folder in which a file or a folder of this path is.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An error of the temporary file or folder in words that do not name it: whoever reads them has never heard of it.
pub fn without_temporary_name(error: std::io::Error, folder: &Path) -> std::io::Error {
    use std::io::{Error, ErrorKind};
    match (error.kind(), error.raw_os_error()) {
        (ErrorKind::NotFound, _) if !folder.exists() => {
            Error::new(ErrorKind::NotFound, format!("the folder {} does not exist", folder.display()))
        }
        // The system's own words name nothing.
        (_, Some(_)) => error,
        (kind, None) => kind.into(),
    }
}

fn try_write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    // Temporary files are private by default; what is written here is for the server and others to read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself is durable once the folder is.
    sync_folder(path)
}

/// Makes the name of this file or folder durable: the folder in which it stands.
///
/// # Errors
/// A folder that cannot be read, a disk that does not take it.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    // Folders cannot be opened as files everywhere.
    if cfg!(unix) { std::fs::File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        // The rename fails after the temporary file is written: a folder that is not empty is in the way.
        let target = folder.path().join("model");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("old"), b"old").unwrap();
        let error = write_atomically(&target, b"new").unwrap_err();
        assert!(format!("{error:#}").contains("cannot write"), "{error:#}");
        assert_eq!(names(folder.path()), ["model"]);
        assert_eq!(std::fs::read(target.join("old")).unwrap(), b"old");
        let error = format!("{:#}", write_atomically(&folder.path().join("gone/model"), b"new").unwrap_err());
        assert!(error.contains("gone/model") && error.contains("gone does not exist"), "{error}");
        assert!(!error.contains(".writing-"), "{error}");
        std::fs::write(folder.path().join("file"), b"old").unwrap();
        let error = format!("{:#}", write_atomically(&folder.path().join("file/model"), b"new").unwrap_err());
        assert!(error.contains("file/model") && !error.contains(".writing-"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_stays_one_and_gets_the_bytes() {
        use std::io::Read;
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Open for both, so that neither side waits for the other.
        let mut pipe = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        write_atomically(&path, b"new").unwrap();
        assert!(std::fs::metadata(&path).unwrap().file_type().is_fifo(), "a file took the pipe's place");
        let mut bytes = [0; 3];
        pipe.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"new");
    }

    #[cfg(unix)]
    #[test]
    fn written_files_are_readable_like_any_other() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        write_atomically(&folder.path().join("ours"), b"x").unwrap();
        std::fs::write(folder.path().join("usual"), b"x").unwrap();
        assert_eq!(mode("ours"), mode("usual"));
    }
}
