//! One teacher: texts in, logits out, whatever it is made of.
//!
//! It reads texts with its own tokenizer and normalization. A run folder or a model file answers in the int8 arithmetic
//! that its users get.

use super::{check_labels, leaks};
use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::data::unlabelled;
use crate::fit::workers::Workers;
use crate::run::seen::SeenRows;
use crate::run::weights::RunWeights;
use crate::scoring::predictions::classify_with;
use anyhow::{Context, ensure};
use classifier::Classifier;
use classifier::model_file::{Metadata, ModelFile};
use encoder::NoDropout;
use indicatif::ProgressBar;
use std::path::Path;

/// A model that is learned from.
#[derive(Debug)]
pub struct Teacher {
    model: Model,
    /// The run whose hidden states are wanted.
    run: Option<RunWeights>,
    /// What it has learned from, where it lists that.
    seen: Option<SeenRows>,
}

/// What computes its logits.
#[derive(Debug)]
enum Model {
    /// A run or a model file, in int8.
    Classifier(Box<Classifier>),
}

impl Teacher {
    /// Loads a teacher and holds it against the student; adds to what the student has `seen` what it has. Its hidden
    /// states may be wanted of the first one alone.
    ///
    /// # Errors
    /// As [`super::open`].
    pub fn open(
        config: &Config,
        base: Option<&BaseModel>,
        data_sha256: &str,
        seen: &mut SeenRows,
        path: &Path,
        is_first: bool,
    ) -> anyhow::Result<Self> {
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
            Some(run) => leaks::check_listed(&run.seen, seen, name, is_allowed)?,
            None => leaks::check_file(metadata, data_sha256, seen, name, is_allowed)?,
        }
        check_labels(config, &metadata.labels)?;
        if let Some(base) = base {
            check_tokenizer(config, metadata, base)?;
        }
        let is_hidden_wanted = is_first && config.distillation.hidden_weight > 0.0;
        if let Some(base) = base.filter(|_| is_hidden_wanted) {
            let (expected, found) = (base.config.hidden_size, metadata.encoder.hidden_size);
            ensure!(
                run.is_some() && expected == found,
                "`distillation.hidden_weight`: expected a run folder of hidden size {expected} as first teacher, found {}",
                if run.is_some() { format!("hidden size {found}") } else { "a model file".to_owned() }
            );
        }
        let listed = run.as_ref().map(|run| run.seen.clone());
        let run = run.filter(|_| is_hidden_wanted);
        Ok(Self { model: Model::Classifier(Box::new(Classifier::from_gguf(bytes)?)), run, seen: listed })
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

fn check_tokenizer(config: &Config, metadata: &Metadata, base: &BaseModel) -> anyhow::Result<()> {
    ensure!(
        config.distillation.allow_other_tokenizer || metadata.tokenizer_json == base.tokenizer_json,
        "expected the student's tokenizer, {} pieces, found another of {}. Start teacher and student from the same \
         base, or set `distillation.allow_other_tokenizer` to learn from its logits all the same",
        base.config.vocab_size,
        metadata.encoder.vocab_size
    );
    Ok(())
}
