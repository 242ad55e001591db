//! What the page and its workers did while nobody asked: requests, complaints, finished loads.
//!
//! A violation of the Content-Security-Policy is reported by the browser's log as an error, so the errors
//! hold those too.

use serde_json::Value;
use std::collections::HashSet;

/// Everything that was observed since the page was opened, in order.
#[derive(Default)]
pub(crate) struct Observations {
    /// Addresses of all requests.
    pub(crate) requests: Vec<String>,
    /// Errors on the console, uncaught exceptions, and the browser's own complaints.
    pub(crate) errors: Vec<String>,
    /// The documents (by loader) whose load has finished.
    pub(crate) loaded: HashSet<String>,
    /// The sessions of the workers that are alive, in the order in which they started.
    pub(crate) workers: Vec<String>,
}

impl Observations {
    /// Notes down one message of the protocol.
    pub(crate) fn take(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Target.attachedToTarget") if params["targetInfo"]["type"] == "worker" => {
                self.workers.extend(text(&params["sessionId"]));
            }
            Some("Target.detachedFromTarget") => {
                self.workers.retain(|session| params["sessionId"] != session.as_str());
            }
            Some("Network.requestWillBeSent") => self.requests.extend(text(&params["request"]["url"])),
            Some("Network.webSocketCreated") => self.requests.extend(text(&params["url"])),
            Some("Page.lifecycleEvent") if params["name"] == "load" => {
                self.loaded.extend(text(&params["loaderId"]));
            }
            Some("Runtime.consoleAPICalled") if params["type"] == "error" || params["type"] == "assert" => {
                let arguments = params["args"].as_array().into_iter().flatten().map(printed);
                self.errors.push(arguments.collect::<Vec<_>>().join(" "));
            }
            Some("Runtime.exceptionThrown") => self.errors.push(exception(&params["exceptionDetails"])),
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                let source = text(&entry["source"]).unwrap_or_default();
                let said = text(&entry["text"]).unwrap_or_default();
                let url = text(&entry["url"]).map(|url| format!(" ({url})")).unwrap_or_default();
                self.errors.push(format!("{source}: {said}{url}"));
            }
            _ => {}
        }
    }
}

/// A thrown value as the console would print it.
pub(crate) fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    if thrown.is_object() { printed(thrown) } else { text(&details["text"]).unwrap_or_default() }
}

fn printed(object: &Value) -> String {
    // A DOMException has its name in the class and its message in the description.
    text(&object["description"]).unwrap_or_else(|| match &object["value"] {
        Value::String(value) => value.clone(),
        value => value.to_string(),
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
