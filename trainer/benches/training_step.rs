//! `cargo bench -p trainer`: one step of `trainer train`, as its default settings make it, and its two halves.
//!
//! A random model of MiniLM-L6's shape and a batch of 32 rows of 20 tokens, on all cores. `trainer bench-training` tells
//! the speed over a real base and real rows; this is for whoever changes the step and wants to know in a minute.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use candle_core::Device;
use classifier::model_file::StorageFormat;
use divan::Bencher;
use divan::counter::ItemsCount;
use encoder::{Architecture, EncoderConfig, Quantization};
use trainer::base::parameters::Parameters;
use trainer::config::schema::Config;
use trainer::fit::gradients::gradients;
use trainer::fit::objective::Objective;
use trainer::fit::optimizer::AdamW;
use trainer::fit::workers::Workers;
use trainer::objective::classification::{Classification, Item};
use trainer::objective::targets::Told;

const BATCH_SIZE: usize = 32;
const NUM_TOKENS: usize = 20;
const NUM_LABELS: usize = 3;

fn main() {
    divan::main();
}

fn sizes() -> EncoderConfig {
    EncoderConfig {
        architecture: Architecture::Bert,
        vocab_size: 12_000,
        hidden_size: 384,
        num_hidden_layers: 6,
        num_attention_heads: 12,
        intermediate_size: 1536,
        max_position_embeddings: 96,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        num_labels: NUM_LABELS,
        exit_layer: None,
    }
}

/// Small weights, and norms near 1, as trained ones are.
fn parameters(quantization: Option<StorageFormat>) -> Parameters {
    let sizes = sizes();
    let parameters = Parameters::from_source(&sizes, &Device::Cpu, |spec| {
        let middle = if spec.name.contains("norm.weight") { 1.0 } else { 0.0 };
        let count: usize = spec.shape.iter().product();
        Ok((0..count).map(|at| middle + 0.04 * (at as f32 * 78.233).sin()).collect())
    });
    let quantization = quantization.map(|format| Quantization::uniform(&sizes, format));
    parameters.unwrap().with_quantization(quantization)
}

fn items() -> Vec<Item> {
    let id = |row: usize, token: usize| ((row * NUM_TOKENS + token) * 97 % sizes().vocab_size) as u32;
    let input_ids = |row| (0..NUM_TOKENS).map(|token| id(row, token)).collect();
    let told = |row| Some(Told { label: row % NUM_LABELS, among: None });
    (0..BATCH_SIZE)
        .map(|row| Item { input_ids: input_ids(row), told: told(row), weight: 1.0, teachers_only: false })
        .collect()
}

/// Weights as floats, and rounded as files of a storage format will be.
const STORAGE: [&str; 2] = ["F32", "Q4_0"];

#[divan::bench(args = STORAGE, max_time = 5)]
fn forward_and_backward(bencher: Bencher<'_, '_>, storage: &str) {
    step(bencher, storage, true, false);
}

#[divan::bench(max_time = 5)]
fn optimizer(bencher: Bencher<'_, '_>) {
    step(bencher, "F32", false, true);
}

#[divan::bench(args = STORAGE, max_time = 5)]
fn whole_step(bencher: Bencher<'_, '_>, storage: &str) {
    step(bencher, storage, true, true);
}

fn step(bencher: Bencher<'_, '_>, storage: &str, has_gradients: bool, has_optimizer: bool) {
    let config = Config::default();
    let quantization = if storage == "F32" { None } else { Some(StorageFormat::Q4_0) };
    let parameters = parameters(quantization);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = Workers::new(threads, &Device::Cpu).unwrap();
    let mut optimizer = AdamW::new(&config.train, sizes().num_hidden_layers);
    let objective = Classification::new(&config, items(), Default::default(), vec![1.0; NUM_LABELS], None);
    let batch: Vec<usize> = (0..BATCH_SIZE).collect();
    let weight = objective.weight(&batch);
    let gradients =
        || gradients(&workers, &objective, &parameters, &batch, weight, &config.model, 1).unwrap().1;
    let computed = gradients();
    bencher.counter(ItemsCount::new(BATCH_SIZE)).bench_local(|| {
        let fresh = has_gradients.then(gradients);
        if has_optimizer {
            let gradients = fresh.as_ref().unwrap_or(&computed);
            workers.install(|| optimizer.step(&parameters, gradients, 1e-5)).unwrap();
        }
    });
}
