//! The bytes of a file or of standard input as UTF-8, hashed as they are read.
//!
//! A byte order mark says the encoding, else the options do, else it is UTF-8. What is no text in that encoding becomes
//! the byte 0xFF, which UTF-8 never has: so the row that holds it can be told, and the others be read.

use super::hash::hexadecimal;
use crate::config::reading::Encoding;
use anyhow::{Context, bail};
use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// How much of a file is looked at before its first row is read, in bytes.
const START_BYTES: usize = 1 << 16;

/// A file that is being read.
pub struct Source<'a> {
    /// The rest of the file from its first text on: UTF-8 but for what is no text.
    pub reader: Box<dyn BufRead + 'a>,
    /// What `reader` begins with.
    pub start: Vec<u8>,
    /// How lines end.
    pub line_end: u8,
    /// Where the reader's first byte lies in the file, where its bytes are the file's own.
    pub offset: Option<u64>,
    /// What the file's bytes were taken for.
    pub encoding: &'static encoding_rs::Encoding,
    /// The file, for messages.
    pub path: PathBuf,
}

/// Whether this path stands for standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The path for messages.
pub fn shown(path: &Path) -> PathBuf {
    if is_standard_input(path) { PathBuf::from("standard input") } else { path.to_owned() }
}

/// Opens the file, lets `read` have it, and reads what that leaves; returns the SHA-256 of the whole.
///
/// # Errors
/// A file that cannot be read or is in an encoding that was not told, whatever `read` returns.
pub fn hashed(
    path: &Path,
    encoding: Encoding,
    read: impl FnOnce(Source<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<String> {
    let shown = shown(path);
    let cannot_read = || format!("cannot read {}", shown.display());
    let inner: Box<dyn Read> = match is_standard_input(path) {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(File::open(path).with_context(cannot_read)?),
    };
    let mut hashed = Hashed { inner, hasher: Sha256::new() };
    let mut start = Vec::new();
    hashed.by_ref().take(START_BYTES as u64).read_to_end(&mut start).with_context(cannot_read)?;
    let (encoding, mark_bytes) =
        encoding_of(&start, encoding.get()).with_context(|| shown.display().to_string())?;
    let rest = BufReader::with_capacity(START_BYTES, start[mark_bytes..].chain(&mut hashed));
    let (mut reader, offset): (Box<dyn BufRead + '_>, _) = match encoding == UTF_8 {
        true => (Box::new(rest), Some(mark_bytes as u64)),
        false => (Box::new(BufReader::with_capacity(START_BYTES, Decoded::new(rest, encoding))), None),
    };
    let start = reader.fill_buf().with_context(cannot_read)?.to_vec();
    // Lines of old Macs end so; a carriage return among line feeds ends none.
    let line_end = if start.contains(&b'\r') && !start.contains(&b'\n') { b'\r' } else { b'\n' };
    read(Source { reader, start, line_end, offset, encoding, path: shown.clone() })?;
    std::io::copy(&mut hashed, &mut std::io::sink()).with_context(cannot_read)?;
    Ok(hexadecimal(&hashed.hasher.finalize()))
}

/// The encoding of a file that begins so, and the length of its byte order mark.
fn encoding_of(
    start: &[u8],
    told: &'static encoding_rs::Encoding,
) -> anyhow::Result<(&'static encoding_rs::Encoding, usize)> {
    if start.starts_with(&[0xFF, 0xFE, 0, 0]) || start.starts_with(&[0, 0, 0xFE, 0xFF]) {
        bail!("expected UTF-8 or UTF-16, found UTF-32. Convert the file to UTF-8");
    }
    if let Some(marked) = encoding_rs::Encoding::for_bom(start) {
        return Ok(marked);
    }
    // ASCII in UTF-16, as every header and every bracket is.
    let unmarked = match start {
        [low, 0, other, 0, ..] if *low != 0 && *other != 0 => Some(UTF_16LE),
        [0, low, 0, other, ..] if *low != 0 && *other != 0 => Some(UTF_16BE),
        _ => None,
    };
    match unmarked.filter(|_| told == UTF_8) {
        Some(found) => bail!(
            "expected UTF-8, found {} without a byte order mark. Say so: --encoding {} (in a configuration \
             data.encoding), or convert the file to UTF-8",
            found.name(),
            found.name().to_ascii_lowercase()
        ),
        None => Ok((told, 0)),
    }
}

/// Hashes what is read through it.
struct Hashed {
    inner: Box<dyn Read>,
    hasher: Sha256,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// Decodes what is read through it.
struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    decoded: Vec<u8>,
    /// How much of `decoded` was handed out.
    taken: usize,
    is_done: bool,
}

impl<R: BufRead> Decoded<R> {
    fn new(inner: R, encoding: &'static encoding_rs::Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { inner, decoder, decoded: Vec::new(), taken: 0, is_done: false }
    }

    fn decode_more(&mut self) -> std::io::Result<()> {
        let bytes = self.inner.fill_buf()?;
        let is_last = bytes.is_empty();
        self.decoded.resize(START_BYTES, 0);
        let (result, num_read, mut num_written) = self.decoder.decode_to_utf8_without_replacement(
            bytes,
            &mut self.decoded[..START_BYTES - 1],
            is_last,
        );
        self.inner.consume(num_read);
        if let DecoderResult::Malformed(..) = result {
            self.decoded[num_written] = 0xFF;
            num_written += 1;
        }
        self.is_done = is_last && result == DecoderResult::InputEmpty;
        self.decoded.truncate(num_written);
        self.taken = 0;
        Ok(())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.taken == self.decoded.len() && !self.is_done {
            self.decode_more()?;
        }
        let count = (&self.decoded[self.taken..]).read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

/// Where bytes lie, to name them if they are no text.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Offset of the first of them in the file, where it is known.
    pub offset: Option<u64>,
    /// What they were taken for.
    pub encoding: &'static encoding_rs::Encoding,
}

impl Origin {
    /// The bytes as text.
    ///
    /// # Errors
    /// In words: the first byte that is no text, and what it may be.
    pub fn text(self, bytes: &[u8]) -> Result<&str, String> {
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            if self.encoding != UTF_8 {
                let name = self.encoding.name();
                let before = String::from_utf8_lossy(&bytes[..at]);
                let words: String = before.chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
                return format!("expected {name}, found bytes that are none behind {words:?}. Is --encoding right?");
            }
            let byte = bytes.get(at).copied().unwrap_or_default();
            let place = self.offset.map(|offset| format!(" at offset {}", offset + at as u64));
            // What old programs of Western Europe write.
            let is_space = |byte: &u8| byte.is_ascii_whitespace();
            let from = bytes[..at].iter().rposition(is_space).map_or(0, |space| space + 1);
            let to = bytes[at..].iter().position(is_space).map_or(bytes.len(), |space| at + space);
            let guess = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes[from..to]).0;
            let guess: String = guess.chars().take(30).collect();
            format!(
                "expected UTF-8, found the byte 0x{byte:02X}{}. Convert the file to UTF-8, or say what it is: \
                 --encoding windows-1252 would read {guess:?} there (in a configuration data.encoding)",
                place.unwrap_or_default()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is read, and the encoding.
    fn read(content: &[u8], encoding: &str) -> anyhow::Result<(Vec<u8>, &'static str)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, content).unwrap();
        let mut found = (Vec::new(), "");
        hashed(&path, encoding.parse().unwrap(), |mut source| {
            source.reader.read_to_end(&mut found.0)?;
            found.1 = source.encoding.name();
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn a_byte_order_mark_says_the_encoding_else_the_options_do() {
        let text = "Kurse steigen um 5 € \u{1f680}\n".repeat(9_000);
        let utf_16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
        for (content, told, name) in [
            (text.clone().into_bytes(), "utf-8", "UTF-8"),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), "latin1", "UTF-8"),
            ([b"\xFF\xFE", &little[..]].concat(), "utf-8", "UTF-16LE"),
            ([b"\xFE\xFF", &big[..]].concat(), "utf-8", "UTF-16BE"),
            (little, "utf-16le", "UTF-16LE"),
            (big, "utf-16be", "UTF-16BE"),
        ] {
            assert_eq!(read(&content, told).unwrap(), (text.clone().into_bytes(), name), "{told}");
        }
        assert_eq!(read(b"5 \x80 caf\xE9", "latin1").unwrap().0, "5 € café".as_bytes());
    }

    #[test]
    fn unmarked_utf_16_and_utf_32_are_told() {
        for (content, fragment) in [
            (&b"t\0e\0x\0t\0"[..], "--encoding utf-16le"),
            (b"\0t\0e\0x\0t", "--encoding utf-16be"),
            (b"\xFF\xFE\0\0t\0\0\0", "UTF-32"),
            (b"\0\0\xFE\xFF\0\0\0t", "UTF-32"),
        ] {
            let error = format!("{:#}", read(content, "utf-8").unwrap_err());
            assert!(error.contains(fragment) && error.contains("a.txt"), "{error}");
        }
        assert!(read(b"a\0b", "utf-8").is_ok());
    }

    #[test]
    fn what_is_no_text_stays_in_its_place() {
        // A surrogate alone, half a character at the end.
        assert_eq!(read(b"a\0\0\xD8b\0c", "utf-16le").unwrap().0, b"a\xFFb\xFF");
        let origin = |offset, encoding| Origin { offset, encoding };
        let error = origin(Some(100), UTF_8).text(b"im caf\xE9 um zehn").unwrap_err();
        assert!(error.contains("0xE9 at offset 106") && error.contains("\"café\""), "{error}");
        let error = origin(None, UTF_16LE).text(b"up a\xFFb").unwrap_err();
        assert!(error.contains("expected UTF-16LE") && error.contains("\"up a\""), "{error}");
    }
}
