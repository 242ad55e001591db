//! Parquet files: the same rows as in a CSV give the same results; what cannot be read is named by row.

use crate::program::{Folder, model, text};
use crate::tiny_base;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use std::sync::Arc;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/minilm-l6.toml");
const SCHEMA: &str = "message rows { optional binary text (UTF8); required int64 id; optional int64 label (INTEGER(64,true)); }";

/// A text and a label, either of which may be null.
type Row<'a> = (Option<&'a str>, Option<i64>);

/// A file with the columns text, id and label under this schema, `group_rows` rows a row group.
fn file(schema: &str, rows: &[Row<'_>], group_rows: usize, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    for rows in rows.chunks(group_rows) {
        let mut group = writer.next_row_group().unwrap();
        let texts: Vec<_> = rows.iter().filter_map(|row| row.0).map(ByteArray::from).collect();
        let ids: Vec<_> = (0..rows.len() as i64).collect();
        let labels: Vec<_> = rows.iter().filter_map(|row| row.1).collect();
        let levels = |is_there: &dyn Fn(&Row<'_>) -> bool| {
            rows.iter().map(|row| i16::from(is_there(row))).collect::<Vec<_>>()
        };
        let mut column = group.next_column().unwrap().unwrap();
        let text_levels = levels(&|row| row.0.is_some());
        column.typed::<ByteArrayType>().write_batch(&texts, Some(&text_levels), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let label_levels = levels(&|row| row.1.is_some());
        column.typed::<Int64Type>().write_batch(&labels, Some(&label_levels), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

/// A file with a text and a label column of names under this schema.
fn named(schema: &str, rows: &[(&[u8], &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let columns: [Vec<ByteArray>; 2] = [
        rows.iter().map(|row| row.0.to_vec().into()).collect(),
        rows.iter().map(|row| row.1.into()).collect(),
    ];
    for values in columns {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

const NAMED: &str = "message rows { required binary text (UTF8); required binary label (UTF8); }";

fn training_refuses(content: &[u8], fragments: &[&str]) {
    let folder = Folder::new();
    folder.write("t.parquet", content);
    folder.fails(&["train", "--config", CONFIG, "--set", "data.train=t.parquet"], fragments);
}

/// The rows of a CSV whose texts have no commas.
fn csv_rows(csv: &str) -> Vec<Row<'_>> {
    let rows = csv.lines().skip(1).map(|line| line.rsplit_once(',').unwrap());
    rows.map(|(text, label)| (Some(text), Some(label.parse().unwrap()))).collect()
}

#[test]
fn training_from_it_gives_the_weights_that_the_csv_gives() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let csv = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    folder.write("tweets.parquet", file(SCHEMA, &csv_rows(&csv), 100, Compression::SNAPPY));
    let trained = |data: &str| {
        let runs = format!("runs-{data}");
        let mut arguments = tiny_base::train(&["train.epochs=2"]);
        let set = format!("data.train={data}");
        arguments.extend(["--set", &set, "--runs", &runs]);
        folder.succeeds(&arguments);
        let run = std::fs::read_dir(folder.path(&runs)).unwrap().next().unwrap().unwrap().path();
        ["best.safetensors", "evaluation.json"].map(|name| {
            let mut bytes = std::fs::read(run.join(name)).unwrap();
            if name.ends_with(".json") {
                let mut json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                json.as_object_mut().unwrap().remove("tweets_per_second");
                bytes = json.to_string().into_bytes();
            }
            bytes
        })
    };
    assert_eq!(trained("tweets.csv"), trained("tweets.parquet"));
}

#[test]
fn every_form_of_column_compression_and_row_group_reads_the_same() {
    let folder = Folder::new();
    let model = model();
    let texts =
        ["Shares rise 5% \u{1f680}", "Profit then \"loss\"", "Meeting moved", "Shares fall", "Bonds hold"];
    let labels = [1, 0, 2, 0, 2];
    let names = ["Bullish", "0", "Neutral", "Bearish", "2"];
    let rows: Vec<Row<'_>> =
        texts.iter().zip(labels).map(|(text, label)| (Some(*text), Some(label))).collect();
    let quoted = texts.map(|text| format!("\"{}\"", text.replace('"', "\"\"")));
    let csv: String = quoted.iter().zip(labels).map(|(text, label)| format!("{text},{label}\n")).collect();
    folder.write("a.csv", format!("text,label\n{csv}"));
    folder.write("b.parquet", file(SCHEMA, &rows, 2, Compression::UNCOMPRESSED));
    folder.write("c.parquet", file(SCHEMA, &rows, 5, Compression::ZSTD(ZstdLevel::default())));
    let by_name: Vec<_> = texts.iter().zip(names).map(|(text, name)| (text.as_bytes(), name)).collect();
    folder.write("d.parquet", named(NAMED, &by_name));
    let evaluations = ["a.csv", "b.parquet", "c.parquet", "d.parquet"].map(|name| {
        let json = folder.succeeds(&["evaluate", "--model", text(&model), "--data", name, "--json", "-"]);
        let mut evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
        evaluation.as_object_mut().unwrap().remove("tweets_per_second").unwrap();
        evaluation
    });
    assert_eq!(evaluations[0]["rows"], 5);
    assert!(evaluations.iter().all(|evaluation| *evaluation == evaluations[0]), "{evaluations:?}");
    // Unlabelled reading takes the texts alone.
    let predict = |name| folder.succeeds(&["predict", "--model", text(&model), "--input", name]);
    assert_eq!(predict("a.csv"), predict("b.parquet"));
}

#[test]
fn more_rows_than_are_in_memory_at_once_keep_their_numbers() {
    let texts: Vec<_> = (0..10_000).map(|row| format!("Shares rise {row}")).collect();
    for group_rows in [3000, 10_000] {
        let mut rows: Vec<Row<'_>> = texts.iter().map(|text| (Some(text.as_str()), Some(1))).collect();
        rows[9_000].1 = Some(7);
        let bytes = file(SCHEMA, &rows, group_rows, Compression::SNAPPY);
        training_refuses(&bytes, &["t.parquet:9001", "unknown label", "\"7\""]);
        rows[8_500].0 = None;
        let bytes = file(SCHEMA, &rows, group_rows, Compression::SNAPPY);
        training_refuses(&bytes, &["t.parquet:8501", "column `text`", "found null", "remove the row"]);
    }
}

#[test]
fn columns_that_cannot_be_used_are_named() {
    let row = [(Some("up"), Some(1))];
    let plain = |schema: &str| file(schema, &row, 1, Compression::UNCOMPRESSED);
    for (schema, fragments) in [
        (SCHEMA.replace(" text ", " tweet "), &["`text`, `label`", "found `tweet`, `id`, `label`"][..]),
        (SCHEMA.replace(" id;", " text;"), &["once each", "`text`, `text`, `label`"]),
        (SCHEMA.replace(" (UTF8)", ""), &["column `text`", "expected strings", "BYTE_ARRAY"]),
        (
            SCHEMA.replace("(INTEGER(64,true))", "(TIMESTAMP_MILLIS)"),
            &["column `label`", "integers", "TIMESTAMP"],
        ),
    ] {
        training_refuses(&plain(&schema), &[&["t.parquet"][..], fragments].concat());
    }
    training_refuses(&named(NAMED, &[(b"up", "1"), (b"bad \xff", "1")]), &["t.parquet:2", "UTF-8", "0xFF"]);
    training_refuses(&named(NAMED, &[(b"up", "Rising")]), &["t.parquet:1", "1 or Bullish", "\"Rising\""]);
    training_refuses(
        &file(SCHEMA, &[(Some("up"), None)], 1, Compression::UNCOMPRESSED),
        &["t.parquet:1", "`label`", "null"],
    );
    training_refuses(
        &file(SCHEMA, &[(Some(" "), Some(1))], 1, Compression::UNCOMPRESSED),
        &["t.parquet:1", "empty text"],
    );
    training_refuses(&file(SCHEMA, &[], 1, Compression::UNCOMPRESSED), &["t.parquet", "at least one row"]);
}

#[test]
fn files_that_are_none_are_refused() {
    training_refuses(b"", &["t.parquet", "empty file"]);
    training_refuses(b"text,label\nup,1\n", &["t.parquet", "whole Parquet file"]);
    let rows: Vec<Row<'_>> = (0..50).map(|_| (Some("Shares rise"), Some(1))).collect();
    let whole = file(SCHEMA, &rows, 10, Compression::SNAPPY);
    for length in [4, 12, whole.len() / 2, whole.len() - 1] {
        training_refuses(&whole[..length], &["t.parquet", "whole Parquet file", "truncated"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_is_an_error_and_no_panic(
        damage in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 1..8),
        is_compressed: bool,
    ) {
        let rows: Vec<Row<'_>> = (0..50).map(|row| (Some(["Shares rise", "Shares fall"][row % 2]), Some(1))).collect();
        let compression = if is_compressed { Compression::SNAPPY } else { Compression::UNCOMPRESSED };
        let mut bytes = file(SCHEMA, &rows, 20, compression);
        for (place, byte) in damage {
            let place = (place * bytes.len() as f64) as usize;
            bytes[place] = byte;
        }
        let folder = Folder::new();
        folder.write("t.parquet", bytes);
        // A file that is still whole gets as far as the base model, which is not there.
        let output = folder.trainer(&["train", "--config", CONFIG, "--set", "data.train=t.parquet"]);
        prop_assert_eq!(output.status.code(), Some(1), "{:?}", output);
    }
}

#[test]
fn columns_of_other_names_and_labels_of_other_words_are_read_as_in_a_csv() {
    let folder = Folder::new();
    let model = model();
    let rows: [(&[u8], &str); 3] = [(b"Shares rise", "up"), (b"Shares fall", "0"), (b"Meeting moved", "-1")];
    folder.write("a.csv", "text,label\nShares rise,1\nShares fall,0\nMeeting moved,2\n");
    folder.write("b.Parquet", named(&NAMED.replace(" text ", " Tweet ").replace(" label ", " Mood "), &rows));
    let evaluate = |data, more: &[&str]| {
        let arguments = ["evaluate", "--model", text(&model), "--data", data, "--json", "-"];
        let json = folder.succeeds(&[&arguments, more].concat());
        let mut evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
        evaluation.as_object_mut().unwrap().remove("tweets_per_second").unwrap();
        evaluation
    };
    let other = [
        "--text-column",
        "Tweet",
        "--label-column",
        "Mood",
        "--label-map",
        "up=Bullish",
        "--label-map",
        "-1=Neutral",
    ];
    assert_eq!(evaluate("a.csv", &[]), evaluate("b.Parquet", &other));
    let arguments = ["evaluate", "--model", text(&model), "--data", "b.Parquet"];
    folder.fails(&arguments, &["b.Parquet", "found `Tweet`, `Mood`", "--text-column NAME"]);
    folder.fails(
        &[&arguments[..], &other[..4], &["--strict"]].concat(),
        &["b.Parquet:1: unknown label", "b.Parquet:3: unknown label"],
    );
}

#[test]
fn all_bad_rows_are_told_at_once() {
    let rows = [
        (Some("up"), Some(7)),
        (None, Some(1)),
        (Some("up"), None),
        (Some("up"), Some(1)),
        (Some(" "), Some(1)),
    ];
    for group_rows in [2, 5] {
        training_refuses(
            &file(SCHEMA, &rows, group_rows, Compression::SNAPPY),
            &[
                "4 rows",
                "t.parquet:1: unknown",
                "t.parquet:2: column `text`",
                "t.parquet:3: column `label`",
                "t.parquet:5: empty",
            ],
        );
    }
}
