//! Commands and their answers over one WebSocket (DevTools protocol 1.3, flat sessions).
//!
//! There is no thread behind it: whoever waits for an answer reads the socket, and hands what else arrives to
//! the [`Observations`]. Workers are attached to as they start, before their first instruction, so nothing
//! that they request goes unseen.

use crate::Error;
use crate::observation::Observations;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// The domains that report what a page or worker does.
const DOMAINS: [&str; 3] = ["Runtime.enable", "Log.enable", "Network.enable"];

/// The line to the browser, and everything that was heard on it.
pub(crate) struct Connection {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    last_id: u64,
    pub(crate) observations: Observations,
}

impl Connection {
    /// Connects to the browser at its DevTools address.
    pub(crate) fn open(address: &str) -> Result<Self, Error> {
        let (socket, _) = tungstenite::connect(address).map_err(Box::new)?;
        Ok(Self { socket, last_id: 0, observations: Observations::default() })
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
            let mut message = self.read(deadline, limit, method)?;
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
            let message = self.read(deadline, limit, what)?;
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
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).map_err(Box::new)?;
        Ok(self.last_id)
    }

    fn read(&mut self, deadline: Instant, limit: Duration, what: &str) -> Result<Value, Error> {
        let timeout = || Error::Timeout { what: what.to_owned(), limit };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(timeout());
            }
            if let MaybeTlsStream::Plain(stream) = self.socket.get_ref() {
                stream
                    .set_read_timeout(Some(left))
                    .map_err(Error::io("the read timeout could not be set"))?;
            }
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    return serde_json::from_str(&text).map_err(|error| Error::Unexpected {
                        expected: "a JSON message from the browser".to_owned(),
                        found: error.to_string(),
                    });
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Err(timeout());
                }
                Err(error) => return Err(Box::new(error).into()),
            }
        }
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
