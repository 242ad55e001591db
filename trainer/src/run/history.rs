//! What had a part in a run besides its training rows, in words that follow from its record: for card and report.

use super::looks::Look;
use super::record::RunRecord;
use super::selection::Selected;
use crate::base::origin::{Decision, Reading, Stage};

/// What the record says of the held-out rows, a sentence each.
pub fn sentences(record: &RunRecord, looks: &[Look]) -> Vec<String> {
    let mut sentences = vec![chosen(&record.selected_on_validation, &record.domains), looked_at(looks)];
    sentences.extend(record.base_origin.iter().map(|stage| origin(stage, record)));
    sentences
}

fn chosen(selected: &[Selected], domains: &[String]) -> String {
    let name = |selected: &Selected| match selected {
        Selected::Epoch => "the kept epoch",
        Selected::NumberOfEpochs => "the number of epochs",
    };
    match selected {
        [] => "No epoch was chosen: the last one's weights are kept, and the validation rows serve calibration alone.".to_owned(),
        _ => {
            let names: Vec<&str> = selected.iter().map(name).collect();
            let score = match domains.len() {
                0 | 1 => "macro-F1".to_owned(),
                _ => format!("the mean of the macro-F1 of {}", domains.join(" and ")),
            };
            format!("By {score} on the validation rows, which calibration uses again, was chosen: {}.", names.join(" and "))
        }
    }
}

fn looked_at(looks: &[Look]) -> String {
    let times = |count: usize| match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    };
    let by = |command: &str| match looks.iter().filter(|look| look.command == command).count() {
        0 => None,
        count => Some(format!("{} by `{command}`", times(count))),
    };
    match looks.len() {
        0 => "Training does not use the test rows, and by its log nobody had scored this run on them before."
            .to_owned(),
        count => format!(
            "Training does not use the test rows; by its log this run had been scored on them {} before ({}).",
            times(count),
            ["export", "report"].into_iter().filter_map(by).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What a stage before the run has read of its rows.
pub fn origin(stage: &Stage, record: &RunRecord) -> String {
    let files: Vec<String> = stage.texts.iter().map(|file| format!("`{}`", file.name)).collect();
    let files = files.join(", ");
    let decision = match stage.decision {
        Decision::Vocabulary => format!("The vocabulary was chosen on {files}"),
        Decision::Weights => format!("The base was adapted to {files}"),
    };
    match record.reading_of(stage) {
        Reading::LeftOut => format!("{decision} without the held-out rows and their near-duplicates."),
        Reading::Read => format!("{decision}, the test rows' texts among them."),
        Reading::OtherSplit => {
            format!(
                "{decision} without the rows that another split holds out: texts of these test rows may be among them."
            )
        }
        Reading::Unknown => {
            format!("{decision}; whether texts of the test rows are among them was not looked at.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_counted_by_who_looked() {
        let look =
            |command: &str| Look { time: String::new(), command: command.to_owned(), what: String::new() };
        assert!(looked_at(&[]).contains("nobody had scored"));
        assert!(chosen(&[], &[]).starts_with("No epoch was chosen"));
        let words = looked_at(&[look("report"), look("export"), look("export")]);
        assert!(words.contains("3 times before (2 times by `export`, once by `report`)"), "{words}");
    }
}
