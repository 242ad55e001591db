//! Bytes → texts: JSON is read straight into strings, element by element.
//!
//! A value of any JSON (`serde_json::Value`) would take up to 72 times the size of a body like `[0,0,…]`. Here
//! only texts within the limits are kept, the rest is counted; what is wrong is told once the whole body is
//! known to be JSON, so that the same body always gets the same refusal.

use super::refused_text::RefusedText;
use crate::error::ApiError;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What some programs on Windows put before UTF-8 (U+FEFF).
const BYTE_ORDER_MARK: &str = "\u{feff}";
const A_STRING: &str = "a string";
const AN_ARRAY: &str = "an array";

/// The elements of a JSON array, in UTF-8 with or without a byte order mark: texts, or why one is no text of at most
/// `max_text_bytes`.
///
/// # Errors
/// Another encoding, no valid JSON, no array, or more than `max_texts` elements.
pub fn parse_texts(
    body: &[u8],
    max_texts: usize,
    max_text_bytes: usize,
) -> Result<Vec<Result<String, RefusedText>>, ApiError> {
    if let Some(found) = other_encoding(body) {
        return Err(ApiError::OtherEncoding { found });
    }
    let json =
        std::str::from_utf8(body).map_err(|error| ApiError::NotUtf8 { offset: error.valid_up_to() })?;
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let mut texts = Texts { max_texts, max_text_bytes, kept: Vec::new(), found: 0 };
    let mut json = serde_json::Deserializer::from_str(json);
    let parsed = Reader::Body(&mut texts).deserialize(&mut json).and_then(|found| json.end().map(|()| found));
    let found = parsed.map_err(|error| ApiError::NotJson { reason: error.to_string() })?;
    if found != AN_ARRAY {
        return Err(ApiError::NotAnArray { found });
    }
    if texts.found > max_texts {
        return Err(ApiError::TooManyTexts { limit: max_texts, found: texts.found });
    }
    Ok(texts.kept)
}

/// UTF-16 and UTF-32 by their byte order mark, or by the zeros beside the `[` that an array begins with.
fn other_encoding(body: &[u8]) -> Option<&'static str> {
    match body {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [b'[', 0, 0, 0, ..] | [0, 0, 0, b'[', ..] => {
            Some("UTF-32")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'[', 0, ..] | [0, b'[', ..] => Some("UTF-16"),
        _ => None,
    }
}

/// What an array has held so far: the elements up to the limit, and a count.
struct Texts {
    max_texts: usize,
    max_text_bytes: usize,
    kept: Vec<Result<String, RefusedText>>,
    found: usize,
}

impl Texts {
    fn keep(&mut self, text: &str) {
        let (limit_bytes, found_bytes) = (self.max_text_bytes, text.len());
        if self.found < self.max_texts {
            self.kept.push(match found_bytes > limit_bytes {
                true => Err(RefusedText::TooLong { limit_bytes, found_bytes }),
                false => Ok(text.to_owned()),
            });
        }
    }

    fn count(&mut self, found: &'static str) {
        if found != A_STRING && self.found < self.max_texts {
            self.kept.push(Err(RefusedText::NotAString { found }));
        }
        self.found += 1;
    }
}

/// Reads a JSON value to its end and gives its type. What is nested counts towards `serde_json`'s recursion limit.
enum Reader<'a> {
    /// The whole body: its elements are looked at.
    Body(&'a mut Texts),
    /// An element of the body's array: kept if it is a string.
    Element(&'a mut Texts),
    /// Whatever lies deeper: skipped.
    Nested,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = &'static str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok("null")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok("a boolean")
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok("a number")
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok("a number")
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok("a number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        if let Self::Element(texts) = self {
            texts.keep(text);
        }
        Ok(A_STRING)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        if let Self::Body(texts) = self {
            while let Some(found) = array.next_element_seed(Reader::Element(texts))? {
                texts.count(found);
            }
        } else {
            while array.next_element_seed(Reader::Nested)?.is_some() {}
        }
        Ok(AN_ARRAY)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_key::<IgnoredAny>()?.is_some() {
            object.next_value_seed(Reader::Nested)?;
        }
        Ok("an object")
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, RefusedText, Texts, parse_texts};
    use crate::error::ApiError;
    use serde::de::DeserializeSeed;

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_texts() {
        let texts = parse_texts("\u{feff}[\"\u{feff}up\"]".as_bytes(), 1, 9).unwrap();
        assert_eq!(texts, [Ok("\u{feff}up".to_owned())]);
        let error = parse_texts(b"\xef\xbb\xbf[\"\xff", 1, 9).unwrap_err();
        assert!(matches!(error, ApiError::NotUtf8 { offset: 5 }), "{error}");
    }

    #[test]
    fn utf_16_and_utf_32_are_named() {
        let [little, big]: [fn(u16) -> [u8; 2]; 2] = [u16::to_le_bytes, u16::to_be_bytes];
        for to_bytes in [little, big] {
            for text in ["[\"up\"]", "\u{feff}[\"up\"]"] {
                let body: Vec<u8> = text.encode_utf16().flat_map(to_bytes).collect();
                let error = parse_texts(&body, 1, 9).unwrap_err();
                assert!(matches!(error, ApiError::OtherEncoding { found: "UTF-16" }), "{error}");
            }
        }
        let body: Vec<u8> = "[\"up\"]".chars().flat_map(|char| u32::from(char).to_le_bytes()).collect();
        let error = parse_texts(&body, 1, 9).unwrap_err();
        assert!(matches!(error, ApiError::OtherEncoding { found: "UTF-32" }), "{error}");
    }

    #[test]
    fn nothing_is_kept_beyond_the_limits() {
        for json in ["[0,0,0,0]", "[{\"a\":[]},\"\",\"\",\"\"]", "[\"long\",\"\",\"\",\"\"]"] {
            let mut texts = Texts { max_texts: 2, max_text_bytes: 3, kept: Vec::new(), found: 0 };
            Reader::Body(&mut texts).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap();
            assert_eq!((texts.kept.len(), texts.found), (2, 4), "{json}");
            assert!(texts.kept.iter().flatten().all(|text| text.is_empty()), "{json}");
            assert!(matches!(
                parse_texts(json.as_bytes(), 2, 3),
                Err(ApiError::TooManyTexts { limit: 2, found: 4 })
            ));
        }
        let expected = [
            Ok(String::new()),
            Err(RefusedText::NotAString { found: "an array" }),
            Err(RefusedText::NotAString { found: "a number" }),
            Err(RefusedText::TooLong { limit_bytes: 3, found_bytes: 4 }),
        ];
        assert_eq!(parse_texts(b"[\"\",[[]],7,\"long\"]", 9, 3).unwrap(), expected);
    }
}
