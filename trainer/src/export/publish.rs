//! From a run to a model folder.
//!
//! `models/<id>/` gets the GGUF file, its golden values and its card, each written whole or not at all; the
//! manifest comes last, so that it never names a file that is not there.

use super::golden;
use super::manifest::{Place, Role};
use super::model_card;
use super::storage::TensorStorage;
use super::variant;
use super::variant::Variant;
use crate::config::storage_format::TensorFormat;
use crate::data::hash::sha256_hex;
use crate::data::overlap::overlap;
use crate::output::file::write_atomically;
use crate::output::standard_output::print;
use crate::output::tables;
use crate::run::finished::FinishedRun;
use crate::scoring::challenge;
use crate::scoring::edits;
use crate::scoring::metrics::Evaluation;
use crate::scoring::predictions::progress_bar;
use crate::scoring::reliability;
use crate::scoring::scored::{Scored, ScoredDomain};
use anyhow::{Context, bail};
use classifier::model_file::StorageFormat;
use indexmap::IndexMap;
use messages::{ManifestModel, Metrics, Quality, ReliabilityBin, Share};
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug)]
pub struct Request {
    /// Run folder that `trainer train` wrote.
    pub run: PathBuf,
    /// Folder of the models and their manifest.
    pub models: PathBuf,
    /// Name of the model's folder: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// Storage type of the matrices; else the configuration's.
    pub quantization: Option<StorageFormat>,
    /// Further exceptions; the last match counts.
    pub tensors: Vec<TensorFormat>,
    /// Accuracy that predictions above the threshold shall have; else the configuration's.
    pub selective_accuracy: Option<f64>,
    /// What it becomes among the models.
    pub role: Role,
    /// The recipe that the run is a stage of, for the model card.
    pub recipe: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub struct Published {
    /// On the test rows.
    pub evaluation: Evaluation,
    /// On those of each domain, where there are several.
    pub domains: IndexMap<String, Evaluation>,
    /// The model file.
    pub file: PathBuf,
    /// Its size.
    pub size_bytes: usize,
}

impl Published {
    /// Tells a person.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn print(&self) -> anyhow::Result<()> {
        let (table, domains) = (tables::evaluation(&self.evaluation), tables::domains(&self.domains));
        print(&format!(
            "{table}\n{domains}{} ({:.1} MB)\n",
            self.file.display(),
            self.size_bytes as f64 / 1e6
        ))
    }
}

/// Makes the model of a run.
///
/// # Errors
/// A role that the model cannot have, a folder that is no finished run, data that changed since, a folder that cannot
/// be written.
pub fn publish(request: &Request) -> anyhow::Result<Published> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let id = &request.id;
    if id.is_empty() || id.starts_with('.') || !id.chars().all(is_name) {
        bail!("--id: expected letters, digits, `.`, `_` and `-`, not starting with a dot, found {id:?}");
    }
    let place = Place::open(&request.models, id, request.role)?;
    let run = FinishedRun::read(&request.run)?;
    run.weights.require_inference()?;
    let config = run.config();
    let storage = TensorStorage::configured(&config.export).with(request.quantization, &request.tensors);
    let rule = variant::threshold_rule(&config.export, request.selective_accuracy)?;
    // What does not fit the model is refused before anybody looks at the test rows.
    storage.formats(&run.record().encoder)?;
    let test = run.look_at_test_rows("export", id)?;
    let num_test = test.indices().len();
    let bar = progress_bar(run.split().validation.len() + num_test + edits::num_texts(num_test));
    let exported = Variant::new(&test, id, &storage, rule, &bar)?;
    let edits = exported.edits(&test, &bar)?;
    let challenge = exported.challenge(&run)?;
    bar.finish_and_clear();
    warn_of_selection(&exported);
    let checkpoint = variant::score_checkpoint(&test, rule)?;
    let Variant { bytes, classifier, scored, .. } = &exported;
    let folder = request.models.join(id);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let entry = ManifestModel {
        id: id.clone(),
        file: format!("{id}/model.gguf"),
        size_bytes: bytes.len() as u64,
        sha256: sha256_hex(bytes),
        labels: config.data.labels.clone(),
        quantization: storage.matrices().to_string(),
        metrics: Metrics::from(&scored.evaluation),
        quality: Some(quality(scored, challenge.as_ref().map(|challenged| &challenged.scores))),
    };
    let golden = golden::json(bytes, classifier)?;
    let settings = config.without_paths().to_toml()?;
    let overlap = overlap(&run.data, run.split(), &config.model.normalization)?;
    let card = model_card::markdown(&model_card::Facts {
        run: &run,
        test: &test,
        entry: &entry,
        storage: &storage,
        exported: &exported,
        checkpoint: &checkpoint,
        edits: &edits,
        challenge: challenge.as_ref(),
        overlap: &overlap,
        settings: &settings,
        recipe: request.recipe.as_deref(),
    });
    let file = folder.join("model.gguf");
    write_atomically(&file, bytes)?;
    write_atomically(&folder.join("golden.json"), &golden)?;
    write_atomically(&folder.join("MODEL_CARD.md"), card.as_bytes())?;
    for change in place.fill(entry, request.role)? {
        eprintln!("{change}");
    }
    let (evaluation, domains) = (scored.evaluation.clone(), scored.evaluations());
    Ok(Published { evaluation, domains, file, size_bytes: bytes.len() })
}

/// What the manifest says of a model besides its figures over all test rows.
fn quality(scored: &Scored, challenge: Option<&challenge::Scores>) -> Quality {
    let domain = |(name, domain): (&String, &ScoredDomain)| (name.clone(), Metrics::from(&domain.evaluation));
    let bins = reliability::reliability(&scored.answers.probabilities, &scored.labels);
    let bin = |bin: &reliability::ReliabilityBin| {
        let reliability::ReliabilityBin { confidence, accuracy, rows, .. } = *bin;
        ReliabilityBin { confidence, accuracy, rows }
    };
    let kinds = challenge.map(|scores| &scores.kinds).into_iter().flatten();
    let kind = |(name, share): (&String, &challenge::Share)| {
        (name.clone(), Share { texts: share.texts, right: share.right })
    };
    Quality {
        domains: scored.domains.iter().map(domain).collect(),
        reliability: bins.iter().map(bin).collect(),
        challenge: kinds.map(kind).collect(),
    }
}

/// A selective accuracy that no threshold guarantees is no reason to fail, but one to know.
fn warn_of_selection(exported: &Variant) {
    match exported.scored.calibration.selection {
        Some(selection) if !selection.is_reached() => eprintln!(
            "warning: expected a threshold that guarantees {:.1} % of right predictions, found {:.1} % at best, at \
             {:.3}, which is taken: it keeps {:.1} % of the validation rows. Ask for less, or give more validation rows",
            selection.target * 100.0,
            selection.guaranteed * 100.0,
            selection.threshold,
            selection.kept.coverage * 100.0
        ),
        _ => {}
    }
}
