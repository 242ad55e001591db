//! `trainer export`: from a run's checkpoint to a model folder that server, page and engine read.
//!
//! `models/<id>/` gets the GGUF file, its golden values and its card, each written whole or not at all; the
//! manifest comes last, so that it never names a file that is not there.

mod calibration;
mod golden;
mod model_card;

use crate::cli::{ExportArguments, GoldenArguments};
use crate::config::Config;
use crate::data::{Dataset, read_labelled, sha256_hex};
use crate::metrics::{self, Evaluation};
use crate::parameters::Parameters;
use crate::run_folder::write_atomically;
use crate::run_record::RunRecord;
use crate::split::Split;
use crate::train::{self, Workers};
use anyhow::{Context, bail, ensure};
use candle_core::Device;
use candle_core::quantized::{GgmlDType, QTensor};
use classifier::Classifier;
use classifier::encoder::tensor_specs;
use classifier::model_file::{self, Metadata};
use messages::{Manifest, ManifestModel};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

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
    let quantization = arguments.quantization.as_ref().unwrap_or(&run.config.export.quantization);
    let bytes = run.model_file(id, quantization)?;
    let classifier = Classifier::from_gguf(bytes.clone()).context("the exported model does not load")?;
    let exported = run.score(&classifier)?;
    let folder = arguments.models.join(id);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let entry = ManifestModel {
        id: id.clone(),
        file: format!("{id}/model.gguf"),
        size_bytes: bytes.len() as u64,
        sha256: sha256_hex(&bytes),
        labels: run.config.data.labels.clone(),
        quantization: quantization.clone(),
        metrics: messages::Metrics::from(&exported),
    };
    let golden = golden::json(&bytes, &classifier)?;
    let card = model_card::markdown(&run, &entry, &exported, &classifier);
    write_atomically(&folder.join("model.gguf"), &bytes)?;
    write_atomically(&folder.join("golden.json"), &golden)?;
    write_atomically(&folder.join("MODEL_CARD.md"), card.as_bytes())?;
    update_manifest(&arguments.models, entry, arguments)?;
    println!("{}", crate::report_table::table(&exported));
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

/// A finished run, read back.
struct Run {
    config: Config,
    record: RunRecord,
    parameters: Parameters,
    tokenizer_json: String,
    dataset: Dataset,
    split: Split,
    /// Fitted on the validation rows.
    temperature: f32,
    /// The f32 checkpoint on the test rows, calibrated.
    evaluation: Evaluation,
}

impl Run {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let record = RunRecord::read(folder)?;
        let config = Config::load(&folder.join("config.toml"), &[])?;
        let parameters =
            Parameters::from_checkpoint(&folder.join(train::CHECKPOINT), &record.encoder, &Device::Cpu)?;
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let tokenizer_json = read("tokenizer.json")?;
        let split: Split = serde_json::from_str(&read("split.json")?).context("split.json of the run")?;
        let dataset = read_labelled(&config.data.train, &config.data.labels)
            .context("export scores the model on the run's held-out rows and so needs the run's data")?;
        ensure!(
            dataset.sha256 == record.data_sha256,
            "{}: expected the data of the run (SHA-256 {}), found {}",
            dataset.path.display(),
            record.data_sha256,
            dataset.sha256
        );
        let rows = train::tokenize(&dataset, &tokenizer_json, &config)?;
        let workers = Workers::new(record.num_threads, &Device::Cpu)?;
        let encoder = parameters.frozen_encoder()?;
        let logits = |indices: &[usize]| {
            let rows = train::select(&rows, indices);
            let labels: Vec<usize> = rows.iter().map(|row| row.label).collect();
            Ok::<_, anyhow::Error>((workers.logits(&encoder, &rows)?, labels))
        };
        let (validation_logits, validation_labels) = logits(&split.validation)?;
        let temperature = calibration::fit_temperature(&validation_logits, &validation_labels);
        let start = Instant::now();
        let (test_logits, test_labels) = logits(&split.test)?;
        let seconds = start.elapsed().as_secs_f64();
        let probabilities: Vec<Vec<f32>> =
            test_logits.iter().map(|logits| classifier::softmax(logits, temperature)).collect();
        let evaluation = metrics::evaluate(&probabilities, &test_labels, &config.data.labels, seconds);
        Ok(Self { config, record, parameters, tokenizer_json, dataset, split, temperature, evaluation })
    }

    /// The GGUF file, in memory: 24 MB for MiniLM-L6 in Q8_0.
    fn model_file(&self, id: &str, quantization: &str) -> anyhow::Result<Vec<u8>> {
        let dtype = match quantization {
            "F32" => GgmlDType::F32,
            "Q8_0" => GgmlDType::Q8_0,
            "Q4_0" => GgmlDType::Q4_0,
            other => bail!("quantization: expected F32, Q8_0 or Q4_0, found {other}"),
        };
        let specs = tensor_specs(&self.record.encoder).into_iter();
        let is_quantizable: BTreeMap<String, bool> =
            specs.map(|spec| (spec.name, spec.is_quantizable)).collect();
        let quantize = |(name, variable): (&String, &candle_core::Var)| {
            let dtype = if is_quantizable.get(name) == Some(&true) { dtype } else { GgmlDType::F32 };
            let tensor = QTensor::quantize(variable.as_tensor(), dtype);
            Ok((name.clone(), tensor.with_context(|| format!("cannot store `{name}` as {dtype:?}"))?))
        };
        let tensors = self.parameters.iter().map(quantize).collect::<anyhow::Result<_>>()?;
        let record = &self.record;
        let provenance = [
            ("base_model", record.base_model.clone()),
            ("base_sha256", record.base_sha256.clone()),
            ("candle_version", record.candle_version.clone()),
            ("config_sha256", record.config_sha256.clone()),
            ("data", record.data.clone()),
            ("data_sha256", record.data_sha256.clone()),
            ("seed", record.seed.to_string()),
            ("trainer_version", record.trainer_version.clone()),
        ];
        let metadata = Metadata {
            id: id.to_owned(),
            encoder: record.encoder.clone(),
            labels: self.config.data.labels.clone(),
            normalization: self.config.model.normalization.clone(),
            temperature: self.temperature,
            uncertain_threshold: self.config.export.uncertain_threshold as f32,
            tokenizer_json: self.tokenizer_json.clone(),
            provenance: provenance.map(|(key, value)| (key.to_owned(), value)).to_vec(),
        };
        let mut file = Cursor::new(Vec::new());
        model_file::write(&mut file, &metadata, &tensors)?;
        Ok(file.into_inner())
    }

    /// The exported file on the run's held-out rows, through the very code that users run.
    fn score(&self, classifier: &Classifier) -> anyhow::Result<Evaluation> {
        let examples: Vec<_> = self.split.test.iter().map(|&index| &self.dataset.examples[index]).collect();
        let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
        let labels: Vec<usize> = examples.iter().map(|example| example.label).collect();
        let name_of = |index: usize| format!("{}:{}", self.dataset.path.display(), examples[index].line);
        let start = Instant::now();
        let predictions = crate::classification::classify_all(classifier, &texts, name_of)?;
        let seconds = start.elapsed().as_secs_f64();
        let probabilities: Vec<_> =
            predictions.into_iter().map(|prediction| prediction.probabilities).collect();
        Ok(metrics::evaluate(&probabilities, &labels, classifier.labels(), seconds))
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
