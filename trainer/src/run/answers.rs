//! A file of answers: what teachers say of texts, for a student who learns where its teachers are not.
//!
//! `trainer teach` writes it, `distillation.answers` reads it. A text is known by its hash, so that no text stands in the
//! file, nor its order in the data counts. Beside the logits stands what a student must know of those who gave them:
//! their labels, their hashes, and what they have seen. All of that is one value of the safetensors header: the format
//! keeps several in random order, and equal answers are to be equal bytes.

use super::record::Input;
use super::seen::SeenRows;
use crate::output::file::write_atomically;
use anyhow::{Context, bail, ensure};
use indexmap::IndexMap;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// Key of the header's value.
const ORIGIN: &str = "answers";
/// Tensor of the keys: `[texts, 16]`, u8.
const KEYS: &str = "text_sha256";
/// Tensor of the logits: `[texts, labels]`, f32, a row a key.
const LOGITS: &str = "logits";
const KEY_BYTES: usize = 16;

/// The first half of a text's SHA-256, as the file of texts has it.
type Key = [u8; KEY_BYTES];

/// Who has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Of the logits, in their order.
    pub labels: Vec<String>,
    /// Their names and hashes.
    pub teachers: Vec<Input>,
    /// What they have seen.
    pub seen: SeenRows,
}

/// What teachers say of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Who has answered.
    pub origin: Origin,
    /// Mean logits, finite.
    logits: IndexMap<Key, Vec<f32>>,
}

impl Answers {
    /// Mean logits, a row a text; a text that stands there twice is kept once.
    ///
    /// # Errors
    /// Logits that are no numbers.
    pub fn new(origin: Origin, texts: &[&str], logits: Vec<Vec<f32>>) -> anyhow::Result<Self> {
        let broken = logits.iter().position(|row| !row.iter().all(|logit| logit.is_finite()));
        if let Some(row) = broken {
            bail!(
                "expected logits of the text {:?}, found {:?}: the weights of a teacher are damaged. Take another one",
                texts[row],
                logits[row]
            );
        }
        let keys = texts.iter().map(|text| key(text));
        Ok(Self { origin, logits: keys.zip(logits).collect() })
    }

    /// How many texts are answered.
    pub fn len(&self) -> usize {
        self.logits.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.logits.is_empty()
    }

    /// Whether these texts are answered, and no others.
    pub fn are_of(&self, texts: &[&str]) -> bool {
        let keys: std::collections::HashSet<Key> = texts.iter().map(|text| key(text)).collect();
        keys.len() == self.len() && keys.iter().all(|key| self.logits.contains_key(key))
    }

    /// The logits of every text, in the texts' order.
    ///
    /// # Errors
    /// Texts without an answer: how many, and the first.
    pub fn of(&self, texts: &[&str]) -> anyhow::Result<Vec<&[f32]>> {
        let answer = |text: &&str| self.logits.get(&key(text)).map(Vec::as_slice);
        let answers: Vec<&[f32]> = texts.iter().filter_map(answer).collect();
        let first = texts.iter().find(|text| answer(text).is_none());
        match first {
            None => Ok(answers),
            Some(first) => bail!(
                "expected an answer to each of the {} training texts, found none to {}, the first of them {first:?}. \
                 Ask the teachers again: `trainer teach` with this configuration and its data",
                texts.len(),
                texts.len() - answers.len()
            ),
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let keys: Vec<u8> = self.logits.keys().flatten().copied().collect();
        let logits: Vec<u8> = self.logits.values().flatten().flat_map(|logit| logit.to_le_bytes()).collect();
        let (rows, labels) = (self.len(), self.origin.labels.len());
        let tensors = [
            (LOGITS, TensorView::new(Dtype::F32, vec![rows, labels], &logits)?),
            (KEYS, TensorView::new(Dtype::U8, vec![rows, KEY_BYTES], &keys)?),
        ];
        let header = HashMap::from([(ORIGIN.to_owned(), serde_json::to_string(&self.origin)?)]);
        write_atomically(path, &safetensors::serialize(tensors, Some(header))?)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A file that `trainer teach` did not write, or that is cut short.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&bytes).with_context(|| {
            format!(
                "{}: expected a file of answers that `trainer teach` wrote, found another",
                path.display()
            )
        })
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let file = SafeTensors::deserialize(bytes)?;
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let origin = header.metadata().as_ref().and_then(|header| header.get(ORIGIN));
        let origin = origin.with_context(|| format!("no `{ORIGIN}` in its header"))?;
        let origin: Origin = serde_json::from_str(origin).context("another version's header")?;
        let (keys, logits) = (file.tensor(KEYS)?, file.tensor(LOGITS)?);
        let labels = origin.labels.len();
        let rows = keys.shape().first().copied().unwrap_or_default();
        ensure!(
            labels > 0
                && (keys.dtype(), keys.shape()) == (Dtype::U8, &[rows, KEY_BYTES])
                && (logits.dtype(), logits.shape()) == (Dtype::F32, &[rows, labels]),
            "`{KEYS}` and `{LOGITS}` are no rows of {KEY_BYTES} bytes and {labels} logits"
        );
        let keys = keys.data().as_chunks::<KEY_BYTES>().0.iter().copied();
        let values = logits.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let values: Vec<f32> = values.collect();
        ensure!(values.iter().all(|logit| logit.is_finite()), "logits that are no numbers");
        let logits = keys.zip(values.chunks_exact(labels).map(<[f32]>::to_vec)).collect();
        Ok(Self { origin, logits })
    }
}

fn key(text: &str) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..KEY_BYTES]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(texts: &[&str]) -> Answers {
        let labels = ["Down", "Up"].map(str::to_owned).to_vec();
        let origin = Origin { labels, teachers: Vec::new(), seen: SeenRows::default() };
        Answers::new(origin, texts, (0..texts.len()).map(|row| vec![row as f32, -0.5]).collect()).unwrap()
    }

    #[test]
    fn answers_are_found_by_the_text_and_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.safetensors");
        let written = answers(&["up", "down", "up"]);
        written.write(&path).unwrap();
        let read = Answers::read(&path).unwrap();
        assert_eq!((&read, read.len()), (&written, 2));
        assert!(read.are_of(&["down", "up", "down"]) && !read.are_of(&["up"]));
        assert!(!read.are_of(&["up", "down", "flat"]));
        assert_eq!(read.of(&["down", "up"]).unwrap(), [[1.0, -0.5], [2.0, -0.5]]);
        let error = read.of(&["up", "Up", "flat"]).unwrap_err().to_string();
        assert!(
            error.contains("each of the 3") && error.contains("none to 2, the first of them \"Up\""),
            "{error}"
        );
        let first = std::fs::read(&path).unwrap();
        written.write(&path).unwrap();
        assert!(first == std::fs::read(&path).unwrap());
    }

    #[test]
    fn what_is_no_file_of_answers_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.safetensors");
        answers(&["up", "down"]).write(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 40, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = Answers::read(&path).unwrap_err().to_string();
            assert!(error.contains("`trainer teach`"), "{error}");
        }
        let other = safetensors::serialize([("x", TensorView::new(Dtype::U8, vec![1], &[1]).unwrap())], None);
        std::fs::write(&path, other.unwrap()).unwrap();
        assert!(format!("{:#}", Answers::read(&path).unwrap_err()).contains("no `answers`"));
        let mut broken = whole.clone();
        let logits = broken.windows(4).rposition(|bytes| bytes == (-0.5f32).to_le_bytes()).unwrap();
        broken[logits..logits + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        std::fs::write(&path, &broken).unwrap();
        assert!(format!("{:#}", Answers::read(&path).unwrap_err()).contains("no numbers"));
    }
}
