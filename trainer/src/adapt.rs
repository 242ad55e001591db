//! `trainer adapt`: domain adaptation of a base model by masked language modelling on texts without labels
//! (Gururangan et al. 2020, "Don't stop pretraining", section 3).
//!
//! Base folder in, base folder out: the result is used as `model.base` of the next stage. The folder is at the same
//! time the stage's run folder, with log, curves and, until it is done, a checkpoint.

mod masking;

use crate::base_model::{self, BaseModel};
use crate::config::Config;
use crate::data::{Dataset, NearDuplicates, read_configured};
use crate::fit::{self, Fitted, Workers};
use crate::run_folder::Place;
use crate::run_record::RunRecord;
use crate::split::split;
use crate::unlabelled;
use anyhow::{Context, ensure};
use classifier::tokenizer::Tokenizer;
use masking::MaskedLanguageModel;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

/// An adapted base model.
#[derive(Debug)]
pub struct Adapted {
    /// Its folder.
    pub folder: PathBuf,
    /// The kept epoch and its score on the held-out texts.
    pub fitted: Fitted,
}

/// Runs the adaptation on the training rows of `data.train` (where there is one) and on `data.unlabelled`, or the
/// rest of one that was interrupted at this place; `None` where it is finished already.
///
/// # Errors
/// Data, base model or configuration that cannot be used; a folder of another run; whatever [`fit::fit`] refuses.
pub fn run(config: &Config, place: &Place) -> anyhow::Result<Option<Adapted>> {
    let device = fit::device(config)?;
    let workers = Workers::new(fit::num_threads(config), &device)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    let tokenizer = Tokenizer::from_json(&base.tokenizer_json).context("the base model's tokenizer.json")?;
    let dataset = match config.data.train.as_os_str().is_empty() {
        true => None,
        false => Some(read_configured(&config.data, true)?),
    };
    let record = RunRecord::new(config, dataset.as_ref(), &base, workers.count())?;
    if place.existing().is_some_and(|folder| folder.has(base_model::WEIGHTS)) && record.is_at(place)? {
        return Ok(None);
    }
    let (training, validation) = texts(config, dataset.as_ref())?;
    let tokenize = |texts: &[String]| unlabelled::tokenize(texts, &base.tokenizer_json, config);
    let (training, validation) = (tokenize(&training)?, tokenize(&validation)?);
    let mut rng = fit::initial_generator(config);
    let parameters = masking::parameters(&base, &device, &mut rng)?;
    let objective = MaskedLanguageModel::new(config, &base, &tokenizer, training, validation)?;
    let is_new = !record.is_at(place)?;
    let folder = place.open()?;
    if is_new {
        record.write(&folder, config)?;
    }
    let fitted = fit::fit(config, &folder, &workers, &parameters, &objective)?;
    let kept = parameters.with_checkpoint(&folder.path().join(fit::CHECKPOINT))?;
    base.write_adapted(&folder, &kept)?;
    folder.remove(fit::STATE)?;
    folder.remove(fit::CHECKPOINT)?;
    Ok(Some(Adapted { folder: folder.path().to_owned(), fitted }))
}

/// Texts to learn from and texts to be scored on: with labelled data its training and validation rows (the test rows
/// stay unseen), else the share `split.validation_fraction` of the unlabelled texts.
fn texts(config: &Config, dataset: Option<&Dataset>) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let (mut training, validation);
    if let Some(dataset) = dataset {
        let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
        let split = split(&dataset.examples, &config.data.labels, &near_duplicates, &config.split)?;
        let texts = |indices: &[usize]| -> Vec<String> {
            indices.iter().map(|&index| dataset.examples[index].text.clone()).collect()
        };
        (training, validation) = (texts(&split.train), texts(&split.validation));
        training.extend(unlabelled::read(config, Some((dataset, &split)))?);
    } else {
        training = unlabelled::read(config, None)?;
        training.shuffle(&mut ChaCha8Rng::seed_from_u64(config.split.seed));
        let count = (training.len() as f64 * config.split.validation_fraction).ceil() as usize;
        validation = training.split_off(training.len().saturating_sub(count));
    }
    ensure!(
        !training.is_empty() && !validation.is_empty(),
        "expected at least two different texts in `data.train` or `data.unlabelled`, found {}",
        training.len() + validation.len()
    );
    Ok((training, validation))
}
