//! `MODEL_CARD.md`: what a model is, how it was made, how good it is, where it fails.
//!
//! Every figure in it is measured by the export that writes it. Sections after Mitchell et al. 2019, "Model Cards for
//! Model Reporting".

mod challenge;
mod domains;
mod early_exit;
mod sources;

use super::storage::{TensorStorage, in_every_block};
use super::variant::{Challenged, Variant};
use crate::data::overlap::Overlap;
use crate::run::finished::{FinishedRun, TestRows};
use crate::run::record::Input;
use crate::scoring::bootstrap::Interval;
use crate::scoring::calibration::CONFIDENCE;
use crate::scoring::edits::{self, EditEffect};
use crate::scoring::metrics::Evaluation;
use crate::scoring::scored::Scored;
use messages::ManifestModel;
use std::fmt::Write;
use std::path::Path;

/// Where there are no rows to have a share of.
const NONE: &str = "–";

/// What the card tells.
pub struct Facts<'a> {
    /// What was trained.
    pub run: &'a FinishedRun,
    /// The rows that it is scored on.
    pub test: &'a TestRows<'a>,
    /// What the manifest says.
    pub entry: &'a ManifestModel,
    /// The formats that were asked for.
    pub storage: &'a TensorStorage,
    /// The model file.
    pub exported: &'a Variant,
    /// What it was made from, in f32.
    pub checkpoint: &'a Scored,
    /// What harmless edits do to it.
    pub edits: &'a [EditEffect],
    /// What it makes of the challenge set; none where its labels are not those of the set.
    pub challenge: Option<&'a Challenged>,
    /// How much one domain has of another's words.
    pub overlap: &'a Overlap,
    /// The run's configuration without its paths, as TOML.
    pub settings: &'a str,
    /// The recipe that it is a stage of.
    pub recipe: Option<&'a Path>,
}

/// The card as Markdown.
pub fn markdown(facts: &Facts<'_>) -> String {
    let calibration = calibration(facts) + &early_exit::section(facts);
    [head(facts), quality(facts), calibration, weaknesses(facts), storage(facts), making(facts)].join("\n")
}

fn head(facts: &Facts<'_>) -> String {
    let (entry, encoder) = (facts.entry, &facts.run.record().encoder);
    format!(
        "# {id}\n\n\
         Text classification: {labels}. A BERT encoder (layers: {layers}, width: {hidden}, heads: {heads}, \
         word pieces: {vocab}) with mean pooling and a linear head, fine-tuned from `{base}`, its matrices stored \
         as {storage}. One GGUF file of {size} bytes ({megabytes:.2} MB) holds weights, tokenizer, text \
         normalization, labels and calibration.\n",
        id = entry.id,
        labels = entry.labels.join(" / "),
        layers = encoder.num_hidden_layers,
        hidden = encoder.hidden_size,
        heads = encoder.num_attention_heads,
        vocab = encoder.vocab_size,
        base = facts.run.record().base_model,
        storage = facts.storage,
        size = entry.size_bytes,
        megabytes = entry.size_bytes as f64 / 1e6,
    )
}

fn quality(facts: &Facts<'_>) -> String {
    let (exported, parent) = (&facts.exported.scored, facts.checkpoint);
    let mut text = format!(
        "## Quality\n\n\
         On the run's {rows} test rows; near-duplicates are kept on one side of the split. {history} In brackets 95 % \
         intervals (bootstrap over groups of near-duplicates, percentiles): the split is small.\n\n\
         | | accuracy | macro-F1 | ECE | NLL |\n|---|---|---|---|---|\n",
        rows = exported.evaluation.rows,
        history = facts.test.history().join(" "),
    );
    for (name, scored) in [("this file", exported), ("f32, the checkpoint it was made from", parent)] {
        let (evaluation, intervals) = (&scored.evaluation, &scored.intervals);
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {:.4} |",
            with_interval(evaluation.accuracy, intervals.accuracy),
            with_interval(evaluation.macro_f1, intervals.macro_f1),
            with_interval(evaluation.ece, intervals.ece),
            evaluation.nll
        );
    }
    let points = |metric: fn(&Evaluation) -> f64| {
        format!("{:+.2}", (metric(&exported.evaluation) - metric(&parent.evaluation)) * 100.0)
    };
    let _ = write!(
        text,
        "| difference in points | {} | {} | {} | |\n\n| label | precision | recall | F1 | rows |\n|---|---|---|---|---|\n",
        points(|evaluation| evaluation.accuracy),
        points(|evaluation| evaluation.macro_f1),
        points(|evaluation| evaluation.ece),
    );
    for (label, class) in &exported.evaluation.per_class {
        let [precision, recall, f1] = class.shares();
        let f1 = f1.map_or(NONE.to_owned(), |f1| with_interval(f1, exported.intervals.f1[label]));
        let (precision, recall) = (share(precision, 3), share(recall, 3));
        let _ = writeln!(text, "| {label} | {precision} | {recall} | {f1} | {} |", class.support);
    }
    let labels = &facts.entry.labels;
    let _ = writeln!(
        text,
        "\nConfusion (rows: true label, columns: predicted):\n\n| | {} |\n|---|{}",
        labels.join(" | "),
        "---|".repeat(labels.len())
    );
    for (label, row) in labels.iter().zip(&exported.evaluation.confusion) {
        let counts = row.iter().map(usize::to_string).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| **{label}** | {counts} |");
    }
    text + &domains::quality(facts)
}

fn calibration(facts: &Facts<'_>) -> String {
    let scored = &facts.exported.scored;
    let kept = scored.kept();
    let origin = match scored.calibration.selection {
        None => "a fixed threshold".to_owned(),
        Some(selection) => format!(
            "of the predictions that reach it, at least {:.1} % are right on rows like the validation rows, with {:.0} % \
             confidence (a binomial bound after Geifman & El-Yaniv 2017, which takes the model and its temperature as \
             given); on the validation rows themselves {:.1} % are{}",
            selection.target.min(selection.guaranteed) * 100.0,
            CONFIDENCE * 100.0,
            selection.kept.accuracy * 100.0,
            match selection.is_reached() {
                true => String::new(),
                false => format!(
                    ". That is the best guarantee found: {:.1} % were asked for, for which these rows are too few or \
                     the model is not good enough",
                    selection.target * 100.0
                ),
            }
        ),
    };
    let reached = match kept.coverage > 0.0 {
        true => format!(
            "On the test rows {:.1} % of the predictions reach it, and {:.1} % of those are right.",
            kept.coverage * 100.0,
            kept.accuracy * 100.0
        ),
        false => "None of the predictions on the test rows reaches it.".to_owned(),
    };
    format!(
        "## Calibration\n\n\
         Logits are divided by the temperature {temperature:.3}, fitted to this file's own logits on the {validation} \
         validation rows. A prediction whose highest probability lies below {threshold:.3} is called uncertain: \
         {origin}. {reached}\n{domains}",
        temperature = scored.calibration.temperature,
        validation = facts.run.split().validation.len(),
        threshold = scored.calibration.uncertain_threshold,
        domains = domains::uncertain(facts),
    )
}

fn weaknesses(facts: &Facts<'_>) -> String {
    let (run, scored) = (facts.run, &facts.exported.scored);
    let mut text = "## Known weaknesses\n\n".to_owned();
    let lowest = scored.evaluation.per_class.iter().filter(|(_, class)| class.support > 0);
    let missed = lowest.filter(|(_, class)| class.recall < 1.0);
    if let Some((label, class)) = missed.min_by(|(_, a), (_, b)| a.recall.total_cmp(&b.recall)) {
        let _ = writeln!(
            text,
            "- {label} is the label it misses most: it finds {:.1} % of the {} test rows{}.",
            class.recall * 100.0,
            class.support,
            taken_for(&facts.entry.labels, &scored.evaluation.confusion, label)
        );
    }
    let _ = writeln!(
        text,
        "- It reads {} tokens and says so when a text was longer; it was trained on at most {}.",
        facts.exported.classifier.max_tokens(),
        run.config().train.max_tokens
    );
    let limitations = &run.config().export.limitations;
    if limitations.is_empty() {
        text.push_str(
            "- What else it is not good for is not stated: that is for `export.limitations` to say.\n",
        );
    }
    for limitation in limitations {
        let _ = writeln!(text, "- {limitation}");
    }
    text + &edits(facts.edits) + &challenge::section(facts.challenge)
}

fn edits(effects: &[EditEffect]) -> String {
    let mut text = "\nHarmless edits must not change a label (invariance tests after CheckList).".to_owned();
    if let Some(invisible) = edits::invisible(effects) {
        let _ = write!(
            text,
            " After these the model reads the same token ids, so that no label can flip: {invisible}."
        );
    }
    text.push_str(
        " On the test rows:\n\n\
         | edit | texts it changes | labels flipped | accuracy before | after |\n|---|---|---|---|---|\n",
    );
    for effect in effects.iter().filter(|effect| !effect.is_invisible()) {
        let rate = effect.flip_rate.map_or(String::new(), |rate| format!(" ({:.1} %)", rate * 100.0));
        let _ = writeln!(
            text,
            "| {} | {} | {}{rate} | {} | {} |",
            effect.edit,
            effect.texts,
            effect.flips,
            share(effect.accuracy_before, 4),
            share(effect.accuracy_after, 4)
        );
    }
    text
}

/// `, and takes 12 of them for Neutral`: the most frequent mistake of a label; nothing where there is none.
fn taken_for(labels: &[String], confusion: &[Vec<usize>], label: &str) -> String {
    let row = labels.iter().position(|name| name == label).and_then(|row| Some((row, confusion.get(row)?)));
    let Some((row, counts)) = row else { return String::new() };
    let others = (0..labels.len()).filter(|&column| column != row && counts[column] > 0);
    match others.max_by_key(|&column| counts[column]) {
        Some(column) => format!(" and takes {} of them for {}", counts[column], labels[column]),
        None => String::new(),
    }
}

fn storage(facts: &Facts<'_>) -> String {
    let formats = &facts.exported.formats;
    let mut text = "## Storage\n\n| tensors | format |\n|---|---|\n".to_owned();
    // Tensors of the same name in every block are one line where they share a format.
    let mut lines = indexmap::IndexMap::<(String, String), usize>::new();
    for (name, format) in formats {
        *lines.entry((in_every_block(name), format.to_string())).or_default() += 1;
    }
    for ((name, format), count) in lines {
        let number = if count > 1 { format!(" × {count}") } else { String::new() };
        let _ = writeln!(text, "| `{name}`{number} | {format} |");
    }
    text
}

fn making(facts: &Facts<'_>) -> String {
    let (run, config, record) = (facts.run, facts.run.config(), facts.run.record());
    let command = match facts.recipe {
        Some(recipe) => format!("trainer rebuild --recipe {}", recipe.display()),
        None => format!(
            "trainer train --config config.toml\ntrainer export --run runs/RUN --id {id}{storage}",
            id = facts.entry.id,
            storage = facts.storage.as_arguments()
        ),
    };
    let inputs = record.inputs.iter().map(|Input { role, name, sha256 }| {
        format!("- Also learned from: `{name}`, {role} (SHA-256 `{sha256}`).\n")
    });
    let unknown = run.weights.seen.unknown_teachers().iter().map(|name| {
        format!(
            "- Which rows the teacher `{name}` learned from is not known: held-out ones may be among them.\n"
        )
    });
    format!(
        "## How it was made\n\n\
         {data}\
         {inputs}\
         - Base, as the configuration names it: `{base}`, licence {base_license} (SHA-256 of the weights that the run started from `{base_sha}`).\n\
         - Trainer {trainer} (commit `{commit}`), candle {candle}, {threads} threads.\n\n\
         ```\n{command}\n```\n\n\
         The configuration without its paths (SHA-256 `{config_sha}`):\n\n\
         ```toml\n{settings}```\n",
        data = sources::data(facts),
        base = record.base_model,
        base_license = match config.model.base_license.as_str() {
            "" => "not stated (that is for `model.base_license` to say)",
            license => license,
        },
        base_sha = record.base_sha256,
        threads = record.num_threads,
        trainer = record.trainer_version,
        commit = record.git_commit,
        candle = record.candle_version,
        config_sha = record.config_sha256,
        inputs = inputs.chain(unknown).collect::<String>(),
        settings = facts.settings,
    )
}

/// A share, or what stands where there is nothing to have a share of.
fn share(value: Option<f64>, decimals: usize) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.decimals$}"))
}

fn with_interval(value: f64, interval: Interval) -> String {
    format!("{value:.4} ({:.3}–{:.3})", interval.low, interval.high)
}
