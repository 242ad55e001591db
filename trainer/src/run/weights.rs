//! What a finished run has learned: its weights and what is needed to use them.
//!
//! All that a teacher is asked for; its data need not be there any more.

use super::folder::{CHECKPOINT, CONFIG, EVALUATION, SPLIT, TOKENIZER};
use super::record::RunRecord;
use super::seen::SeenRows;
use crate::base::parameters::Parameters;
use crate::config::schema::Config;
use crate::data::split::Split;
use anyhow::{Context, ensure};
use candle_core::Device;
use candle_core::quantized::QTensor;
use classifier::model_file;
use classifier::model_file::EncoderConfig;
use classifier::model_file::Exit;
use classifier::model_file::Metadata;
use classifier::model_file::StorageFormat;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Key of a model file's provenance: [`SeenRows::split_sha256`]. A file whose teachers are unknown has none.
pub const SPLIT_SHA256: &str = "split_sha256";
/// Key of a model file's provenance: SHA-256 of the labelled data.
pub const DATA: &str = "data_sha256";

/// The content of a finished run's folder.
#[derive(Debug)]
pub struct RunWeights {
    /// The run folder.
    pub folder: PathBuf,
    /// Resolved.
    pub config: Config,
    /// Hashes, versions, sizes.
    pub record: RunRecord,
    /// Which rows are held out.
    pub split: Split,
    /// Which texts it has seen, and its teachers.
    pub seen: SeenRows,
    /// The kept epoch's.
    pub parameters: Parameters,
    /// The base's tokenizer.
    pub tokenizer_json: String,
}

impl RunWeights {
    /// Reads a run folder.
    ///
    /// # Errors
    /// A folder that `trainer train` did not write, or not to its end.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let record = RunRecord::read(folder)?;
        let config = Config::load(&folder.join(CONFIG), &[])?;
        ensure!(
            folder.join(EVALUATION).exists(),
            "{}: expected a finished run with an {EVALUATION}, found one that is under way or was interrupted. Wait for \
             it, or go on with `trainer train --resume`",
            folder.display()
        );
        let checkpoint = folder.join(CHECKPOINT);
        let parameters = Parameters::from_checkpoint(&checkpoint, &record.encoder, &Device::Cpu)?;
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let tokenizer_json = read(TOKENIZER)?;
        let split: Split = serde_json::from_str(&read(SPLIT)?).context("split.json of the run")?;
        let (folder, seen) = (folder.to_owned(), SeenRows::read(folder)?);
        Ok(Self { folder, config, record, split, seen, parameters, tokenizer_json })
    }

    /// Refuses a run whose network nobody can run in int8.
    ///
    /// # Errors
    /// Another architecture than BERT.
    pub fn require_inference(&self) -> anyhow::Result<()> {
        ensure!(
            self.record.encoder.architecture.is_bert(),
            "{}: expected the run of a BERT, found one of an MPNet: there is no inference in int8 for it. It is a teacher: \
             name its run folder in the `distillation.teachers` of a BERT's run",
            self.folder.display()
        );
        Ok(())
    }

    /// The weights, each in its format; f32 where none is given.
    ///
    /// # Errors
    /// Rows that are no whole blocks.
    pub fn stored(
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

    /// A model file without quantization, calibration and exit.
    ///
    /// # Errors
    /// Writing it.
    pub fn unquantized(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.model_file(id, &self.stored(&IndexMap::new())?, 1.0, 0.0, None)
    }

    /// The model file with these tensors, this temperature and this threshold of uncertainty; with the run's exit where it
    /// is said when that answers.
    ///
    /// # Errors
    /// Writing it.
    pub fn model_file(
        &self,
        id: &str,
        tensors: &BTreeMap<String, QTensor>,
        temperature: f32,
        uncertain_threshold: f32,
        exit: Option<Exit>,
    ) -> anyhow::Result<Vec<u8>> {
        let record = &self.record;
        let mut provenance = vec![
            ("base_model", record.base_model.clone()),
            ("base_sha256", record.base_sha256.clone()),
            ("candle_version", record.candle_version.clone()),
            ("config_sha256", record.config_sha256.clone()),
            ("data", record.data.clone()),
            (DATA, record.data_sha256.clone()),
            ("git_commit", record.git_commit.clone()),
            ("inputs", serde_json::to_string(&record.inputs)?),
            ("seed", record.seed.to_string()),
            ("trainer_version", record.trainer_version.clone()),
        ];
        match self.seen.unknown_teachers() {
            [] => provenance.push((SPLIT_SHA256, self.seen.split_sha256())),
            teachers => provenance.push(("unknown_teachers", teachers.join(", "))),
        }
        let metadata = Metadata {
            id: id.to_owned(),
            encoder: EncoderConfig {
                exit_layer: record.encoder.exit_layer.filter(|_| exit.is_some()),
                ..record.encoder.clone()
            },
            labels: self.config.data.labels.clone(),
            normalization: self.config.model.normalization.clone(),
            temperature,
            uncertain_threshold,
            exit,
            tokenizer_json: self.tokenizer_json.clone(),
            provenance: provenance.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        };
        let mut file = Cursor::new(Vec::new());
        model_file::write(&mut file, &metadata, tensors)?;
        Ok(file.into_inner())
    }
}
