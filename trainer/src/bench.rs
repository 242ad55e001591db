//! `trainer bench`: milliseconds of one `classify_batch` call, tokenization included.
//!
//! The three cases and their texts are those of a common side-by-side: one short tweet, one long one, a batch
//! of 32. The median of twelve rounds is told, after three rounds that are not counted.

use crate::classification::load_model;
use crate::cli::BenchArguments;
use crate::{json_output, threads};
use anyhow::{Context, ensure};
use classifier::Classifier;
use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::time::Instant;

const NUM_SHORT_TEXTS: usize = 16;
const NUM_WARM_UP_ROUNDS: usize = 3;
const NUM_ROUNDS: usize = 12;

/// The texts: `tokens20` about 20 tokens long, `tokens64` about 64.
#[derive(Deserialize)]
struct Texts {
    tokens20: Vec<Text>,
    tokens64: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

/// What is told.
#[derive(Debug, Serialize)]
struct Report {
    /// What computes the matrix products.
    kernel: String,
    threads: usize,
    /// Median milliseconds of one call, by case.
    cases: IndexMap<&'static str, f64>,
}

/// Runs the subcommand.
///
/// # Errors
/// A model or texts that cannot be used, output that cannot be written.
pub fn run(arguments: &BenchArguments) -> anyhow::Result<()> {
    let num_threads = usize::from(arguments.threads);
    threads::ensure(num_threads)?;
    let classifier = load_model(&arguments.model)?;
    let path = arguments.texts.display();
    let json = std::fs::read(&arguments.texts).with_context(|| format!("cannot read {path}"))?;
    let texts: Texts = serde_json::from_slice(&json).with_context(|| {
        format!("{path}: expected `tokens20` and `tokens64`, lists of objects with `text`")
    })?;
    ensure!(
        !texts.tokens20.is_empty() && !texts.tokens64.is_empty(),
        "{path}: expected texts of both lengths, found an empty list"
    );
    let single = |texts: &[Text]| texts.iter().map(|text| vec![text.text.clone()]).collect::<Vec<_>>();
    let short = &texts.tokens20[..texts.tokens20.len().min(NUM_SHORT_TEXTS)];
    let batch: Vec<String> = texts.tokens20.iter().map(|text| text.text.clone()).collect();
    let mut cases = IndexMap::new();
    for (name, calls) in
        [("1 x 20", single(short)), ("1 x 64", single(&texts.tokens64)), ("32 x 20", vec![batch])]
    {
        cases.insert(name, median_ms(&classifier, &calls).with_context(|| format!("{path}, case {name}"))?);
    }
    let report = Report { kernel: classifier.kernel().to_owned(), threads: num_threads, cases };
    json_output::write(arguments.json.as_deref(), &report, || table(&report))
}

fn median_ms(classifier: &Classifier, calls: &[Vec<String>]) -> anyhow::Result<f64> {
    let mut times_ms = Vec::with_capacity(NUM_ROUNDS * calls.len());
    for round in 0..NUM_WARM_UP_ROUNDS + NUM_ROUNDS {
        for texts in calls {
            let start = Instant::now();
            classifier.classify_batch(texts)?;
            if round >= NUM_WARM_UP_ROUNDS {
                times_ms.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    times_ms.sort_by(f64::total_cmp);
    let middle = times_ms.len() / 2;
    // Rounds are even in number, and so are the times.
    Ok((times_ms[middle - 1] + times_ms[middle]) / 2.0)
}

fn table(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(vec![
        "texts × tokens".to_owned(),
        format!("ms ({}, {} threads)", report.kernel, report.threads),
    ]);
    for (name, ms) in &report.cases {
        table.add_row(vec![
            Cell::new(name),
            Cell::new(format!("{ms:.3}")).set_alignment(CellAlignment::Right),
        ]);
    }
    table.to_string()
}
