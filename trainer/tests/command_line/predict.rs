//! `predict` on the shipped model: arguments, files, piped lines; what it shows and what it writes.

use crate::program::{Folder, error_of, left_out_of, model, stdout_of, text};

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
fn a_strict_pipe_ends_at_the_first_line_with_nothing_to_read_after_those_before_it_were_answered() {
    let model = model();
    let input = format!("{BULLISH}\nhttps://example.com/x\n{BEARISH}\n");
    let predict = ["predict", "--strict", "--model", text(&model)];
    let output = Folder::new().trainer_with_input(&predict, input.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    error_of(output, &["standard input, line 2", "nothing to read"]);
    let output = Folder::new().trainer_with_input(&predict, b"up\n\xff\n");
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
    let header =
        "text,label,p_Bearish,p_Bullish,p_Neutral,uncertain,tokens,layers,truncated,error".split(',');
    assert!(reader.headers().unwrap().iter().eq(header));
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
        assert_eq!(row[7], object["layers"].to_string());
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
        let arguments =
            ["predict", "--model", text(&model), "--strict", "--input", name, "--output", "out.csv"];
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
        &["predict", "--strict", "--model", text(&model), BULLISH, "www.example.com"],
        &["argument, text 2", "nothing to read"],
    );
}

/// Good and bad rows in turn: blank, a link and nothing else, what is no text.
const MIXED: &[u8] = b"Shares rise\n\nhttps://example.com/x\nShares \xff fall\nShares plunge\n";

#[test]
fn a_row_that_cannot_be_read_keeps_its_place_and_the_others_get_their_answers() {
    let folder = Folder::new();
    let model = model();
    let predict = ["predict", "--model", text(&model)];
    let answers = folder.succeeds(&[&predict[..], &["Shares rise", "Shares plunge"]].concat());
    let answers: Vec<_> = answers.lines().collect();
    folder.write("mixed.txt", MIXED);
    let file = folder.trainer(&[&predict[..], &["--input", "mixed.txt"]].concat());
    let pipe = folder.trainer_with_input(&predict, MIXED);
    for (output, place) in [(file, "mixed.txt:"), (pipe, "standard input, line ")] {
        let (shown, error) = left_out_of(output, &["3 of 5 rows", "empty text", "0xFF"]);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[4]), (5, answers[0], answers[1]), "{shown}");
        assert!(lines[1..4].iter().all(|line| line.starts_with("no label  (")), "{shown}");
        assert!(lines[2].ends_with("https://example.com/x"), "{shown}");
        for line in 2..=4 {
            assert!(error.contains(&format!("\n{place}{line}: ")), "{error}");
        }
        // As the reader counts, and in no other way.
        assert!(!error.contains("text 0") && !error.contains("text 1"), "{error}");
    }
    let arguments = folder.trainer(&[&predict[..], &["Shares rise", "", "Shares plunge"]].concat());
    let (shown, _) = left_out_of(arguments, &["1 of 3 rows", "argument, text 2: empty text"]);
    assert_eq!(shown.lines().count(), 3);
}

#[test]
fn marked_rows_stand_in_both_kinds_of_files() {
    let folder = Folder::new();
    let model = model();
    let predict = ["predict", "--model", text(&model), "--output"];
    left_out_of(folder.trainer_with_input(&[&predict[..], &["out.jsonl"]].concat(), MIXED), &["3 of 5"]);
    let jsonl = std::fs::read_to_string(folder.path("out.jsonl")).unwrap();
    let objects: Vec<serde_json::Value> =
        jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    folder.write("in.csv", "text,n\nShares rise,1\nragged\nhttps://example.com/x,3\nShares plunge,4\n");
    let arguments = [&predict[..], &["out.csv", "--input", "in.csv"]].concat();
    left_out_of(folder.trainer(&arguments), &["2 of 4", "in.csv:3: expected 2", "in.csv:4: empty text"]);
    let mut reader = csv::Reader::from_path(folder.path("out.csv")).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), objects.len()), (4, 5));
    for (row, object) in [(0, 0), (2, 2), (3, 4)] {
        let (row, object) = (&rows[row], &objects[object]);
        assert_eq!(&row[0], object["text"]);
        assert_eq!(&row[1], object["label"].as_str().unwrap_or_default());
        assert_eq!(&row[9], object["error"].as_str().unwrap_or_default());
        assert_eq!(row[1].is_empty(), !row[9].is_empty(), "either a label or an error");
        assert_eq!(object.get("scores").is_none(), row[2].is_empty());
    }
    assert!(rows[1][9].contains("expected 2"), "{:?}", rows[1]);
    assert!(objects[3]["text"].as_str().unwrap().starts_with("Shares \u{fffd}"), "{}", objects[3]);
}

#[test]
fn a_reader_that_has_gone_ends_the_program_quietly() {
    use std::process::{Command, Stdio};
    let folder = Folder::new();
    let model = model();
    let model = text(&model);
    folder.write("a.csv", "text,label\nShares rise,1\n");
    for arguments in [
        &["predict", "--model", model, "Shares rise"][..],
        &["evaluate", "--model", model, "--data", "a.csv"],
        &["evaluate", "--model", model, "--data", "a.csv", "--json", "-"],
        &["edits", "--model", model, "--data", "a.csv"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trainer"))
            .args(arguments)
            .current_dir(folder.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("error") && !said.contains("panicked"), "{said}");
    }
}
