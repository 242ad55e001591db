//! `trainer challenge`: what a model makes of the texts that were written to be hard, kind by kind.

use crate::output::json;
use crate::output::tables::{new_table, numbers};
use crate::scoring::challenge;
use crate::scoring::challenge::{Failure, LABELS, Scores, Share};
use crate::scoring::predictions::load_model;
use anyhow::Context;
use comfy_table::Cell;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `trainer challenge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer challenge --model models/minilm-l4-q4_0/model.gguf --failures

The challenge set is a few hundred short texts in some twenty kinds (negation, irony, options, emoji, tense …), written \
by hand for this project, each with its label and the reason for it. It is built into this program. A label is what the \
author expects of the price, or, in a headline, what the news means for it.

It shows what a model stumbles over. It is no benchmark: the texts were written to be hard, by few people, the labels \
are balanced as no real stream of texts is, and about twenty texts a kind leave wide intervals. How often a model errs \
on real texts only real texts say (`trainer evaluate`). Never train on it, and choose no model by it: what is learned \
by heart shows nothing.")]
pub struct Arguments {
    /// Model file (GGUF) with the labels Bearish, Bullish and Neutral
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Also lists every text that gets another label than it should have; the JSON always has them
    #[arg(long)]
    pub failures: bool,
    /// Also writes the numbers as JSON; `-` writes them to standard output instead of the table
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Runs the subcommand.
///
/// # Errors
/// A model that cannot be used or has other labels, output that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    json::refuse_overwriting(arguments.json.as_deref(), &[("--model", arguments.model.as_path())])?;
    let classifier = load_model(&arguments.model)?;
    let scores = challenge::measure(&classifier)?.with_context(|| {
        format!(
            "{}: expected a model with the labels {}, which the challenge set has, found {}. Use `trainer evaluate` \
             with texts of your own",
            arguments.model.display(),
            LABELS.join(", "),
            classifier.labels().join(", ")
        )
    })?;
    json::write(arguments.json.as_deref(), &scores, || match arguments.failures {
        true => format!("{}\n{}", table(&scores), failures(&scores)),
        false => table(&scores),
    })
}

fn table(scores: &Scores) -> String {
    let header = ["kind", "texts", "right", "accuracy", "95 % interval", "wrong and sure"];
    let mut table = new_table(header.to_vec());
    let total = ("all kinds".to_owned(), scores.total);
    for (name, share) in scores.kinds.iter().chain([(&total.0, &total.1)]) {
        let mut row = vec![Cell::new(name)];
        row.extend(numbers(cells(share)));
        table.add_row(row);
    }
    table.to_string()
}

fn cells(share: &Share) -> [String; 5] {
    let interval = share.interval();
    [
        share.texts.to_string(),
        share.right.to_string(),
        format!("{:.4}", share.accuracy()),
        format!("{:.3}–{:.3}", interval.low, interval.high),
        share.wrong_and_sure.to_string(),
    ]
}

fn failures(scores: &Scores) -> String {
    let mut lines = String::new();
    for Failure { kind, text, expected, reason, found, confidence, is_uncertain } in &scores.failures {
        let found = match found.as_ref().zip(*confidence) {
            Some((label, confidence)) => format!("{label} {confidence:.2}"),
            None => "nothing to read".to_owned(),
        };
        let uncertain = if *is_uncertain { ", uncertain" } else { "" };
        let _ = write!(
            lines,
            "\n{kind}: expected {expected}, found {found}{uncertain}\n  {text}\n  because: {reason}\n"
        );
    }
    lines
}
