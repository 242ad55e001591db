//! The command line as a whole: which subcommands there are. What each accepts stands beside what it does, in
//! `commands`; every default that concerns training lives in the configuration.

use crate::commands::{
    adapt, bench, bench_training, edits, evaluate, export, golden, predict, prune, rebuild, report, stage,
    sweep, train,
};
use clap::{Parser, Subcommand};

/// Fine-tunes the tweet classifier, evaluates it, exports it, asks it.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fine-tune a model: writes a run folder with checkpoint, metrics, tables and plots
    Train(stage::Arguments),
    /// Adapt a base model to the language of a domain: masked language modelling on texts without labels
    Adapt(stage::Arguments),
    /// Rebuild models from base weights and data: every stage of a recipe, going on where it was interrupted
    Rebuild(rebuild::Arguments),
    /// Try many values of a configuration, several seeds each, and compare them
    Sweep(sweep::Arguments),
    /// Drop the word pieces of a base model that a corpus does not use: writes a smaller base
    Prune(prune::Arguments),
    /// Score a model file on labelled texts
    Evaluate(evaluate::Arguments),
    /// Turn a run into a model file, its card, its golden values and its manifest entry
    Export(export::Arguments),
    /// Write a page about a run: quality, calibration, sizes, mistakes
    Report(report::Arguments),
    /// Count the labels that change when a text is edited without changing what it says
    Edits(edits::Arguments),
    /// Write the golden values of a model file anew, after a change of the arithmetic
    Golden(golden::Arguments),
    /// Classify texts: arguments, a file, piped lines, or a prompt
    Predict(predict::Arguments),
    /// Measure latency, matrix products, throughput and memory
    Bench(bench::Arguments),
    /// Measure the training step: tweets a second and memory
    BenchTraining(bench_training::Arguments),
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever the subcommand refuses.
    pub fn run(&self) -> anyhow::Result<()> {
        match &self.command {
            Command::Train(arguments) => train::run(arguments),
            Command::Adapt(arguments) => adapt::run(arguments),
            Command::Rebuild(arguments) => rebuild::run(arguments),
            Command::Sweep(arguments) => sweep::run(arguments),
            Command::Prune(arguments) => prune::run(arguments),
            Command::Evaluate(arguments) => evaluate::run(arguments),
            Command::Export(arguments) => export::run(arguments),
            Command::Report(arguments) => report::run(arguments),
            Command::Edits(arguments) => edits::run(arguments),
            Command::Golden(arguments) => golden::run(arguments),
            Command::Predict(arguments) => predict::run(arguments),
            Command::Bench(arguments) => bench::run(arguments),
            Command::BenchTraining(arguments) => bench_training::run(arguments),
        }
    }
}
