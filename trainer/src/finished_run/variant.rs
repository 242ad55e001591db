//! A checkpoint as a model file in memory, in one storage or another.

use super::{Run, Scored};
use crate::calibration::{Calibration, ThresholdRule};
use crate::classification::classify_with;
use crate::tensor_storage::TensorStorage;
use anyhow::Context;
use candle_core::quantized::QTensor;
use classifier::Classifier;
use classifier::model_file::{self, Metadata};
use encoder::StorageFormat;
use indexmap::IndexMap;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Instant;

/// A model file in memory, loaded and scored.
#[derive(Debug)]
pub struct Variant {
    /// The GGUF file: 24 MB for MiniLM-L6 in Q8_0.
    pub bytes: Vec<u8>,
    /// The file, loaded for this machine's fastest kernel.
    pub classifier: Classifier,
    /// Format of every tensor, in the order of the file.
    pub formats: IndexMap<String, StorageFormat>,
    /// What it says of the test rows.
    pub scored: Scored,
}

impl Run {
    /// Makes the model file, fits temperature and threshold to what it says of the validation rows, scores it on the
    /// test rows. `bar` advances by a text.
    ///
    /// # Errors
    /// A storage that does not fit the model, a text that cannot be classified.
    pub fn variant(
        &self,
        id: &str,
        storage: &TensorStorage,
        rule: ThresholdRule,
        bar: &ProgressBar,
    ) -> anyhow::Result<Variant> {
        let formats = storage.formats(&self.record.encoder)?;
        let tensors = self.quantized(&formats)?;
        let uncalibrated = Calibration { temperature: 1.0, uncertain_threshold: 0.0, selection: None };
        let file = |calibration: &Calibration| self.model_file(id, &tensors, calibration);
        let load =
            |bytes: &[u8]| Classifier::from_gguf(bytes.to_vec()).context("the exported model does not load");
        let classifier = load(&file(&uncalibrated)?)?;
        let validation = self.logits(&classifier, &self.split.validation, bar)?;
        let calibration = Calibration::fit(&validation, &self.labels(&self.split.validation), rule);
        let start = Instant::now();
        let test = self.logits(&classifier, &self.split.test, bar)?;
        let seconds = start.elapsed().as_secs_f64();
        let labels = self.labels(&self.split.test);
        let scored = Scored::new(calibration, &test, labels, &self.config.data.labels, seconds);
        let bytes = file(&calibration)?;
        let classifier = load(&bytes)?;
        Ok(Variant { bytes, classifier, formats, scored })
    }

    /// The model file without quantization and calibration.
    ///
    /// # Errors
    /// Writing it.
    pub fn unquantized(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        let uncalibrated = Calibration { temperature: 1.0, uncertain_threshold: 0.0, selection: None };
        self.model_file(id, &self.quantized(&IndexMap::new())?, &uncalibrated)
    }

    fn quantized(
        &self,
        formats: &IndexMap<String, StorageFormat>,
    ) -> anyhow::Result<BTreeMap<String, QTensor>> {
        let quantize = |(name, variable): (&String, &candle_core::Var)| {
            let format = formats.get(name).copied().unwrap_or(StorageFormat::F32);
            let tensor = QTensor::quantize(variable.as_tensor(), format.dtype());
            Ok((name.clone(), tensor.with_context(|| format!("cannot store `{name}` as {format}"))?))
        };
        self.parameters.iter().map(quantize).collect()
    }

    fn model_file(
        &self,
        id: &str,
        tensors: &BTreeMap<String, QTensor>,
        calibration: &Calibration,
    ) -> anyhow::Result<Vec<u8>> {
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
            temperature: calibration.temperature,
            uncertain_threshold: calibration.uncertain_threshold,
            tokenizer_json: self.tokenizer_json.clone(),
            provenance: provenance.map(|(key, value)| (key.to_owned(), value)).to_vec(),
        };
        let mut file = Cursor::new(Vec::new());
        model_file::write(&mut file, &metadata, tensors)?;
        Ok(file.into_inner())
    }

    fn logits(
        &self,
        classifier: &Classifier,
        indices: &[usize],
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let examples = self.examples(indices);
        let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
        let predictions = classify_with(classifier, &texts, |index| self.place_of(examples[index]), bar)?;
        Ok(predictions.into_iter().map(|prediction| prediction.logits).collect())
    }
}
