//! What can go wrong between us and the browser. A script's own exception is one case of it: most tests that
//! expect an error read [`Error::Script`].

use std::time::Duration;

/// Why the browser did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no browser on this machine.
    #[error(
        "expected {browser} on PATH, or its path in {variable}, found neither; `cargo xtask setup` installs it where \
         it can"
    )]
    NotFound {
        /// Its name.
        browser: &'static str,
        /// The variable that may name its executable.
        variable: &'static str,
    },
    /// The variable names something that is not there.
    #[error(
        "expected {variable} to name a browser, found `{found}`, which is not a file; correct or unset it"
    )]
    NotAFile {
        /// The variable.
        variable: &'static str,
        /// The variable's value.
        found: String,
    },
    /// The program is there and does not run as a browser.
    #[error("expected {program} to announce where it takes commands, found it ended with: {found}")]
    Launch {
        /// The executable.
        program: String,
        /// The last of its messages.
        found: String,
    },
    /// The connection to the browser failed: it crashed, or was killed.
    #[error("the connection to the browser broke: {0}")]
    Connection(#[from] Box<tungstenite::Error>),
    /// Files or processes.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The browser refused a command.
    #[error("{method}: the browser answered: {message}")]
    Command {
        /// The protocol's name of the command.
        method: String,
        /// What the browser said.
        message: String,
    },
    /// The page could not be opened at all.
    #[error("{url} could not be opened: {found}")]
    Navigation {
        /// The address.
        url: String,
        /// The browser's name of the failure, e.g. `net::ERR_CONNECTION_REFUSED`.
        found: String,
    },
    /// The script threw, or its promise was rejected.
    #[error("the script failed: {message}")]
    Script {
        /// The thrown value as the console would print it.
        message: String,
    },
    /// Something did not come in time.
    #[error("waited {limit:?} in vain for {what}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
    },
    /// A value of another shape than the caller or the protocol says.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What it should have been.
        expected: String,
        /// What it was.
        found: String,
    },
}

impl Error {
    /// Turns an I/O error into ours, saying what was being done.
    pub(crate) fn io(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }
}
