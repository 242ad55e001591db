//! The labelled rows of a run, from one file or from several sources: one list, in which every source is a range.
//!
//! Who reads data by a configuration reads it here, so that rows have the same positions for everybody.

use super::hash::sha256_hex;
use super::labelled::{Example, read_again, read_labelled};
use super::labels::Labels;
use super::row::place;
use crate::config::schema::{Config, DataConfig};
use crate::config::sources::SourceConfig;
use anyhow::{Context, ensure};
use std::ops::Range;

/// All labelled rows of a run.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Source by source, each in file order.
    pub examples: Vec<Example>,
    /// At least one.
    pub sources: Vec<Source>,
}

/// Rows of one kind.
#[derive(Clone, Debug)]
pub struct Source {
    /// What is said of it.
    pub config: SourceConfig,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Positions of its rows.
    pub rows: Range<usize>,
    /// Ids of the labels that it tells apart, ascending.
    pub labels: Vec<usize>,
}

impl Collection {
    /// Reads the labelled sources of a configuration; `is_first` is false where warnings have been given before.
    ///
    /// # Errors
    /// No source with labels; a file that cannot be used, a row that has no label of its source.
    pub fn read(data: &DataConfig, is_first: bool) -> anyhow::Result<Self> {
        let (mut examples, mut sources) = (Vec::new(), Vec::new());
        let is_single = data.sources.is_empty();
        for config in data.labelled() {
            let labels = match is_single {
                true => Labels::new(&data.labels, "`data.labels`"),
                false => Labels::of_source(&config, &data.labels),
            };
            let read = if is_first { read_labelled } else { read_again };
            let dataset = read(&config.path, &labels, &config.read_options(data));
            let dataset = match is_single {
                true => dataset?,
                false => dataset.with_context(|| format!("source {}", config.name))?,
            };
            let rows = examples.len()..examples.len() + dataset.examples.len();
            examples.extend(dataset.examples);
            let tells = |label: &String| config.labels.as_ref().is_none_or(|labels| labels.contains(label));
            let labels = (0..data.labels.len()).filter(|&id| tells(&data.labels[id])).collect();
            sources.push(Source { config, sha256: dataset.sha256, rows, labels });
        }
        ensure!(!sources.is_empty(), "`data.train`, `data.sources`: expected labelled data, found none");
        Ok(Self { examples, sources })
    }

    /// The source of a row.
    pub fn source_of(&self, row: usize) -> &Source {
        let index = self.sources.partition_point(|source| source.rows.end <= row);
        &self.sources[index]
    }

    /// Where a row comes from, for messages: file and line.
    pub fn place_of(&self, row: usize) -> String {
        place(&self.source_of(row).config.path, self.examples[row].line)
    }

    /// SHA-256 of the labelled data: of the file, or of the hashes of all files in their order.
    pub fn sha256(&self) -> String {
        match self.sources.as_slice() {
            [source] => source.sha256.clone(),
            sources => {
                let hashes: Vec<&str> = sources.iter().map(|source| source.sha256.as_str()).collect();
                sha256_hex(hashes.join("\n").as_bytes())
            }
        }
    }

    /// Kinds of texts with validation rows, in order of their first source.
    pub fn domains(&self, config: &Config) -> Vec<String> {
        let mut domains = Vec::new();
        for source in &self.sources {
            let domain = source.config.domain().to_owned();
            let (validation, _) = source.config.fractions(&config.split, &config.data.labels);
            if validation > 0.0 && !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        domains
    }

    /// The domain of a row.
    pub fn domain_of(&self, row: usize) -> &str {
        self.source_of(row).config.domain()
    }
}

impl From<Vec<Example>> for Collection {
    /// Rows of one source that tells all labels apart, of no file.
    fn from(examples: Vec<Example>) -> Self {
        let labels = examples.iter().map(|example| example.label + 1).max().unwrap_or_default();
        let source = Source {
            config: SourceConfig::new("data", std::path::PathBuf::new()),
            sha256: String::new(),
            rows: 0..examples.len(),
            labels: (0..labels).collect(),
        };
        Self { examples, sources: vec![source] }
    }
}
