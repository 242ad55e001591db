//! A server over what was built and a browser looking at it.
//!
//! The engine's tests open a document that holds no app (the manifest), so that nothing but the test loads a
//! model there.

use crate::line::{Fault, Line};
use chromium::Page;
use messages::{Manifest, ManifestModel, Prediction};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The server, the browser, and perhaps a bad line between them. All end with the value.
pub struct Site {
    pub page: Page,
    /// Where the browser finds it all: the line if there is one, else the server.
    pub origin: String,
    line: Option<Line>,
    _server: Server,
}

impl Site {
    /// A browser on the server itself.
    pub fn open() -> Self {
        let server = Server::start();
        Self { page: launch(), origin: server.origin.clone(), line: None, _server: server }
    }

    /// A browser on a line that spoils the first download of a model.
    pub fn open_behind(fault: Fault) -> Self {
        let server = Server::start();
        let line = Line::start(&server.origin, fault);
        Self { page: launch(), origin: line.origin.clone(), line: Some(line), _server: server }
    }

    /// Lets a held download go on.
    pub fn release(&self) {
        self.line.as_ref().unwrap().release();
    }

    /// How many times the browser downloaded a model over the line.
    pub fn downloads(&self) -> usize {
        self.line.as_ref().unwrap().downloads()
    }

    /// Opens the app and waits until it can be typed into.
    pub fn goto_app(&mut self) {
        self.page.goto(&self.origin).unwrap();
        self.page.wait_for::<bool>("!!document.querySelector('#tweet')").unwrap();
    }

    /// Leaves a picture of the page in the target folder (`tmp/pictures/`), for people to look at.
    pub fn take_picture(&mut self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).unwrap();
        self.page.screenshot(&folder.join(format!("{name}.png"))).unwrap();
    }

    /// Opens a document without an app.
    pub fn goto_blank(&mut self) {
        self.page.goto(&format!("{}/models/manifest.json", self.origin)).unwrap();
    }

    /// Classifies a text with an engine of its own in the page that is open: the oracle for what the page shows.
    pub fn classify(&mut self, text: &str) -> Prediction {
        let script = format!(
            "{} const classifier = await Classifier.load({{ ...options, worker: true }});
             const [prediction] = await classifier.classify([{}]);
             classifier.dispose();
             return prediction;",
            prelude(),
            json!(text)
        );
        self.page.evaluate(&script).unwrap()
    }
}

/// The first lines of a script: the engine's entry, and the options that load the default model.
pub fn prelude() -> String {
    let model = default_model();
    let options = json!({ "model": format!("/models/{}", model.file), "sha256": model.sha256 });
    format!("const {{ Classifier }} = await import('/engine/tickertone.js'); const options = {options};")
}

/// The models there are.
pub fn manifest() -> Manifest {
    let file = models().join("manifest.json");
    let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The model that the page loads.
pub fn default_model() -> ManifestModel {
    manifest().default_model().expect("the manifest's default names none of its models").clone()
}

/// The repository's `models/`.
pub fn models() -> PathBuf {
    root().join("models")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn launch() -> Page {
    Page::launch(&chromium::find_executable().unwrap()).unwrap()
}

/// The server's process.
struct Server {
    child: Child,
    origin: String,
}

impl Server {
    fn start() -> Self {
        let root = root();
        for built in ["app/index.html", "engine/relaxed/tickertone_engine_bg.wasm"] {
            let built = format!("dist/{built}");
            let is_there = root.join(&built).is_file();
            assert!(
                is_there,
                "expected {built}, found none: run `cargo xtask test`, which builds dist/ first"
            );
        }
        let child = Command::new(env!("CARGO_BIN_EXE_static-server"))
            .current_dir(&root)
            .args(["--port", "0", "--log", "warn", "--app", "dist/app", "--engine", "dist/engine"])
            .args(["--models", "models"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut server = Self { child, origin: String::new() };
        let mut announced = String::new();
        BufReader::new(server.child.stdout.take().unwrap()).read_line(&mut announced).unwrap();
        let origin = announced.trim().strip_prefix("listening on ");
        server.origin = origin.unwrap_or_else(|| panic!("the server announced `{announced}`")).to_owned();
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
