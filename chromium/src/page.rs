//! One page in a browser of its own: what a test or a benchmark holds.
//!
//! Input goes the way a person's does (mouse and key events, hit-tested by the browser), and waiting happens in
//! the page, once a frame, so a test sees a change as soon as it is painted and never sleeps.

use crate::connection::Connection;
use crate::error::Error;
use crate::input::Key;
use crate::observation::exception;
use crate::process::Process;
use crate::script;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// For what a browser does at once; generous, because test machines are slow and shared.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// For what the page computes: loading a model and classifying with it.
const SCRIPT_LIMIT: Duration = Duration::from_secs(180);

/// A page. Dropping it ends its browser and removes its profile.
pub struct Page {
    connection: Connection,
    session: String,
    process: Process,
    executable: PathBuf,
}

impl Page {
    /// Starts a browser (see [`crate::find_executable`]) with a fresh profile and an empty page.
    ///
    /// # Errors
    /// The executable is no browser, or does not start.
    pub fn launch(executable: &Path) -> Result<Self, Error> {
        Self::attach(Process::chromium(executable)?, executable)
    }

    /// Ends the browser as its user does, and starts it again with the same profile: what it has stored is there, what it
    /// held in memory is not. What was observed before is forgotten.
    ///
    /// # Errors
    /// The browser does not end, or does not start again.
    pub fn restart(mut self) -> Result<Self, Error> {
        self.connection.call(None, "Browser.close", json!({}), COMMAND_LIMIT)?;
        let process = Process::chromium_with(&self.executable, self.process.wait()?)?;
        Self::attach(process, &self.executable)
    }

    fn attach(process: Process, executable: &Path) -> Result<Self, Error> {
        let mut connection = Connection::open(&process.address)?;
        let target =
            connection.call(None, "Target.createTarget", json!({ "url": "about:blank" }), COMMAND_LIMIT)?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = connection.call(None, "Target.attachToTarget", attach, COMMAND_LIMIT)?;
        let session = string(&attached["sessionId"], "a session id")?;
        connection.observe(&session)?;
        let mut page = Self { connection, session, process, executable: executable.to_owned() };
        page.call("Page.enable", json!({}))?;
        page.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }))?;
        Ok(page)
    }

    /// Opens an address and waits until the document and what it names have loaded.
    ///
    /// # Errors
    /// [`Error::Navigation`] where nothing answers, [`Error::Timeout`].
    pub fn goto(&mut self, url: &str) -> Result<(), Error> {
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        if let Some(found) = answer["errorText"].as_str() {
            return Err(Error::Navigation { url: url.to_owned(), found: found.to_owned() });
        }
        let loader = string(&answer["loaderId"], "a loader id")?;
        let what = format!("{url} to load");
        self.connection.wait_for(&what, COMMAND_LIMIT, |seen| seen.loaded.contains(&loader))
    }

    /// Runs a script in every document from now on, before its own: what the browser lacks, say.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn run_first(&mut self, script: &str) -> Result<(), Error> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).map(drop)
    }

    /// Runs the body of an async function in the page and returns what it returns, as JSON.
    ///
    /// # Errors
    /// [`Error::Script`] with what it throws, [`Error::Unexpected`] if the value has another shape.
    pub fn evaluate<T: DeserializeOwned>(&mut self, body: &str) -> Result<T, Error> {
        let session = self.session.clone();
        self.evaluate_in(&session, body)
    }

    /// The same in the page's worker that has been there longest.
    ///
    /// # Errors
    /// Those of [`Page::evaluate`]; [`Error::Unexpected`] if there is no worker.
    pub fn evaluate_in_worker<T: DeserializeOwned>(&mut self, body: &str) -> Result<T, Error> {
        let worker = self.connection.observations.workers.first().cloned();
        let session = worker.ok_or_else(|| Error::Unexpected {
            expected: "a running worker".to_owned(),
            found: "none".to_owned(),
        })?;
        self.evaluate_in(&session, body)
    }

    /// Waits until the page has exactly so many workers.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_for_workers(&mut self, number: usize) -> Result<(), Error> {
        let what = format!("{number} workers");
        self.connection.wait_for(&what, COMMAND_LIMIT, |seen| seen.workers.len() == number)
    }

    fn evaluate_in<T: DeserializeOwned>(&mut self, session: &str, body: &str) -> Result<T, Error> {
        let params = json!({
            "expression": script::call(body),
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
        });
        let mut answer = self.connection.call(Some(session), "Runtime.evaluate", params, SCRIPT_LIMIT)?;
        if answer["exceptionDetails"].is_object() {
            return Err(Error::Script { message: exception(&answer["exceptionDetails"]) });
        }
        let value = answer["result"]["value"].take();
        serde_json::from_value(value.clone()).map_err(|error| Error::Unexpected {
            expected: format!("a value of type {}", std::any::type_name::<T>()),
            found: format!("{value} ({error})"),
        })
    }

    /// Waits until an expression is true, looking at it once a frame, and returns its value.
    ///
    /// # Errors
    /// [`Error::Script`] if it throws, or is not true after two minutes.
    pub fn wait_for<T: DeserializeOwned>(&mut self, condition: &str) -> Result<T, Error> {
        self.evaluate(&script::waiting_for(condition))
    }

    /// Waits until the open document, whichever that is by then, has a title that begins so: the way to wait across
    /// a navigation that the page itself begins.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_for_title(&mut self, beginning: &str) -> Result<(), Error> {
        let deadline = Instant::now() + COMMAND_LIMIT;
        while Instant::now() < deadline {
            // While one document makes room for the next there may be none to ask.
            match self.evaluate::<String>("await new Promise(requestAnimationFrame); return document.title;")
            {
                Ok(title) if title.starts_with(beginning) => return Ok(()),
                Ok(_) | Err(Error::Command { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Timeout { what: format!("the title {beginning}"), limit: COMMAND_LIMIT })
    }

    /// Clicks into the middle of an element with the mouse, after scrolling to it.
    ///
    /// # Errors
    /// [`Error::Script`] if there is no such element, or another one lies above its middle.
    pub fn click(&mut self, selector: &str) -> Result<(), Error> {
        let selector = json!(selector);
        let [x, y]: [f64; 2] = self.evaluate(&format!(
            "const element = document.querySelector({selector});
             if (!element) throw new Error('there is no ' + {selector});
             element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
             const {{ x, y, width, height }} = element.getBoundingClientRect();
             const middle = [x + width / 2, y + height / 2];
             const hit = document.elementFromPoint(...middle);
             if (!element.contains(hit)) throw new Error({selector} + ' is covered by ' + hit?.outerHTML);
             return middle;"
        ))?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Types a text into what has the focus, one key event a character.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn type_text(&mut self, text: &str) -> Result<(), Error> {
        for character in text.chars() {
            self.call("Input.dispatchKeyEvent", json!({ "type": "char", "text": character.to_string() }))?;
        }
        Ok(())
    }

    /// Puts a text into what has the focus at once, as pasting does.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn paste(&mut self, text: &str) -> Result<(), Error> {
        self.call("Input.insertText", json!({ "text": text })).map(drop)
    }

    /// Presses and releases a key.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn press(&mut self, key: Key) -> Result<(), Error> {
        for event in key.events() {
            self.call("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// Brings the page before others of its browser: nothing is painted in those behind, so nothing is seen there.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn bring_to_front(&mut self) -> Result<(), Error> {
        self.call("Page.bringToFront", json!({})).map(drop)
    }

    /// Gives the page another size, in CSS pixels.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), Error> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics).map(drop)
    }

    /// Makes the page believe that its user prefers dark colours, or light ones.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn prefer_dark(&mut self, is_dark: bool) -> Result<(), Error> {
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.call("Emulation.setEmulatedMedia", media).map(drop)
    }

    /// Writes what is visible to a PNG file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn screenshot(&mut self, file: &Path) -> Result<(), Error> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }))?;
        let data = string(&answer["data"], "a picture in base64")?;
        let png = BASE64_STANDARD.decode(data).map_err(|error| Error::Unexpected {
            expected: "a picture in base64".to_owned(),
            found: error.to_string(),
        })?;
        std::fs::write(file, png).map_err(Error::io(format!("{} could not be written", file.display())))
    }

    /// Everything that page and workers complained about so far: console errors, uncaught exceptions, refused
    /// requests, violations of the Content-Security-Policy.
    pub fn errors(&self) -> &[String] {
        &self.connection.observations.errors
    }

    /// The address of every request of page and workers so far.
    pub fn requests(&self) -> &[String] {
        &self.connection.observations.requests
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Value, Error> {
        let session = self.session.clone();
        self.connection.call(Some(&session), method, params, COMMAND_LIMIT)
    }
}

fn string(value: &Value, expected: &str) -> Result<String, Error> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::Unexpected { expected: expected.to_owned(), found: value.to_string() })
}
