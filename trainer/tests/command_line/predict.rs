//! `predict` on the shipped model: arguments, files, piped lines; what it shows and what it writes.

use crate::program::{Folder, error_of, model, stdout_of, text};

const BULLISH: &str = "$ACME jumps 12% after record quarterly earnings, raises guidance";
const BEARISH: &str = "Initech stock tumbles on earnings miss and weak outlook";

#[test]
fn arguments_are_answered_in_order_one_line_each() {
    let model = model();
    let shown = Folder::new().succeeds(&["predict", "--model", text(&model), BEARISH, BULLISH, BEARISH]);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    assert!(lines[0].starts_with("Bearish ") && lines[0].ends_with(BEARISH), "{shown}");
    assert!(lines[1].starts_with("Bullish ") && lines[1].ends_with(BULLISH), "{shown}");
    assert!(
        lines[1].contains("Bearish ") && lines[1].contains("Neutral ") && lines[1].contains(" %"),
        "{shown}"
    );
    assert_eq!(lines[0], lines[2]);
}

#[test]
fn piped_lines_are_answered_like_arguments() {
    let folder = Folder::new();
    let model = model();
    let arguments = folder.succeeds(&["predict", "--model", text(&model), BULLISH, BEARISH]);
    let input = format!("{BULLISH}\r\n{BEARISH}");
    let piped = folder.trainer_with_input(&["predict", "--model", text(&model)], input.as_bytes());
    assert_eq!(stdout_of(piped), arguments);
}

#[test]
fn a_piped_line_with_nothing_to_read_is_named_after_the_lines_before_it_were_answered() {
    let model = model();
    let input = format!("{BULLISH}\nhttps://example.com/x\n{BEARISH}\n");
    let output = Folder::new().trainer_with_input(&["predict", "--model", text(&model)], input.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    error_of(output, &["standard input, line 2", "nothing to read"]);
    let output = Folder::new().trainer_with_input(&["predict", "--model", text(&model)], b"up\n\xff\n");
    error_of(output, &["standard input, line 2", "UTF-8"]);
}

#[test]
fn unusual_texts_are_answered_and_shown_safely() {
    let model = model();
    let long = "shares rise ".repeat(100_000 / 12);
    let texts = ["\u{1f680}\u{1f680}\u{1f4c8}", "الأسهم ترتفع بقوة", "up\u{1b}[31m red", long.trim()];
    let mut arguments = vec!["predict", "--model", text(&model)];
    arguments.extend(texts);
    let shown = Folder::new().succeeds(&arguments);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), texts.len());
    assert!(!shown.contains('\u{1b}'), "control characters must not reach the terminal");
    let truncated: Vec<_> = lines.iter().map(|line| line.contains("truncated")).collect();
    assert_eq!(truncated, [false, false, false, true]);
}

#[test]
fn csv_and_jsonl_outputs_hold_the_same_predictions() {
    let folder = Folder::new();
    let model = model();
    let quoted = "He said \"sell\", twice";
    folder.write("in.txt", format!("{BULLISH}\n{quoted}\n"));
    folder.write("in.jsonl", format!("{{\"text\":{:?}}}\n{{\"text\":{quoted:?}}}\n", BULLISH));
    for (input, output) in [("in.txt", "out.csv"), ("in.jsonl", "out.jsonl")] {
        let shown =
            folder.succeeds(&["predict", "--model", text(&model), "--input", input, "--output", output]);
        assert!(shown.is_empty(), "{shown}");
    }
    let jsonl = std::fs::read_to_string(folder.path("out.jsonl")).unwrap();
    let objects: Vec<serde_json::Value> =
        jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut reader = csv::Reader::from_path(folder.path("out.csv")).unwrap();
    let header = ["text", "label", "p_Bearish", "p_Bullish", "p_Neutral", "uncertain", "tokens", "truncated"];
    assert_eq!(reader.headers().unwrap(), &header[..]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), objects.len()), (2, 2));
    for ((row, object), text) in rows.iter().zip(&objects).zip([BULLISH, quoted]) {
        assert_eq!((&row[0], &object["text"]), (text, &text.into()));
        assert_eq!(&row[1], object["label"]);
        let sum: f64 = object["scores"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{object}");
        assert!(
            (row[3].parse::<f64>().unwrap() - object["scores"]["Bullish"].as_f64().unwrap()).abs() < 1e-6
        );
        assert_eq!(row[5], object["uncertain"].to_string());
        assert_eq!(row[6], object["tokens"].to_string());
    }
    assert_eq!(&rows[0][1], "Bullish");
}

#[test]
fn predictions_can_be_read_back_as_labelled_data() {
    let folder = Folder::new();
    let model = model();
    folder.succeeds(&["predict", "--model", text(&model), "--output", "out.csv", BULLISH, BEARISH]);
    let json = folder.succeeds(&["evaluate", "--model", text(&model), "--data", "out.csv", "--json", "-"]);
    let evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(evaluation["accuracy"], 1.0);
}

#[test]
fn bad_input_files_are_named_and_leave_the_old_output() {
    let folder = Folder::new();
    let model = model();
    folder.write("out.csv", "old");
    for (name, content, fragments) in [
        ("blank.txt", &b"up\n\ndown\n"[..], ["blank.txt:2", "empty text"]),
        ("empty.txt", b"", ["empty.txt", "at least one text"]),
        ("columns.csv", b"tweet\nup\n", ["columns.csv:1", "`text`"]),
        ("bytes.txt", b"up\n\xff\xfe\n", ["bytes.txt:2", "UTF-8"]),
        ("image.png", b"\x89PNG", ["image.png", ".csv, .jsonl, .parquet or .txt"]),
    ] {
        folder.write(name, content);
        let arguments = ["predict", "--model", text(&model), "--input", name, "--output", "out.csv"];
        folder.fails(&arguments, &fragments);
        assert_eq!(std::fs::read_to_string(folder.path("out.csv")).unwrap(), "old", "{name}");
    }
    folder.fails(
        &["predict", "--model", text(&model), "--output", "out.xlsx", BULLISH],
        &["out.xlsx", ".jsonl"],
    );
    folder
        .fails(&["predict", "--model", text(&model), "--output", "gone/out.csv", BULLISH], &["gone/out.csv"]);
    folder.fails(
        &["predict", "--model", text(&model), BULLISH, "www.example.com"],
        &["argument, text 2", "nothing to read"],
    );
}
