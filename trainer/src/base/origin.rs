//! `origin.json` of a base folder: which texts decided what it is, stage after stage.
//!
//! `prune` and `adapt` write it, each after the stages of the base that they started from; `train` copies it into the
//! run's record. What card and report say of it follows from here.

use crate::data::held_out::HeldOut;
use crate::output::json;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// File of the stages in a base folder.
pub const ORIGIN: &str = "origin.json";

/// The report of a pruning.
pub const REPORT: &str = "vocabulary.json";

/// What a stage decided by the texts that it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Which word pieces are kept.
    Vocabulary,
    /// The weights, by masked language modelling.
    Weights,
}

/// A file of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// One stage before a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What was decided.
    pub decision: Decision,
    /// What was read, but for the texts that were left out.
    pub texts: Vec<TextFile>,
    /// SHA-256 of the held-out texts that were left out ([`HeldOut::sha256`]); none where all were read.
    pub held_out_sha256: Option<String>,
}

/// Whether a stage has read the texts that a later run holds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// They were left out, with their near-duplicates.
    LeftOut,
    /// The run's own data was read, all of it.
    Read,
    /// The run's own data was read without rows that another split holds out.
    OtherSplit,
    /// Other files were read, and nobody has looked whether the texts are in there.
    Unknown,
}

impl Stage {
    /// A stage that reads these files.
    pub fn new(decision: Decision, texts: Vec<TextFile>, held_out: Option<&HeldOut>) -> Self {
        Self { decision, texts, held_out_sha256: held_out.map(HeldOut::sha256) }
    }

    /// Whether it has read what a run on files of these hashes holds out.
    pub fn reading(&self, data_sha256: &[&str], held_out_sha256: &str) -> Reading {
        let has_data = self.texts.iter().any(|file| data_sha256.contains(&file.sha256.as_str()));
        match self.held_out_sha256.as_deref() {
            Some(left_out) if left_out == held_out_sha256 => Reading::LeftOut,
            _ if !has_data => Reading::Unknown,
            Some(_) => Reading::OtherSplit,
            None => Reading::Read,
        }
    }
}

/// The stages of a base folder, the first one first; none where nobody has recorded any.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn read(base: &Path) -> anyhow::Result<Vec<Stage>> {
    let path = base.join(ORIGIN);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(pruned_before(base)),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} was not written by this version of the trainer", path.display()))
}

/// What the report of a pruning says that left no such file, as of older trainers: it read all of its corpus.
fn pruned_before(base: &Path) -> Vec<Stage> {
    #[derive(Deserialize)]
    struct Report {
        corpora: Vec<Corpus>,
    }
    #[derive(Deserialize)]
    struct Corpus {
        file: String,
        sha256: String,
    }
    let report =
        std::fs::read(base.join(REPORT)).ok().and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
    let file = |Corpus { file, sha256 }| TextFile { name: file, sha256 };
    let stage = |report: Report| {
        Stage::new(Decision::Vocabulary, report.corpora.into_iter().map(file).collect(), None)
    };
    report.map(stage).into_iter().collect()
}

/// The file's bytes.
///
/// # Errors
/// None: it is written into memory.
pub fn to_json(stages: &[Stage]) -> anyhow::Result<Vec<u8>> {
    json::pretty(&stages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_follows_from_hashes_alone() {
        let file = |sha256: &str| TextFile { name: "a.csv".to_owned(), sha256: sha256.to_owned() };
        let stage = |held_out: Option<&str>| Stage {
            decision: Decision::Vocabulary,
            texts: vec![file("other"), file("data")],
            held_out_sha256: held_out.map(str::to_owned),
        };
        assert_eq!(stage(None).reading(&["data"], "rows"), Reading::Read);
        assert_eq!(stage(Some("rows")).reading(&["data"], "rows"), Reading::LeftOut);
        assert_eq!(stage(Some("others")).reading(&["data"], "rows"), Reading::OtherSplit);
        assert_eq!(stage(None).reading(&["unread"], "rows"), Reading::Unknown);
        // The same rows in a file of another hash: left out all the same.
        assert_eq!(stage(Some("rows")).reading(&["unread"], "rows"), Reading::LeftOut);
    }

    #[test]
    fn a_base_without_a_record_has_no_stages_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
        let report = r#"{"pieces": 3, "corpora": [{"file": "a.csv", "sha256": "b", "texts": 1}]}"#;
        std::fs::write(folder.path().join(REPORT), report).unwrap();
        let texts = vec![TextFile { name: "a.csv".to_owned(), sha256: "b".to_owned() }];
        assert_eq!(read(folder.path()).unwrap(), [Stage::new(Decision::Vocabulary, texts, None)]);
        let stage = Stage::new(Decision::Weights, Vec::new(), None);
        std::fs::write(folder.path().join(ORIGIN), to_json(std::slice::from_ref(&stage)).unwrap()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [stage]);
        std::fs::write(folder.path().join(ORIGIN), "{").unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("origin.json"));
    }
}
