//! `trainer predict`: texts from arguments, a file, piped lines or a prompt; predictions to the terminal or a file.
//!
//! Piped lines are answered one by one as they arrive, so that a stream (`tail -f`) can be classified; a file
//! is read and checked as a whole before the first text is classified.

mod output;

use crate::classification::{classify_all, load_model};
use crate::cli::PredictArguments;
use crate::config::ReadOptions;
use crate::data;
use crate::standard_output::print;
use anyhow::{Context, bail};
use classifier::Classifier;
use std::io::{BufRead, IsTerminal};

/// Runs the subcommand.
///
/// # Errors
/// A model or input that cannot be used, a text with nothing to read, output that cannot be written.
pub fn run(arguments: &PredictArguments) -> anyhow::Result<()> {
    let format = arguments.output.as_deref().map(output::Format::of).transpose()?;
    let classifier = load_model(&arguments.model)?;
    let (texts, source): (_, Box<dyn Fn(usize) -> String>) = match &arguments.input {
        Some(input) => {
            let texts = data::read_texts(input, &ReadOptions::from(&arguments.reading))
                .context("cannot use the input")?;
            let (texts, lines): (Vec<_>, Vec<_>) =
                texts.into_iter().map(|text| (text.text, text.line)).unzip();
            (texts, Box::new(move |index| data::place(input, lines[index])))
        }
        None if !arguments.texts.is_empty() => {
            (arguments.texts.clone(), Box::new(|index| format!("argument, text {}", index + 1)))
        }
        None if arguments.output.is_some() => {
            (read_all_lines()?, Box::new(|index| format!("standard input, line {}", index + 1)))
        }
        None => return answer_lines(&classifier),
    };
    let predictions = classify_all(&classifier, &texts, source)?;
    match arguments.output.as_deref().zip(format) {
        Some((path, format)) => output::write(path, format, classifier.labels(), &texts, &predictions),
        None => {
            let lines = texts
                .iter()
                .zip(&predictions)
                .map(|(text, prediction)| output::line(classifier.labels(), text, prediction));
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
            Ok(prediction) => print(&output::line(classifier.labels(), &text, &prediction))?,
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
