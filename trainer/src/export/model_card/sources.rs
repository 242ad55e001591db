//! What was learned from: one file, or every source with its rows and what it is.

use super::Facts;
use crate::config::sources::SourceConfig;
use crate::data::collection::Source;
use std::fmt::Write;

/// The lines about the labelled data.
pub fn data(facts: &Facts<'_>) -> String {
    let (run, record) = (facts.run, facts.run.record());
    let split = run.split();
    let (train, validation, test) = (split.train.len(), split.validation.len(), split.test.len());
    let source = stated(&run.config().data.source, "`data.source`");
    let mut text = format!(
        "- Data: `{}` (SHA-256 `{}`): {train} training, {validation} validation, {test} test rows.",
        record.data, record.data_sha256
    );
    if record.sources.is_empty() {
        return text + " " + &source + "\n";
    }
    if !run.config().data.source.is_empty() {
        text.extend([" ", &source]);
    }
    text.push_str(" The hash is that of the hashes of all sources:\n\n");
    text.push_str(
        "  | source | file | domain | training, validation, test rows | labels | weight | what it is |\n",
    );
    text.push_str("  |---|---|---|---|---|---|---|\n");
    for (source, file) in run.data.sources.iter().zip(&record.sources) {
        let config = &source.config;
        let rows =
            [&split.train, &split.validation, &split.test].map(|part| num_rows(source, part).to_string());
        let labels: Vec<&str> = source.labels.iter().map(|&id| facts.entry.labels[id].as_str()).collect();
        let _ = writeln!(
            text,
            "  | {} | `{}`{} (SHA-256 `{}`) | {} | {} | {} | {} | {} |",
            config.name,
            file.file,
            conditions(config, facts),
            file.sha256,
            config.domain(),
            rows.join(", "),
            labels.join(", "),
            config.weight,
            what(config),
        );
    }
    // Read where there are teachers to say something of them.
    let has_teachers = !run.config().distillation.teachers.is_empty();
    for config in run.config().data.sources.iter().filter(|source| has_teachers && !source.is_labelled()) {
        let file = config.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(
            text,
            "  | {} | `{file}`{} | – | – | none: its texts, as the teachers see them | {} | {} |",
            config.name,
            conditions(config, facts),
            config.weight,
            what(config)
        );
    }
    let is_partial = |source: &Source| source.labels.len() < facts.entry.labels.len();
    if run.data.sources.iter().any(is_partial) {
        text.push_str(
            "\n  Rows of a source that tells only some labels apart say nothing of the others: they are learned from, \
             and were neither selected nor measured on.\n\n",
        );
    } else {
        text.push('\n');
    }
    text
}

fn conditions(source: &SourceConfig, facts: &Facts<'_>) -> String {
    let options = source.read_options(&facts.run.config().data);
    options.conditions_in_words().replace('|', "\\|")
}

fn what(source: &SourceConfig) -> String {
    stated(&source.description, "its `description`").replace('|', "\\|")
}

fn num_rows(source: &Source, part: &[usize]) -> usize {
    part.iter().filter(|row| source.rows.contains(row)).count()
}

/// The user's words, or who could have said them.
fn stated(words: &str, key: &str) -> String {
    match words {
        "" => format!("Where it comes from and under which licence is not stated: that is for {key} to say."),
        words => format!("{}.", words.trim_end_matches('.')),
    }
}
