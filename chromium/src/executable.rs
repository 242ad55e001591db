//! Where the browsers are: what a variable names, else the first of the usual names on PATH.

use crate::Error;
use std::path::PathBuf;

/// A browser as systems have it.
struct Browser {
    /// In words, for who has none.
    name: &'static str,
    /// The variable that may name it.
    variable: &'static str,
    /// Names under which distributions install it, in the order in which they are tried.
    names: &'static [&'static str],
    /// Where macOS has it, which is not on PATH.
    macos: &'static str,
}

const CHROMIUM: Browser = Browser {
    name: "Chromium or Chrome",
    variable: "CHROME",
    names: &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    macos: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
};
const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "FIREFOX",
    names: &["firefox-esr", "firefox"],
    macos: "/Applications/Firefox.app/Contents/MacOS/firefox",
};

/// Chromium's executable: the variable CHROME if it is set, else the first of the usual names on PATH.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::NotAFile`] where CHROME names something that is not there.
pub fn find_executable() -> Result<PathBuf, Error> {
    find(&CHROMIUM)
}

/// Firefox's executable: the variable FIREFOX if it is set, else the first of the usual names on PATH.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::NotAFile`] where FIREFOX names something that is not there.
pub fn find_firefox() -> Result<PathBuf, Error> {
    find(&FIREFOX)
}

fn find(browser: &Browser) -> Result<PathBuf, Error> {
    let variable = browser.variable;
    if let Some(named) = std::env::var_os(variable).map(PathBuf::from) {
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Error::NotAFile { variable, found: named.display().to_string() })
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    browser
        .names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .chain([PathBuf::from(browser.macos)])
        .find(|candidate| candidate.is_file())
        .ok_or(Error::NotFound { browser: browser.name, variable })
}
