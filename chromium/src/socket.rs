//! JSON messages over one WebSocket: what the DevTools protocol and WebDriver BiDi have in common.

use crate::Error;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// The line to a browser.
pub(crate) struct Socket {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl Socket {
    /// Connects to the browser at the address that it announced.
    pub(crate) fn open(address: &str) -> Result<Self, Error> {
        let (socket, _) = tungstenite::connect(address).map_err(Box::new)?;
        Ok(Self { socket, last_id: 0 })
    }

    /// Sends a command, and returns the number that its answer will bear.
    pub(crate) fn send(&mut self, mut command: Value) -> Result<u64, Error> {
        self.last_id += 1;
        command["id"] = json!(self.last_id);
        self.socket.send(Message::text(command.to_string())).map_err(Box::new)?;
        Ok(self.last_id)
    }

    /// The next message, answer or event; `limit` and `what` are for the error where the deadline passes.
    pub(crate) fn read(&mut self, deadline: Instant, limit: Duration, what: &str) -> Result<Value, Error> {
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
}
