//! Runs the program and looks at what it says; files in a folder of the test's own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A working folder; removed with the value.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Names of everything in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with this folder as working directory.
    pub fn trainer(&self, arguments: &[&str]) -> Output {
        self.trainer_with_input(arguments, b"")
    }

    pub fn trainer_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trainer"))
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that fails early does not read: the pipe is then closed, which is not this test's business.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs the program, expects success, returns standard output.
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        stdout_of(self.trainer(arguments))
    }

    /// Runs the program, expects an error on standard error that holds every fragment and nothing on standard
    /// output; returns the error.
    pub fn fails(&self, arguments: &[&str], fragments: &[&str]) -> String {
        error_of(self.trainer(arguments), fragments)
    }
}

pub fn stdout_of(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn error_of(output: Output, fragments: &[&str]) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    // 1 is an error that was told, 101 a panic.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for fragment in fragments {
        assert!(error.contains(fragment), "expected {fragment:?} in: {error}");
    }
    error
}

/// What a program wrote that went on over rows which it could not read: expects its exit code and every fragment on
/// standard error; returns standard output and standard error.
pub fn left_out_of(output: Output, fragments: &[&str]) -> (String, String) {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    for fragment in fragments {
        assert!(error.contains(fragment), "expected {fragment:?} in: {error}");
    }
    (String::from_utf8(output.stdout).unwrap(), error)
}

/// The default model of the shipped manifest.
pub fn model() -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let manifest = std::fs::read(models.join("manifest.json")).unwrap();
    let manifest: messages::Manifest = serde_json::from_slice(&manifest).unwrap();
    models.join(&manifest.default_model().unwrap().file)
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
