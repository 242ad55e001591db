//! `trainer bench`: milliseconds of one `classify_batch` call, tokenization included.
//!
//! The three cases and their texts are those of a common side-by-side: one short tweet, one long one, a batch
//! of 32. The median of twelve rounds is told, after three rounds that are not counted. Beside it: the slowest of
//! a hundred, the int8 products alone, tweets a second over texts as long as tweets are, the layers that these went
//! through where the model has an exit, and the memory.

use super::peak_memory::peak_memory_mb;
use crate::output::json;
use crate::output::tables::{new_table, numbers};
use crate::scoring::predictions::{classify_each, load_model};
use anyhow::{Context, bail, ensure};
use classifier::Classifier;
use comfy_table::Cell;
use indexmap::IndexMap;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Instant;

const NUM_SHORT_TEXTS: usize = 16;
const NUM_WARM_UP_ROUNDS: usize = 3;
const NUM_ROUNDS: usize = 12;

/// Arguments of `trainer bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer bench --model models/minilm-l4-q4_0/model.gguf --texts texts.json --threads 1 --json -")]
pub struct Arguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// JSON with `tokens20`, `tokens64` and perhaps `mix`, each a list of objects with `text`
    #[arg(long, value_name = "FILE")]
    pub texts: PathBuf,
    /// Threads that share a batch, or the rows of a long text
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: u16,
    /// Also writes the numbers as JSON; `-` writes them to standard output instead of the table
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// The texts: `tokens20` about 20 tokens long, `tokens64` about 64.
#[derive(Deserialize)]
struct Texts {
    tokens20: Vec<Text>,
    tokens64: Vec<Text>,
    /// Lengths as tweets have them; without it no throughput is told.
    #[serde(default)]
    mix: Vec<Text>,
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
    /// 99 of 100 calls are at most this slow, by case.
    p99_ms: IndexMap<&'static str, f64>,
    /// The int8 products of one text alone, on one thread.
    products: IndexMap<&'static str, Products>,
    /// Over the texts of `mix`, in batches of 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    tweets_per_second: Option<f64>,
    /// Layers that each of these texts went through, on average; all of them where the model has no exit.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_layers: Option<f64>,
    /// Layers of the model.
    num_layers: usize,
    /// Largest resident memory so far, loading included; only Linux tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_mb: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Products {
    /// 10^9 multiplications and additions a second.
    gops: f64,
    /// Of the time of a call.
    share: f64,
}

/// Runs the subcommand.
///
/// # Errors
/// A model or texts that cannot be used, output that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let inputs = [("--model", arguments.model.as_path()), ("--texts", &arguments.texts)];
    json::refuse_overwriting(arguments.json.as_deref(), &inputs)?;
    let num_threads = usize::from(arguments.threads);
    let classifier = load_model(&arguments.model)?;
    let path = arguments.texts.display();
    let json = std::fs::read(&arguments.texts).with_context(|| format!("cannot read {path}"))?;
    let texts: Texts = serde_json::from_slice(&json).with_context(|| {
        format!("{path}: expected `tokens20` and `tokens64`, lists of objects with `text`")
    })?;
    for (name, texts) in [("tokens20", &texts.tokens20), ("tokens64", &texts.tokens64), ("mix", &texts.mix)] {
        let texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
        let outcomes = classify_each(&classifier, &texts, &ProgressBar::hidden())?;
        let unreadable =
            outcomes.iter().enumerate().find_map(|(index, outcome)| Some((index, outcome.as_ref().err()?)));
        if let Some((index, reason)) = unreadable {
            bail!("{path}, text {} of `{name}`: {reason}", index + 1);
        }
    }
    ensure!(
        !texts.tokens20.is_empty() && !texts.tokens64.is_empty(),
        "{path}: expected texts of both lengths, found an empty list"
    );
    let single = |texts: &[Text]| texts.iter().map(|text| vec![text.text.clone()]).collect::<Vec<_>>();
    let short = &texts.tokens20[..texts.tokens20.len().min(NUM_SHORT_TEXTS)];
    let batch: Vec<String> = texts.tokens20.iter().map(|text| text.text.clone()).collect();
    let (mut cases, mut p99_ms, mut products) = (IndexMap::new(), IndexMap::new(), IndexMap::new());
    for (name, calls) in
        [("1 x 20", single(short)), ("1 x 64", single(&texts.tokens64)), ("32 x 20", vec![batch])]
    {
        let times_ms = times_ms(&classifier, &calls).with_context(|| format!("{path}, case {name}"))?;
        cases.insert(name, median(&times_ms));
        p99_ms.insert(name, times_ms[(times_ms.len() * 99).div_ceil(100) - 1]);
        if let [call] = &calls[0][..] {
            products.insert(name, products_of(&classifier, &calls, call, median(&times_ms))?);
        }
    }
    let report = Report {
        kernel: classifier.kernel().to_owned(),
        threads: num_threads,
        cases,
        p99_ms,
        products,
        tweets_per_second: tweets_per_second(&classifier, &texts.mix)?,
        mean_layers: mean_layers(&classifier, texts.mix.iter().map(|text| &text.text))?,
        num_layers: classifier.num_layers(),
        peak_memory_mb: peak_memory_mb(),
    };
    json::write(arguments.json.as_deref(), &report, || table(&report))
}

/// Sorted times of all calls.
fn times_ms(classifier: &Classifier, calls: &[Vec<String>]) -> anyhow::Result<Vec<f64>> {
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
    Ok(times_ms)
}

/// Of an even number of sorted times: rounds are even in number.
fn median(times_ms: &[f64]) -> f64 {
    let middle = times_ms.len() / 2;
    (times_ms[middle - 1] + times_ms[middle]) / 2.0
}

/// Of one text; their share is that of the layers through which the calls went.
fn products_of(
    classifier: &Classifier,
    calls: &[Vec<String>],
    text: &str,
    call_ms: f64,
) -> anyhow::Result<Products> {
    let layers = mean_layers(classifier, calls.iter().flatten())?.unwrap_or_default();
    let tokens = classifier.classify(text)?.num_tokens;
    let mut times_ms = Vec::with_capacity(4 * NUM_ROUNDS);
    let mut operations = 0;
    for _ in 0..4 * NUM_ROUNDS {
        let start = Instant::now();
        operations = classifier.run_products(tokens);
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times_ms.sort_by(f64::total_cmp);
    let ms = median(&times_ms);
    let part = layers / classifier.num_layers() as f64;
    Ok(Products { gops: operations as f64 / ms / 1e6, share: ms * part / call_ms })
}

/// Layers that a text goes through on average; `None` without texts.
fn mean_layers<'a>(
    classifier: &Classifier,
    texts: impl Iterator<Item = &'a String>,
) -> anyhow::Result<Option<f64>> {
    let predictions = classifier.classify_batch(&texts.collect::<Vec<_>>())?;
    let layers: usize = predictions.iter().map(|prediction| prediction.num_layers).sum();
    Ok((!predictions.is_empty()).then(|| layers as f64 / predictions.len() as f64))
}

/// The best of three rounds; `None` without texts.
fn tweets_per_second(classifier: &Classifier, texts: &[Text]) -> anyhow::Result<Option<f64>> {
    let texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let mut best: Option<f64> = None;
    for _ in 0..if texts.is_empty() { 0 } else { 3 } {
        let start = Instant::now();
        for batch in texts.chunks(128) {
            classifier.classify_batch(batch)?;
        }
        let rate = texts.len() as f64 / start.elapsed().as_secs_f64();
        best = Some(best.map_or(rate, |best| best.max(rate)));
    }
    Ok(best)
}

fn table(report: &Report) -> String {
    let p50 = format!("p50 ms ({}, {} threads)", report.kernel, report.threads);
    let mut table = new_table(vec!["texts × tokens", &p50, "p99 ms", "products, GOP/s", "their share"]);
    for (name, ms) in &report.cases {
        let products = report.products.get(name);
        let row = numbers([
            format!("{ms:.3}"),
            format!("{:.3}", report.p99_ms[name]),
            products.map_or_else(String::new, |products| format!("{:.0}", products.gops)),
            products.map_or_else(String::new, |products| format!("{:.0} %", products.share * 100.0)),
        ]);
        table.add_row([Cell::new(name)].into_iter().chain(row));
    }
    let rate = report.tweets_per_second.map(|rate| format!("\n{rate:.0} tweets a second"));
    let layers = report.mean_layers.filter(|layers| *layers < report.num_layers as f64);
    let layers = layers.map(|layers| format!(", {layers:.2} of {} layers each", report.num_layers));
    let memory = report.peak_memory_mb.map(|memory| format!("\n{memory:.0} MB of memory at most"));
    format!("{table}{}{}{}", rate.unwrap_or_default(), layers.unwrap_or_default(), memory.unwrap_or_default())
}
