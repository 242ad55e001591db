//! Which encoding the bytes of a file have, and whether they are text at all, judged by its head.
//!
//! A byte order mark decides; then zeros, which text in UTF-16 has in every other place; then whether the rest is
//! UTF-8. Where it is not, the larger part wins: text in UTF-8 with a stray byte stays UTF-8 (the byte is marked), text
//! without any valid sequence is Windows-1252. Decoding itself is the browser's.

use super::problem::Problem;

/// So much of a file is looked at before it is read.
pub const HEAD_BYTES: usize = 256 * 1024;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the lower byte first.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
    /// What older programs on Windows write; Latin-1 is a part of it.
    Windows1252,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Windows1252, Self::Utf16Le, Self::Utf16Be];

    /// Its name in the WHATWG Encoding Standard, which browsers decode by.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16 LE",
            Self::Utf16Be => "UTF-16 BE",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// An encoding, and what speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The encoding.
    pub encoding: Encoding,
    /// It is a guess worth checking: the bytes are no UTF-8.
    pub is_doubtful: bool,
}

/// Files that are no text, by their first bytes.
const KINDS: [(&[u8], &str, &str); 9] = [
    (b"PK\x03\x04", "This is a spreadsheet or a ZIP archive", SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "This is an older Excel or Word file", SAVE_AS_CSV),
    (b"%PDF", "This is a PDF", "Copy its text and paste it here."),
    (b"\x1f\x8b", "This file is compressed (gzip)", "Unpack it and choose what is inside."),
    (b"\x28\xb5\x2f\xfd", "This file is compressed (zstd)", "Unpack it and choose what is inside."),
    (b"PAR1", "This is a Parquet file", "Save it as CSV first, for example with pandas or DuckDB."),
    (b"SQLite format 3", "This is a database", "Export the table as CSV and choose that file."),
    (b"\x89PNG", "This is a picture", OTHER_FILE),
    (b"\xff\xd8\xff", "This is a picture", OTHER_FILE),
];
const SAVE_AS_CSV: &str = "In Excel, Numbers or LibreOffice, save it as CSV and choose that file.";
const OTHER_FILE: &str = "Choose a CSV, TSV, JSONL or TXT file.";

/// Listens to the head of a file; `is_whole`: there is nothing behind it.
///
/// # Errors
/// It is empty, or no text.
pub fn listen(head: &[u8], is_whole: bool) -> Result<Heard, Problem> {
    let sure = |encoding| Ok(Heard { encoding, is_doubtful: false });
    if head.is_empty() {
        return Err(Problem::Empty);
    }
    if let Some((_, kind, advice)) = KINDS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(Problem::Binary { kind, advice });
    }
    match head {
        [0xef, 0xbb, 0xbf, ..] => return sure(Encoding::Utf8),
        [0xff, 0xfe, ..] => return sure(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return sure(Encoding::Utf16Be),
        _ => {}
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    // Text in European languages; in UTF-16 without a mark others cannot be told from noise.
    if odd * 2 > half && even * 20 < half {
        return sure(Encoding::Utf16Le);
    }
    if even * 2 > half && odd * 20 < half {
        return sure(Encoding::Utf16Be);
    }
    let is_control = |byte: &&u8| matches!(**byte, 1..=8 | 14..=26 | 28..=31);
    if even + odd > 0 || head.iter().filter(is_control).count() * 50 > head.len() {
        return Err(Problem::Binary { kind: "This file holds binary data", advice: OTHER_FILE });
    }
    let (valid, invalid) = count_sequences(head, is_whole);
    if invalid == 0 {
        return sure(Encoding::Utf8);
    }
    let encoding = if invalid > valid { Encoding::Windows1252 } else { Encoding::Utf8 };
    Ok(Heard { encoding, is_doubtful: true })
}

/// Characters of several bytes in UTF-8, and bytes that are no UTF-8.
fn count_sequences(bytes: &[u8], is_whole: bool) -> (usize, usize) {
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    // The head may end in the middle of a character.
    let ends_inside =
        !is_whole && bytes.utf8_chunks().last().is_some_and(|chunk| !chunk.invalid().is_empty());
    (valid, invalid - usize::from(ends_inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8]) -> (Encoding, bool) {
        let heard = listen(bytes, true).unwrap();
        (heard.encoding, heard.is_doubtful)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_zeros_and_validity_decide() {
        let text = "text,label\nAktie fällt,-1\n";
        assert_eq!(heard(text.as_bytes()), (Encoding::Utf8, false));
        assert_eq!(heard(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), (Encoding::Utf8, false));
        assert_eq!(heard(&utf16(text, u16::to_le_bytes)), (Encoding::Utf16Le, false));
        assert_eq!(heard(&utf16(text, u16::to_be_bytes)), (Encoding::Utf16Be, false));
        assert_eq!(heard(&utf16("\u{feff}漢字", u16::to_be_bytes)), (Encoding::Utf16Be, false));
        assert_eq!(heard(b"Aktie f\xe4llt, Verk\xe4ufe"), (Encoding::Windows1252, true));
    }

    #[test]
    fn a_stray_byte_does_not_turn_a_file_in_utf_8_into_another() {
        assert_eq!(heard("fällt 😀 – caf\u{e9}".as_bytes()), (Encoding::Utf8, false));
        assert_eq!(heard(b"f\xc3\xa4llt \xf0\x9f\x98\x80 caf\xe9"), (Encoding::Utf8, true));
    }

    #[test]
    fn a_head_may_end_inside_a_character() {
        let cut = &"caf\u{e9}".as_bytes()[..4];
        assert_eq!(listen(cut, false), Ok(Heard { encoding: Encoding::Utf8, is_doubtful: false }));
        assert_eq!(listen(cut, true).map(|heard| heard.encoding), Ok(Encoding::Windows1252));
    }

    #[test]
    fn what_is_no_text_is_named_with_what_to_do() {
        for (bytes, word) in [
            (&b"PK\x03\x04 xlsx"[..], "save it as CSV"),
            (b"\x1f\x8b\x08", "Unpack"),
            (b"\x89PNG\r\n", "picture"),
            (&[7, 0, 3, 200, 1, 0, 9, 4], "binary"),
        ] {
            let problem = listen(bytes, true).unwrap_err().to_string();
            assert!(problem.contains(word), "{problem}");
        }
        assert_eq!(listen(b"", true), Err(Problem::Empty));
    }
}
