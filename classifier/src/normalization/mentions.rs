//! User names: whom a tweet speaks to, and whom it repeats.

use super::rewriting::{Rewriting, is_blank};
use std::borrow::Cow;
use std::ops::Range;

/// What every mention becomes: one word of the vocabularies of BERT. Data whose names were made `@user` reads the same.
const MENTION_WORD: &str = "user";

/// `@name` → `user`; several in a row once. `RT @name:` in front of something is dropped.
pub(super) fn replace(text: &str) -> Cow<'_, str> {
    let mut rewriting = Rewriting::of(text);
    let mut head = 0;
    while let Some(end) = retweet_head(text, head) {
        rewriting.replace(head..end, &[]);
        head = end;
    }
    let mut is_behind_mention = false;
    while let Some(mention) = find(text, rewriting.copied()) {
        let is_next = is_behind_mention && is_blank(rewriting.since(mention.start));
        match is_next {
            true => rewriting.replace(rewriting.copied()..mention.end, &[]),
            false => rewriting.replace(mention, &[MENTION_WORD]),
        }
        is_behind_mention = true;
    }
    rewriting.finish()
}

/// Byte offset behind the `RT @name:` at `start`, if anything to read follows.
fn retweet_head(text: &str, start: usize) -> Option<usize> {
    let rest = text[start..].trim_start();
    let name = ["RT", "rt"].iter().find_map(|head| rest.strip_prefix(head))?;
    let mention = name.trim_start();
    let at = text.len() - mention.len();
    let end = (mention.len() < name.len()).then(|| name_end(text, at)).flatten()?;
    let behind = &text[end..];
    let body = behind.strip_prefix(':').unwrap_or(behind);
    body.contains(char::is_alphanumeric).then_some(text.len() - body.len())
}

/// The first mention at or behind byte `start`.
fn find(text: &str, start: usize) -> Option<Range<usize>> {
    text[start..].match_indices('@').find_map(|(offset, _)| {
        let at = start + offset;
        // An address of mail has a letter in front; a name of which nothing parts this one is itself a mention.
        let follows_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && at > start;
        (!follows_word).then(|| name_end(text, at)).flatten().map(|end| at..end)
    })
}

/// Byte offset behind the name whose `@` stands at `at`. It begins with a letter: `@5.50` is a price.
fn name_end(text: &str, at: usize) -> Option<usize> {
    let name = text[at..].strip_prefix('@')?;
    let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let ends = !name[length..].starts_with(char::is_alphanumeric);
    (ends && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')).then_some(at + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_one_word() {
        let cases = [
            ("@newsdesk Shares of @Acme_1 rise", "user Shares of user rise"),
            ("thanks @a @b\n@c, and @d.", "thanks user, and user."),
            ("@a@b up", "user up"),
            ("(@a's) .@b", "(user's) .user"),
            ("bought @5.50 @ 6, @10k, mail a@b.example", "bought @5.50 @ 6, @10k, mail a@b.example"),
            ("@\u{e9}t\u{e9} @ab\u{e9} @", "@\u{e9}t\u{e9} @ab\u{e9} @"),
        ];
        for (text, expected) in cases {
            assert_eq!(replace(text), expected, "{text:?}");
        }
        assert!(matches!(replace("bought @5"), Cow::Borrowed(_)));
    }

    #[test]
    fn retweet_heads_are_dropped_where_something_follows() {
        let cases = [
            ("RT @a: Shares rise", " Shares rise"),
            (" rt @a Shares", " Shares"),
            ("RT @a: RT @b: up @c", " up user"),
            ("RT @a: ", "RT user: "),
            ("ART @a: up", "ART user: up"),
            ("RT@a: up", "RT@a: up"),
            ("RT if you agree", "RT if you agree"),
            ("so RT @a: up", "so RT user: up"),
        ];
        for (text, expected) in cases {
            assert_eq!(replace(text), expected, "{text:?}");
        }
    }
}
