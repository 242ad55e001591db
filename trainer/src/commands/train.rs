//! `trainer train`: from a base model and labelled rows to the kept weights of a run.
//!
//! Neither scores nor shows the test rows: those are for `export` and `report`. Rows, split and soft targets are made here; the loop is [`fit`](training_loop::fit)'s, what it minimizes the
//! [`Classification`]'s. The same configuration on the same number of threads writes the same bytes, also when it
//! was interrupted on the way.

use super::stage;
use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::data::held_out::HeldOut;
use crate::data::labelled::read_configured;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::split;
use crate::data::tokens::{select, tokenize};
use crate::data::unlabelled;
use crate::export::storage::TensorStorage;
use crate::fit::checkpoint;
use crate::fit::randomness;
use crate::fit::resources;
use crate::fit::training_loop;
use crate::fit::training_loop::Fitted;
use crate::fit::workers::Workers;
use crate::objective::classification;
use crate::objective::classification::Classification;
use crate::objective::teachers;
use crate::objective::teachers::Student;
use crate::output::plots::confusion::confusion_matrix;
use crate::output::standard_output::print;
use crate::output::tables;
use crate::run::folder::{CHECKPOINT, EVALUATION, Place, SPLIT, TOKENIZER};
use crate::run::history;
use crate::run::record::{RunRecord, distillation_inputs};
use crate::run::seen::SeenRows;
use crate::scoring::metrics::Evaluation;
use encoder::Quantization;
use serde::Serialize;
use std::path::PathBuf;

/// Runs the subcommand.
///
/// # Errors
/// See [`train`].
pub fn run(arguments: &stage::Arguments) -> anyhow::Result<()> {
    let (config, place) = arguments.stage()?;
    let Some(trained) = train(&config, &place)? else { return stage::print_finished(&place) };
    print(&format!(
        "epoch {} of {} is kept; on the validation rows:\n{}\n{}\n",
        trained.fitted.epoch,
        config.train.epochs,
        tables::evaluation(&trained.validation),
        trained.folder.display()
    ))
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
}

/// Runs the whole training, or the rest of one that was interrupted at this place; `None` where it is finished
/// already. Nothing is written before everything is read that the run needs.
///
/// # Errors
/// Data, base model, teachers or configuration that cannot be used, each named; a folder of another run; whatever
/// [`training_loop::fit`] refuses. The folder keeps what was written until then.
pub fn train(config: &Config, place: &Place) -> anyhow::Result<Option<Trained>> {
    let device = resources::device(config)?;
    let workers = Workers::new(resources::num_threads(config), &device)?;
    let dataset = read_configured(&config.data, true)?;
    let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
    let split = split(&dataset.examples, &config.data.labels, &near_duplicates, &config.split)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    let held_out = HeldOut::new(near_duplicates, &dataset, &split);
    let inputs = distillation_inputs(config);
    let record = RunRecord::new(config, Some(&dataset), Some(&held_out), &inputs, &base, workers.count())?;
    if place.existing().is_some_and(|folder| folder.has(EVALUATION)) && record.is_at(place)? {
        return Ok(None);
    }
    let rows = tokenize(&dataset, &base.tokenizer_json, config)?;
    let class_weights = classification::class_weights(config, &dataset, &split)?;
    let unlabelled = match config.distillation.is_on() {
        true => unlabelled::read(config, Some((&dataset, &split)))?,
        false => Vec::new(),
    };
    let mut seen = SeenRows::new(&dataset, &split, &unlabelled)?;
    let texts = teachers::training_texts(&dataset, &split, &unlabelled);
    let student = Student { config, base: Some(&base), data_sha256: &dataset.sha256, device: &device };
    let teachers = teachers::open(&student, &texts, &mut seen)?;
    let parameters = base.parameters(&device, &mut randomness::initial_generator(config))?;
    let formats = TensorStorage::configured(&config.export).formats(&base.config)?;
    let quantization =
        config.export.quantization_aware.then(|| Quantization::new(formats.into_iter().collect()));
    let parameters = parameters.with_quantization(quantization);
    let is_new = !record.is_at(place)?;
    let folder = place.open()?;
    if is_new {
        folder.write(TOKENIZER, base.tokenizer_json.as_bytes())?;
        folder.write(SPLIT, &serde_json::to_vec(&split)?)?;
        seen.write(&folder)?;
        record.write(&folder, config)?;
    }
    for stage in record.base_origin.iter().filter(|stage| record.has_read_held_out(stage)) {
        eprintln!("warning: {}", history::origin(stage, &record));
    }
    let targets = teachers.targets(config, &texts, &folder, &workers)?;
    let unlabelled = unlabelled::tokenize(&unlabelled, &base.tokenizer_json, config)?;
    let (training, validation) = (select(&rows, &split.train), select(&rows, &split.validation));
    let objective = Classification::new(config, training, unlabelled, validation, class_weights, targets);
    let fitted = training_loop::fit(config, &folder, &workers, &parameters, &objective)?;

    let kept = parameters.with_checkpoint(&folder.path().join(CHECKPOINT))?;
    let validation = objective.score(&kept, &workers, objective.validation())?.0;
    confusion_matrix(
        &folder.path().join("confusion.svg"),
        &validation,
        "validation rows",
        &config.data.labels,
    )?;
    folder.write(
        EVALUATION,
        &serde_json::to_vec_pretty(&OfRows { part: "validation", evaluation: &validation })?,
    )?;
    folder.remove(checkpoint::STATE)?;
    folder.remove(teachers::TARGETS)?;
    Ok(Some(Trained { folder: folder.path().to_owned(), fitted, validation }))
}

/// An evaluation that says on which part of the data.
#[derive(Serialize)]
struct OfRows<'a> {
    part: &'a str,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}
