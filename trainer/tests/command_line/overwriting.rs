//! Outputs that are inputs: every command that reads one path and writes another refuses, and both stay as they were.

use crate::program::{Folder, error_of, model, text};
use crate::tiny_base;
use std::process::{Command, Stdio};

/// Runs it, expects it to refuse, and `file` to be what it was.
fn refuses(folder: &Folder, arguments: &[&str], file: &str, fragments: &[&str]) {
    let before = std::fs::read(folder.path(file)).unwrap();
    folder.fails(arguments, &[fragments, &["the very file", "Name another one"]].concat());
    assert_eq!(std::fs::read(folder.path(file)).unwrap(), before, "{arguments:?}");
}

#[test]
fn an_output_that_is_an_input_is_refused_by_whatever_name() {
    let folder = Folder::new();
    let model = model();
    let model = text(&model);
    folder.write("a.csv", "text,label\nShares rise,1\n");
    folder.write("texts.json", "{}");
    folder.write("golden.json", "a model");
    std::fs::create_dir(folder.path("inner")).unwrap();
    std::os::unix::fs::symlink(folder.path("a.csv"), folder.path("link.csv")).unwrap();
    std::fs::hard_link(folder.path("a.csv"), folder.path("hard.csv")).unwrap();
    for output in ["a.csv", "./inner/../a.csv", "link.csv", "hard.csv"] {
        let predict = ["predict", "--model", model, "--input", "a.csv", "--output", output];
        refuses(&folder, &predict, "a.csv", &["--output", output, "--input a.csv"]);
        for command in ["evaluate", "edits"] {
            let arguments = [command, "--model", model, "--data", "a.csv", "--json", output];
            refuses(&folder, &arguments, "a.csv", &["--json", output, "--data a.csv"]);
        }
    }
    let bench = ["bench", "--model", model, "--texts", "texts.json", "--json", "texts.json"];
    refuses(&folder, &bench, "texts.json", &["--texts texts.json"]);
    let bench = ["bench-training", "--base", ".", "--data", "a.csv", "--json"];
    refuses(&folder, &[&bench[..], &["link.csv"]].concat(), "a.csv", &["--data a.csv"]);
    folder.write("config.json", "{}");
    refuses(&folder, &[&bench[..], &["config.json"]].concat(), "config.json", &["--base ./config.json"]);
    let challenge = ["challenge", "--model", "golden.json", "--json", "golden.json"];
    refuses(&folder, &challenge, "golden.json", &["--model golden.json"]);
    refuses(&folder, &["golden", "--model", "golden.json"], "golden.json", &["--model golden.json"]);
    assert!(std::fs::symlink_metadata(folder.path("link.csv")).unwrap().is_symlink());
}

#[test]
fn a_file_that_the_shell_hands_in_is_an_input_too() {
    let folder = Folder::new();
    let input = folder.write("a.csv", "Shares rise\n");
    let output = Command::new(env!("CARGO_BIN_EXE_trainer"))
        .args(["predict", "--model", text(&model()), "--output", "a.csv"])
        .current_dir(folder.path(""))
        .stdin(std::fs::File::open(&input).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    error_of(output, &["the very file", "standard input"]);
    assert_eq!(std::fs::read_to_string(input).unwrap(), "Shares rise\n");
}

#[test]
fn a_page_takes_the_place_of_a_page_but_of_nothing_else_of_its_run() {
    let (folder, run) = tiny_base::trained_with(&["train.epochs=1"]);
    for name in ["config.toml", "best.safetensors", "metrics.jsonl"] {
        let file = format!("{run}/{name}");
        refuses(&folder, &["report", &run, "--output", &file], &file, &["the run's", name]);
    }
    refuses(&folder, &["report", &run, "--output", "tweets.csv"], "tweets.csv", &["the run's data"]);
}
