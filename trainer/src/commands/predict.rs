//! `trainer predict`: texts from arguments, a file, piped lines or a prompt; predictions to the terminal or a file.
//!
//! Piped lines are answered one by one as they arrive, so that a stream (`tail -f`) can be classified; a file is read
//! as a whole before the first text is classified. A row that cannot be read does not keep the others from their answers.

pub mod hyphens;

use super::reading::TextArguments;
use crate::config::reading::ReadOptions;
use crate::data::row::{Rejected, place};
use crate::data::texts::{Text, read_texts};
use crate::output::left_out::LeftOut;
use crate::output::overwriting;
use crate::output::predictions;
use crate::output::predictions::Row;
use crate::output::standard_output::{ask, print, tell};
use crate::scoring::predictions::{classify_each, classify_with, load_model, progress_bar};
use anyhow::{Context, bail, ensure};
use classifier::Classifier;
use indicatif::ProgressBar;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

/// Arguments of `trainer predict`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer predict --model models/minilm-l4-q4_0/model.gguf '$TSLA to the moon' 'Shares plunge'
  trainer predict --model models/minilm-l4-q4_0/model.gguf --input tweets.csv \\
    --output predictions.jsonl
  tail -f tweets.txt | trainer predict --model models/minilm-l4-q4_0/model.gguf
  trainer predict --model models/minilm-l4-q4_0/model.gguf        (a prompt: one text a line)")]
pub struct Arguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Texts, `--` in front of one that looks like an option; none of them, and no --input: one text a line from standard
    /// input
    #[arg(value_name = "TEXT", conflicts_with = "input", value_parser = hyphens::unmarked)]
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
    /// Stops at the first text that cannot be read, and writes no file; without it such texts are marked in the output
    /// and listed at the end, and the exit code is 3
    #[arg(long)]
    pub strict: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// A model or input that cannot be used, output that cannot be written; at the end, rows without a prediction, or, with
/// `--strict`, the first of them.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let format = arguments.output.as_deref().map(predictions::Format::of).transpose()?;
    if let Some(output) = &arguments.output {
        let input = arguments.input.as_deref().map(|input| ("--input", input));
        let inputs = [("--model", arguments.model.as_path()), input.unwrap_or(overwriting::standard_input())];
        overwriting::refuse(("--output", output), &inputs)?;
    }
    let classifier = load_model(&arguments.model)?;
    let asked = match &arguments.input {
        Some(input) => from_file(input, &ReadOptions::from(&arguments.reading))?,
        None if !arguments.texts.is_empty() => from_arguments(&arguments.texts),
        None if arguments.output.is_some() => from_lines()?,
        None => return answer_lines(&classifier, arguments.strict),
    };
    let bar = progress_bar(asked.len());
    let (rows, left_out) = answer(&classifier, asked, arguments.strict, &bar)?;
    bar.finish_and_clear();
    let labels = classifier.labels();
    match arguments.output.as_deref().zip(format) {
        Some((path, format)) => predictions::write(path, format, labels, &rows)?,
        None => print(&rows.iter().map(|row| predictions::line(labels, row)).collect::<String>())?,
    }
    left_out.ending(rows.len())
}

/// A text that a prediction is asked for, or what there is of it and why it is none.
struct Asked {
    place: String,
    text: Result<String, Unread>,
}

/// A row that has no text.
struct Unread {
    lossy: String,
    reason: String,
}

fn from_file(path: &Path, options: &ReadOptions) -> anyhow::Result<Vec<Asked>> {
    let rows = read_texts(path, options).context("cannot use the input")?;
    let asked = rows.into_iter().map(|row| match row {
        Ok(Text { text, line }) => Asked { place: place(path, line), text: Ok(text) },
        Err(Rejected { line, reason }) => {
            Asked { place: place(path, line), text: Err(Unread { lossy: String::new(), reason }) }
        }
    });
    Ok(asked.collect())
}

fn from_arguments(texts: &[String]) -> Vec<Asked> {
    let asked = |(index, text): (usize, &String)| Asked {
        place: format!("argument, text {}", index + 1),
        text: Ok(text.clone()),
    };
    texts.iter().enumerate().map(asked).collect()
}

fn from_lines() -> anyhow::Result<Vec<Asked>> {
    let mut input = std::io::stdin().lock();
    let mut asked = Vec::new();
    while let Some(line) = next_line(&mut input, asked.len() + 1)? {
        asked.push(line);
    }
    ensure!(!asked.is_empty(), "standard input: expected at least one text, found none");
    Ok(asked)
}

/// A row for each text in order, and those without a prediction; `is_strict` takes none of these.
fn answer(
    classifier: &Classifier,
    asked: Vec<Asked>,
    is_strict: bool,
    bar: &ProgressBar,
) -> anyhow::Result<(Vec<Row>, LeftOut)> {
    let unread = asked.iter().find_map(|asked| Some((&asked.place, asked.text.as_ref().err()?)));
    if let (true, Some((place, Unread { reason, .. }))) = (is_strict, unread) {
        bail!("{place}: {reason}");
    }
    let texts: Vec<&str> = asked.iter().filter_map(|asked| asked.text.as_deref().ok()).collect();
    let outcomes: Vec<_> = match is_strict {
        true => {
            let name_of = |index: usize| asked[index].place.clone();
            classify_with(classifier, &texts, name_of, bar)?.into_iter().map(Ok).collect()
        }
        false => classify_each(classifier, &texts, bar)?,
    };
    let mut outcomes = outcomes.into_iter();
    let mut left_out = LeftOut::default();
    let rows = asked.into_iter().filter_map(|Asked { place, text }| {
        let row = match text {
            Ok(text) => Row { text, outcome: outcomes.next()?.map_err(|error| error.to_string()) },
            Err(Unread { lossy, reason }) => Row { text: lossy, outcome: Err(reason) },
        };
        if let Err(reason) = &row.outcome {
            left_out.push(|| place, reason);
        }
        Some(row)
    });
    let rows = rows.collect();
    Ok((rows, left_out))
}

/// Answers each line as it comes; at a prompt a line that cannot be classified is told and asked again.
fn answer_lines(classifier: &Classifier, is_strict: bool) -> anyhow::Result<()> {
    let is_prompt = std::io::stdin().is_terminal();
    let mut input = std::io::stdin().lock();
    if is_prompt {
        tell(format_args!("{}: one text a line, Ctrl-D ends.", classifier.model_id()));
    }
    let mut left_out = LeftOut::default();
    let mut count = 0;
    loop {
        if is_prompt {
            ask();
        }
        let Some(asked) = next_line(&mut input, count + 1)? else { return left_out.ending(count) };
        count += 1;
        let place = asked.place.clone();
        let (rows, _) = answer(classifier, vec![asked], is_strict && !is_prompt, &ProgressBar::hidden())?;
        for row in rows {
            match &row.outcome {
                Err(reason) if is_prompt => tell(reason),
                outcome => {
                    print(&predictions::line(classifier.labels(), &row))?;
                    outcome
                        .as_ref()
                        .err()
                        .into_iter()
                        .for_each(|reason| left_out.push(|| place.clone(), reason));
                }
            }
        }
    }
}

/// The next line of standard input; `None` behind the last.
fn next_line(input: &mut impl BufRead, line: usize) -> anyhow::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    input.read_until(b'\n', &mut bytes).context("cannot read standard input")?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let end = bytes.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    let bytes = &bytes[..end];
    let text = std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| Unread {
        lossy: String::from_utf8_lossy(bytes).into_owned(),
        reason: format!("expected UTF-8, found the byte 0x{:02X}", bytes[error.valid_up_to()]),
    });
    Ok(Some(Asked { place: format!("standard input, line {line}"), text }))
}
