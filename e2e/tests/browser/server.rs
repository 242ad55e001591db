//! The server under the tests: the release build that `cargo xtask build` left in the target folder.
//!
//! Cargo hands a crate's tests the programs of that crate only, and it rebuilds no others: so a server that is
//! missing, or older than its sources, is an error that says what to run.

use crate::models_folder::ModelsFolder;
use crate::site::root;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

/// Everything the tests need, in one command.
const REMEDY: &str = "run `cargo xtask build`";

/// The server's process; it ends with the value.
pub struct Server {
    child: Child,
    pub origin: String,
    app: PathBuf,
    models: PathBuf,
    _owned: Option<ModelsFolder>,
}

impl Server {
    /// Starts it on a free port with these models; `owned` is their folder, where it must live as long.
    pub fn start(models: &Path, owned: Option<ModelsFolder>) -> Self {
        Self::start_with(root().join("dist/app"), models, owned)
    }

    /// The same with another page.
    pub fn start_with(app: PathBuf, models: &Path, owned: Option<ModelsFolder>) -> Self {
        let (child, origin) = spawn(&app, models);
        Self { child, origin, app, models: models.to_owned(), _owned: owned }
    }

    /// Ends it in the middle of whatever it does.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it once more, on another port.
    pub fn start_again(&mut self) {
        (self.child, self.origin) = spawn(&self.app, &self.models);
    }
}

/// The process and its address.
fn spawn(app: &Path, models: &Path) -> (Child, String) {
    let root = root();
    for built in ["dist/app/service-worker.js", "dist/engine/relaxed/tickertone_engine_bg.wasm"] {
        assert!(root.join(built).is_file(), "expected {built}, found none: {REMEDY}");
    }
    let mut child = Command::new(executable())
        .current_dir(&root)
        .args(["--port", "0", "--log", "warn", "--engine", "dist/engine"])
        .arg("--app")
        .arg(app)
        .arg("--models")
        .arg(models)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut announced = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut announced).unwrap();
    let origin = announced.trim().strip_prefix("listening on ");
    (child, origin.unwrap_or_else(|| panic!("the server announced `{announced}`")).to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The program, which is there and no older than what it was made of.
fn executable() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let program = target.join("release").join(format!("static-server{}", std::env::consts::EXE_SUFFIX));
    let built = modified(&program);
    let built = built.unwrap_or_else(|| panic!("expected {}, found none: {REMEDY}", program.display()));
    // `cargo build` writes beside each program what it was made of, as a rule of make. `cargo test --workspace` does
    // not; but then the server's own tests have just had it built.
    let rule = std::fs::read_to_string(program.with_extension("d"));
    let Ok(rule) = rule else { return program };
    let sources = rule.split_once(": ").unwrap().1.replace("\\ ", "\0");
    for source in sources.split_whitespace().map(|source| source.replace('\0', " ")) {
        let is_older = modified(Path::new(&source)).is_some_and(|changed| changed > built);
        assert!(!is_older, "{} is older than {source}: {REMEDY}", program.display());
    }
    program
}

fn modified(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|metadata| metadata.modified()).ok()
}
