//! Results on standard output. What is about the run (progress, notes, errors) goes to standard error.

use anyhow::Context;
use std::io::{ErrorKind, Write};
use thiserror::Error;

/// Whoever read standard output has enough of it (`| head -1`): no mistake, and nothing that is left to do.
#[derive(Debug, Error)]
#[error("nobody reads standard output any more")]
pub struct ReaderGone;

/// Writes `text` at once.
///
/// # Errors
/// [`ReaderGone`]; standard output cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    write(&mut std::io::stdout().lock(), text)
}

fn write(output: &mut impl Write, text: &str) -> anyhow::Result<()> {
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        written => written.context("cannot write to standard output"),
    }
}

/// Tells a person something on standard error; that nobody reads it is no reason to stop.
pub fn tell(text: impl std::fmt::Display) {
    // Nothing is left to say it with.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Asks for a line of input, as [`tell`] does, without ending the line.
pub fn ask() {
    let _ = write!(std::io::stderr(), "> ");
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_told_from_a_full_disk() {
        assert!(write(&mut Failing(ErrorKind::BrokenPipe), "x").unwrap_err().is::<ReaderGone>());
        assert!(!write(&mut Failing(ErrorKind::StorageFull), "x").unwrap_err().is::<ReaderGone>());
    }
}
