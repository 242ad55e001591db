//! Chromium's commands and their answers over one [`Socket`] (DevTools protocol 1.3, flat sessions).
//!
//! There is no thread behind it: whoever waits for an answer reads the socket, and hands what else arrives to
//! the [`Observations`]. Workers are attached to as they start, before their first instruction, so nothing
//! that they request goes unseen.

use crate::Error;
use crate::observation::Observations;
use crate::socket::Socket;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The domains that report what a page or worker does.
const DOMAINS: [&str; 3] = ["Runtime.enable", "Log.enable", "Network.enable"];

/// The line to the browser, and everything that was heard on it.
pub(crate) struct Connection {
    socket: Socket,
    pub(crate) observations: Observations,
}

impl Connection {
    /// Connects to the browser at its DevTools address.
    pub(crate) fn open(address: &str) -> Result<Self, Error> {
        Ok(Self { socket: Socket::open(address)?, observations: Observations::default() })
    }

    /// Sends a command, to the browser itself or to one of its sessions, and waits for the answer.
    pub(crate) fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, Error> {
        let id = self.send(session, method, params)?;
        let deadline = Instant::now() + limit;
        loop {
            let mut message = self.socket.read(deadline, limit, method)?;
            if message["id"].as_u64() != Some(id) {
                self.take_event(message)?;
            } else if let Some(message) = message["error"]["message"].as_str() {
                return Err(Error::Command { method: method.to_owned(), message: message.to_owned() });
            } else {
                return Ok(message["result"].take());
            }
        }
    }

    /// Reads on until something that was waited for has been observed.
    pub(crate) fn wait_for(
        &mut self,
        what: &str,
        limit: Duration,
        is_there: impl Fn(&Observations) -> bool,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + limit;
        while !is_there(&self.observations) {
            let message = self.socket.read(deadline, limit, what)?;
            self.take_event(message)?;
        }
        Ok(())
    }

    /// Switches on what reports a session's doings, its future workers included.
    pub(crate) fn observe(&mut self, session: &str) -> Result<(), Error> {
        for method in DOMAINS {
            self.send(Some(session), method, json!({}))?;
        }
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        self.send(Some(session), "Target.setAutoAttach", attach)?;
        Ok(())
    }

    fn send(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<u64, Error> {
        let mut command = json!({ "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(command)
    }

    fn take_event(&mut self, message: Value) -> Result<(), Error> {
        if message["method"] == "Target.attachedToTarget"
            && let Some(session) = message["params"]["sessionId"].as_str()
        {
            self.observe(session)?;
            self.send(Some(session), "Runtime.runIfWaitingForDebugger", json!({}))?;
        }
        self.observations.take(&message);
        Ok(())
    }
}
