//! The browser's process: where it is, how it is started, and that it ends.
//!
//! It gets a profile of its own that lives as long as it does, so no test sees what another one cached. The
//! DevTools port is the system's choice and is read from the browser's own announcement.

use crate::Error;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Names under which distributions install it, in the order in which they are tried.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
/// Where macOS has it, which is not on PATH.
const MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
/// Nothing that is not the page's: no updates, no reports, no first-run page. `no-sandbox` because containers
/// run everything as root and the pages are our own.
const FLAGS: [&str; 13] = [
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
const ANNOUNCEMENT: &str = "DevTools listening on ";

/// The browser's executable: the variable CHROME if it is set, else the first of the usual names on PATH.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::NotAFile`] where CHROME names something that is not there.
pub fn find_executable() -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os("CHROME").map(PathBuf::from) {
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Error::NotAFile { found: named.display().to_string() })
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .chain([PathBuf::from(MACOS)])
        .find(|candidate| candidate.is_file())
        .ok_or(Error::NotFound)
}

/// A running browser; dropping it ends it.
pub(crate) struct Process {
    child: Child,
    /// Where the browser takes commands, `ws://…`.
    pub(crate) address: String,
    // Dropped after `drop` has ended the process that writes into it.
    _profile: TempDir,
}

impl Process {
    /// Starts the browser and waits until it takes commands.
    pub(crate) fn start(executable: &Path) -> Result<Self, Error> {
        let program = executable.display().to_string();
        let profile = TempDir::with_prefix("chromium-profile-")
            .map_err(Error::io("a folder for the browser's profile could not be made"))?;
        let mut user_data = std::ffi::OsString::from("--user-data-dir=");
        user_data.push(profile.path());
        let mut child = Command::new(executable)
            .arg(user_data)
            .args(FLAGS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::io(format!("{program} could not be started")))?;
        let stderr = child.stderr.take();
        let mut process = Self { child, address: String::new(), _profile: profile };
        let mut lines = stderr.map(|stderr| BufReader::new(stderr).lines()).into_iter().flatten();
        let mut last = VecDeque::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix(ANNOUNCEMENT) {
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
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where the process is gone already, which is what they are for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
