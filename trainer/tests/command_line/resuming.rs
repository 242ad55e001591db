//! A run that is interrupted, at whatever moment, and resumed writes the same bytes as one that is not; and what
//! cannot be written leaves the former checkpoint.

use crate::program::{Folder, error_of, stdout_of, text};
use crate::tiny_base;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// What decides about interruption: a checkpoint after every step.
const EVERY_STEP: [&str; 4] =
    ["--set", "train.checkpoint_seconds=0", "--set", "data.unlabelled=[\"more.txt\"]"];

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder.write("more.txt", "the company opens the day\nshares of the company soar 7\nstock crash 8 9\n");
    folder
}

fn arguments<'a>(command: &'a str, extra: &[&'a str], output: &'a str) -> Vec<&'a str> {
    let mut arguments = vec![command, "--config", "tiny.toml", "--output", output];
    arguments.extend(EVERY_STEP);
    arguments.extend(extra);
    arguments
}

/// Starts the program, sends it `signal` once it has said `line`, returns what it wrote to standard error from then on.
pub fn interrupt(
    folder: &Folder,
    arguments: &[&str],
    line: &str,
    signal: rustix::process::Signal,
) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trainer"))
        .args(arguments)
        .current_dir(folder.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.by_ref().find(|said| said.contains(line));
    assert!(said.is_some(), "the program ended before it said {line:?}");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, signal).unwrap();
    let rest: Vec<String> = lines.collect();
    (child.wait().unwrap().code(), rest.join("\n"))
}

fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    let path = folder.path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `train` with everything that has a state of its own.
const REGULARIZED: [&str; 8] = [
    "--set",
    "train.averaging=ema",
    "--set",
    "loss.r_drop=0.5",
    "--set",
    "train.accumulation=2",
    "--set",
    "train.layer_decay=0.9",
];

#[test]
fn an_interrupted_training_goes_on_to_the_same_bytes() {
    let folder = folder();
    folder.succeeds(&arguments("train", &REGULARIZED, "whole"));
    // The polite way: a checkpoint, a message, an error.
    let (code, said) = interrupt(
        &folder,
        &arguments("train", &REGULARIZED, "polite"),
        "epoch 2/8",
        rustix::process::Signal::INT,
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("interrupted after step") && said.contains("--resume polite"), "{said}");
    // The hard way: the process is gone within a step, perhaps within a write.
    let (code, _) = interrupt(
        &folder,
        &arguments("train", &REGULARIZED, "hard"),
        "epoch 3/8",
        rustix::process::Signal::KILL,
    );
    assert_eq!(code, None);
    for output in ["polite", "hard"] {
        assert!(folder.path(&format!("{output}/state.safetensors")).exists());
        folder.succeeds(&["train", "--resume", output]);
        for file in ["best.safetensors", "split.json", "config.toml"] {
            assert_eq!(
                bytes(&folder, &format!("whole/{file}")),
                bytes(&folder, &format!("{output}/{file}")),
                "{file}"
            );
        }
        // The log has every step once.
        let log = String::from_utf8(bytes(&folder, &format!("{output}/metrics.jsonl"))).unwrap();
        let steps: Vec<u64> = log
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter_map(|record| record["step"].as_u64())
            .collect();
        assert_eq!(steps, (0..steps.len() as u64).collect::<Vec<_>>());
        assert!(
            !folder.path(&format!("{output}/state.safetensors")).exists(),
            "a finished run needs no checkpoint"
        );
        let again = folder.succeeds(&["train", "--resume", output]);
        assert!(again.contains("finished already"), "{again}");
    }
}

#[test]
fn an_interrupted_distillation_goes_on_to_the_same_bytes() {
    use rustix::process::Signal;
    let folder = folder();
    folder.succeeds(&arguments("train", &[], "teacher"));
    let by_teacher = ["--set", "seed=2", "--set", "distillation.teachers=[\"teacher\"]"];
    folder.succeeds(&arguments("train", &by_teacher, "whole"));
    let moments = [
        ("asking the teachers", Signal::INT),
        ("asking the teachers", Signal::KILL),
        ("epoch 1/8", Signal::KILL),
    ];
    for (index, (line, signal)) in moments.into_iter().enumerate() {
        let output = format!("stopped-{index}");
        interrupt(&folder, &arguments("train", &by_teacher, &output), line, signal);
        folder.succeeds(&["train", "--resume", &output]);
        assert_eq!(
            bytes(&folder, "whole/best.safetensors"),
            bytes(&folder, &format!("{output}/best.safetensors")),
            "{signal:?} at {line:?}"
        );
    }
}

#[test]
fn an_interrupted_adaptation_goes_on_to_the_same_bytes() {
    let folder = folder();
    folder.succeeds(&arguments("adapt", &[], "whole"));
    interrupt(&folder, &arguments("adapt", &[], "stopped"), "epoch 2/8", rustix::process::Signal::KILL);
    folder.succeeds(&["adapt", "--resume", "stopped"]);
    for file in ["model.safetensors", "config.json", "tokenizer.json"] {
        assert_eq!(
            bytes(&folder, &format!("whole/{file}")),
            bytes(&folder, &format!("stopped/{file}")),
            "{file}"
        );
    }
}

/// After a power loss the log may be shorter than its checkpoint says. Seen red when such a run was refused.
#[test]
fn a_run_goes_on_though_its_log_has_lost_its_end() {
    let folder = folder();
    folder.succeeds(&arguments("train", &[], "whole"));
    interrupt(&folder, &arguments("train", &[], "run"), "epoch 3/8", rustix::process::Signal::INT);
    let log = bytes(&folder, "run/metrics.jsonl");
    folder.write("run/metrics.jsonl", &log[..log.len() / 2]);
    let resumed = folder.trainer(&["train", "--resume", "run"]);
    let said = String::from_utf8_lossy(&resumed.stderr).into_owned();
    stdout_of(resumed);
    assert!(said.contains("metrics.jsonl") && said.contains("curves have a gap"), "{said}");
    assert_eq!(bytes(&folder, "whole/best.safetensors"), bytes(&folder, "run/best.safetensors"));
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let folder = folder();
    folder.succeeds(&arguments("train", &["--set", "train.epochs=1"], "run"));
    folder.fails(
        &arguments("train", &["--set", "train.epochs=2"], "run"),
        &[
            "run: expected the run with these settings",
            "`train.epochs` is 1 there, 2 here",
            "another one from its first",
        ],
    );
    folder.write("run/state.safetensors", b"not a checkpoint");
    std::fs::remove_file(folder.path("run/evaluation.json")).unwrap();
    folder.fails(&["train", "--resume", "run"], &["state.safetensors", "no whole checkpoint", "Remove it"]);
}

/// A file size limit stands in for a full disk: what is written beyond it fails in the same way.
#[test]
fn a_checkpoint_that_does_not_fit_leaves_the_former_one() {
    let folder = folder();
    interrupt(&folder, &arguments("train", &[], "run"), "epoch 2/8", rustix::process::Signal::INT);
    let before = bytes(&folder, "run/state.safetensors");
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" train --resume run"])
        .arg(text(Path::new(env!("CARGO_BIN_EXE_trainer"))))
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    error_of(limited, &["state.safetensors", "the former checkpoint is still valid"]);
    assert_eq!(before, bytes(&folder, "run/state.safetensors"));
    let left: Vec<_> =
        std::fs::read_dir(folder.path("run")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with(".writing-")), "{left:?}");
    stdout_of(folder.trainer(&["train", "--resume", "run"]));
}
