//! No command writes over what it reads: the file is meant, not its name, so links and other spellings count.

use anyhow::bail;
use std::path::Path;

/// Refuses an output that is one of the inputs; each goes by the name of its argument. `-` is no file.
///
/// # Errors
/// `output` exists and is the same file as an input.
pub fn refuse(output: (&str, &Path), inputs: &[(&str, &Path)]) -> anyhow::Result<()> {
    let (argument, path) = output;
    let is_piped = path.as_os_str() == "-";
    let Some(written) = identity(path).filter(|_| !is_piped) else { return Ok(()) };
    match inputs.iter().find(|(_, input)| identity(input).as_ref() == Some(&written)) {
        Some((name, input)) => bail!(
            "{argument} {}: expected another file than those that are read, found the very file of {name} {}. Name \
             another one",
            path.display(),
            input.display()
        ),
        None => Ok(()),
    }
}

/// What standard input comes from, as [`refuse`] takes it: a file where the shell was told `< FILE`.
pub fn standard_input() -> (&'static str, &'static Path) {
    ("standard input", Path::new("/dev/stdin"))
}

/// The same for all names of one file; `None` where there is none.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// The same for all names of one file but for hard links; `None` where there is none.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<std::path::PathBuf> {
    std::fs::canonicalize(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_by_any_name_is_refused_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.csv"), "text\nup\n").unwrap();
        std::fs::write(at("other.csv"), "text\nup\n").unwrap();
        std::fs::create_dir(at("inner")).unwrap();
        let is_refused =
            |output: &Path| refuse(("--output", output), &[("--model", &at("m")), ("--input", &at("a.csv"))]);
        assert!(is_refused(&at("other.csv")).is_ok() && is_refused(&at("new.csv")).is_ok());
        assert!(is_refused(Path::new("-")).is_ok());
        let mut names = vec![at("a.csv"), at("inner/../a.csv")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("a.csv"), at("link.csv")).unwrap();
            std::fs::hard_link(at("a.csv"), at("hard.csv")).unwrap();
            names.extend([at("link.csv"), at("hard.csv")]);
        }
        for name in names {
            let error = is_refused(&name).unwrap_err().to_string();
            assert!(error.contains(name.to_str().unwrap()) && error.contains("--input"), "{error}");
        }
    }
}
