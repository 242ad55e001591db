//! `trainer export`: from a run's checkpoint to a model folder that server, page and engine read.
//!
//! `models/<id>/` gets the GGUF file, its golden values and its card, each written whole or not at all; the
//! manifest comes last, so that it never names a file that is not there.

mod golden;
mod model_card;

use crate::classification::progress_bar;
use crate::cli::{ExportArguments, GoldenArguments};
use crate::data::sha256_hex;
use crate::finished_run::{Run, Variant};
use crate::run_folder::write_atomically;
use crate::{edits, report_table};
use anyhow::{Context, bail};
use classifier::Classifier;
use messages::{Manifest, ManifestModel};
use std::path::Path;

/// Runs the subcommand.
///
/// # Errors
/// A folder that is no finished run, data that changed since, a folder that cannot be written.
pub fn run(arguments: &ExportArguments) -> anyhow::Result<()> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let id = &arguments.id;
    if id.is_empty() || id.starts_with('.') || !id.chars().all(is_name) {
        bail!("--id: expected letters, digits, `.`, `_` and `-`, not starting with a dot, found {id:?}");
    }
    let run = Run::read(&arguments.run)?;
    let storage = run.storage(arguments.quantization.as_deref(), &arguments.tensor)?;
    let rule = run.threshold_rule(arguments.selective_accuracy)?;
    let num_test = run.split.test.len();
    let bar = progress_bar(run.split.validation.len() + num_test + edits::num_texts(num_test));
    let exported = run.variant(id, &storage, rule, &bar)?;
    let edits = edits::measure_run(&run, &exported.classifier, &bar)?;
    bar.finish_and_clear();
    warn_of_selection(&exported);
    let checkpoint = run.score_checkpoint(rule)?;
    let Variant { bytes, classifier, scored, .. } = &exported;
    let folder = arguments.models.join(id);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let entry = ManifestModel {
        id: id.clone(),
        file: format!("{id}/model.gguf"),
        size_bytes: bytes.len() as u64,
        sha256: sha256_hex(bytes),
        labels: run.config.data.labels.clone(),
        quantization: storage.matrices().to_string(),
        metrics: messages::Metrics::from(&scored.evaluation),
    };
    let golden = golden::json(bytes, classifier)?;
    let settings = run.config.without_paths().to_toml()?;
    let card = model_card::markdown(&model_card::Facts {
        run: &run,
        entry: &entry,
        storage: &storage,
        exported: &exported,
        checkpoint: &checkpoint,
        edits: &edits,
        settings: &settings,
        recipe: arguments.recipe.as_deref(),
    });
    write_atomically(&folder.join("model.gguf"), bytes)?;
    write_atomically(&folder.join("golden.json"), &golden)?;
    write_atomically(&folder.join("MODEL_CARD.md"), card.as_bytes())?;
    update_manifest(&arguments.models, entry, arguments)?;
    println!("{}", report_table::table(&scored.evaluation));
    println!("{} ({:.1} MB)", folder.join("model.gguf").display(), bytes.len() as f64 / 1e6);
    Ok(())
}

/// Runs `trainer golden`.
///
/// # Errors
/// A model that cannot be used, a file that cannot be written.
pub fn rewrite_golden(arguments: &GoldenArguments) -> anyhow::Result<()> {
    let path = &arguments.model;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
    let classifier = Classifier::from_gguf(bytes.clone());
    let classifier = classifier.with_context(|| format!("cannot use the model {}", path.display()))?;
    let golden = golden::json(&bytes, &classifier)?;
    let file = path.with_file_name("golden.json");
    write_atomically(&file, &golden)?;
    println!("{}", file.display());
    Ok(())
}

/// A selective accuracy that no threshold reaches is no reason to fail, but one to know.
fn warn_of_selection(exported: &Variant) {
    match exported.scored.calibration.selection {
        Some(selection) if !selection.is_reached() => eprintln!(
            "warning: expected a threshold at which {:.1} % of the validation rows' predictions are right, found \
             {:.1} % at best, at {:.3}, which is taken: it keeps {:.1} % of them. Ask for less",
            selection.target * 100.0,
            selection.kept.accuracy * 100.0,
            selection.threshold,
            selection.kept.coverage * 100.0
        ),
        _ => {}
    }
}

/// Adds or replaces the entry, keeps the others.
fn update_manifest(models: &Path, entry: ManifestModel, arguments: &ExportArguments) -> anyhow::Result<()> {
    let path = models.join("manifest.json");
    let mut manifest = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice::<Manifest>(&bytes)
            .with_context(|| format!("{} is no manifest; mend or remove it", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Manifest::default(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    if arguments.default || manifest.default.is_empty() {
        manifest.default = entry.id.clone();
    }
    if arguments.preview {
        manifest.preview = Some(entry.id.clone());
    }
    manifest.models.retain(|model| model.id != entry.id);
    manifest.models.push(entry);
    manifest.models.sort_by(|a, b| a.id.cmp(&b.id));
    let mut json = serde_json::to_vec_pretty(&manifest)?;
    json.push(b'\n');
    write_atomically(&path, &json)
}
