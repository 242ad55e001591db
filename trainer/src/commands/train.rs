//! `trainer train`: from a base model and labelled rows to the kept weights of a run.
//!
//! Neither scores nor shows the test rows: those are for `export` and `report`. Rows, split and soft targets are made here; the loop is [`fit`](training_loop::fit)'s, what it minimizes the
//! [`Classification`]'s. The same configuration on the same number of threads writes the same bytes, also when it
//! was interrupted on the way.

use super::stage;
use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::data::collection::Collection;
use crate::data::domains::Domains;
use crate::data::held_out::HeldOut;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::split;
use crate::data::tokens::{select, tokenize};
use crate::data::unlabelled;
use crate::data::unlabelled::Unlabelled;
use crate::export::storage::TensorStorage;
use crate::fit::checkpoint;
use crate::fit::randomness;
use crate::fit::resources;
use crate::fit::training_loop;
use crate::fit::training_loop::Fitted;
use crate::fit::workers::Workers;
use crate::objective::classification;
use crate::objective::classification::{Classification, Item, Validated};
use crate::objective::teachers;
use crate::objective::teachers::Student;
use crate::objective::teachers::leaks;
use crate::output::plots::confusion::confusion_matrix;
use crate::output::standard_output::print;
use crate::output::tables;
use crate::run::folder::{CHECKPOINT, EVALUATION, Place, SPLIT, TOKENIZER};
use crate::run::history;
use crate::run::record::{Role, RunRecord, distillation_inputs};
use crate::run::seen::SeenRows;
use crate::run::weights::RunWeights;
use crate::scoring::metrics::Evaluation;
use anyhow::{Context, ensure};
use encoder::Quantization;
use indexmap::IndexMap;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Runs the subcommand.
///
/// # Errors
/// See [`train`].
pub fn run(arguments: &stage::Arguments) -> anyhow::Result<()> {
    let (config, place) = arguments.stage()?;
    let Some(trained) = train(&config, &place)? else { return stage::print_finished(&place) };
    print(&format!(
        "epoch {} of {} is kept; on the validation rows:\n{}\n{}{}\n",
        trained.fitted.epoch,
        config.train.epochs,
        tables::evaluation(&trained.validation.evaluation),
        tables::domains(&trained.validation.domains),
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
    pub validation: Validated,
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
    let data = Collection::read(&config.data, true)?;
    let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
    let split = split(&data, &config.data.labels, &near_duplicates, &config.split)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    ensure!(
        base.config.architecture.is_bert() || !config.export.quantization_aware,
        "`export.quantization_aware`: expected false for an MPNet, found true: it has no inference in int8 to be trained for"
    );
    let held_out = HeldOut::new(near_duplicates, &data, &split);
    let mut inputs = distillation_inputs(config);
    inputs.extend(config.start().map(|run| (Role::Start, run)));
    let record = RunRecord::new(config, Some(&data), Some(&held_out), &inputs, &base, workers.count())?;
    if place.existing().is_some_and(|folder| folder.has(EVALUATION)) && record.is_at(place)? {
        return Ok(None);
    }
    let rows = tokenize(&data, &base.tokenizer_json, config)?;
    let class_weights = classification::class_weights(config, &data, &split)?;
    let unlabelled = match config.distillation.is_on() {
        true => unlabelled::read(config, Some((&data, &split)))?,
        false => Unlabelled::default(),
    };
    let mut seen = SeenRows::new(&data, &split, &unlabelled.texts)?;
    let texts = teachers::training_texts(&data, &split, &unlabelled.texts);
    let data_sha256 = data.sha256();
    let student = Student { config, base: Some(&base), data_sha256: &data_sha256, device: &device };
    let teachers = teachers::open(&student, &texts, &mut seen)?;
    let mut parameters = base.parameters(&device, &mut randomness::initial_generator(config))?;
    if let Some(run) = config.start() {
        let start = || format!("`train.start_from` {}", run.display());
        check_start(config, &base, &mut seen, run).with_context(start)?;
        parameters = parameters.with_checkpoint(&run.join(CHECKPOINT)).with_context(start)?;
    }
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
    let mut items = classification::items(&data, &rows, &split, config.data.labels.len());
    let ids = unlabelled::tokenize(&unlabelled.texts, &base.tokenizer_json, config)?;
    let without_labels = ids.into_iter().zip(unlabelled.weights);
    items.extend(without_labels.map(|(input_ids, weight)| Item {
        input_ids,
        told: None,
        weight,
        teachers_only: true,
    }));
    let validation = (select(&rows, &split.validation), Domains::new(&data, &split.validation));
    let objective = Classification::new(config, items, validation, class_weights, targets);
    let fitted = training_loop::fit(config, &folder, &workers, &parameters, &objective)?;

    let kept = parameters.with_checkpoint(&folder.path().join(CHECKPOINT))?;
    let validation = objective.score(&kept, &workers)?;
    confusion_matrix(
        &folder.path().join("confusion.svg"),
        &validation.evaluation,
        "validation rows",
        &config.data.labels,
    )?;
    folder.write(
        EVALUATION,
        &serde_json::to_vec_pretty(&OfRows {
            part: "validation",
            evaluation: &validation.evaluation,
            domains: &validation.domains,
        })?,
    )?;
    folder.remove(checkpoint::STATE)?;
    folder.remove(teachers::TARGETS)?;
    Ok(Some(Trained { folder: folder.path().to_owned(), fitted, validation }))
}

/// A run can go on from another's weights where these mean the same.
fn check_start(config: &Config, base: &BaseModel, seen: &mut SeenRows, run: &Path) -> anyhow::Result<()> {
    let start = RunWeights::read(run)?;
    ensure!(
        start.record.encoder == base.config && start.tokenizer_json == base.tokenizer_json,
        "expected a run of this shape and tokenizer, {:?}, found {:?}. Give both the same base, layers and exit",
        base.config,
        start.record.encoder
    );
    let is_allowed = config.distillation.allow_unknown_teacher_data;
    leaks::check_listed(&start.seen, seen, run.display().to_string(), is_allowed)
}

/// An evaluation that says on which part of the data.
#[derive(Serialize)]
struct OfRows<'a> {
    part: &'a str,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    domains: &'a IndexMap<String, Evaluation>,
}
