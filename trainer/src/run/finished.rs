//! A finished run with the data that it was made from: what `export` and `report` make models of and measure.

use super::history;
use super::looks::{self, Look};
use super::record::RunRecord;
use super::weights::RunWeights;
use crate::config::schema::Config;
use crate::data::collection::Collection;
use crate::data::labelled::Example;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::Split;
use anyhow::{Context, ensure};
use std::path::Path;

/// A run folder's content, and the data it was made from.
#[derive(Debug)]
pub struct FinishedRun {
    /// What it learned.
    pub weights: RunWeights,
    /// All rows.
    pub data: Collection,
}

/// A run's test rows: whoever has them stands in the run's log.
#[derive(Debug)]
pub struct TestRows<'a> {
    /// The run.
    pub run: &'a FinishedRun,
    /// Who has looked before.
    pub earlier: Vec<Look>,
}

impl<'a> TestRows<'a> {
    /// Their positions in the data, ascending.
    pub fn indices(&self) -> &'a [usize] {
        &self.run.weights.split.test
    }

    /// The rows, in order.
    pub fn examples(&self) -> Vec<&'a Example> {
        self.run.examples(self.indices())
    }

    /// Which of them are near-duplicates of each other: groups of positions among them.
    ///
    /// # Errors
    /// A normalization that is not known.
    pub fn groups(&self) -> anyhow::Result<Vec<Vec<usize>>> {
        let near_duplicates = NearDuplicates::new(&self.run.config().model.normalization)?;
        Ok(near_duplicates.groups(self.examples().iter().map(|example| example.text.as_str())))
    }

    /// What had a part in the run, a sentence each.
    pub fn history(&self) -> Vec<String> {
        history::sentences(self.run.record(), &self.earlier)
    }
}

impl FinishedRun {
    /// Reads a run folder and its data.
    ///
    /// # Errors
    /// As [`RunWeights::read`]; data that changed since.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let weights = RunWeights::read(folder)?;
        let data = Collection::read(&weights.config.data, false)
            .context("the model is scored on the run's held-out rows, which needs the run's data")?;
        ensure!(
            data.sha256() == weights.record.data_sha256,
            "{}: expected the data of the run (SHA-256 {}), found {}",
            changed(&data, &weights.record),
            weights.record.data_sha256,
            data.sha256()
        );
        Ok(Self { weights, data })
    }

    /// The resolved configuration.
    pub fn config(&self) -> &Config {
        &self.weights.config
    }

    /// Hashes, versions, sizes.
    pub fn record(&self) -> &RunRecord {
        &self.weights.record
    }

    /// Which rows are held out.
    pub fn split(&self) -> &Split {
        &self.weights.split
    }

    /// The test rows, for the subcommand `command`, which will measure `what`: the run's log says so first.
    ///
    /// # Errors
    /// A log that cannot be written.
    pub fn look_at_test_rows(&self, command: &str, what: &str) -> anyhow::Result<TestRows<'_>> {
        Ok(TestRows { run: self, earlier: looks::record(&self.weights.folder, command, what)? })
    }

    /// The rows at these positions.
    pub fn examples(&self, indices: &[usize]) -> Vec<&Example> {
        indices.iter().map(|&index| &self.data.examples[index]).collect()
    }

    /// The label ids of the rows at these positions.
    pub fn labels(&self, indices: &[usize]) -> Vec<usize> {
        self.examples(indices).iter().map(|example| example.label).collect()
    }
}

/// The files that are not what they were.
fn changed(data: &Collection, record: &RunRecord) -> String {
    let was = |index: usize| match record.sources.get(index) {
        Some(source) => source.sha256.as_str(),
        None => record.data_sha256.as_str(),
    };
    let sources = data.sources.iter().enumerate();
    let changed = sources.filter(|(index, source)| source.sha256 != was(*index));
    changed.map(|(_, source)| source.config.path.display().to_string()).collect::<Vec<_>>().join(", ")
}
