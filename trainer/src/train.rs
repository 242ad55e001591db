//! `trainer train`: from a base model and labelled rows to the kept weights of a run.
//!
//! Rows, split and soft targets are made here; the loop is [`fit`]'s, what it minimizes the
//! [`Classification`]'s. The same configuration on the same number of threads writes the same bytes, also when it
//! was interrupted on the way.

mod classification;
mod teachers;

use crate::base_model::BaseModel;
use crate::config::{ClassWeights, Config};
use crate::data::{Dataset, read_labelled};
use crate::fit::{self, Fitted};
use crate::metrics::Evaluation;
use crate::plots;
use crate::run_folder::Place;
use crate::run_record::RunRecord;
use crate::split::{Split, split};
use crate::tensor_storage::TensorStorage;
use crate::unlabelled;
use anyhow::{Context, bail, ensure};
use classifier::normalization::Normalization;
use classifier::tokenizer::Tokenizer;
use encoder::Quantization;
use std::path::PathBuf;

pub use crate::fit::{CHECKPOINT, Workers};
pub use classification::Classification;

/// The test rows' evaluation in a run folder: the last file that a run writes.
pub const EVALUATION: &str = "evaluation.json";

/// A tokenized labelled row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Token ids with the special ones.
    pub input_ids: Vec<u32>,
    /// Label id.
    pub label: usize,
}

impl AsRef<[u32]> for Row {
    fn as_ref(&self) -> &[u32] {
        &self.input_ids
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Trained {
    /// The run folder.
    pub folder: PathBuf,
    /// The kept epoch and its score on the validation rows.
    pub fitted: Fitted,
    /// The kept weights on the validation rows.
    pub validation: Evaluation,
    /// The kept weights on the test rows.
    pub test: Evaluation,
}

/// Runs the whole training, or the rest of one that was interrupted at this place; `None` where it is finished
/// already. Nothing is written before everything is read that the run needs.
///
/// # Errors
/// Data, base model, teachers or configuration that cannot be used, each named; a folder of another run; whatever
/// [`fit::fit`] refuses. The folder keeps what was written until then.
pub fn run(config: &Config, place: &Place) -> anyhow::Result<Option<Trained>> {
    let device = fit::device(config)?;
    let workers = Workers::new(fit::num_threads(config), &device)?;
    let dataset = read_labelled(&config.data.train, &config.data.labels)?;
    let split = split(&dataset.examples, &config.split)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    let record = RunRecord::new(config, Some(&dataset), &base, workers.count())?;
    if place.existing().is_some_and(|folder| folder.has(EVALUATION)) && record.is_at(place)? {
        return Ok(None);
    }
    let rows = tokenize(&dataset, &base.tokenizer_json, config)?;
    let class_weights = class_weights(config, &dataset, &split)?;
    let unlabelled = match config.distillation.teachers.is_empty() {
        true => Vec::new(),
        false => unlabelled::read(config, Some((&dataset, &split)))?,
    };
    let teachers = teachers::open(config, &base, &dataset, &split)?;
    let parameters = base.parameters(&device, &mut fit::initial_generator(config))?;
    let formats = TensorStorage::configured(&config.export)?.formats(&base.config)?;
    let quantization =
        config.export.quantization_aware.then(|| Quantization::new(formats.into_iter().collect()));
    let parameters = parameters.with_quantization(quantization);
    let is_new = !record.is_at(place)?;
    let folder = place.open()?;
    if is_new {
        folder.write("tokenizer.json", base.tokenizer_json.as_bytes())?;
        folder.write("split.json", &serde_json::to_vec(&split)?)?;
        record.write(&folder, config)?;
    }
    let labelled = split.train.iter().map(|&index| &dataset.examples[index].text);
    let texts: Vec<&str> = labelled.chain(&unlabelled).map(String::as_str).collect();
    let targets = teachers::targets(config, &teachers, &texts, &folder, &workers)?;
    let unlabelled = unlabelled::tokenize(&unlabelled, &base.tokenizer_json, config)?;
    let (training, validation) = (select(&rows, &split.train), select(&rows, &split.validation));
    let objective = Classification::new(config, training, unlabelled, validation, class_weights, targets);
    let fitted = fit::fit(config, &folder, &workers, &parameters, &objective)?;

    let kept = parameters.with_checkpoint(&folder.path().join(CHECKPOINT))?;
    let validation = objective.score(&kept, &workers, objective.validation())?.0;
    let test = objective.score(&kept, &workers, &select(&rows, &split.test))?.0;
    plots::confusion_matrix(&folder.path().join("confusion.svg"), &test, &config.data.labels)?;
    folder.write(EVALUATION, &serde_json::to_vec_pretty(&test)?)?;
    folder.remove(fit::STATE)?;
    folder.remove(teachers::TARGETS)?;
    Ok(Some(Trained { folder: folder.path().to_owned(), fitted, validation, test }))
}

/// Normalizes and tokenizes every row, cut to the training length.
///
/// # Errors
/// A tokenizer that cannot be read, a row without anything to read.
pub fn tokenize(dataset: &Dataset, tokenizer_json: &str, config: &Config) -> anyhow::Result<Vec<Row>> {
    let tokenizer = Tokenizer::from_json(tokenizer_json).context("the base model's tokenizer.json")?;
    let normalization = Normalization::new(&config.model.normalization)?;
    let tokenize = |example: &crate::data::Example| {
        let encoding = tokenizer.encode(&normalization.apply(&example.text), config.train.max_tokens)?;
        ensure!(
            encoding.input_ids.len() > tokenizer.num_special_tokens(),
            "{}:{}: expected a text with at least one token, found none after normalization",
            dataset.path.display(),
            example.line
        );
        Ok(Row { input_ids: encoding.input_ids, label: example.label })
    };
    dataset.examples.iter().map(tokenize).collect()
}

/// The rows at these positions.
pub fn select(rows: &[Row], indices: &[usize]) -> Vec<Row> {
    indices.iter().map(|&index| rows[index].clone()).collect()
}

fn class_weights(config: &Config, dataset: &Dataset, split: &Split) -> anyhow::Result<Vec<f64>> {
    let labels = config.data.labels.len();
    let mut counts = vec![0usize; labels];
    for &index in &split.train {
        counts[dataset.examples[index].label] += 1;
    }
    if let Some(label) = counts.iter().position(|count| *count == 0) {
        let name = &config.data.labels[label];
        bail!("{}: expected rows of every label, found none of {name} ({label})", dataset.path.display());
    }
    match &config.loss.class_weights {
        ClassWeights::None => Ok(vec![1.0; labels]),
        ClassWeights::Balanced => {
            let rows = split.train.len() as f64;
            Ok(counts.iter().map(|&count| rows / (labels as f64 * count as f64)).collect())
        }
        ClassWeights::Explicit(weights) if weights.len() == labels => Ok(weights.clone()),
        ClassWeights::Explicit(weights) => {
            bail!("`loss.class_weights`: expected {labels} weights, one a label, found {}", weights.len())
        }
    }
}
