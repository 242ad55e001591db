//! One teacher: texts in, logits out, whatever it is made of.
//!
//! It reads texts with its own tokenizer and normalization. A run folder or a model file answers in the int8 arithmetic
//! that its users get, the run of an MPNet and a checkpoint of Hugging Face in f32 on the run's device.

use super::hugging_face::HuggingFace;
use super::{check_labels, leaks};
use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::config::training::hugging_face_folder;
use crate::data::unlabelled;
use crate::fit::workers::Workers;
use crate::run::seen::SeenRows;
use crate::run::weights::RunWeights;
use crate::scoring::predictions::classify_with;
use anyhow::{Context, bail, ensure};
use candle_core::Device;
use classifier::Classifier;
use classifier::model_file::ModelFile;
use encoder::NoDropout;
use indicatif::ProgressBar;
use std::path::Path;

/// A model that is learned from.
pub struct Teacher {
    model: Model,
    /// The run whose hidden states are wanted.
    run: Option<RunWeights>,
    /// What it has learned from, where it lists that.
    seen: Option<SeenRows>,
}

/// What computes its logits.
enum Model {
    /// A run or a model file, in int8.
    Classifier(Box<Classifier>),
    /// A run that has no inference in int8.
    Encoder(Box<RunWeights>),
    /// A checkpoint of Hugging Face.
    HuggingFace(Box<HuggingFace>),
}

/// What a teacher is held against.
pub struct Student<'a> {
    /// Its configuration.
    pub config: &'a Config,
    /// What it starts from; `None` where no student is there yet.
    pub base: Option<&'a BaseModel>,
    /// SHA-256 of its labelled data.
    pub data_sha256: &'a str,
    /// Where what is no int8 computes.
    pub device: &'a Device,
}

impl Teacher {
    /// Loads a teacher and holds it against the student; adds to what the student has `seen` what it has. Its hidden
    /// states may be wanted of the first one alone.
    ///
    /// # Errors
    /// As [`super::open`].
    pub fn open(
        student: &Student<'_>,
        seen: &mut SeenRows,
        path: &Path,
        is_first: bool,
    ) -> anyhow::Result<Self> {
        let is_hidden_wanted = is_first && student.config.distillation.hidden_weight > 0.0;
        let name = path.display().to_string();
        match hugging_face_folder(path) {
            Some(_) if is_hidden_wanted => bail!(no_hidden_states("a checkpoint of Hugging Face")),
            Some(folder) => Self::of_hugging_face(student, seen, name, folder),
            None if path.is_dir() => {
                Self::of_run(student, seen, name, RunWeights::read(path)?, is_hidden_wanted)
            }
            None if is_hidden_wanted => bail!(no_hidden_states("a model file")),
            None => Self::of_file(student, seen, name, path),
        }
    }

    fn of_run(
        student: &Student<'_>,
        seen: &mut SeenRows,
        name: String,
        run: RunWeights,
        is_hidden_wanted: bool,
    ) -> anyhow::Result<Self> {
        leaks::check_listed(&run.seen, seen, name, student.allows_unknown_data())?;
        check_labels(student.config, &run.config.data.labels)?;
        student.check_tokenizer(&run.tokenizer_json, run.record.encoder.vocab_size)?;
        if let Some(base) = student.base.filter(|_| is_hidden_wanted) {
            let (expected, found) = (base.config.hidden_size, run.record.encoder.hidden_size);
            ensure!(
                expected == found,
                "`distillation.hidden_weight`: expected a first teacher of the student's hidden size, {expected}, found \
                 {found}. Set it to 0 to learn from its logits alone"
            );
        }
        let listed = Some(run.seen.clone());
        if !run.record.encoder.architecture.is_bert() {
            ensure!(!is_hidden_wanted, no_hidden_states("the run of an MPNet"));
            return Ok(Self { model: Model::Encoder(Box::new(run)), run: None, seen: listed });
        }
        let classifier = Classifier::from_gguf(run.unquantized("teacher")?)?;
        let run = is_hidden_wanted.then_some(run);
        Ok(Self { model: Model::Classifier(Box::new(classifier)), run, seen: listed })
    }

    fn of_file(
        student: &Student<'_>,
        seen: &mut SeenRows,
        name: String,
        path: &Path,
    ) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).context(
            "cannot read it: expected a run folder, a model file, or hf:FOLDER for a checkpoint of Hugging Face",
        )?;
        let file = ModelFile::parse(bytes.clone())?;
        let metadata = file.metadata();
        leaks::check_file(metadata, student.data_sha256, seen, name, student.allows_unknown_data())?;
        check_labels(student.config, &metadata.labels)?;
        student.check_tokenizer(&metadata.tokenizer_json, metadata.encoder.vocab_size)?;
        Ok(Self { model: Model::Classifier(Box::new(Classifier::from_gguf(bytes)?)), run: None, seen: None })
    }

    /// What it has learned from, nobody knows.
    fn of_hugging_face(
        student: &Student<'_>,
        seen: &mut SeenRows,
        name: String,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        leaks::check_unknown(seen, name, student.allows_unknown_data())?;
        let (labels, label_map) = (&student.config.data.labels, &student.config.distillation.label_map);
        let model = HuggingFace::open(folder, labels, label_map, student.device)?;
        Ok(Self { model: Model::HuggingFace(Box::new(model)), run: None, seen: None })
    }

    /// Which of these texts it has learned, where it tells.
    ///
    /// # Errors
    /// None with the steps of this version.
    pub fn learned(&self, texts: &[&str]) -> anyhow::Result<Option<Vec<bool>>> {
        self.seen.as_ref().map(|seen| seen.learned(texts)).transpose()
    }

    /// Its logits in the order of the student's labels, a row a text; the bar advances by a text.
    ///
    /// # Errors
    /// The first text that it cannot read.
    pub fn logits(
        &self,
        texts: &[&str],
        workers: &Workers,
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        match &self.model {
            Model::Classifier(classifier) => {
                let name_of = |index: usize| format!("the text {:?}", texts[index]);
                let predictions = workers.install(|| classify_with(classifier, texts, name_of, bar))?;
                Ok(predictions.into_iter().map(|prediction| prediction.logits).collect())
            }
            Model::Encoder(run) => {
                let logits = encoder_logits(run, texts, workers)?;
                bar.inc(texts.len() as u64);
                Ok(logits)
            }
            Model::HuggingFace(model) => model.logits(texts, workers, bar),
        }
    }

    /// Its pooled hidden states, a row a text, where they are wanted.
    ///
    /// # Errors
    /// Tensor operations, whatever its tokenizer refuses.
    pub fn pooled(&self, texts: &[&str], workers: &Workers) -> anyhow::Result<Option<Vec<Vec<f32>>>> {
        let Some(run) = &self.run else { return Ok(None) };
        let ids = unlabelled::tokenize(texts, &run.tokenizer_json, &run.config)?;
        let encoder = run.parameters.frozen_encoder()?;
        Ok(Some(workers.rows(&ids, |batch| encoder.pooled(batch, &mut NoDropout))?))
    }
}

/// Logits of a run through the encoder, in f32, where the student trains.
fn encoder_logits(run: &RunWeights, texts: &[&str], workers: &Workers) -> anyhow::Result<Vec<Vec<f32>>> {
    let ids = unlabelled::tokenize(texts, &run.tokenizer_json, &run.config)?;
    let parameters = run.parameters.to_device(workers.device())?;
    workers.logits(&parameters.frozen_encoder()?, &ids)
}

fn no_hidden_states(found: &str) -> String {
    format!(
        "`distillation.hidden_weight`: expected a run folder as first teacher, found {found}, which has no hidden states to \
         learn from. Set it to 0 to learn from its logits alone"
    )
}

impl Student<'_> {
    fn allows_unknown_data(&self) -> bool {
        self.config.distillation.allow_unknown_teacher_data
    }

    fn check_tokenizer(&self, tokenizer_json: &str, vocab_size: usize) -> anyhow::Result<()> {
        let Some(base) = self.base else { return Ok(()) };
        ensure!(
            self.config.distillation.allow_other_tokenizer || tokenizer_json == base.tokenizer_json,
            "expected the student's tokenizer, {} pieces, found another of {vocab_size}. Start teacher and student from the \
             same base, or set `distillation.allow_other_tokenizer` to learn from its logits all the same",
            base.config.vocab_size
        );
        Ok(())
    }
}
