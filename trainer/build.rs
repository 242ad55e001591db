//! What a run records about the program that made it, and only the build knows: candle's version as Cargo.lock has it, and
//! the commit.
//!
//! The commit is that of the workspace's repository, with `-dirty` behind it where the code that a run depends on is
//! changed; `unknown` outside a repository, or where the workspace lies in somebody else's. The script runs again when
//! HEAD moves or that code changes, which compiles the trainer anyway.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What decides what a run computes, from the workspace's root.
const CODE: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "classifier/Cargo.toml",
    "classifier/src",
    "encoder/Cargo.toml",
    "encoder/src",
    "messages/Cargo.toml",
    "messages/src",
    "trainer/Cargo.toml",
    "trainer/build.rs",
    "trainer/src",
];

fn main() -> Result<(), String> {
    let trainer = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?);
    let root = trainer.parent().ok_or("expected the trainer inside a workspace")?;
    println!("cargo::rustc-env=CANDLE_VERSION={}", candle_version(&root.join("Cargo.lock"))?);
    println!("cargo::rustc-env=GIT_COMMIT={}", commit(root).unwrap_or_else(|| "unknown".to_owned()));
    for path in CODE {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    Ok(())
}

/// The version that is linked.
fn candle_version(lock: &Path) -> Result<String, String> {
    let path = lock.display();
    let content = std::fs::read_to_string(lock).map_err(|error| format!("cannot read {path}: {error}"))?;
    let mut lines = content.lines().skip_while(|line| *line != "name = \"candle-core\"").skip(1);
    let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.map(str::to_owned).ok_or_else(|| format!("{path}: expected the version of candle-core"))
}

fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // The way up to the repository's top: none, or the repository is not ours.
    if !git(&["rev-parse", "--show-cdup"])?.is_empty() {
        return None;
    }
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let path = root.join(git(&["rev-parse", "--git-path", name])?);
        // A path that is not there would count as changed each time.
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    let changes = git(&[&["status", "--porcelain", "--"], &CODE[..]].concat())?;
    Some(if changes.is_empty() { commit } else { commit + "-dirty" })
}
