//! `runs/<UTC time>-<name>/`: everything a training run leaves behind.
//!
//! Filled by `train`, read by `export`. Only the log grows in place, line by line.

use super::log::Log;
use crate::output::file::{sync_folder, write_atomically};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// File of the kept weights.
pub const CHECKPOINT: &str = "best.safetensors";
/// The resolved configuration.
pub const CONFIG: &str = "config.toml";
/// The base's tokenizer.
pub const TOKENIZER: &str = "tokenizer.json";
/// Which rows are in which part.
pub const SPLIT: &str = "split.json";
/// The validation rows' evaluation: the last file that a run writes.
pub const EVALUATION: &str = "evaluation.json";

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
                let created = std::fs::create_dir_all(path).and_then(|()| sync_folder(path));
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
                Ok(()) => {
                    let synced = sync_folder(&path);
                    synced.with_context(|| format!("cannot write {}", runs_dir.display()))?;
                    return Ok(Self { path });
                }
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

    /// The run's log.
    pub fn log(&self) -> Log {
        Log::of(&self.path)
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
}
