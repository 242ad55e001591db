//! Where a run may be: a new folder, an empty one, its own; not among other things, nor in another run.

use crate::program::Folder;
use crate::tiny_base;

/// One epoch into this folder.
fn into<'a>(command: &'a str, output: &'a str) -> Vec<&'a str> {
    vec![command, "--config", "tiny.toml", "--set", "train.epochs=1", "--output", output]
}

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder
}

#[test]
fn a_folder_of_other_things_is_refused_unless_that_is_wanted() {
    let folder = folder();
    std::fs::create_dir(folder.path("out")).unwrap();
    folder.write("out/notes.txt", "mine");
    folder.write("out/.hidden", "the system's");
    folder.fails(&into("train", "out"), &["out: expected a new folder", "notes.txt", "--force"]);
    folder.succeeds(&[&into("train", "out")[..], &["--force"]].concat());
    assert_eq!(std::fs::read_to_string(folder.path("out/notes.txt")).unwrap(), "mine");
    // What is a run by now needs no force any more.
    assert!(folder.succeeds(&into("train", "out")).contains("finished already"));
    std::fs::create_dir(folder.path("empty")).unwrap();
    folder.write("empty/.hidden", "the system's");
    // What a run leaves that was killed before its record.
    folder.write("empty/split.json", "{");
    folder.succeeds(&into("train", "empty"));
}

#[test]
fn a_base_and_a_configuration_are_not_written_over() {
    let folder = folder();
    let before = std::fs::read(folder.path("base/model.safetensors")).unwrap();
    folder.fails(&into("adapt", "base"), &["base: expected a new folder"]);
    assert!(before == std::fs::read(folder.path("base/model.safetensors")).unwrap());
    std::fs::create_dir(folder.path("own")).unwrap();
    std::fs::rename(folder.path("tiny.toml"), folder.path("own/config.toml")).unwrap();
    let config = std::fs::read(folder.path("own/config.toml")).unwrap();
    let train = ["train", "--config", "own/config.toml", "--output", "own"];
    folder.fails(&train, &["own/config.toml", "the very file of --config"]);
    assert!(config == std::fs::read(folder.path("own/config.toml")).unwrap());
}

#[test]
fn a_run_with_other_settings_is_told_apart_by_their_names() {
    let folder = folder();
    folder.succeeds(&into("train", "run"));
    let other = ["--set", "seed=7", "--set", "loss.label_smoothing=0.1"];
    let error = folder.fails(
        &[&into("train", "run")[..], &other].concat(),
        &[
            "`seed` is 1 there, 7 here",
            "`loss.label_smoothing` is 0.05 there, 0.1 here",
            "Name another folder",
        ],
    );
    assert!(!error.contains("sha256") && !error.contains("epochs"), "{error}");
    // The same settings where their files lie elsewhere are the same run.
    std::fs::create_dir(folder.path("elsewhere")).unwrap();
    std::fs::rename(folder.path("tweets.csv"), folder.path("elsewhere/tweets.csv")).unwrap();
    let moved = [&into("train", "run")[..], &["--set", "data.train=elsewhere/tweets.csv"]].concat();
    assert!(folder.succeeds(&moved).contains("finished already"));
}

#[test]
fn the_results_of_somebody_else_are_not_written_over() {
    let folder = folder();
    folder.write("sweep.toml", "config = \"tiny.toml\"\nseeds = [1]\n[grid]\n\"train.epochs\" = [1]\n");
    folder.write("results.csv", "mine");
    folder.fails(
        &["sweep", "--sweep", "sweep.toml", "--output", "."],
        &["results.csv", "Name another --output"],
    );
    assert_eq!(std::fs::read_to_string(folder.path("results.csv")).unwrap(), "mine");
}
