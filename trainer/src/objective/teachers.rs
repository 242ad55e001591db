//! Soft targets: what the teachers say of every training text (Hinton et al. 2015).
//!
//! A teacher is a run folder or a model file. It reads texts with its own tokenizer and normalization, in the int8
//! arithmetic that its users get; the logits of several are averaged. The targets are kept in the run folder until
//! the run is done, so that going on after an interruption does not ask the teachers again.

use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::data::unlabelled;
use crate::fit::workers::Workers;
use crate::output::file::write_atomically;
use crate::run::folder::RunFolder;
use crate::run::seen::SeenRows;
use crate::run::weights::{DATA, RunWeights, SPLIT_SHA256};
use crate::scoring::predictions::{classify_with, progress_bar};
use anyhow::{Context, ensure};
use candle_core::{Device, Tensor};
use classifier::Classifier;
use classifier::model_file::{Metadata, ModelFile};
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

/// What is said of a teacher that may have seen anything.
const UNKNOWN: &str = "expected a teacher of which is known that it has not seen the rows that this run holds out, found one \
    that does not tell, or has a teacher that does not. Give its run folder instead, train it with the same data and [split], \
    or set `distillation.allow_unknown_teacher_data`: the model card will say so";

/// A model that is learned from.
#[derive(Debug)]
pub struct Teacher {
    classifier: Classifier,
    /// The run whose hidden states are wanted.
    run: Option<RunWeights>,
}

/// Loads the teachers of the configuration for a student whose labelled data has this hash; adds to what the student has
/// `seen` what they have.
///
/// # Errors
/// A teacher that cannot be loaded, with other labels or another tokenizer than the student, one that has been
/// trained on rows that the student holds out or does not tell, hidden states of another width.
pub fn open(
    config: &Config,
    base: &BaseModel,
    data_sha256: &str,
    seen: &mut SeenRows,
) -> anyhow::Result<Vec<Teacher>> {
    let mut teachers = Vec::new();
    for (index, path) in config.distillation.teachers.iter().enumerate() {
        let is_wanted = index == 0 && config.distillation.hidden_weight > 0.0;
        let teacher = teacher(config, base, data_sha256, seen, path, is_wanted);
        teachers.push(teacher.with_context(|| format!("teacher {}", path.display()))?);
    }
    Ok(teachers)
}

fn teacher(
    config: &Config,
    base: &BaseModel,
    data_sha256: &str,
    seen: &mut SeenRows,
    path: &Path,
    is_hidden_wanted: bool,
) -> anyhow::Result<Teacher> {
    let mut run = None;
    let bytes = match path.is_dir() {
        false => std::fs::read(path).context("cannot read it: expected a run folder or a model file")?,
        true => {
            let found = RunWeights::read(path)?;
            let bytes = found.unquantized("teacher")?;
            run = Some(found);
            bytes
        }
    };
    let file = ModelFile::parse(bytes.clone())?;
    let metadata = file.metadata();
    let name = path.display().to_string();
    let is_allowed = config.distillation.allow_unknown_teacher_data;
    match &run {
        Some(run) => check_run(&run.seen, seen, name, is_allowed)?,
        None => check_file(metadata, data_sha256, seen, name, is_allowed)?,
    }
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
            run.is_some() && expected == found,
            "`distillation.hidden_weight`: expected a run folder of hidden size {expected} as first teacher, found {}",
            if run.is_some() { format!("hidden size {found}") } else { "a model file".to_owned() }
        );
    }
    let run = run.filter(|_| is_hidden_wanted);
    Ok(Teacher { classifier: Classifier::from_gguf(bytes)?, run })
}

/// A run's rows are listed: none of them may be held out.
fn check_run(teacher: &SeenRows, seen: &mut SeenRows, name: String, is_allowed: bool) -> anyhow::Result<()> {
    let leaked = seen.leaked_by(teacher);
    ensure!(
        leaked == 0,
        "it, or a teacher of its own, has seen {leaked} of the rows that this run holds out. Train it with the same \
         data and [split]"
    );
    let is_known = seen.knows_all_of(teacher);
    ensure!(is_known || is_allowed, "{UNKNOWN}");
    seen.add_teacher(teacher);
    if !is_known {
        seen.add_unknown_teacher(name);
    }
    Ok(())
}

/// A model file says which rows were held out from it, if anything.
fn check_file(
    metadata: &Metadata,
    data_sha256: &str,
    seen: &mut SeenRows,
    name: String,
    is_allowed: bool,
) -> anyhow::Result<()> {
    let provenance = |wanted: &str| {
        let entry = metadata.provenance.iter().find(|(key, _)| key == wanted);
        entry.map(|(_, value)| value.as_str())
    };
    let held_out = provenance(SPLIT_SHA256);
    if held_out == Some(&seen.split_sha256()) {
        seen.add_unlisted_teacher(name);
        return Ok(());
    }
    ensure!(
        held_out.is_none() || provenance(DATA) != Some(data_sha256),
        "it has seen rows that this run holds out: it was trained on the same data with another [split]. Train it with \
         the same one"
    );
    ensure!(is_allowed, "{UNKNOWN}");
    seen.add_unknown_teacher(name);
    Ok(())
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
