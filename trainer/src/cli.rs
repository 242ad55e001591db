//! The command line as a whole: which subcommands there are. What each accepts stands beside what it does, in
//! `commands`; every default that concerns training lives in the configuration.

use crate::commands::predict::hyphens;
use crate::commands::{
    adapt, bench, bench_training, challenge, edits, evaluate, export, golden, predict, prune, rebuild,
    report, stage, sweep, teach, train,
};
use crate::output::left_out::LeftOut;
use crate::output::standard_output::{ReaderGone, tell};
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;

/// Exit code of a command that has done what it could, but for the rows that it lists.
const ROWS_LEFT_OUT: u8 = 3;

/// Fine-tunes the tweet classifier, evaluates it, exports it, asks it.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, arg_required_else_help = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done; 1 an error, which is told on standard error; 2 a command line that cannot be
understood; 3 done but for rows without a result, which are listed on standard error."
)]
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
    /// Ask teachers about the training texts of a configuration: writes their answers, to be learned from elsewhere
    Teach(teach::Arguments),
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
    /// Count the labels that change when a text is edited in a way that should not change them
    Edits(edits::Arguments),
    /// Ask a model the texts that were written to be hard: negation, irony, options, emoji …, kind by kind
    Challenge(challenge::Arguments),
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
    /// What this program was started with; ends it with a message where that is help or a mistake.
    pub fn from_command_line() -> Self {
        let matches =
            with_required_marked(Self::command()).get_matches_from(hyphens::marked(std::env::args_os()));
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// How many threads each of candle's products may use; `None`: as many as candle likes. Where the workers share the
    /// texts it is one: candle's own threads would wait for each other most of the time.
    pub fn threads_a_product(&self) -> Option<usize> {
        match &self.command {
            Command::Train(_)
            | Command::Adapt(_)
            | Command::Teach(_)
            | Command::Rebuild(_)
            | Command::Sweep(_)
            | Command::BenchTraining(_) => Some(1),
            Command::Bench(arguments) => Some(usize::from(arguments.threads)),
            _ => None,
        }
    }

    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever the subcommand refuses.
    pub fn run(&self) -> anyhow::Result<()> {
        match &self.command {
            Command::Train(arguments) => train::run(arguments),
            Command::Adapt(arguments) => adapt::run(arguments),
            Command::Teach(arguments) => teach::run(arguments),
            Command::Rebuild(arguments) => rebuild::run(arguments),
            Command::Sweep(arguments) => sweep::run(arguments),
            Command::Prune(arguments) => prune::run(arguments),
            Command::Evaluate(arguments) => evaluate::run(arguments),
            Command::Export(arguments) => export::run(arguments),
            Command::Report(arguments) => report::run(arguments),
            Command::Edits(arguments) => edits::run(arguments),
            Command::Challenge(arguments) => challenge::run(arguments),
            Command::Golden(arguments) => golden::run(arguments),
            Command::Predict(arguments) => predict::run(arguments),
            Command::Bench(arguments) => bench::run(arguments),
            Command::BenchTraining(arguments) => bench_training::run(arguments),
        }
    }
}

/// What the program ends with; errors are told on standard error, the whole chain on one line.
pub fn exit_code(ending: anyhow::Result<()>) -> ExitCode {
    let Err(error) = ending else { return ExitCode::SUCCESS };
    if error.is::<ReaderGone>() {
        return ExitCode::SUCCESS;
    }
    if let Some(rows) = error.downcast_ref::<LeftOut>() {
        tell(rows);
        return ExitCode::from(ROWS_LEFT_OUT);
    }
    tell(format_args!("error: {error:#}"));
    ExitCode::FAILURE
}

/// The list of options says which of them must be there; clap says it in the line of usage alone.
fn with_required_marked(command: clap::Command) -> clap::Command {
    let marked = |argument: Arg| match argument.get_help() {
        Some(help) if argument.is_required_set() => {
            let help = format!("{help} [required]");
            argument.help(help)
        }
        _ => argument,
    };
    command.mut_subcommands(|command| command.mut_args(marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_required_argument_is_marked() {
        let mut num_marked = 0;
        for command in with_required_marked(Cli::command()).get_subcommands() {
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert_eq!(help.ends_with("[required]"), argument.is_required_set(), "{}", argument.get_id());
                num_marked += usize::from(argument.is_required_set());
            }
        }
        assert!(num_marked > 10);
        Cli::command().debug_assert();
    }
}
