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

/// Seen red when inputs were kept by their file's name: one of the two vanished, and a changed one went unnoticed.
#[test]
fn teachers_of_the_same_name_are_all_recorded() {
    let folder = folder();
    let inputs = |run: &str| {
        let bytes = std::fs::read(folder.path(&format!("{run}/run.json"))).unwrap();
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["inputs"].clone()
    };
    for id in ["a", "b", "c"] {
        folder.succeeds(&["export", "--run", "teacher", "--models", "models", "--id", id]);
    }
    let teachers = "distillation.teachers=[\"models/a/model.gguf\", \"models/b/model.gguf\"]";
    let student = in_folder("student", &["train.epochs=1", "data.unlabelled=[\"more.txt\"]", teachers]);
    folder.succeeds(&student);
    let recorded = inputs("student");
    let of = |index: usize, key: &str| recorded[index][key].as_str().unwrap().to_owned();
    let names = [0, 1, 2].map(|index| (of(index, "role"), of(index, "name")));
    let expected = [("unlabelled", "more.txt"), ("teacher", "model.gguf"), ("teacher", "model.gguf")];
    assert_eq!(names, expected.map(|(role, name)| (role.to_owned(), name.to_owned())));
    assert_ne!(of(1, "sha256"), of(2, "sha256"));
    folder.succeeds(&student);
    std::fs::copy(folder.path("models/c/model.gguf"), folder.path("models/a/model.gguf")).unwrap();
    folder.fails(&student, &["student", "another one", "inputs"]);
    // Texts that nobody says anything about are not learned from.
    folder.succeeds(&in_folder("alone", &["train.epochs=1", "data.unlabelled=[\"more.txt\"]"]));
    assert_eq!(inputs("alone"), serde_json::json!([]));
}

/// A teacher that has seen what its student holds out is refused in whatever form it comes.
#[test]
fn a_teacher_that_knows_the_held_out_rows_is_refused() {
    let folder = folder();
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    folder.write("copy.csv", tweets + "\n");
    let copy = "data.train=copy.csv";
    for (run, overrides) in [
        ("other", vec!["split.seed=9"]),
        ("copied", vec![copy]),
        ("other-copied", vec![copy, "split.seed=9"]),
    ] {
        folder.succeeds(&in_folder(run, &[&overrides[..], &["train.epochs=1"]].concat()));
        folder.succeeds(&["export", "--run", run, "--models", "models", "--id", run]);
    }
    let by = |teacher: &str| format!("distillation.teachers=[\"{teacher}\"]");
    let fails = |teacher: &str, fragments: &[&str]| {
        folder.fails(&in_folder("student", &["train.epochs=1", &by(teacher)]), fragments);
        assert!(!folder.path("student").exists());
    };
    fails("models/other/model.gguf", &["model.gguf", "holds out", "another [split]"]);
    fails("other", &["other", "of the rows that this run holds out", "[split]"]);
    fails("other-copied", &["other-copied", "of the rows that this run holds out", "[split]"]);
    let unknown = "models/other-copied/model.gguf";
    fails(unknown, &["model.gguf", "does not tell", "allow_unknown_teacher_data"]);
    // The same rows held out: known by the rows themselves, not by the file's hash.
    for (student, teacher) in [("by-run", "copied"), ("by-file", "models/copied/model.gguf")] {
        folder.succeeds(&in_folder(student, &["train.epochs=1", &by(teacher)]));
    }
    // What is allowed is said, and handed on.
    let allowed = ["train.epochs=1", &by(unknown), "distillation.allow_unknown_teacher_data=true"];
    folder.succeeds(&in_folder("allowed", &allowed));
    folder.succeeds(&["export", "--run", "allowed", "--models", "models", "--id", "allowed"]);
    let card = std::fs::read_to_string(folder.path("models/allowed/MODEL_CARD.md")).unwrap();
    assert!(
        card.contains(&format!("Which rows the teacher `{unknown}` learned from is not known")),
        "{card}"
    );
    assert!(card.contains("Also learned from: `model.gguf`, a teacher (SHA-256"), "{card}");
    fails("allowed", &["allowed", "does not tell"]);
    fails("models/allowed/model.gguf", &["model.gguf", "does not tell"]);
    // A student whose split differs cannot look through the file that taught its teacher.
    let other_split = ["train.epochs=1", "split.seed=9", "data.train=elsewhere.csv", &by("by-file")];
    folder.write("elsewhere.csv", "text,label\n".to_owned() + &rows());
    folder.fails(&in_folder("student", &other_split), &["by-file", "does not tell"]);
}

/// Rows with words that no other file of the tests has.
fn rows() -> String {
    (0..60).map(|n| format!("the company opens {} {n} {n},{}\n", 1000 + n, n % 3)).collect()
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
