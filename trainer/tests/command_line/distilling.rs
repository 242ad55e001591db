//! `train` with teachers: what they say is learned, also where nobody has said the label; what does not fit is named.

use crate::program::Folder;
use crate::tiny_base::{self, train};

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    folder.write("tweets.csv", tweets + "https://example.com,1\n");
    let words = ["plunge", "crash", "soar", "rally", "meets", "opens"];
    let lines: Vec<String> = (0..300).map(|n| format!("shares {} {n} today", words[n % 6])).collect();
    folder.write("more.txt", lines.join("\n"));
    folder.succeeds(&in_folder("teacher", &[]));
    folder
}

fn in_folder<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    [&train(overrides)[..], &["--output", output]].concat()
}

fn accuracy(folder: &Folder, run: &str) -> f64 {
    let bytes = std::fs::read(folder.path(&format!("{run}/evaluation.json"))).unwrap();
    serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["accuracy"].as_f64().unwrap()
}

const STUDENT: [&str; 4] = [
    "model.layers=[0]",
    "train.epochs=4",
    "distillation.teachers=[\"teacher\"]",
    "data.unlabelled=[\"more.txt\"]",
];

#[test]
fn a_student_learns_from_teachers_and_unlabelled_texts() {
    let folder = folder();
    let few = ["split.validation_fraction=0.1", "distillation.weight=1.0"];
    let output = folder.trainer(&in_folder("student", &[&STUDENT[..], &few].concat()));
    // Told once, though the teacher learned from the same file.
    let warnings = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(warnings.matches("tweets.csv:242: 1 rows are left out").count(), 1, "{output:?}");
    assert!(accuracy(&folder, "student") > 0.9, "{}", accuracy(&folder, "student"));
    // 300 unlabelled texts and the labelled training rows make an epoch.
    let log = std::fs::read_to_string(folder.path("student/metrics.jsonl")).unwrap();
    let steps = log.lines().filter(|line| line.contains("\"step\"")).count();
    assert_eq!(steps, 4 * (168usize + 300).div_ceil(16));
    let record = std::fs::read_to_string(folder.path("student/run.json")).unwrap();
    assert!(record.contains("\"teacher\"") && record.contains("\"more.txt\""), "{record}");
    // A model file teaches as well as the run that it was made from; two are averaged.
    folder.succeeds(&["export", "--run", "teacher", "--models", "models", "--id", "teacher"]);
    let two = "distillation.teachers=[\"teacher\", \"models/teacher/model.gguf\"]";
    folder.succeeds(&in_folder(
        "second",
        &[&STUDENT[..], &few, &[two, "distillation.hidden_weight=1.0"]].concat(),
    ));
    assert!(accuracy(&folder, "second") > 0.9, "{}", accuracy(&folder, "second"));
}

#[test]
fn a_teacher_that_does_not_fit_is_named() {
    let folder = folder();
    let fails = |overrides: &[&str], fragments: &[&str]| {
        folder.fails(&in_folder("student", &[&STUDENT[..], overrides].concat()), fragments);
        assert!(!folder.path("student").exists(), "nothing may be written before everything is read");
    };
    fails(&["distillation.teachers=[\"nobody\"]"], &["nobody"]);
    fails(&["data.labels=[\"Down\", \"Up\", \"Flat\"]"], &["teacher", "Down", "Bearish"]);
    fails(&["split.seed=9"], &["teacher", "holds out", "split"]);
    folder.succeeds(&["export", "--run", "teacher", "--models", "models", "--id", "teacher"]);
    let file = "distillation.teachers=[\"models/teacher/model.gguf\"]";
    fails(&[file, "distillation.hidden_weight=1.0"], &["hidden_weight", "a model file"]);
    let tokenizer = std::fs::read_to_string(folder.path("base/tokenizer.json")).unwrap();
    folder.write(
        "base/tokenizer.json",
        tokenizer.replace("\"max_input_chars_per_word\":100", "\"max_input_chars_per_word\":99"),
    );
    fails(&[], &["tokenizer", "allow_other_tokenizer"]);
    folder.succeeds(&in_folder(
        "student",
        &[&STUDENT[..], &["distillation.allow_other_tokenizer=true"]].concat(),
    ));
}
