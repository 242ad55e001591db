//! `sweep`: every combination with every seed once, a table, and going on where it was interrupted.

use crate::program::Folder;
use crate::tiny_base;

const SWEEP: &str = r#"
config = "tiny.toml"
seeds = [1, 2]
[grid]
"train.learning_rate" = [0.0001, 0.003]
"#;

#[test]
fn the_better_value_wins_and_nothing_runs_twice() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder.write("sweep.toml", SWEEP);
    let arguments = ["sweep", "--sweep", "sweep.toml", "--set", "train.epochs=3", "--output", "out"];
    let table = folder.succeeds(&arguments);
    assert!(
        table.find("train.learning_rate = 0.003").unwrap()
            < table.find("train.learning_rate = 0.0001").unwrap(),
        "{table}"
    );
    let csv = std::fs::read_to_string(folder.path("out/results.csv")).unwrap();
    assert_eq!(csv.lines().count(), 5, "{csv}");
    assert!(csv.starts_with("trial,seed,train.learning_rate,epoch,accuracy,macro_f1"), "{csv}");
    // One trial is lost: only that one runs again, and says the same.
    std::fs::remove_dir_all(folder.path("out/trial-002-seed-1")).unwrap();
    let kept =
        std::fs::metadata(folder.path("out/trial-001-seed-1/best.safetensors")).unwrap().modified().unwrap();
    folder.succeeds(&arguments);
    assert_eq!(csv, std::fs::read_to_string(folder.path("out/results.csv")).unwrap());
    let now =
        std::fs::metadata(folder.path("out/trial-001-seed-1/best.safetensors")).unwrap().modified().unwrap();
    assert_eq!(kept, now);
}

/// Seen red when a trial's result was a file of its own, written after the run's last.
#[test]
fn a_sweep_goes_on_whatever_moment_it_was_killed_at() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder.write("sweep.toml", SWEEP.replace("[1, 2]", "[1]"));
    let arguments = ["sweep", "--sweep", "sweep.toml", "--set", "train.epochs=2", "--output", "out"];
    folder.succeeds(&arguments);
    let csv = std::fs::read_to_string(folder.path("out/results.csv")).unwrap();
    // The last file of a run is there, and nothing that came after it.
    std::fs::remove_file(folder.path("out/results.csv")).unwrap();
    let trial = folder.path("out/trial-001-seed-1");
    let files = std::fs::read_dir(&trial).unwrap().map(|entry| entry.unwrap());
    let written = |name: &str| std::fs::metadata(trial.join(name)).unwrap().modified().unwrap();
    let evaluated = written("evaluation.json");
    for file in files.filter(|file| file.metadata().unwrap().modified().unwrap() > evaluated) {
        std::fs::remove_file(file.path()).unwrap();
    }
    folder.succeeds(&arguments);
    assert_eq!(csv, std::fs::read_to_string(folder.path("out/results.csv")).unwrap());
    assert_eq!(evaluated, written("evaluation.json"));
}

#[test]
fn a_sweep_that_makes_no_sense_is_refused_before_it_runs() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let fails = |content: &str, fragments: &[&str]| {
        folder.write("sweep.toml", content);
        folder.fails(&["sweep", "--sweep", "sweep.toml", "--output", "out"], fragments);
        assert!(!folder.path("out").exists());
    };
    fails(&SWEEP.replace("learning_rate", "learning_rat"), &["train.learning_rat", "train.learning_rate"]);
    fails(&SWEEP.replace("seeds = [1, 2]", "seeds = []"), &["seeds", "at least one"]);
    fails(&SWEEP.replace("[0.0001, 0.003]", "3"), &["grid", "a list of values"]);
    fails(
        &SWEEP.replace("[grid]", "[random]").replace("[0.0001, 0.003]", "{ low = 1.0, high = 0.5 }"),
        &["low ≤ high"],
    );
    fails(&SWEEP.replace("tiny.toml", "none.toml"), &["none.toml"]);
}
