//! `trainer adapt`: domain adaptation of a base model by masked language modelling on texts without labels
//! (Gururangan et al. 2020, "Don't stop pretraining", section 3).
//!
//! Base folder in, base folder out: the result is used as `model.base` of the next stage. The folder is at the same
//! time the stage's run folder, with log, curves and, until it is done, a checkpoint.

use super::stage;
use crate::base::base_model;
use crate::base::base_model::BaseModel;
use crate::base::origin::{Decision, Stage};
use crate::config::schema::Config;
use crate::data::collection::Collection;
use crate::data::held_out::HeldOut;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::{Split, split};
use crate::data::unlabelled;
use crate::fit::checkpoint;
use crate::fit::randomness;
use crate::fit::resources;
use crate::fit::training_loop;
use crate::fit::training_loop::Fitted;
use crate::fit::workers::Workers;
use crate::objective::masked_language_model;
use crate::objective::masked_language_model::MaskedLanguageModel;
use crate::output::standard_output::print;
use crate::run::folder::{CHECKPOINT, Place};
use crate::run::record::{RunRecord, unlabelled_inputs};
use anyhow::{Context, ensure};
use classifier::tokenizer::Tokenizer;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

/// Runs the subcommand.
///
/// # Errors
/// See [`adapt`].
pub fn run(arguments: &stage::Arguments) -> anyhow::Result<()> {
    let (config, place) = arguments.stage()?;
    let Some(adapted) = adapt(&config, &place)? else { return stage::print_finished(&place) };
    let Fitted { epoch, score } = adapted.fitted;
    print(&format!(
        "epoch {epoch} of {} is kept: {:.1} % of the hidden tokens found, perplexity {:.1}\n{}\n",
        config.train.epochs,
        100.0 * score.accuracy,
        score.loss.exp(),
        adapted.folder.display()
    ))
}

/// An adapted base model.
#[derive(Debug)]
pub struct Adapted {
    /// Its folder.
    pub folder: PathBuf,
    /// The kept epoch and its score on the held-out texts.
    pub fitted: Fitted,
}

/// Runs the adaptation on the training rows of the labelled data (where there is some) and on the texts without labels, or the
/// rest of one that was interrupted at this place; `None` where it is finished already.
///
/// # Errors
/// Data, base model or configuration that cannot be used; a folder of another run; whatever [`training_loop::fit`] refuses.
pub fn adapt(config: &Config, place: &Place) -> anyhow::Result<Option<Adapted>> {
    let device = resources::device(config)?;
    let workers = Workers::new(resources::num_threads(config), &device)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    ensure!(
        base.config.architecture.is_bert(),
        "expected a BERT to adapt, found an MPNet: it was pre-trained on another task than masking alone, and its head for \
         that is not here. Fine-tune it as it is"
    );
    let tokenizer = Tokenizer::from_json(&base.tokenizer_json).context("the base model's tokenizer.json")?;
    let data = match config.data.labelled().is_empty() {
        true => None,
        false => Some(Collection::read(&config.data, true)?),
    };
    let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
    let divide = |data: &Collection| split(data, &config.data.labels, &near_duplicates, &config.split);
    let split = data.as_ref().map(divide).transpose()?;
    let labelled = data.as_ref().zip(split.as_ref());
    let held_out = labelled.map(|(data, split)| HeldOut::new(near_duplicates, data, split));
    let inputs = unlabelled_inputs(config);
    let record = RunRecord::new(config, data.as_ref(), held_out.as_ref(), &inputs, &base, workers.count())?;
    if place.existing().is_some_and(|folder| folder.has(base_model::WEIGHTS)) && record.is_at(place)? {
        return Ok(None);
    }
    let (training, validation) = texts(config, labelled)?;
    let tokenize = |texts: &[String]| unlabelled::tokenize(texts, &base.tokenizer_json, config);
    let (training, validation) = (tokenize(&training)?, tokenize(&validation)?);
    let mut rng = randomness::initial_generator(config);
    let parameters = masked_language_model::parameters(&base, &device, &mut rng)?;
    let objective = MaskedLanguageModel::new(config, &base, &tokenizer, training, validation)?;
    let is_new = !record.is_at(place)?;
    let folder = place.open()?;
    if is_new {
        record.write(&folder, config)?;
    }
    let fitted = training_loop::fit(config, &folder, &workers, &parameters, &objective)?;
    let kept = parameters.with_checkpoint(&folder.path().join(CHECKPOINT))?;
    base.write_adapted(
        folder.path(),
        &kept,
        Stage::new(Decision::Weights, record.texts(), held_out.as_ref()),
    )?;
    folder.remove(checkpoint::STATE)?;
    folder.remove(CHECKPOINT)?;
    Ok(Some(Adapted { folder: folder.path().to_owned(), fitted }))
}

/// Texts to learn from and texts to be scored on: with labelled data its training and validation rows (the test rows
/// stay unseen), else the share `split.validation_fraction` of the unlabelled texts.
fn texts(
    config: &Config,
    labelled: Option<(&Collection, &Split)>,
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let (mut training, validation);
    if let Some((data, split)) = labelled {
        let texts = |indices: &[usize]| -> Vec<String> {
            indices.iter().map(|&index| data.examples[index].text.clone()).collect()
        };
        (training, validation) = (texts(&split.train), texts(&split.validation));
        training.extend(unlabelled::read(config, labelled)?.texts);
    } else {
        training = unlabelled::read(config, None)?.texts;
        training.shuffle(&mut ChaCha8Rng::seed_from_u64(config.split.seed));
        let count = (training.len() as f64 * config.split.validation_fraction).ceil() as usize;
        validation = training.split_off(training.len().saturating_sub(count));
    }
    ensure!(
        !training.is_empty() && !validation.is_empty(),
        "expected at least two different texts in `data.train`, `data.unlabelled` or `data.sources`, found {}",
        training.len() + validation.len()
    );
    Ok((training, validation))
}
