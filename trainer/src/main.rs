//! `trainer`: fine-tunes the classifier, evaluates it, exports it, asks it.
//!
//! One module a subcommand. The model and its encoder are the `classifier` crate's, which training and
//! inference share; what is here is data, optimization, files, and what a person sees.

mod base_model;
mod bench;
mod bench_training;
mod classification;
mod cli;
mod config;
mod data;
mod dropout;
mod evaluate;
mod export;
mod json_output;
mod metrics;
mod optimizer;
mod parameters;
mod plots;
mod predict;
mod report_table;
mod run_folder;
mod run_record;
mod schedule;
mod split;
mod standard_output;
mod threads;
mod train;

use clap::Parser;
use cli::{Cli, Command, TrainArguments};

/// Every operation allocates its result; the system allocator returns large ones to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let done = match Cli::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Golden(arguments) => export::rewrite_golden(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
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

fn train(arguments: &TrainArguments) -> anyhow::Result<()> {
    let config = config::Config::load(&arguments.config, &arguments.set)?;
    // The training's own workers share a batch; candle's threads underneath would only get in their way.
    threads::ensure(1)?;
    let trained = train::run(&config, &arguments.runs)?;
    standard_output::print(&format!(
        "best epoch {} of {}: macro-F1 {:.4} on the validation rows; on the test rows:\n{}\n{}\n",
        trained.best_epoch,
        config.train.epochs,
        trained.validation.macro_f1,
        report_table::table(&trained.test),
        trained.folder.display()
    ))
}
