//! `teach`: what teachers say, learned from a file as from the teachers themselves; what does not fit is named.

use crate::program::Folder;
use crate::tiny_base::{self, train};
use std::process::Output;

const TEACHERS: &str = "distillation.teachers=[\"teacher\", \"models/teacher/model.gguf\"]";
const ANSWERS: &str = "distillation.answers=[\"answers.safetensors\"]";

/// A teacher as a run and as a file, and texts without labels.
fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let lines: Vec<String> = (0..30).map(|n| format!("shares rally {n} today")).collect();
    folder.write("more.txt", lines.join("\n"));
    folder.succeeds(&in_folder("teacher", &["train.epochs=2"]));
    folder.succeeds(&["export", "--run", "teacher", "--models", "models", "--id", "teacher"]);
    folder
}

fn in_folder<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    [&train(overrides)[..], &["--output", output]].concat()
}

fn teach<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["teach", "--config", "tiny.toml", "--output", output];
    for text in ["data.unlabelled=[\"more.txt\"]"].iter().chain(overrides) {
        arguments.extend(["--set", text]);
    }
    arguments
}

fn student<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    let common = ["train.epochs=1", "data.unlabelled=[\"more.txt\"]"];
    in_folder(output, &[&common, overrides].concat())
}

fn said(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap()
}

#[test]
fn answers_teach_what_their_teachers_teach() {
    let folder = folder();
    // Who teaches needs no student.
    std::fs::rename(folder.path("base"), folder.path("away")).unwrap();
    let output = folder.trainer(&teach("answers.safetensors", &[TEACHERS]));
    assert!(output.status.success(), "{output:?}");
    assert!(said(&output).contains("asking the teachers (2) about 198 texts"), "{output:?}");
    assert!(said(&output).contains("teachers (2), texts (198)"), "{output:?}");
    std::fs::rename(folder.path("away"), folder.path("base")).unwrap();
    let answers = std::fs::read(folder.path("answers.safetensors")).unwrap();
    // The same again is finished; elsewhere it is the same bytes.
    let again = folder.trainer(&teach("answers.safetensors", &[TEACHERS]));
    assert!(said(&again).contains("finished already") && !said(&again).contains("asking"), "{again:?}");
    folder.succeeds(&teach("copy.safetensors", &[TEACHERS]));
    assert!(answers == std::fs::read(folder.path("copy.safetensors")).unwrap());

    folder.succeeds(&student("by-teachers", &[TEACHERS]));
    let output = folder.trainer(&student("by-answers", &[ANSWERS]));
    assert!(output.status.success() && !said(&output).contains("asking"), "{output:?}");
    let weights = |run: &str| std::fs::read(folder.path(&format!("{run}/best.safetensors"))).unwrap();
    assert!(weights("by-teachers") == weights("by-answers"));
    // Two files are averaged: of the same answers these are the same.
    let two = "distillation.answers=[\"answers.safetensors\", \"copy.safetensors\"]";
    folder.succeeds(&student("by-two", &[two]));
    assert!(weights("by-teachers") == weights("by-two"));

    let record = std::fs::read(folder.path("by-answers/run.json")).unwrap();
    let inputs = serde_json::from_slice::<serde_json::Value>(&record).unwrap()["inputs"].clone();
    let roles: Vec<_> = (0..4).map(|at| (inputs[at]["role"].clone(), inputs[at]["name"].clone())).collect();
    let expected = [
        ("unlabelled", "more.txt"),
        ("answers", "answers.safetensors"),
        ("teacher", "teacher"),
        ("teacher", "model.gguf"),
    ];
    assert_eq!(roles, expected.map(|(role, name)| (role.into(), name.into())));
    folder.succeeds(&["export", "--run", "by-answers", "--models", "models", "--id", "taught"]);
    let card = std::fs::read_to_string(folder.path("models/taught/MODEL_CARD.md")).unwrap();
    assert!(card.contains("`answers.safetensors`, answers of teachers (SHA-256"), "{card}");
}

#[test]
fn answers_that_do_not_fit_are_refused() {
    let folder = folder();
    folder.succeeds(&teach("answers.safetensors", &[TEACHERS]));
    let fails = |overrides: &[&str], fragments: &[&str]| {
        folder.fails(&student("student", overrides), fragments);
        assert!(!folder.path("student").exists(), "nothing may be written before everything is read");
    };
    folder.write("others.txt", "shares crash 1 today\nshares rally 1 today\nshares crash 2 today");
    let others = "data.unlabelled=[\"others.txt\"]";
    let missing = ["answers.safetensors", "each of the 171", "none to 2", "\"shares crash 1 today\""];
    fails(&[ANSWERS, others], &missing);
    fails(
        &[ANSWERS, "data.labels=[\"Down\", \"Up\", \"Flat\"]"],
        &["answers.safetensors", "Down", "Bearish"],
    );
    fails(&[ANSWERS, TEACHERS], &["`distillation.answers`", "both"]);
    fails(
        &[ANSWERS, "distillation.hidden_weight=1.0"],
        &["`distillation.hidden_weight`", "no hidden states"],
    );
    fails(&["distillation.answers=[\"tweets.csv\"]"], &["tweets.csv", "`trainer teach`"]);
    fails(&["distillation.answers=[\"none\"]"], &["cannot read none"]);

    let fails = |arguments: &[&str], fragments: &[&str]| {
        folder.fails(arguments, fragments);
    };
    fails(&teach("new", &[]), &["`distillation.teachers`", "at least one"]);
    fails(&teach("new", &[TEACHERS, "distillation.hidden_weight=1.0"]), &["no hidden states"]);
    fails(&teach("no/new", &[TEACHERS]), &["no/new", "create no"]);
    fails(&teach("new", &["distillation.teachers=[\"nobody\"]"]), &["teacher nobody"]);
    // A file of something else stays.
    let before = std::fs::read(folder.path("answers.safetensors")).unwrap();
    fails(&teach("answers.safetensors", &[TEACHERS, others]), &["answers.safetensors", "Name another one"]);
    fails(&teach("tweets.csv", &[TEACHERS]), &["tweets.csv", "`trainer teach`"]);
    assert!(before == std::fs::read(folder.path("answers.safetensors")).unwrap());
    assert!(!folder.path("new").exists());
}

/// Another student would hold out other rows; those that a teacher has learned stay among its training rows.
#[test]
fn rows_that_teachers_have_learned_are_not_held_out_where_that_is_asked_for() {
    let folder = folder();
    folder.succeeds(&teach("answers.safetensors", &["distillation.teachers=[\"teacher\"]"]));
    let kept = "split.never_hold_out=[\"answers.safetensors\"]";
    let other = ["split.seed=9", kept];
    folder.succeeds(&teach(
        "others.safetensors",
        &[&other[..], &["distillation.teachers=[\"teacher\"]"]].concat(),
    ));
    let answers = "distillation.answers=[\"others.safetensors\"]";
    folder.succeeds(&student("student", &[&other[..], &[answers]].concat()));
    let split = |run: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.path(&format!("{run}/split.json"))).unwrap()).unwrap()
    };
    let rows = |split: &serde_json::Value, part: &str| -> Vec<u64> {
        split[part].as_array().unwrap().iter().map(|row| row.as_u64().unwrap()).collect()
    };
    let (teacher, student) = (split("teacher"), split("student"));
    let seen = [rows(&teacher, "train"), rows(&teacher, "validation")].concat();
    for part in ["validation", "test"] {
        let held_out = rows(&student, part);
        assert!(
            !held_out.is_empty() && held_out.iter().all(|row| !seen.contains(row)),
            "{part}: {held_out:?}"
        );
    }
    let refused = |file: &str, fragments: &[&str]| {
        let kept = format!("split.never_hold_out=[\"{file}\"]");
        folder.fails(&in_folder("new", &[&kept]), fragments);
    };
    refused("none", &["`split.never_hold_out`", "cannot read none"]);
    refused("tweets.csv", &["`split.never_hold_out`, tweets.csv", "`trainer teach`"]);
}

/// Through answers a student sees as through the teachers themselves.
#[test]
fn answers_of_teachers_that_know_the_held_out_rows_are_refused() {
    let folder = folder();
    folder.succeeds(&teach("by-run.safetensors", &["distillation.teachers=[\"teacher\"]"]));
    folder.succeeds(&teach("by-file.safetensors", &[TEACHERS]));
    // Another student holds out other rows of the same data.
    for file in ["by-run", "by-file"] {
        let answers = format!("distillation.answers=[\"{file}.safetensors\"]");
        folder.fails(
            &student("student", &["split.seed=9", &answers]),
            &[file, "of the rows that this run holds out"],
        );
    }
    // Which data it learned from, the file of a teacher does not tell: another split may know its rows or not.
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    folder.write("copy.csv", tweets + "\n");
    let other = ["split.seed=9", "data.train=copy.csv"];
    let by_file = "distillation.teachers=[\"models/teacher/model.gguf\"]";
    let allowed = "distillation.allow_unknown_teacher_data=true";
    folder.fails(&teach("new", &[&other[..], &[by_file]].concat()), &["model.gguf", "does not tell"]);
    folder.succeeds(&teach("unknown.safetensors", &[&other[..], &[by_file, allowed]].concat()));
    let unknown = "distillation.answers=[\"unknown.safetensors\"]";
    let student_of =
        |overrides: &[&'static str]| student("student", &[&other[..], &[unknown], overrides].concat());
    folder.fails(&student_of(&[]), &["unknown.safetensors", "does not tell", "allow_unknown_teacher_data"]);
    folder.succeeds(&student_of(&[allowed]));
    folder.succeeds(&["export", "--run", "student", "--models", "models", "--id", "student"]);
    let card = std::fs::read_to_string(folder.path("models/student/MODEL_CARD.md")).unwrap();
    assert!(
        card.contains("Which rows the teacher `models/teacher/model.gguf` learned from is not known"),
        "{card}"
    );
}
