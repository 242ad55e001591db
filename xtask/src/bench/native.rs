//! The native side: `trainer bench`, once with one thread and once with every core.

use super::browser::Products;
use super::texts;
use crate::steps::Steps;
use crate::workspace::{Workspace, output, run};
use anyhow::{Context, Result};
use messages::ManifestModel;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// What one run of `trainer bench --json -` measured.
#[derive(Serialize, Deserialize)]
pub struct Figures {
    /// What computed.
    pub kernel: String,
    /// Threads it had.
    pub threads: usize,
    /// Median milliseconds a call, by case.
    pub cases: BTreeMap<String, f64>,
    /// 99 of 100 calls are at most this slow.
    pub p99_ms: BTreeMap<String, f64>,
    /// The int8 products alone, on one thread.
    pub products: BTreeMap<String, Products>,
    /// Over texts as long as tweets are.
    pub tweets_per_second: f64,
    /// Layers that each of these went through, on average.
    pub mean_layers: f64,
    /// Layers of the model.
    pub num_layers: usize,
    /// Largest resident memory, loading included.
    pub peak_memory_mb: Option<f64>,
}

/// Builds the trainer and measures.
///
/// # Errors
/// It does not build, or does not answer as it should.
pub fn measure(workspace: &Workspace, steps: &mut Steps, model: &ManifestModel) -> Result<Vec<Figures>> {
    steps.take("build the trainer", || {
        run(workspace.cargo().args(["build", "--release", "--workspace", "--bin", "trainer"]))
    })?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut threads = vec![1, cores];
    threads.dedup();
    steps.take("measure natively", || {
        threads.into_iter().map(|threads| measure_with(workspace, model, threads)).collect()
    })
}

fn measure_with(workspace: &Workspace, model: &ManifestModel, threads: usize) -> Result<Figures> {
    let mut trainer = workspace.command(workspace.release_binary("trainer"));
    trainer.arg("bench").arg("--model").arg(workspace.root.join("models").join(&model.file));
    trainer.arg("--texts").arg(texts::file(workspace));
    let printed = output(trainer.args(["--threads", &threads.to_string(), "--json", "-"]))?;
    serde_json::from_str(&printed)
        .with_context(|| format!("expected figures from `trainer bench`, found: {printed}"))
}
