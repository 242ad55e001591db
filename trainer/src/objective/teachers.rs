//! Soft targets: what the teachers say of every training text (Hinton et al. 2015).
//!
//! A teacher is a run folder or a model file. It reads texts with its own tokenizer and normalization, in the int8
//! arithmetic that its users get; the logits of several are averaged. The targets are kept in the run folder until
//! the run is done, so that going on after an interruption does not ask the teachers again.

use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::data::labelled::Dataset;
use crate::data::split::Split;
use crate::data::unlabelled;
use crate::fit::workers::Workers;
use crate::output::file::write_atomically;
use crate::run::folder::RunFolder;
use crate::run::weights::RunWeights;
use crate::scoring::predictions::{classify_with, progress_bar};
use anyhow::{Context, ensure};
use candle_core::{Device, Tensor};
use classifier::Classifier;
use classifier::model_file::ModelFile;
use encoder::NoDropout;
use std::collections::BTreeMap;
use std::path::Path;

/// File of the targets in a run folder.
pub const TARGETS: &str = "targets.safetensors";

/// What the teachers say of the training texts, labelled ones first.
#[derive(Clone, Debug)]
pub struct SoftTargets {
    /// softmax(mean logits / temperature), in label order.
    pub probabilities: Vec<Vec<f32>>,
    /// The first teacher's pooled hidden states, where they are to be learned.
    pub pooled: Option<Vec<Vec<f32>>>,
}

/// A model that is learned from.
#[derive(Debug)]
pub struct Teacher {
    classifier: Classifier,
    /// The run whose hidden states are wanted.
    run: Option<RunWeights>,
}

/// Loads the teachers of the configuration.
///
/// # Errors
/// A teacher that cannot be loaded, with other labels or another tokenizer than the student, one that has been
/// trained on rows that the student holds out, hidden states of another width.
pub fn open(
    config: &Config,
    base: &BaseModel,
    dataset: &Dataset,
    split: &Split,
) -> anyhow::Result<Vec<Teacher>> {
    let mut teachers = Vec::new();
    for (index, path) in config.distillation.teachers.iter().enumerate() {
        let is_wanted = index == 0 && config.distillation.hidden_weight > 0.0;
        let teacher = teacher(config, base, dataset, split, path, is_wanted);
        teachers.push(teacher.with_context(|| format!("teacher {}", path.display()))?);
    }
    Ok(teachers)
}

fn teacher(
    config: &Config,
    base: &BaseModel,
    dataset: &Dataset,
    split: &Split,
    path: &Path,
    is_hidden_wanted: bool,
) -> anyhow::Result<Teacher> {
    let mut hidden_run = None;
    let bytes = match path.is_dir() {
        false => std::fs::read(path).context("cannot read it: expected a run folder or a model file")?,
        true => {
            let run = RunWeights::read(path)?;
            ensure!(
                run.record.data_sha256 != dataset.sha256 || run.split == *split,
                "it has seen rows that this run holds out: its split differs. Train it with the same [split]"
            );
            let bytes = run.unquantized("teacher")?;
            hidden_run = is_hidden_wanted.then_some(run);
            bytes
        }
    };
    let file = ModelFile::parse(bytes.clone())?;
    let metadata = file.metadata();
    let (expected, found) = (&config.data.labels, &metadata.labels);
    ensure!(
        expected == found,
        "expected the labels of `data.labels`, {expected:?}, found {found:?}. Take a teacher of the same task"
    );
    ensure!(
        config.distillation.allow_other_tokenizer || metadata.tokenizer_json == base.tokenizer_json,
        "expected the student's tokenizer, {} pieces, found another of {}. Start teacher and student from the same \
         base, or set `distillation.allow_other_tokenizer` to learn from its logits all the same",
        base.config.vocab_size,
        metadata.encoder.vocab_size
    );
    if is_hidden_wanted {
        let (expected, found) = (base.config.hidden_size, metadata.encoder.hidden_size);
        ensure!(
            hidden_run.is_some() && expected == found,
            "`distillation.hidden_weight`: expected a run folder of hidden size {expected} as first teacher, found {}",
            if hidden_run.is_some() { format!("hidden size {found}") } else { "a model file".to_owned() }
        );
    }
    Ok(Teacher { classifier: Classifier::from_gguf(bytes)?, run: hidden_run })
}

/// The targets of the texts; `None` without teachers.
///
/// # Errors
/// A text that a teacher cannot read, a file that cannot be written.
pub fn targets(
    config: &Config,
    teachers: &[Teacher],
    texts: &[&str],
    folder: &RunFolder,
    workers: &Workers,
) -> anyhow::Result<Option<SoftTargets>> {
    let Some(first) = teachers.first() else { return Ok(None) };
    let path = folder.path().join(TARGETS);
    if !path.exists() {
        let mut tensors = BTreeMap::from([("logits", matrix(mean_logits(teachers, texts, workers)?)?)]);
        if let Some(run) = &first.run {
            tensors.insert("pooled", matrix(pooled(run, texts, workers)?)?);
        }
        write_atomically(&path, &safetensors::serialize(&tensors, None)?)?;
    }
    let stored = candle_core::safetensors::load(&path, &Device::Cpu)
        .with_context(|| format!("cannot read {}. Remove it to ask the teachers again", path.display()))?;
    let rows = |name: &str| stored.get(name).map(Tensor::to_vec2::<f32>).transpose();
    let logits = rows("logits")?.unwrap_or_default();
    ensure!(
        logits.len() == texts.len(),
        "{}: expected targets of {} texts, found {}. Remove it to ask the teachers again",
        path.display(),
        texts.len(),
        logits.len()
    );
    let temperature = config.distillation.temperature as f32;
    let probabilities = logits.iter().map(|logits| classifier::softmax(logits, temperature)).collect();
    Ok(Some(SoftTargets { probabilities, pooled: rows("pooled")? }))
}

/// The pooled hidden states of any texts, a row a text.
fn pooled(run: &RunWeights, texts: &[&str], workers: &Workers) -> anyhow::Result<Vec<Vec<f32>>> {
    let ids = unlabelled::tokenize(texts, &run.tokenizer_json, &run.config)?;
    let encoder = run.parameters.frozen_encoder()?;
    workers.rows(&ids, |batch| encoder.pooled(batch, &mut NoDropout))
}

fn matrix(rows: Vec<Vec<f32>>) -> candle_core::Result<Tensor> {
    Tensor::new(rows, &Device::Cpu)
}

/// Behind a line that says so and a progress bar.
fn mean_logits(teachers: &[Teacher], texts: &[&str], workers: &Workers) -> anyhow::Result<Vec<Vec<f32>>> {
    eprintln!("asking the teachers ({}) about {} texts", teachers.len(), texts.len());
    let bar = progress_bar(texts.len() * teachers.len());
    let mut sums = vec![Vec::new(); texts.len()];
    for Teacher { classifier, .. } in teachers {
        let name_of = |index: usize| format!("the text {:?}", texts[index]);
        let predictions = workers.install(|| classify_with(classifier, texts, name_of, &bar))?;
        for (sum, prediction) in sums.iter_mut().zip(predictions) {
            sum.resize(prediction.logits.len(), 0f32);
            sum.iter_mut().zip(prediction.logits).for_each(|(sum, logit)| *sum += logit);
        }
    }
    bar.finish_and_clear();
    sums.iter_mut().flatten().for_each(|sum| *sum /= teachers.len() as f32);
    Ok(sums)
}
