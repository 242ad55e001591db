//! `runs/<UTC time>-<name>/`: everything a training run leaves behind, and writing files so that a crash
//! leaves the old one or the new one, never half of either.
//!
//! Filled by `train`, read by `export`. Only the metrics log grows in place, line by line.

use anyhow::{Context, bail, ensure};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

const METRICS: &str = "metrics.jsonl";

/// Where a run's folder is, or shall be.
#[derive(Clone, Debug)]
pub enum Place {
    /// A new folder in this one.
    NewIn(PathBuf, String),
    /// Exactly here: a run that was interrupted goes on.
    At(PathBuf),
}

impl Place {
    /// The folder, if it is there already.
    pub fn existing(&self) -> Option<RunFolder> {
        match self {
            Self::At(path) if path.is_dir() => Some(RunFolder { path: path.clone() }),
            _ => None,
        }
    }

    /// The folder, created where it is not there.
    ///
    /// # Errors
    /// A folder that cannot be created.
    pub fn open(&self) -> anyhow::Result<RunFolder> {
        match self {
            Self::NewIn(runs, name) => RunFolder::create(runs, name),
            Self::At(path) => {
                let created = std::fs::create_dir_all(path);
                created.with_context(|| format!("cannot create {}", path.display()))?;
                Ok(RunFolder { path: path.clone() })
            }
        }
    }
}

/// The folder of one run, created by it alone.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Creates `<runs_dir>/<yyyymmdd-hhmmss>-<name>`, with a number behind it where that is taken.
    ///
    /// # Errors
    /// A folder that cannot be created.
    pub fn create(runs_dir: &Path, name: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(runs_dir).with_context(|| format!("cannot create {}", runs_dir.display()))?;
        let stem = format!("{}-{name}", jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S"));
        for attempt in 1.. {
            let path = runs_dir.join(if attempt == 1 { stem.clone() } else { format!("{stem}-{attempt}") });
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("cannot create {}", path.display())),
            }
        }
        bail!("no free folder name for {stem} in {}", runs_dir.display())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the run, whole or not at all.
    ///
    /// # Errors
    /// See [`write_atomically`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        write_atomically(&self.path.join(name), bytes)
    }

    /// Whether the run has left this file.
    pub fn has(&self, name: &str) -> bool {
        self.path.join(name).exists()
    }

    /// Removes a file of the run, if it is there.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn remove(&self, name: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Length of `metrics.jsonl`; 0 where there is none.
    ///
    /// # Errors
    /// A file that cannot be looked at.
    pub fn metrics_bytes(&self) -> anyhow::Result<u64> {
        let path = self.path.join(METRICS);
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            found => Ok(found.with_context(|| format!("cannot read {}", path.display()))?.len()),
        }
    }

    /// Cuts `metrics.jsonl` to its first bytes: what a run logged after its last checkpoint is logged again.
    ///
    /// # Errors
    /// A file that cannot be written, or is shorter.
    pub fn truncate_metrics(&self, bytes: u64) -> anyhow::Result<()> {
        let (path, found) = (self.path.join(METRICS), self.metrics_bytes()?);
        ensure!(found >= bytes, "{}: expected at least {bytes} bytes, found {found}", path.display());
        if found == bytes {
            return Ok(());
        }
        let cut = OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(bytes));
        cut.with_context(|| format!("cannot write {}", path.display()))
    }

    /// Appends one line of JSON to `metrics.jsonl`.
    ///
    /// # Errors
    /// A record that is no JSON, a file that cannot be written.
    pub fn append_metrics(&self, record: &impl Serialize) -> anyhow::Result<()> {
        let path = self.path.join(METRICS);
        let mut line = serde_json::to_vec(record).context("cannot write the metrics as JSON")?;
        line.push(b'\n');
        let appended = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(&line));
        appended.with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Writes a temporary file beside `path`, makes it durable, renames it over `path`.
///
/// # Errors
/// Whatever goes wrong on the way; what was at `path` is then still there, and the temporary file is gone.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    try_write_atomically(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn try_write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    // Temporary files are private by default; what is written here is for the server and others to read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself is durable once the folder is; folders cannot be opened as files everywhere.
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn runs_of_the_same_second_have_folders_of_their_own() {
        let runs = tempfile::tempdir().unwrap();
        let folders: Vec<_> =
            (0..3).map(|_| RunFolder::create(&runs.path().join("runs"), "test").unwrap()).collect();
        let mut paths: Vec<_> = folders.iter().map(RunFolder::path).collect();
        assert!(paths.iter().all(|path| path.is_dir()));
        paths.dedup();
        assert_eq!(paths.len(), 3);
        let name = paths[0].file_name().unwrap().to_str().unwrap();
        let (date, rest) = name.split_once('-').unwrap();
        let (time, name) = rest.split_once('-').unwrap();
        assert!(date.len() == 8 && time.len() == 6 && name == "test", "{date} {time} {name}");
    }

    #[test]
    fn files_are_replaced_whole_and_nothing_else_stays() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(runs.path(), "test").unwrap();
        folder.write("config.toml", b"a longer first version").unwrap();
        folder.write("config.toml", b"second").unwrap();
        assert_eq!(std::fs::read(folder.path().join("config.toml")).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["config.toml"]);
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
        assert!(write_atomically(&folder.path().join("gone/model"), b"new").is_err());
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

    #[test]
    fn metrics_grow_line_by_line() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(runs.path(), "test").unwrap();
        for step in [1, 2] {
            folder.append_metrics(&serde_json::json!({ "step": step })).unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("metrics.jsonl")).unwrap();
        assert_eq!(text, "{\"step\":1}\n{\"step\":2}\n");
    }
}
