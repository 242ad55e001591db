//! What can be seen in a text without a model: that there is nothing to read, or that it is many texts at once.

/// From so many lines on a text may be several; reading them one by one is offered.
const SEVERAL_LINES: usize = 3;
/// From so many lines on it hardly is one text: it is not judged as one unasked.
const LIST_LINES: usize = 10;

/// Why there is nothing to say about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// There is nothing but whitespace and control characters.
    Empty,
    /// There is nothing but links, which the model does not read.
    OnlyLinks,
    /// There is nothing that the engine found to read: what a tokenizer leaves out (zero-width spaces, accents
    /// without a letter, …) is its model's own affair.
    Unreadable,
}

/// How many texts a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One.
    One,
    /// Perhaps several, of so many lines: it is read, and the other way is offered.
    Several(usize),
    /// A list of so many: it is not judged as one text unless that is wanted.
    List(usize),
}

/// What can be seen of a text to be blank. What can be seen here is not asked about.
pub fn blank(text: &str) -> Option<Blank> {
    let mut words = text.split_whitespace().filter(|word| !word.chars().all(char::is_control)).peekable();
    match words.peek() {
        None => Some(Blank::Empty),
        Some(_) => words.all(is_link).then_some(Blank::OnlyLinks),
    }
}

/// How many texts it looks like, by its lines that have something in them.
pub fn lines(text: &str) -> Lines {
    match text.lines().filter(|line| !line.trim().is_empty()).count() {
        number if number >= LIST_LINES => Lines::List(number),
        number if number >= SEVERAL_LINES => Lines::Several(number),
        _ => Lines::One,
    }
}

/// Whether a text is the one before with something added, taken away or changed near its end: one begins with the other,
/// or with half of it.
pub fn continues(before: &str, after: &str) -> bool {
    let is_same = |(one, other): &(char, char)| one == other;
    let common = before.chars().zip(after.chars()).take_while(is_same).count();
    let (before, after) = (before.chars().count(), after.chars().count());
    common > 0 && (common == before.min(after) || 2 * common >= before.max(after))
}

/// Links are removed before the model reads, see the classifier's normalization. Of one with an emoji at its end something
/// may be left: the engine knows.
fn is_link(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.is_ascii() && ["http://", "https://", "www."].iter().any(|start| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_links_alone_has_nothing_to_read() {
        for text in ["  \n\t ", "\0 \u{1}", ""] {
            assert_eq!(blank(text), Some(Blank::Empty), "{text:?}");
        }
        for text in ["https://example.org/a", " HTTP://x.y\nwww.example.org "] {
            assert_eq!(blank(text), Some(Blank::OnlyLinks), "{text:?}");
        }
        assert_eq!(blank("https://example.org/a\u{1f680}"), None, "the engine reads the emoji");
        assert_eq!(blank("awww. https://example.org"), None);
    }

    #[test]
    fn a_text_goes_on_where_it_begins_like_the_one_before() {
        assert!(continues("Shares", "Shares plunge") && continues("Shares plunge", "Shares"));
        assert!(continues("Shares plunge after", "Shares plunge now"));
        assert!(!continues("Shares plunge", "Record profit") && !continues("", "Shares"));
    }

    #[test]
    fn lines_are_counted_without_empty_ones() {
        assert_eq!(lines("up\n\n and down \n"), Lines::One);
        assert_eq!(lines("one\ntwo\r\nthree"), Lines::Several(3));
        assert_eq!(lines(&"row\n\n".repeat(500)), Lines::List(500));
        assert_eq!(lines(&"row\n".repeat(9)), Lines::Several(9));
    }
}
