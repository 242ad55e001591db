//! Ranges of the configuration: what the types alone do not say.
//!
//! Checked once after loading, so that training cannot fail an hour later over a fraction of 1.5.

mod sources;

use super::schema::Config;
use super::training::ClassWeights;
use classifier::normalization::Normalization;
use std::collections::HashSet;
use std::path::PathBuf;
use thiserror::Error;

/// A value outside what its key accepts.
#[derive(Debug, Error)]
#[error("expected {expected}, found {found}")]
pub struct InvalidValue {
    /// Full path of the key.
    pub key: String,
    expected: String,
    found: String,
}

/// `[CLS]`, one token, `[SEP]`.
const FEWEST_TOKENS: usize = 3;

/// The first value that its key does not accept.
pub fn check(config: &Config) -> Result<(), InvalidValue> {
    check_texts(config)?;
    sources::check(config)?;
    check_fractions(config)?;
    check_counts(config)?;
    check_teachers(config)
}

fn ensure(
    holds: bool,
    key: impl Into<String>,
    expected: impl Into<String>,
    found: impl ToString,
) -> Result<(), InvalidValue> {
    if holds {
        Ok(())
    } else {
        Err(InvalidValue { key: key.into(), expected: expected.into(), found: found.to_string() })
    }
}

fn check_texts(config: &Config) -> Result<(), InvalidValue> {
    let name_fits = config.name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let name = &config.name;
    ensure(name_fits && !name.is_empty(), "name", "letters, digits, `.`, `_` and `-`", format!("{name:?}"))?;
    let labels = &config.data.labels;
    let distinct: HashSet<_> = labels.iter().collect();
    ensure(
        labels.len() >= 2 && distinct.len() == labels.len(),
        "data.labels",
        "two or more different names",
        format!("{labels:?}"),
    )?;
    let is_name = |label: &String| !label.trim().is_empty();
    ensure(labels.iter().all(is_name), "data.labels", "names that are not empty", format!("{labels:?}"))?;
    // Who exports or resumes a run reads its rows again.
    let is_file = |path: &PathBuf| path.as_os_str() != "-";
    ensure(
        is_file(&config.data.train),
        "data.train",
        "a file",
        "standard input, which cannot be read again",
    )?;
    let are_files = config.data.unlabelled.iter().all(is_file);
    ensure(are_files, "data.unlabelled", "files", "standard input, which cannot be read again")?;
    let normalization = Normalization::new(&config.model.normalization);
    if let Err(unknown) = normalization {
        return ensure(false, "model.normalization", "known steps", unknown);
    }
    Ok(())
}

fn check_fractions(config: &Config) -> Result<(), InvalidValue> {
    let (split, model, train) = (&config.split, &config.model, &config.train);
    for (key, found) in [
        ("split.validation_fraction", split.validation_fraction),
        ("split.test_fraction", split.test_fraction),
    ] {
        ensure(found > 0.0 && found < 1.0, key, "a number above 0 and below 1", found)?;
    }
    let held_out = split.validation_fraction + split.test_fraction;
    ensure(held_out < 1.0, "split.test_fraction", "both fractions together below 1", held_out)?;
    for (key, found) in [
        ("model.hidden_dropout", model.hidden_dropout),
        ("model.attention_dropout", model.attention_dropout),
        ("model.classifier_dropout", model.classifier_dropout),
        ("train.warmup_fraction", train.warmup_fraction),
        ("train.token_dropout", train.token_dropout),
        ("train.adam_beta1", train.adam_beta1),
        ("train.adam_beta2", train.adam_beta2),
        ("train.ema_decay", train.ema_decay),
        ("train.swa_start", train.swa_start),
        ("loss.label_smoothing", config.loss.label_smoothing),
    ] {
        ensure((0.0..1.0).contains(&found), key, "a number from 0 to below 1", found)?;
    }
    let (distillation, masking) = (&config.distillation, &config.masking);
    for (key, found) in [
        ("export.uncertain_threshold", config.export.uncertain_threshold),
        ("export.selective_accuracy", config.export.selective_accuracy),
        ("export.exit_tolerance", config.export.exit_tolerance),
        ("distillation.weight", distillation.weight),
        ("masking.mask_share", masking.mask_share),
        ("masking.random_share", masking.random_share),
    ] {
        ensure((0.0..=1.0).contains(&found), key, "a number from 0 to 1", found)?;
    }
    ensure(
        masking.fraction > 0.0 && masking.fraction < 1.0,
        "masking.fraction",
        "a number above 0 and below 1",
        masking.fraction,
    )?;
    let replaced = masking.mask_share + masking.random_share;
    ensure(replaced <= 1.0, "masking.random_share", "both shares together at most 1", replaced)?;
    let decay = train.layer_decay;
    ensure(decay > 0.0 && decay <= 1.0, "train.layer_decay", "a number above 0, at most 1", decay)?;
    for (key, found) in [
        ("train.learning_rate", train.learning_rate),
        ("train.adam_epsilon", train.adam_epsilon),
        ("train.max_gradient_norm", train.max_gradient_norm),
        ("distillation.temperature", distillation.temperature),
        ("loss.exit_weight", config.loss.exit_weight),
    ] {
        ensure(found > 0.0 && found.is_finite(), key, "a number above 0", found)?;
    }
    for (key, found) in [
        ("train.weight_decay", train.weight_decay),
        ("loss.r_drop", config.loss.r_drop),
        ("distillation.hidden_weight", distillation.hidden_weight),
    ] {
        ensure(found >= 0.0 && found.is_finite(), key, "a number from 0 upwards", found)?;
    }
    Ok(())
}

fn check_teachers(config: &Config) -> Result<(), InvalidValue> {
    let distillation = &config.distillation;
    let unknown = distillation.label_map.iter().find(|(_, label)| !config.data.labels.contains(label));
    if let Some((found, label)) = unknown {
        let expected = format!("labels of `data.labels` {:?}", config.data.labels);
        return ensure(false, "distillation.label_map", expected, format!("{label:?} for {found:?}"));
    }
    if distillation.answers.is_empty() {
        return Ok(());
    }
    ensure(
        distillation.teachers.is_empty(),
        "distillation.answers",
        "either `teachers` or what they have answered",
        "both. Leave one of them empty: []",
    )?;
    ensure(
        distillation.hidden_weight == 0.0,
        "distillation.hidden_weight",
        "0 with `distillation.answers`, which hold no hidden states",
        distillation.hidden_weight,
    )
}

fn check_counts(config: &Config) -> Result<(), InvalidValue> {
    let train = &config.train;
    ensure(train.epochs >= 1, "train.epochs", "at least 1", train.epochs)?;
    ensure(train.batch_size >= 1, "train.batch_size", "at least 1", train.batch_size)?;
    let split = &config.split;
    ensure(split.folds != 1, "split.folds", "0 or at least 2", split.folds)?;
    ensure(
        split.fold < split.folds.max(1),
        "split.fold",
        format!("a number below `split.folds` ({})", split.folds),
        split.fold,
    )?;
    ensure(train.accumulation >= 1, "train.accumulation", "at least 1", train.accumulation)?;
    let context = config.model.context_length;
    ensure(
        context >= FEWEST_TOKENS,
        "model.context_length",
        format!("at least {FEWEST_TOKENS} tokens"),
        context,
    )?;
    ensure(
        (FEWEST_TOKENS..=context).contains(&train.max_tokens),
        "train.max_tokens",
        format!("{FEWEST_TOKENS} ..= model.context_length ({context})"),
        train.max_tokens,
    )?;
    if let ClassWeights::Explicit(weights) = &config.loss.class_weights {
        let num_labels = config.data.labels.len();
        let fits =
            weights.len() == num_labels && weights.iter().all(|weight| *weight > 0.0 && weight.is_finite());
        ensure(
            fits,
            "loss.class_weights",
            format!("{num_labels} numbers above 0, one a label"),
            format!("{weights:?}"),
        )?;
    }
    Ok(())
}
