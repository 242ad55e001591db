//! `train --config … --set …`: what is refused, and how it is named.

use crate::program::{Folder, text};

fn shipped() -> String {
    format!("{}/configs/minilm-l6.toml", env!("CARGO_MANIFEST_DIR"))
}

/// Expects `train` to refuse this configuration file.
fn refuses_file(content: &str, fragments: &[&str]) {
    let folder = Folder::new();
    let path = folder.write("run.toml", content);
    folder.fails(&["train", "--config", text(&path)], fragments);
    assert_eq!(folder.names(), ["run.toml"], "a refused configuration leaves no run folder");
}

/// Expects `train` to refuse this override of the shipped configuration.
fn refuses_override(set: &str, fragments: &[&str]) {
    let folder = Folder::new();
    folder.fails(&["train", "--config", &shipped(), "--set", set], fragments);
    assert!(folder.names().is_empty());
}

#[test]
fn unknown_keys_are_refused_by_name_with_the_nearest_known_one() {
    refuses_file("[train]\nepoch = 3\n", &["run.toml", "`train.epoch`", "`train.epochs`"]);
    refuses_file("batch_size = 8\n", &["`batch_size`", "`train.batch_size`"]);
    refuses_file("[training]\nepochs = 3\n", &["`training`", "`train`"]);
    refuses_override("train.learning_rat=1", &["--set train.learning_rat=1", "`train.learning_rate`"]);
    refuses_override("learning_rate=1e-4", &["`train.learning_rate`"]);
}

#[test]
fn malformed_overrides_are_refused() {
    refuses_override("train.epochs", &["--set train.epochs", "no `=`"]);
    refuses_override("train=3", &["`train` is a section", "train.epochs"]);
    refuses_override("train.epochs.x=3", &["`train.epochs.x`"]);
}

#[test]
fn wrong_types_name_key_and_source() {
    refuses_file("[train]\nepochs = \"many\"\n", &["`train.epochs`", "run.toml", "many"]);
    refuses_file("train = 3\n", &["`train`", "expected a section [train]"]);
    refuses_file("seed = -1\n", &["`seed`", "-1"]);
    refuses_override("train.epochs=many", &["`train.epochs`", "--set train.epochs=many"]);
    refuses_override("loss.class_weights=heavy", &["`loss.class_weights`", "\"balanced\"", "heavy"]);
    refuses_override("data.labels=[1, 2]", &["`data.labels", "--set data.labels=[1, 2]"]);
}

#[test]
fn ranges_are_checked_with_what_was_expected_and_found() {
    for (set, fragments) in [
        ("train.epochs=0", ["`train.epochs`", "at least 1", "found 0"]),
        ("split.test_fraction=0", ["`split.test_fraction`", "above 0", "found 0"]),
        ("split.test_fraction=0.99", ["`split.test_fraction`", "together below 1", "found 1."]),
        ("model.hidden_dropout=1.0", ["`model.hidden_dropout`", "below 1", "found 1"]),
        ("train.learning_rate=-1e-5", ["`train.learning_rate`", "above 0", "found -0.00001"]),
        ("train.learning_rate=nan", ["`train.learning_rate`", "above 0", "found NaN"]),
        ("train.max_tokens=512", ["`train.max_tokens`", "(256)", "found 512"]),
        ("train.device=tpu", ["`train.device`", "cpu, cuda", "\"tpu\""]),
        ("loss.class_weights=[1.0, 2.0]", ["`loss.class_weights`", "3 numbers", "[1.0, 2.0]"]),
        ("export.quantization=Q2_K", ["`export.quantization`", "Q4_0", "\"Q2_K\""]),
        ("export.uncertain_threshold=1.5", ["`export.uncertain_threshold`", "from 0 to 1", "1.5"]),
        ("data.labels=[\"Up\", \"Up\"]", ["`data.labels`", "different names", "Up"]),
        ("data.labels=[\"Up\", \" \"]", ["`data.labels`", "not empty", "\" \""]),
        ("model.normalization=[\"lowercase\"]", ["`model.normalization`", "remove_urls", "lowercase"]),
        ("name=../escape", ["`name`", "letters", "../escape"]),
    ] {
        refuses_override(set, &fragments);
    }
}

#[test]
fn files_that_are_no_configuration_are_refused() {
    refuses_file("[train\n", &["run.toml", "not valid TOML"]);
    Folder::new().fails(&["train", "--config", "absent.toml"], &["cannot read", "absent.toml"]);
    let folder = Folder::new();
    folder.write("bytes.toml", b"name = \"\xff\"");
    folder.fails(&["train", "--config", "bytes.toml"], &["bytes.toml"]);
}

#[test]
fn the_shipped_configuration_is_accepted_and_the_last_override_wins() {
    // The first thing after the configuration is the data: that its absence is told shows all else was accepted.
    let folder = Folder::new();
    let set =
        ["train", "--config", &shipped(), "--set", "data.train=first.csv", "--set", "data.train=second.csv"];
    folder.fails(&set, &["cannot read second.csv"]);
}
