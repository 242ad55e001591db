//! Marks and letters that somebody leaned on.

use std::borrow::Cow;

/// What two dots and more become: one token where `...` takes three.
const ELLIPSIS: char = '\u{2026}';
/// No English word has more of a letter.
const MOST_LETTERS: usize = 3;
/// `!!` is more than `!`; `!!!` is no more than `!!`.
const MOST_MARKS: usize = 2;

/// Dots to one ellipsis, other marks of ASCII to two in a row, letters to three; digits stay as they are.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    let (mut previous, mut in_a_row) = (' ', 0);
    let mut is_kept = |c: char| {
        let is_same = c == previous || (is_dot(c) && is_dot(previous));
        in_a_row = if is_same { in_a_row + 1 } else { 1 };
        previous = c;
        in_a_row <= most(c)
    };
    let Some(first) = text.char_indices().find_map(|(at, c)| (!is_kept(c)).then_some(at)) else {
        return Cow::Borrowed(text);
    };
    let mut shortened = text[..first].to_owned();
    // The closure knows what came before; the character that is too much is seen again.
    for c in text[first..].chars() {
        if is_kept(c) {
            shortened.push(c);
        } else if is_dot(c) && shortened.ends_with('.') {
            shortened.pop();
            shortened.push(ELLIPSIS);
        }
    }
    Cow::Owned(shortened)
}

fn is_dot(c: char) -> bool {
    matches!(c, '.' | ELLIPSIS)
}

/// How many of `c` may stand in a row.
fn most(c: char) -> usize {
    match c {
        c if is_dot(c) => 1,
        c if c.is_ascii_punctuation() => MOST_MARKS,
        c if c.is_alphabetic() => MOST_LETTERS,
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_shortened() {
        let cases = [
            ("sooooo up!!!! why?????", "sooo up!! why??"),
            ("wait.. for it......", "wait\u{2026} for it\u{2026}"),
            ("so\u{2026}. and.\u{2026}\u{2026}, or\u{2026}", "so\u{2026} and\u{2026}, or\u{2026}"),
            ("$$$ ---- ==", "$$ -- =="),
            (&"a".repeat(101), "aaa"),
        ];
        for (text, expected) in cases {
            assert_eq!(shorten(text), expected, "{text:?}");
        }
        for unchanged in ["see, 1000000 up!! ooo a.b", "so\u{2026}", "", "\u{4e94}"] {
            assert!(matches!(shorten(unchanged), Cow::Borrowed(_)), "{unchanged}");
        }
    }
}
