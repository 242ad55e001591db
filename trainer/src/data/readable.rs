//! Which texts have anything to read, whatever model is asked.

use classifier::normalization::{CURRENT, Normalization};

/// Why a text without anything to read is rejected.
pub const NOTHING_TO_READ: &str = "empty text: expected at least one word, found nothing to read (URLs, whitespace and \
                                   control characters do not count). Remove the row";

/// Whether a text has anything that the tokenizer would keep, under every step that removes something, those of earlier
/// models and of new ones: what is only a URL is no text, whatever the model in question removes.
///
/// # Errors
/// None; the steps are known.
pub fn readable_check() -> anyhow::Result<impl Fn(&str) -> bool> {
    let first = Normalization::new(&["decode_html_entities", "remove_urls", "collapse_whitespace"])?;
    let current = Normalization::new(&CURRENT)?;
    Ok(move |text: &str| !is_blank(&first.apply(text)) && !is_blank(&current.apply(text)))
}

/// Whether a text is whitespace and control characters alone.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control())
}
