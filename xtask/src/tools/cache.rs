//! The cache of tools: one folder a tool and version, complete or not there.
//!
//! A tool is installed under a temporary name beside its place and moved there at the end, so an interrupted
//! installation leaves nothing that a later run could mistake for a tool, and of two at a time one wins.

use crate::steps::Steps;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The folder of all tools.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The folder that the environment names: TICKERTONE_TOOLS, else `tickertone` in the user's cache.
    ///
    /// # Errors
    /// There is no home folder, or the folder cannot be made.
    pub fn locate() -> Result<Self> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("TICKERTONE_TOOLS")
            .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("tickertone")))
            .or_else(|| std::env::home_dir().map(|home| home.join(".cache/tickertone")))
            .context(
                "expected TICKERTONE_TOOLS, XDG_CACHE_HOME or a home folder, found none: set one of them",
            )?;
        Self::at(&folder)
    }

    fn at(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| {
            format!("{} could not be made: set TICKERTONE_TOOLS to another folder", folder.display())
        })?;
        let folder = folder.canonicalize().with_context(|| format!("{} cannot be read", folder.display()))?;
        Ok(Self { folder })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of a tool, installed there first if it is not there yet.
    ///
    /// # Errors
    /// Those of `install`, which gets the folder to install into.
    pub fn install(
        &self,
        steps: &mut Steps,
        name: &str,
        version: &str,
        install: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let place = self.folder.join(format!("{name}-{version}"));
        if place.is_dir() {
            return Ok(place);
        }
        steps.take(&format!("install {name} {version}"), || {
            let unfinished = tempfile::Builder::new()
                .prefix(&format!(".{name}-{version}-"))
                .tempdir_in(&self.folder)
                .with_context(|| format!("no folder could be made in {}", self.folder.display()))?;
            // A folder in the folder, because the outer one may be read by us alone.
            let root = unfinished.path().join(name);
            std::fs::create_dir(&root).with_context(|| format!("{} could not be made", root.display()))?;
            install(&root)?;
            match std::fs::rename(&root, &place) {
                Err(_) if place.is_dir() => {} // somebody else was faster, with the same version
                moved => moved.with_context(|| format!("{} could not be put in place", place.display()))?,
            }
            Ok(())
        })?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use crate::steps::Steps;
    use anyhow::bail;

    #[test]
    fn a_tool_is_installed_once_and_a_failed_installation_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(&folder.path().join("tools")).unwrap();
        let mut steps = Steps::default();

        let failed = cache.install(&mut steps, "tool", "1.0.0", |root| {
            std::fs::write(root.join("half"), "a tool")?;
            bail!("the connection broke")
        });
        assert!(format!("{:#}", failed.unwrap_err()).contains("the connection broke"));
        assert_eq!(std::fs::read_dir(cache.folder()).unwrap().count(), 0);

        let mut times = 0;
        for _ in 0..2 {
            let place = cache
                .install(&mut steps, "tool", "1.0.0", |root| {
                    times += 1;
                    Ok(std::fs::write(root.join("whole"), "a tool")?)
                })
                .unwrap();
            assert_eq!(std::fs::read_to_string(place.join("whole")).unwrap(), "a tool");
        }
        assert_eq!(times, 1);
        let names: Vec<_> =
            std::fs::read_dir(cache.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["tool-1.0.0"]);
    }
}
