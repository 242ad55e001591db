//! `seen.json` of a run folder: which texts the run learned from, was selected on and holds out, in a form that other
//! runs can compare, whatever file they have them from.
//!
//! A student sees through its teachers' eyes: what they have seen is handed on. A model file says no more than which rows
//! were held out when it was made; that they are the same is then all that can be known of it.

use super::folder::RunFolder;
use crate::data::collection::Collection;
use crate::data::hash::sha256_hex;
use crate::data::learned::{Key, key_of_texts};
use crate::data::split::Split;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

const FILE: &str = "seen.json";

/// Texts by what a run does with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRows {
    /// Of the training rows and of the texts without labels.
    train: BTreeSet<Key>,
    /// Of the validation rows.
    validation: BTreeSet<Key>,
    /// Of the test rows.
    test: BTreeSet<Key>,
    /// What its teachers, or theirs, learned from.
    taught: BTreeSet<Key>,
    /// What they were selected on.
    selected: BTreeSet<Key>,
    /// Those that list no rows, but hold out the same ones as this run.
    unlisted: Vec<String>,
    /// Those of which nothing is known.
    unknown: Vec<String>,
    /// [`SeenRows::split_sha256`] of the run that asked the teachers, where no rows of its own are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    split_sha256: Option<String>,
}

impl SeenRows {
    /// Of a run without teachers.
    pub fn new(data: &Collection, split: &Split, unlabelled: &[String]) -> anyhow::Result<Self> {
        let key = key_of_texts()?;
        let keys = |rows: &[usize]| rows.iter().map(|&row| key(&data.examples[row].text)).collect();
        let mut train: BTreeSet<Key> = keys(&split.train);
        train.extend(unlabelled.iter().map(|text| key(text)));
        Ok(Self { train, validation: keys(&split.validation), test: keys(&split.test), ..Self::default() })
    }

    /// What is seen through this run's teachers alone: of its own rows no more than which are held out.
    pub fn through_teachers(&self) -> Self {
        let (train, validation, test) = Default::default();
        Self { train, validation, test, split_sha256: Some(self.split_sha256()), ..self.clone() }
    }

    /// Which of these texts have the words of one that the run itself learned from.
    ///
    /// # Errors
    /// None with the steps of this version.
    pub fn learned(&self, texts: &[&str]) -> anyhow::Result<Vec<bool>> {
        let key = key_of_texts()?;
        Ok(texts.iter().map(|text| self.train.contains(&key(text))).collect())
    }

    /// How many of these texts have the words of one that the run, or a teacher that lists its rows, learned from.
    ///
    /// # Errors
    /// None with the steps of this version.
    pub fn num_learned<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> anyhow::Result<usize> {
        let key = key_of_texts()?;
        let keys = texts.into_iter().map(key);
        Ok(keys.filter(|key| self.train.contains(key) || self.taught.contains(key)).count())
    }

    /// How many of this run's held-out texts a teacher has learned from, or was selected on where they are test rows.
    pub fn leaked_by(&self, teacher: &Self) -> usize {
        let learned = |key: &Key| teacher.train.contains(key) || teacher.taught.contains(key);
        let selected = |key: &Key| teacher.validation.contains(key) || teacher.selected.contains(key);
        self.held_out(&self.validation).filter(|key| learned(key)).count()
            + self.held_out(&self.test).filter(|key| learned(key) || selected(key)).count()
    }

    /// Which rows are held out, as one value: SHA-256 of the sorted keys of the validation rows and of the test rows.
    /// Who holds out the same rows has learned from none of them.
    pub fn split_sha256(&self) -> String {
        if let Some(value) = &self.split_sha256 {
            return value.clone();
        }
        let mut text = String::new();
        for (name, part) in [("validation", &self.validation), ("test", &self.test)] {
            text.extend([name, "\n"]);
            self.held_out(part).for_each(|key| text.extend([key, "\n"]));
        }
        sha256_hex(text.as_bytes())
    }

    /// Whether what a teacher and its teachers have seen is known well enough to say that no held-out row is among it.
    pub fn knows_all_of(&self, teacher: &Self) -> bool {
        let is_listed = teacher.unlisted.is_empty() || teacher.split_sha256() == self.split_sha256();
        teacher.unknown.is_empty() && is_listed
    }

    /// Takes over what a teacher has seen.
    pub fn add_teacher(&mut self, teacher: &Self) {
        self.taught.extend(teacher.train.union(&teacher.taught).cloned());
        self.selected.extend(teacher.validation.union(&teacher.selected).cloned());
        self.unlisted.extend_from_slice(&teacher.unlisted);
        self.unknown.extend_from_slice(&teacher.unknown);
    }

    /// Takes over a teacher that lists no rows, but holds out the same ones.
    pub fn add_unlisted_teacher(&mut self, name: String) {
        self.unlisted.push(name);
    }

    /// Takes over a teacher that may have seen held-out rows.
    pub fn add_unknown_teacher(&mut self, name: String) {
        self.unknown.push(name);
    }

    /// Teachers, and teachers of teachers, that may have seen held-out rows.
    pub fn unknown_teachers(&self) -> &[String] {
        &self.unknown
    }

    /// Writes it into the run folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &RunFolder) -> anyhow::Result<()> {
        folder.write(FILE, &serde_json::to_vec(self)?)
    }

    /// Reads it from a run folder.
    ///
    /// # Errors
    /// A folder without it.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} was not written by this version of the trainer", path.display()))
    }

    /// Without what the run itself learns from: rows with the same words as one of another part under another
    /// normalization.
    fn held_out<'a>(&'a self, part: &'a BTreeSet<Key>) -> impl Iterator<Item = &'a Key> {
        part.difference(&self.train)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts named by a letter: `learned|selected on|held out`.
    fn rows(parts: &str) -> SeenRows {
        let mut parts = parts.split('|').map(|part| part.chars().map(String::from).collect());
        let mut next = || parts.next().unwrap_or_default();
        SeenRows { train: next(), validation: next(), test: next(), ..SeenRows::default() }
    }

    #[test]
    fn what_is_held_out_may_not_have_been_learned_and_test_rows_not_selected_on() {
        let student = rows("abc|de|fg");
        for (teacher, leaked) in [
            ("abc|de|fg", 0),
            ("xyz||", 0),
            ("abcx|de|fg", 0),
            ("abc|d|efg", 0),
            ("abcd|e|fg", 1),
            ("abc|def|g", 1),
            ("abcf|dg|e", 2),
        ] {
            assert_eq!(student.leaked_by(&rows(teacher)), leaked, "{teacher}");
        }
    }

    #[test]
    fn teachers_hand_on_what_they_have_seen() {
        let mut teacher = rows("x||");
        teacher.add_teacher(&rows("d|f|"));
        assert_eq!(rows("abc|de|fg").leaked_by(&teacher), 2);
        let student = rows("abc|de|fg");
        let same = |add: fn(&mut SeenRows)| {
            let mut teacher = student.clone();
            add(&mut teacher);
            let other = SeenRows { test: rows("||h").test, ..teacher.clone() };
            [student.knows_all_of(&teacher), student.knows_all_of(&other)]
        };
        assert_eq!(same(|_| ()), [true, true]);
        assert_eq!(same(|teacher| teacher.add_unlisted_teacher("file".to_owned())), [true, false]);
        assert_eq!(same(|teacher| teacher.add_unknown_teacher("file".to_owned())), [false, false]);
    }

    #[test]
    fn what_is_seen_through_teachers_holds_no_rows_of_ones_own() {
        let mut asking = rows("abc|de|fg");
        asking.add_teacher(&rows("x|f|"));
        asking.add_unlisted_teacher("file".to_owned());
        let through = asking.through_teachers();
        // `f` was selected on by the teacher; what the asking run itself learns from or selects on counts for nothing.
        assert_eq!(rows("z||abcdefg").leaked_by(&through), 1);
        assert_eq!(
            [rows("abc|de|fg"), rows("abc|d|efg")].map(|run| run.knows_all_of(&through)),
            [true, false]
        );
    }

    #[test]
    fn the_held_out_rows_have_one_value_whatever_else_is_learned() {
        let value = |parts| rows(parts).split_sha256();
        assert_eq!(value("abc|de|fg"), value("x|de|fg"));
        for other in ["abc|d|efg", "abc|de|f", "abc|fg|de", "abcd|de|fg"] {
            assert_ne!(value("abc|de|fg"), value(other), "{other}");
        }
    }
}
