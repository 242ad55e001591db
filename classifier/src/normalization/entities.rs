//! HTML entities that were escaped more than once.

use std::borrow::Cow;

/// More often nobody escapes by mistake.
const MOST_ROUNDS: usize = 8;

/// Decodes until nothing changes.
pub(super) fn decode_nested(text: &str) -> Cow<'_, str> {
    let mut decoded = Cow::Borrowed(text);
    for _ in 0..MOST_ROUNDS {
        if !decoded.contains('&') {
            break;
        }
        let Cow::Owned(once_more) = html_escape::decode_html_entities(decoded.as_ref()) else { break };
        decoded = Cow::Owned(once_more);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_to_the_end() {
        for (text, expected) in [
            ("up &amp;gt; 5% &lt; 6%", "up > 5% < 6%"),
            ("AT&amp;amp;amp;amp;T", "AT&T"),
            ("&amp;#x1F680; &#38;amp;", "\u{1f680} &"),
            ("R&D, 5 & 6; &none;", "R&D, 5 & 6; &none;"),
        ] {
            assert_eq!(decode_nested(text), expected);
        }
        assert!(matches!(decode_nested("R&D; up"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_text_escaped_a_thousand_times_takes_no_thousand_rounds() {
        let text = format!("&{}lt;", "amp;".repeat(1000));
        assert_eq!(decode_nested(&text), format!("&{}lt;", "amp;".repeat(1000 - MOST_ROUNDS)));
    }
}
