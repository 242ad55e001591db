//! A browser's process: how it is started, and that it ends.
//!
//! It gets a profile of its own that lives as long as it does, so no test sees what another one cached. The port
//! on which it takes commands is the system's choice and is read from the browser's own announcement.

use crate::Error;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Nothing that is not the page's: no updates, no reports, no first-run page. `no-sandbox` because containers
/// run everything as root and the pages are our own.
const CHROMIUM_FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,900",
    "about:blank",
];
const FIREFOX_FLAGS: [&str; 4] = ["--headless", "--no-remote", "--remote-debugging-port=0", "about:blank"];

/// A running browser; dropping it ends it.
pub(crate) struct Process {
    child: Child,
    /// Where the browser takes commands, `ws://…`.
    pub(crate) address: String,
    // Dropped after `drop` has ended the process that writes into it.
    profile: Option<TempDir>,
}

impl Process {
    /// Starts Chromium with a fresh profile and waits until it takes commands.
    pub(crate) fn chromium(executable: &Path) -> Result<Self, Error> {
        Self::chromium_with(executable, new_profile()?)
    }

    /// The same with the profile of a browser that has ended.
    pub(crate) fn chromium_with(executable: &Path, profile: TempDir) -> Result<Self, Error> {
        let mut command = Command::new(executable);
        let mut user_data = std::ffi::OsString::from("--user-data-dir=");
        user_data.push(profile.path());
        command.arg(user_data).args(CHROMIUM_FLAGS);
        Self::start(command, profile, "DevTools listening on ")
    }

    /// Starts Firefox with these preferences (lines of a `user.js`) and waits until it takes commands.
    pub(crate) fn firefox(executable: &Path, preferences: &str) -> Result<Self, Error> {
        let profile = new_profile()?;
        std::fs::write(profile.path().join("user.js"), preferences)
            .map_err(Error::io("the browser's preferences could not be written"))?;
        let mut command = Command::new(executable);
        command.arg("--profile").arg(profile.path()).args(FIREFOX_FLAGS);
        Self::start(command, profile, "WebDriver BiDi listening on ")
    }

    fn start(mut command: Command, profile: TempDir, announcement: &str) -> Result<Self, Error> {
        let program = command.get_program().display().to_string();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::io(format!("{program} could not be started")))?;
        let stderr = child.stderr.take();
        let mut process = Self { child, address: String::new(), profile: Some(profile) };
        let mut lines = stderr.map(|stderr| BufReader::new(stderr).lines()).into_iter().flatten();
        let mut last = VecDeque::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix(announcement) {
                process.address = address.trim().to_owned();
                break;
            }
            last.push_back(line);
            if last.len() > 5 {
                last.pop_front();
            }
        }
        if process.address.is_empty() {
            let found = Vec::from(last).join(" | ");
            return Err(Error::Launch { program, found });
        }
        // A full pipe would stop the browser.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(process)
    }

    /// Waits until it has ended by itself, with all that it wanted to write down, and returns its profile.
    pub(crate) fn wait(mut self) -> Result<TempDir, Error> {
        self.child.wait().map_err(Error::io("the browser's end could not be waited for"))?;
        self.profile.take().ok_or_else(|| Error::Unexpected {
            expected: "a browser with a profile of its own".to_owned(),
            found: "none".to_owned(),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where the process is gone already, which is what they are for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn new_profile() -> Result<TempDir, Error> {
    TempDir::with_prefix("browser-profile-")
        .map_err(Error::io("a folder for the browser's profile could not be made"))
}
