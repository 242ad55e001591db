//! Files of texts: every malformed one is refused by file and line, and none of its rows is used.

use crate::program::{Folder, model, text};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/minilm-l6.toml");

/// Reads the file as training data. Nothing is trained: reading comes first.
fn training_refuses(name: &str, content: impl AsRef<[u8]>, fragments: &[&str]) {
    let folder = Folder::new();
    folder.write(name, content);
    let set = format!("data.train={name}");
    folder.fails(&["train", "--config", CONFIG, "--set", &set], fragments);
    assert_eq!(folder.names(), [name], "refused data leaves no run folder");
}

#[test]
fn csv_without_the_columns_is_refused() {
    training_refuses("t.csv", "tweet,label\nup,1\n", &["t.csv:1", "`text`, `label`", "`tweet`"]);
    training_refuses("t.csv", "text,class\nup,1\n", &["t.csv:1", "`text`, `label`", "`class`"]);
    training_refuses("t.csv", "text,label,text\nup,1,down\n", &["t.csv:1", "once each"]);
    training_refuses("t.csv", "Shares rise,1\n", &["t.csv:1", "header"]);
    training_refuses("t.csv", "", &["t.csv", "empty file"]);
    training_refuses("t.csv", "text,label\n", &["t.csv", "at least one row"]);
}

#[test]
fn csv_rows_are_refused_by_line() {
    training_refuses("t.csv", "text,label\nup,1\nup, and up,1\n", &["t.csv:3", "2 fields", "found 3"]);
    training_refuses("t.csv", "text,label\nup\n", &["t.csv:2", "2 fields", "found 1"]);
    training_refuses(
        "t.csv",
        "text,label\nup,Rising\n",
        &["t.csv:2", "unknown label", "1 or Bullish", "\"Rising\""],
    );
    training_refuses("t.csv", "text,label\nup,bullish\n", &["t.csv:2", "\"bullish\""]);
    training_refuses("t.csv", "text,label\nup,3\n", &["t.csv:2", "\"3\""]);
    training_refuses("t.csv", "text,label\nup,-1\n", &["t.csv:2", "\"-1\""]);
    training_refuses("t.csv", "text,label\nup,\n", &["t.csv:2", "\"\""]);
    training_refuses("t.csv", "text,label\nup,1\n  ,1\n", &["t.csv:3", "empty text"]);
    training_refuses("t.csv", "text,label\nhttps://t.co/abc ,1\n", &["t.csv:2 is left out", "only URLs"]);
    training_refuses("t.csv", "text,label\n\0\0,1\n", &["t.csv:2", "empty text"]);
}

#[test]
fn csv_lines_are_counted_through_breaks_inside_and_blank_lines_between_rows() {
    training_refuses("t.csv", "text,label\n\"two\nlines\",1\n\n\nup,7\n", &["t.csv:6", "\"7\""]);
    training_refuses("t.csv", "text,label\r\nup,1\r\n\r\nup,7\r\n", &["t.csv:4", "\"7\""]);
}

#[test]
fn an_unpaired_quote_does_not_swallow_rows() {
    training_refuses("t.csv", "text,label\nup,1\n\"open,1\nup,1\n", &["t.csv:3", "quotes in pairs"]);
}

#[test]
fn invalid_utf8_is_refused_by_line_and_byte() {
    training_refuses("t.csv", b"text,label\nup,1\nbad \xff byte,1\n", &["t.csv:3", "UTF-8", "0xFF"]);
    training_refuses(
        "t.jsonl",
        b"{\"text\":\"up\",\"label\":1}\n{\"text\":\"\xe9\",\"label\":1}\n",
        &["t.jsonl:2", "UTF-8", "0xE9"],
    );
}

#[test]
fn jsonl_rows_are_refused_by_line() {
    let good = "{\"text\":\"up\",\"label\":\"Bullish\"}\n";
    for (row, fragments) in [
        ("{\"text\":\"up\"}", ["t.jsonl:2", "`label`", "found none"]),
        ("{\"label\":1}", ["t.jsonl:2", "`text`", "found none"]),
        ("{\"text\":7,\"label\":1}", ["t.jsonl:2", "`text`", "found 7"]),
        ("{\"text\":\"up\",\"label\":true}", ["t.jsonl:2", "`label`", "found true"]),
        ("{\"text\":\"up\",\"label\":1.5}", ["t.jsonl:2", "unknown label", "1.5"]),
        ("{\"text\":\"up\",\"label\":3}", ["t.jsonl:2", "unknown label", "\"3\""]),
        ("{\"text\":\"up\",\"text\":\"down\",\"label\":1}", ["t.jsonl:2", "duplicate", "text"]),
        ("{\"text\":\"up\",", ["t.jsonl:2", "JSON object", "column"]),
        ("[\"up\", 1]", ["t.jsonl:2", "JSON object", "does not begin"]),
        ("7", ["t.jsonl:2", "JSON object", "does not begin"]),
        ("{\"text\":\" \",\"label\":1}", ["t.jsonl:2", "empty text", "URLs"]),
    ] {
        training_refuses("t.jsonl", format!("{good}{row}\n"), &fragments);
    }
    training_refuses("t.jsonl", "", &["t.jsonl", "at least one row"]);
}

#[test]
fn other_files_are_refused() {
    training_refuses("t.xlsx", "PK", &["t.xlsx", ".csv, .jsonl, .parquet"]);
    training_refuses("t.txt", "up\n", &["t.txt", "without labels"]);
    let folder = Folder::new();
    folder
        .fails(&["train", "--config", CONFIG, "--set", "data.train=gone.csv"], &["cannot read", "gone.csv"]);
}

#[test]
fn a_label_too_rare_to_split_is_refused() {
    let rows = "Shares rise,1\nShares fall,0\nMeeting on Monday,2\n";
    training_refuses("t.csv", format!("text,label\n{rows}"), &["label 0", "more than 2 rows", "found 1"]);
}

/// Rows of these texts and labels, a number behind each text where `is_numbered`.
fn rows(texts: &[(&str, usize)], times: usize, is_numbered: bool) -> String {
    let mut csv = String::from("text,label\n");
    for n in 0..times {
        for (text, label) in texts {
            let number = if is_numbered { n.to_string() } else { String::new() };
            csv.push_str(&format!("{text} {number},{label}\n"));
        }
    }
    csv
}

#[test]
fn rows_that_teach_nothing_are_refused() {
    let rising = [("Shares rise", 1)];
    training_refuses(
        "t.csv",
        rows(&rising, 30, true),
        &["at least two labels", "only label 1", "all 30 rows"],
    );
    // One row of a label cannot be in training, validation and test.
    let one_more = format!("{}Shares fall,0\n", rows(&rising, 30, true));
    training_refuses("t.csv", one_more, &["label 0", "more than 2 rows", "found 1", "split.test_fraction"]);
    let same = [("Shares rise", 1), ("Shares fall", 0), ("shares RISE!", 1)];
    training_refuses(
        "t.csv",
        rows(&same, 30, false),
        &["label 0", "(2 different texts among 90 rows)", "Add rows"],
    );
    training_refuses(
        "t.jsonl",
        "{\"text\":\"\",\"label\":1}\n",
        &["t.jsonl:1", "empty text", "Remove the row"],
    );
}

#[test]
fn the_same_rows_read_the_same_in_every_form() {
    let folder = Folder::new();
    let model = model();
    // NUL bytes, a byte order mark, CRLF, quoting, other columns, ids and names: none changes what is read.
    let forms = [
        (
            "a.csv",
            "text,label\nShares rise 5% \u{1f680},1\n\"Profit, then \"\"loss\"\"\",0\nMeeting\0 moved,2\n",
        ),
        (
            "b.csv",
            "\u{feff}id,label,text\r\n7,Bullish,Shares rise 5% \u{1f680}\r\n8,Bearish,\"Profit, then \"\"loss\"\"\"\r\n\r\n9,Neutral,Meeting\0 moved\r\n",
        ),
        (
            "c.jsonl",
            "\u{feff}{\"text\":\"Shares rise 5% \u{1f680}\",\"label\":1}\n{\"label\":\"Bearish\",\"text\":\"Profit, then \\\"loss\\\"\"}\n\n{\"text\":\"Meeting\\u0000 moved\",\"label\":\"2\",\"id\":9}",
        ),
    ];
    let evaluations = forms.map(|(name, content)| {
        folder.write(name, content);
        let json = folder.succeeds(&["evaluate", "--model", text(&model), "--data", name, "--json", "-"]);
        let mut evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
        evaluation.as_object_mut().unwrap().remove("tweets_per_second").unwrap();
        evaluation
    });
    assert_eq!(evaluations[0]["rows"], 3);
    assert_eq!(evaluations[0], evaluations[1]);
    assert_eq!(evaluations[0], evaluations[2]);
}
