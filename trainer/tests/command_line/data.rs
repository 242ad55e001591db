//! Files of texts: every malformed one is refused by file and line, and none of its rows is used.

use crate::program::{Folder, model, stdout_of, text};
use crate::tiny_base;

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
    training_refuses(
        "t.csv",
        format!("text,label\n{rows}"),
        &["label 0 (Bearish)", "more than 2 rows", "found 1"],
    );
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
        &["at least two labels", "only label 1 (Bullish)", "all 30 rows"],
    );
    // One row of a label cannot be in training, validation and test.
    let one_more = format!("{}Shares fall,0\n", rows(&rising, 30, true));
    training_refuses("t.csv", one_more, &["label 0", "more than 2 rows", "found 1", "split.test_fraction"]);
    let same = [("Shares rise", 1), ("Shares fall", 0), ("shares RISE!", 1)];
    training_refuses(
        "t.csv",
        rows(&same, 30, false),
        &["label 0 (Bearish)", "(2 different texts among 90 rows)", "Add rows"],
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

#[test]
fn csv_of_another_kind_is_refused_in_terms_of_the_cure() {
    for (content, fragments) in [
        ("text;label\nup, up;1\n", &["separated by semicolons", "--delimiter ';'", "data.delimiter"][..]),
        ("Text\tLabel\nup\t1\n", &["separated by tabs", "--delimiter tab"]),
        ("text|label\nup|1\n", &["separated by bars", "--delimiter '|'"]),
        ("Text,Label\nup,1\n", &["found `Text`, `Label`", "--text-column 'Text' --label-column 'Label'"]),
        ("text, label\nup,1\n", &["found `text`, ` label`", "--label-column ' label'", "data.label_column"]),
        ("tweet,mood\nup,1\n", &["--text-column NAME --label-column NAME"]),
        ("Shares rise by 5 %,1\n", &["the file has no header", "put the line `text,label` in front"]),
        ("text,label\nup\rand up,1\ndown,0\n", &["t.csv:2", "carriage return", "Remove it"]),
        ("text,label\r\"two\rlines\",1\rup,7\r", &["t.csv:4", "unknown label", "\"7\""]),
        ("text,label\n\"say \\\"up\\\"\",1\n", &["t.csv:2", "not escaped by a backslash"]),
        ("text,label\n\"up\" said he,1\n", &["t.csv:2", "behind a closing quote", "double the quotes"]),
    ] {
        training_refuses("t.csv", content, fragments);
    }
    training_refuses("t.tsv", "text,label\nup,1\n", &["t.tsv:1", "separated by commas", "--delimiter ','"]);
}

#[test]
fn other_encodings_are_refused_with_place_and_cure() {
    let utf_16: Vec<u8> = "text,label\nup,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    training_refuses(
        "t.csv",
        utf_16,
        &["t.csv", "UTF-16LE without a byte order mark", "--encoding utf-16le"],
    );
    let latin_1 = b"text,label\nup,1\nim caf\xe9 steigt,1\n";
    let fragments =
        ["t.csv:3", "0xE9 at offset 22", "--encoding windows-1252", "\"caf\u{e9}\"", "data.encoding"];
    training_refuses("t.csv", latin_1, &fragments);
    training_refuses("t.jsonl", b"\n{\"text\": \"caf\xe9\"}\n", &["t.jsonl:2", "0xE9 at offset 14"]);
}

#[test]
fn all_bad_rows_are_told_at_once() {
    let content = "text,label\nup,Up\nup,1\nup\n\"open,1\nup,0\n\u{ff},0\n ,0\n";
    let content: Vec<u8> = content.chars().map(|c| c as u8).collect();
    let fragments = [
        "5 rows cannot be used",
        "t.csv:2: unknown",
        "t.csv:4: expected 2",
        "t.csv:5: expected quotes",
        "t.csv:7: expected UTF-8",
        "t.csv:8: empty text",
    ];
    training_refuses("t.csv", content, &fragments);
    let many = format!("text,label\n{}", "up,Up\n".repeat(14));
    training_refuses("t.csv", many, &["14 rows cannot be used", "t.csv:11: ", "\nand 4 more"]);
}

#[test]
fn labels_are_taken_as_written_and_the_error_says_what_was_meant() {
    for (label, fragments) in [
        ("+1", &["\"+1\"", "Did you mean Bullish?"][..]),
        ("01", &["\"01\"", "Did you mean Bullish?", "--label-map '01=Bullish'", "[data.label_map]"]),
        ("00002", &["\"00002\"", "Did you mean Neutral?"]),
        ("Bullish ", &["\"Bullish \"", "Did you mean Bullish?"]),
        ("positive", &["--label-map 'positive=LABEL'"]),
    ] {
        training_refuses("t.csv", format!("text,label\nup,{label}\n"), fragments);
        training_refuses("t.jsonl", format!("{{\"text\":\"up\",\"label\":{label:?}}}\n"), fragments);
    }
}

/// The evaluation of a file without its speed.
fn evaluation(folder: &Folder, data: &str, more: &[&str], input: &[u8]) -> serde_json::Value {
    let model = model();
    let arguments = [&["evaluate", "--model", text(&model), "--data", data, "--json", "-"], more].concat();
    let json = stdout_of(folder.trainer_with_input(&arguments, input));
    let mut evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
    evaluation.as_object_mut().unwrap().remove("tweets_per_second").unwrap();
    evaluation
}

#[test]
fn files_as_people_have_them_read_the_same() {
    let folder = Folder::new();
    let rows = "text,label\nShares rise 5 % im caf\u{e9},1\nProfit falls,0\nMeeting moved,2\n";
    folder.write("a.csv", rows);
    let expected = evaluation(&folder, "a.csv", &[], b"");
    assert_eq!(expected["rows"], 3);
    let marked: Vec<u8> = format!("\u{feff}{rows}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let unmarked: Vec<u8> = rows.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin_1: Vec<u8> = rows.chars().map(|c| c as u8).collect();
    let other_names =
        "MOOD;Tweet \nup;Shares rise 5 % im caf\u{e9}\nBearish;Profit falls\n-1;Meeting moved\n";
    let other = [
        "--delimiter",
        ";",
        "--text-column",
        "Tweet ",
        "--label-column",
        "MOOD",
        "--label-map",
        "up=Bullish",
        "--label-map",
        "-1=2",
    ];
    let json = "{\"Tweet \":\"Shares rise 5 % im caf\u{e9}\",\"MOOD\":\"up\"}\n{\"MOOD\":0,\"Tweet \":\"Profit falls\"}\n\
                {\"Tweet \":\"Meeting moved\",\"MOOD\":-1,\"text\":7}\n";
    for (name, content, more) in [
        ("a.tsv", rows.replace(',', "\t").into_bytes(), &[][..]),
        ("A.CSV", rows.as_bytes().to_vec(), &[]),
        ("mac.csv", rows.replace('\n', "\r").into_bytes(), &[]),
        ("marked.csv", marked, &[]),
        ("unmarked.csv", unmarked, &["--encoding", "utf-16be"]),
        ("latin.csv", latin_1, &["--encoding", "latin1"]),
        ("semicolons.csv", rows.replace(',', ";").into_bytes(), &["--delimiter", ";"]),
        ("other.csv", other_names.as_bytes().to_vec(), &other),
        ("other.jsonl", json.as_bytes().to_vec(), &other[2..]),
    ] {
        folder.write(name, &content);
        assert_eq!(evaluation(&folder, name, more, b""), expected, "{name}");
        if !name.ends_with(".tsv") {
            assert_eq!(evaluation(&folder, "-", more, &content), expected, "{name} through a pipe");
        }
    }
}

#[test]
fn every_command_reads_by_the_same_options() {
    let folder = Folder::new();
    let model = model();
    folder.write(
        "a.csv",
        "Tweet|Mood\ncaf\u{e9} shares rise|up\n".chars().map(|c| c as u8).collect::<Vec<u8>>(),
    );
    let texts = ["--delimiter", "|", "--text-column", "Tweet", "--encoding", "latin1"];
    let labels = ["--label-column", "Mood", "--label-map", "up=Bullish"];
    let predict = [&["predict", "--model", text(&model), "--input", "a.csv"], &texts[..]].concat();
    assert!(folder.succeeds(&predict).contains("caf\u{e9} shares rise"));
    let edits = [&["edits", "--model", text(&model), "--data", "a.csv"], &texts[..], &labels].concat();
    assert!(folder.succeeds(&edits).contains("labels flipped"));
    folder.fails(&edits[..5], &["a.csv:1", "separated by"]);
}

#[test]
fn a_configuration_says_how_its_files_are_read() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let csv = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    let names = ["down", "1", "n"];
    let rows = csv.lines().skip(1).map(|line| line.rsplit_once(',').unwrap());
    let rows: String =
        rows.map(|(text, label)| format!("{}\t{text}\n", names[label.parse::<usize>().unwrap()])).collect();
    let utf_16 = |text: String| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    folder.write("other.csv", utf_16(format!("Mood\tTweet\n{rows}")));
    let config = std::fs::read_to_string(folder.path("tiny.toml")).unwrap();
    let data = "train = \"other.csv\"\ntext_column = \"Tweet\"\nlabel_column = \"Mood\"\ndelimiter = \"tab\"\n\
                encoding = \"utf-16le\"\n[data.label_map]\ndown = \"Bearish\"\nn = \"2\"\n";
    folder.write("other.toml", config.replace("train = \"tweets.csv\"", data));
    let trained = |config: &str, more: &[&str]| {
        let arguments =
            ["train", "--config", config, "--output", &format!("run-{config}"), "--set", "train.epochs=1"];
        folder.succeeds(&[&arguments, more].concat());
        std::fs::read(folder.path(&format!("run-{config}")).join("best.safetensors")).unwrap()
    };
    assert!(trained("tiny.toml", &[]) == trained("other.toml", &[]), "the same rows give the same weights");
    // The run knows how to read its rows again.
    folder.succeeds(&["report", "run-other.toml"]);
    let set = ["--set", "data.label_map={up = \"Bullish\"}"];
    let train = ["train", "--config", "other.toml"];
    folder.fails(&[&train[..], &set].concat(), &["other.csv:2", "unknown label", "\"down\""]);
    folder.fails(
        &[&train[..], &["--set", "data.label_map={down = \"bearish\"}"]].concat(),
        &["the label map \"down\" = \"bearish\"", "Did you mean Bearish?"],
    );
    folder.fails(
        &[&train[..], &["--set", "data.delimiter=;;"]].concat(),
        &["data.delimiter", "one ASCII character"],
    );
    folder.fails(&[&train[..], &["--set", "data.train=-"]].concat(), &["data.train", "standard input"]);
}

#[test]
fn names_that_are_numbers_are_names() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let csv = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    let rows = csv.lines().skip(1).map(|line| line.rsplit_once(',').unwrap());
    let rows: String = rows
        .map(|(text, label)| format!("{text},{}\n", ["1", "-1", "0"][label.parse::<usize>().unwrap()]))
        .collect();
    folder.write("signs.csv", format!("text,label\n{rows}"));
    let labels = "data.labels=[\"1\", \"-1\", \"0\"]";
    let weights = |set: &[&str], output: &str| {
        folder.succeeds(&[&tiny_base::train(set)[..], &["--output", output]].concat());
        std::fs::read(folder.path(output).join("best.safetensors")).unwrap()
    };
    let ids = weights(&["train.epochs=1"], "ids");
    assert!(ids == weights(&["train.epochs=1", "data.train=signs.csv", labels], "signs"));
    folder.fails(
        &tiny_base::train(&["data.train=signs.csv", "data.labels=[\"1\", \"2\", \"3\"]"]),
        &["signs.csv:3", "expected 1, 2, 3", "found \"-1\""],
    );
}
