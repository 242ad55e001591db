//! `test_looks.jsonl` of a run folder: who has looked at the run's test rows, and when.
//!
//! A line stands there before anything is looked at, so that an interrupted look counts, too. Training has none: it
//! neither scores nor shows these rows.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

const FILE: &str = "test_looks.jsonl";

/// One look at the test rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// UTC, RFC 3339.
    pub time: String,
    /// The subcommand, e.g. `export`.
    pub command: String,
    /// What was measured.
    pub what: String,
}

/// Appends a look that is about to happen; the looks before it.
///
/// # Errors
/// A log that cannot be read or written: nobody looks without a word.
pub fn record(folder: &Path, command: &str, what: &str) -> anyhow::Result<Vec<Look>> {
    let path = folder.join(FILE);
    let earlier = match std::fs::read_to_string(&path) {
        Ok(log) => log,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let earlier = earlier.lines().enumerate().map(|(index, line)| {
        serde_json::from_str(line)
            .with_context(|| format!("{}:{}: expected a look at the test rows", path.display(), index + 1))
    });
    let earlier = earlier.collect::<anyhow::Result<_>>()?;
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let look = Look { time, command: command.to_owned(), what: what.to_owned() };
    let mut line = serde_json::to_vec(&look).context("a look as JSON")?;
    line.push(b'\n');
    let append = || {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(&line)?;
        file.sync_data()
    };
    append()
        .with_context(|| format!("cannot write {}: who looks at test rows says so there", path.display()))?;
    Ok(earlier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_knows_those_before_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(record(folder.path(), "export", "nano").unwrap(), []);
        let earlier = record(folder.path(), "report", "every storage").unwrap();
        assert_eq!((earlier[0].command.as_str(), earlier[0].what.as_str()), ("export", "nano"));
        assert_eq!(record(folder.path(), "export", "nano").unwrap().len(), 2);
        std::fs::write(folder.path().join(FILE), "{}\n").unwrap();
        let error = record(folder.path(), "export", "nano").unwrap_err().to_string();
        assert!(error.contains("test_looks.jsonl:1"), "{error}");
    }
}
