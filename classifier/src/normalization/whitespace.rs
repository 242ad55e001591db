//! One space between words, whatever was there.

use std::borrow::Cow;

pub(super) fn collapse(text: &str) -> Cow<'_, str> {
    let mut previous_is_space = true;
    let is_collapsed = text.chars().all(|c| {
        let keeps = !c.is_whitespace() || (c == ' ' && !previous_is_space);
        previous_is_space = c.is_whitespace();
        keeps
    });
    if is_collapsed && !text.ends_with(' ') {
        return Cow::Borrowed(text);
    }
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    Cow::Owned(collapsed)
}
