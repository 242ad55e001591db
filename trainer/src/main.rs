//! `trainer`: prunes a base model, fine-tunes the classifier, evaluates it, exports it, asks it.
//!
//! One module a subcommand. The model and its encoder are the `classifier` crate's, which training and
//! inference share; what is here is data, optimization, files, and what a person sees.

mod adapt;
mod base_model;
mod bench;
mod bench_training;
mod calibration;
mod classification;
mod cli;
mod config;
mod cross_entropy;
mod data;
mod dropout;
mod edits;
mod evaluate;
mod export;
mod finished_run;
mod fit;
mod history;
mod json_output;
mod metrics;
mod optimizer;
mod parameters;
mod plots;
mod predict;
mod recipe;
mod report;
mod report_table;
mod run_folder;
mod run_record;
mod schedule;
mod split;
mod standard_output;
mod sweep;
mod tensor_storage;
mod threads;
mod train;
mod unlabelled;
mod vocabulary;

use anyhow::Context;
use clap::Parser;
use cli::{Cli, Command, TrainArguments};
use config::Config;
use run_folder::Place;

/// Every operation allocates its result; the system allocator returns large ones to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let done = match Cli::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::Adapt(arguments) => adapt(&arguments),
        Command::Rebuild(arguments) => single_threaded(|| recipe::run(&arguments)),
        Command::Sweep(arguments) => single_threaded(|| sweep::run(&arguments)),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Edits(arguments) => edits::run(&arguments),
        Command::Golden(arguments) => export::rewrite_golden(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Prune(settings) => vocabulary::run(&settings),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::BenchTraining(arguments) => bench_training::run(&arguments),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain on one line: what was done, what it stumbled over.
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// The configuration of a stage and where its folder is.
fn stage(arguments: &TrainArguments) -> anyhow::Result<(Config, Place)> {
    let (path, place) = match (&arguments.resume, &arguments.output) {
        (Some(folder), _) => (folder.join("config.toml"), Some(folder)),
        (None, output) => (arguments.config.clone().context("--config: expected a file")?, output.as_ref()),
    };
    let config = Config::load(&path, &arguments.set)?;
    let place = match place {
        Some(folder) => Place::At(folder.clone()),
        None => Place::NewIn(arguments.runs.clone(), config.name.clone()),
    };
    Ok((config, place))
}

/// A stage's own workers share a batch; candle's threads underneath would only get in their way.
fn single_threaded(stage: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    threads::ensure(1)?;
    stage()
}

fn train(arguments: &TrainArguments) -> anyhow::Result<()> {
    let (config, place) = stage(arguments)?;
    single_threaded(|| {
        let Some(trained) = train::run(&config, &place)? else { return finished_already(&place) };
        standard_output::print(&format!(
            "epoch {} of {} is kept: macro-F1 {:.4} on the validation rows; on the test rows:\n{}\n{}\n",
            trained.fitted.epoch,
            config.train.epochs,
            trained.validation.macro_f1,
            report_table::table(&trained.test),
            trained.folder.display()
        ))
    })
}

fn adapt(arguments: &TrainArguments) -> anyhow::Result<()> {
    let (config, place) = stage(arguments)?;
    single_threaded(|| {
        let Some(adapted) = adapt::run(&config, &place)? else { return finished_already(&place) };
        let fit::Fitted { epoch, score } = adapted.fitted;
        standard_output::print(&format!(
            "epoch {epoch} of {} is kept: {:.1} % of the hidden tokens found, perplexity {:.1}\n{}\n",
            config.train.epochs,
            100.0 * score.accuracy,
            score.loss.exp(),
            adapted.folder.display()
        ))
    })
}

fn finished_already(place: &Place) -> anyhow::Result<()> {
    let folder = place.existing().map(|folder| folder.path().display().to_string()).unwrap_or_default();
    standard_output::print(&format!("{folder} is finished already\n"))
}
