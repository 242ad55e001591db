//! A page in Firefox, for what Chromium cannot be: a browser that lacks a feature of WebAssembly.
//!
//! V8 has no switch for relaxed SIMD any more; Firefox has a preference. It speaks WebDriver BiDi by itself
//! (<https://w3c.github.io/webdriver-bidi/>), so no driver program is needed here either: four commands and one event.

use crate::Error;
use crate::process::Process;
use crate::script;
use crate::socket::Socket;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// For everything: loading a model and classifying with it takes longest.
const LIMIT: Duration = Duration::from_secs(180);

/// A page in a Firefox of its own, which ends with the value.
pub struct Firefox {
    socket: Socket,
    context: Value,
    errors: Vec<String>,
    _process: Process,
}

impl Firefox {
    /// Starts the browser (see [`crate::find_firefox`]) with a fresh profile, these preferences and an empty page.
    ///
    /// # Errors
    /// The executable is no Firefox, or does not start.
    pub fn launch(executable: &Path, preferences: &[(&str, bool)]) -> Result<Self, Error> {
        let line = |(name, value): &(&str, bool)| format!("user_pref({}, {value});\n", json!(name));
        let process = Process::firefox(executable, &preferences.iter().map(line).collect::<String>())?;
        let socket = Socket::open(&format!("{}/session", process.address))?;
        let mut page = Self { socket, context: Value::Null, errors: Vec::new(), _process: process };
        page.call("session.new", json!({ "capabilities": {} }))?;
        page.call("session.subscribe", json!({ "events": ["log.entryAdded"] }))?;
        page.context = page.call("browsingContext.getTree", json!({}))?["contexts"][0]["context"].take();
        Ok(page)
    }

    /// Opens an address and waits until the document and what it names have loaded.
    ///
    /// # Errors
    /// [`Error::Command`] where nothing answers, [`Error::Timeout`].
    pub fn goto(&mut self, url: &str) -> Result<(), Error> {
        let params = json!({ "context": self.context, "url": url, "wait": "complete" });
        self.call("browsingContext.navigate", params).map(drop)
    }

    /// Runs the body of an async function in the page and returns what it returns, as JSON.
    ///
    /// # Errors
    /// [`Error::Script`] with what it throws, [`Error::Unexpected`] if the value has another shape.
    pub fn evaluate<T: DeserializeOwned>(&mut self, body: &str) -> Result<T, Error> {
        let params = json!({
            "expression": format!("{}.then((value) => JSON.stringify(value) ?? 'null')", script::call(body)),
            "target": { "context": self.context },
            "awaitPromise": true,
            "userActivation": true,
        });
        let answer = self.call("script.evaluate", params)?;
        if let Some(message) = answer["exceptionDetails"]["text"].as_str() {
            return Err(Error::Script { message: message.to_owned() });
        }
        let json = answer["result"]["value"].as_str().unwrap_or_default();
        serde_json::from_str(json).map_err(|error| Error::Unexpected {
            expected: format!("a value of type {}", std::any::type_name::<T>()),
            found: format!("{json} ({error})"),
        })
    }

    /// Waits until an expression is true, looking at it once a frame, and returns its value.
    ///
    /// # Errors
    /// [`Error::Script`] if it throws, or is not true after two minutes.
    pub fn wait_for<T: DeserializeOwned>(&mut self, condition: &str) -> Result<T, Error> {
        self.evaluate(&script::waiting_for(condition))
    }

    /// What pages and workers wrote to the console as an error, and what they threw, up to the last command.
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Value, Error> {
        let id = self.socket.send(json!({ "method": method, "params": params }))?;
        let deadline = Instant::now() + LIMIT;
        loop {
            let mut message = self.socket.read(deadline, LIMIT, method)?;
            if message["method"] == "log.entryAdded" && message["params"]["level"] == "error" {
                self.errors.extend(message["params"]["text"].as_str().map(str::to_owned));
            } else if message["id"].as_u64() != Some(id) {
                continue;
            } else if let Some(error) = message["error"].as_str() {
                let message = format!("{error}: {}", message["message"].as_str().unwrap_or_default());
                return Err(Error::Command { method: method.to_owned(), message });
            } else {
                return Ok(message["result"].take());
            }
        }
    }
}
