//! Whether the quotes of a row are RFC 4180's: a field is quoted as a whole, quotes inside it are doubled.
//!
//! The `csv` crate reads other rows as well, and silently as something else: a quote that is never closed as one long
//! field with the rows behind it, `"\"up\" 5%"` as `\up\" 5%"`.

/// What is wrong with the quotes of this row, in terms of the cure.
pub fn flaw(raw: &[u8], delimiter: u8) -> Option<String> {
    if !raw.contains(&b'"') {
        return None;
    }
    let is_end = |byte: u8| byte == delimiter || byte == b'\r' || byte == b'\n';
    let mut at = Place::FieldStart;
    for &byte in raw {
        at = match (at, byte) {
            (Place::FieldStart, b'"') | (Place::Closed, b'"') => Place::Quoted,
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, _) => Place::Quoted,
            (Place::Closed, byte) if !is_end(byte) => {
                return Some(cure(raw, "found text behind a closing quote"));
            }
            (_, byte) if is_end(byte) => Place::FieldStart,
            _ => Place::Plain,
        };
    }
    (at == Place::Quoted).then(|| cure(raw, "found one without its partner"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote that ends the field or is the first of two.
    Closed,
}

fn cure(raw: &[u8], found: &str) -> String {
    let line = raw.split(|byte| b"\r\n".contains(byte)).find(|line| !line.is_empty()).unwrap_or_default();
    let cure = match line.windows(2).any(|pair| pair == b"\\\"") {
        true => "Quotes inside a field are doubled, not escaped by a backslash: write \"\" for \\\"",
        false => "Enclose the field in quotes and double the quotes inside it",
    };
    format!("expected quotes in pairs around a whole field, {found}. {cure}")
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn quotes_around_a_whole_field_or_inside_a_plain_one_are_none() {
        for row in [
            "up,1\n",
            "\"up, and up\",1\n",
            "\"say \"\"up\"\"\",1\r\n",
            "\"\",\"\"",
            "5\" pipe,1",
            "say \"up\",1\n",
            "\"two\nlines\",1\n",
            "\n\"up\"\r",
            "\"a backslash\\\",1",
            "\"\"\"up\"\"\",1",
        ] {
            assert_eq!(flaw(row.as_bytes(), b','), None, "{row:?}");
        }
        assert_eq!(flaw(b"\"up\";1", b';'), None);
    }

    #[test]
    fn others_are_and_the_cure_depends_on_the_backslash() {
        for (row, fragment) in [
            ("\"up,1\nup,1\n", "without its partner. Enclose"),
            ("\"up\" and \"down\",1\n", "behind a closing quote. Enclose"),
            ("\"\\\"up\\\" 5%\",1\n", "not escaped by a backslash"),
            ("\"up \\\"5%\\\"\",1\n", "not escaped by a backslash"),
            ("\"5%\\\"\",1\n\"down\",0\n", "not escaped by a backslash"),
            ("\"up\",\"1\n", "without its partner"),
            ("\"up\",1", "behind a closing quote"),
        ] {
            let delimiter = if row == "\"up\",1" { b';' } else { b',' };
            let found = flaw(row.as_bytes(), delimiter).unwrap();
            assert!(found.contains(fragment), "{row:?}: {found}");
        }
    }
}
