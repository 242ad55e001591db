//! Texts that begin with a hyphen (`-3% premarket`), which are no options.
//!
//! clap can take every such word for a text or none: then `--output` behind a text would be one, too. So the texts among
//! them get a NUL in front, which no argument from outside can hold, before clap sees them, and lose it when it has.

use std::convert::Infallible;
use std::ffi::OsString;

/// The program's arguments with the texts of `predict` marked.
pub fn marked(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|command| command == "predict") {
        // What stands behind `--` is a text anyhow.
        let own = arguments.iter_mut().take_while(|word| *word != "--");
        for word in own.filter(|word| word.to_str().is_some_and(is_text)) {
            let mut marked = OsString::from("\0");
            marked.push(&word);
            *word = marked;
        }
    }
    arguments
}

/// The text without its mark.
///
/// # Errors
/// None.
pub fn unmarked(text: &str) -> Result<String, Infallible> {
    Ok(text.strip_prefix('\0').unwrap_or(text).to_owned())
}

/// Whether a word begins with a hyphen and goes on as no name of an option does.
fn is_text(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else { return false };
    let name = rest.split('=').next().unwrap_or_default();
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    !is_name || rest.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn texts(words: &[&str]) -> Option<Vec<String>> {
        let words = [&["trainer", "predict", "--model", "m"], words].concat();
        match Cli::try_parse_from(marked(words.into_iter().map(OsString::from))).ok()?.command {
            Command::Predict(arguments) => Some(arguments.texts),
            _ => None,
        }
    }

    #[test]
    fn what_reads_as_no_option_is_a_text_wherever_it_stands() {
        for words in [
            &["-3% premarket"][..],
            &["-3%", "up"],
            &["up", "-5", "-$TSLA"],
            &["-hopes rise=fall", "--help me"],
            &["a\u{2212}b", "-", "-é"],
        ] {
            assert_eq!(texts(words).unwrap(), words);
        }
        let words = ["-3% premarket", "--output", "a.csv", "down", "--strict", "--", "--foo", "-3"];
        assert_eq!(texts(&words).unwrap(), ["-3% premarket", "down", "--foo", "-3"]);
    }

    #[test]
    fn what_reads_as_an_option_is_one() {
        assert!(texts(&["--outputs", "a.csv", "up"]).is_none() && texts(&["-up"]).is_none());
        assert_eq!(texts(&["up", "--output=a b.csv"]).unwrap(), ["up"]);
    }
}
