//! `trainer predict`: texts from arguments, a file, piped lines or a prompt; predictions to the terminal or a file.
//!
//! Piped lines are answered one by one as they arrive, so that a stream (`tail -f`) can be classified; a file
//! is read and checked as a whole before the first text is classified.

use super::reading::TextArguments;
use crate::config::reading::ReadOptions;
use crate::data::rows::place;
use crate::data::texts::read_texts;
use crate::output::predictions;
use crate::output::standard_output::print;
use crate::scoring::predictions::{classify_all, load_model};
use anyhow::{Context, bail};
use classifier::Classifier;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// Arguments of `trainer predict`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer predict --model models/minilm-l6-q4_0/model.gguf '$TSLA to the moon' 'Shares plunge'
  trainer predict --model models/minilm-l6-q4_0/model.gguf --input tweets.csv \\
    --output predictions.jsonl
  tail -f tweets.txt | trainer predict --model models/minilm-l6-q4_0/model.gguf
  trainer predict --model models/minilm-l6-q4_0/model.gguf        (a prompt: one text a line)")]
pub struct Arguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Texts; none of them, and no --input: one text a line from standard input
    #[arg(value_name = "TEXT", conflicts_with = "input")]
    pub texts: Vec<String>,
    /// Texts from a file: the text column of a .csv, .tsv or .parquet, the text keys of a .jsonl, the lines of
    /// a .txt; `-` is a CSV or JSONL from standard input
    #[arg(long, value_name = "FILE|-")]
    pub input: Option<PathBuf>,
    /// How the file is read.
    #[command(flatten)]
    pub reading: TextArguments,
    /// Writes the predictions to this .csv or .jsonl file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Runs the subcommand.
///
/// # Errors
/// A model or input that cannot be used, a text with nothing to read, output that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let format = arguments.output.as_deref().map(predictions::Format::of).transpose()?;
    let classifier = load_model(&arguments.model)?;
    let (texts, source): (_, Box<dyn Fn(usize) -> String>) = match &arguments.input {
        Some(input) => {
            let texts =
                read_texts(input, &ReadOptions::from(&arguments.reading)).context("cannot use the input")?;
            let (texts, lines): (Vec<_>, Vec<_>) =
                texts.into_iter().map(|text| (text.text, text.line)).unzip();
            (texts, Box::new(move |index| place(input, lines[index])))
        }
        None if !arguments.texts.is_empty() => {
            (arguments.texts.clone(), Box::new(|index| format!("argument, text {}", index + 1)))
        }
        None if arguments.output.is_some() => {
            (read_all_lines()?, Box::new(|index| format!("standard input, line {}", index + 1)))
        }
        None => return answer_lines(&classifier),
    };
    let classified = classify_all(&classifier, &texts, source)?;
    match arguments.output.as_deref().zip(format) {
        Some((path, format)) => predictions::write(path, format, classifier.labels(), &texts, &classified),
        None => {
            let lines = texts
                .iter()
                .zip(&classified)
                .map(|(text, prediction)| predictions::line(classifier.labels(), text, prediction));
            print(&lines.collect::<String>())
        }
    }
}

/// Answers each line as it comes; at a prompt a line that cannot be classified is told and asked again.
fn answer_lines(classifier: &Classifier) -> anyhow::Result<()> {
    let is_prompt = std::io::stdin().is_terminal();
    let mut input = std::io::stdin().lock();
    if is_prompt {
        eprintln!("{}: one text a line, Ctrl-D ends.", classifier.model_id());
    }
    for line in 1.. {
        if is_prompt {
            eprint!("> ");
        }
        let Some(text) = next_line(&mut input, line)? else { break };
        match classifier.classify(&text) {
            Ok(prediction) => print(&predictions::line(classifier.labels(), &text, &prediction))?,
            Err(error) if is_prompt => eprintln!("{error}"),
            Err(error) => return Err(error).with_context(|| format!("standard input, line {line}")),
        }
    }
    Ok(())
}

fn read_all_lines() -> anyhow::Result<Vec<String>> {
    let mut input = std::io::stdin().lock();
    let mut texts = Vec::new();
    while let Some(text) = next_line(&mut input, texts.len() + 1)? {
        texts.push(text);
    }
    if texts.is_empty() {
        bail!("standard input: expected at least one text, found none");
    }
    Ok(texts)
}

fn next_line(input: &mut impl BufRead, line: usize) -> anyhow::Result<Option<String>> {
    let mut bytes = Vec::new();
    input.read_until(b'\n', &mut bytes).context("cannot read standard input")?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8(bytes)
        .with_context(|| format!("standard input, line {line}: expected UTF-8, found other bytes"))?;
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}
