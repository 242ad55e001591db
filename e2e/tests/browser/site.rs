//! A server over what was built and a browser looking at it.
//!
//! The engine's tests open a document that holds no app (the manifest), so that nothing but the test loads a
//! model there.

use crate::line::{Download, Fault, Line};
use crate::models_folder::ModelsFolder;
use crate::server::Server;
use chromium::Page;
use messages::{Manifest, ManifestModel, Prediction};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The server, the browser, and perhaps a bad line between them. All end with the value.
pub struct Site {
    pub page: Page,
    /// Where the browser finds it all: the line if there is one, else the server.
    pub origin: String,
    line: Option<Line>,
    server: Server,
}

impl Site {
    /// A browser on the server itself, with the models of the repository.
    pub fn open() -> Self {
        Self::start(Server::start(&models(), None), None)
    }

    /// A browser on a line that spoils the first download of the repository's default model.
    pub fn open_behind(fault: Fault) -> Self {
        Self::start(Server::start(&models(), None), Some(vec![(default_model().file, fault)]))
    }

    /// A browser on a server with other models.
    pub fn open_on(models: ModelsFolder) -> Self {
        let folder = models.path().to_owned();
        Self::start(Server::start(&folder, Some(models)), None)
    }

    /// A browser on a server with other models, and a line that spoils the first download of these files.
    pub fn open_with(models: ModelsFolder, faults: Vec<(String, Fault)>) -> Self {
        let folder = models.path().to_owned();
        Self::start(Server::start(&folder, Some(models)), Some(faults))
    }

    fn start(server: Server, faults: Option<Vec<(String, Fault)>>) -> Self {
        let line = faults.map(|faults| Line::start(&server.origin, faults));
        let origin = line.as_ref().map_or(&server.origin, |line| &line.origin).clone();
        Self { page: launch(), origin, line, server }
    }

    /// Lets a held download go on.
    pub fn release(&self) {
        self.line.as_ref().unwrap().release();
    }

    /// Ends a held download in the middle.
    pub fn hang_up(&self) {
        self.line.as_ref().unwrap().hang_up();
    }

    /// How many times the browser downloaded a model over the line.
    pub fn downloads(&self) -> usize {
        self.line.as_ref().unwrap().downloads().len()
    }

    /// The downloads of this model over the line.
    pub fn downloads_of(&self, model: &ManifestModel) -> Vec<Download> {
        let downloads = self.line.as_ref().unwrap().downloads();
        downloads.into_iter().filter(|download| download.file == model.file).collect()
    }

    /// Kills the server behind the line.
    pub fn stop_server(&mut self) {
        self.server.stop();
    }

    /// Starts it once more.
    pub fn start_server(&mut self) {
        self.server.start_again();
        self.line.as_ref().unwrap().switch_to(&self.server.origin);
    }

    /// Puts another server into its place behind the line.
    pub fn redeploy(&mut self, server: Server) {
        self.line.as_ref().unwrap().switch_to(&server.origin);
        self.server = server;
    }

    /// Ends the browser and starts it again with the same profile.
    pub fn restart_browser(mut self) -> Self {
        self.page = self.page.restart().unwrap();
        self
    }

    /// Checks that page and workers have asked nobody but the site.
    pub fn assert_stayed_at_home(&self) {
        for url in self.page.requests() {
            let is_own = ["", "blob:"].iter().any(|scheme| {
                url.strip_prefix(scheme)
                    .and_then(|url| url.strip_prefix(&self.origin))
                    .is_some_and(|path| path.starts_with('/'))
            });
            assert!(is_own || url.starts_with("data:"), "{url} is not of {}", self.origin);
        }
    }

    /// Opens the app and waits until it can be typed into.
    pub fn goto_app(&mut self) {
        self.page.goto(&self.origin).unwrap();
        self.page.wait_for::<bool>("!!document.querySelector('#tweet')").unwrap();
    }

    /// Leaves a picture of the page for people to look at: where PICTURES says, else in the target folder
    /// (`tmp/pictures/`).
    pub fn take_picture(&mut self, name: &str) {
        let named = std::env::var_os("PICTURES").map(PathBuf::from);
        let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"));
        std::fs::create_dir_all(&folder).unwrap();
        self.page.screenshot(&folder.join(format!("{name}.png"))).unwrap();
    }

    /// The same in every look: on a desk and on a telephone, light and dark.
    pub fn take_pictures(&mut self, name: &str) {
        for (device, width, height) in [("telephone", 360, 1300), ("desktop", 1280, 900)] {
            self.page.resize(width, height).unwrap();
            for (theme, is_dark) in [("dark", true), ("light", false)] {
                self.page.prefer_dark(is_dark).unwrap();
                self.take_picture(&format!("{name}-{device}-{theme}"));
            }
        }
    }

    /// Opens a document without an app.
    pub fn goto_blank(&mut self) {
        self.page.goto(&format!("{}/models/manifest.json", self.origin)).unwrap();
    }

    /// Classifies a text with an engine of its own in the page that is open: the oracle for what the page shows.
    pub fn classify(&mut self, text: &str) -> Prediction {
        self.classify_by(&default_model(), text)
    }

    /// The same by another model than the repository's default.
    pub fn classify_by(&mut self, model: &ManifestModel, text: &str) -> Prediction {
        let script = format!(
            "{} const classifier = await Classifier.load({{ ...options, worker: true }});
             const [prediction] = await classifier.classify([{}]);
             classifier.dispose();
             return prediction;",
            prelude_for(model),
            json!(text)
        );
        self.page.evaluate(&script).unwrap()
    }
}

/// The first lines of a script: the engine's entry, and the options that load the default model.
pub fn prelude() -> String {
    prelude_for(&default_model())
}

/// The same for another model.
pub fn prelude_for(model: &ManifestModel) -> String {
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

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn launch() -> Page {
    Page::launch(&chromium::find_executable().unwrap()).unwrap()
}
