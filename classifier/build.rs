//! Writes the table of emoji names that `src/normalization/emoji.rs` includes, from the crate `emojis`.
//!
//! Here rather than at run time: the crate holds 3,963 emoji with versions, skin tones and shortcodes, and of all that
//! the engine, which browsers download, needs 1,920 names.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

/// Signs more than pictures: the step `fold_characters` drops them.
const SIGNS: [&str; 3] = ["\u{a9}", "\u{ae}", "\u{2122}"];
/// Emoji that are marks, double exclamation mark and the like: what they are drawn as says it shorter.
const MARKS: [(&str, &str); 2] = [("double exclamation mark", "!!"), ("exclamation question mark", "!?")];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let untoned = emojis::iter().filter(|emoji| is_untoned(emoji));
    // Sorted, so that the longest emoji at a place is found by bisection.
    let names: BTreeMap<String, String> =
        untoned.map(|emoji| (emoji.as_str().replace('\u{fe0f}', ""), words(emoji.name()))).collect();
    let mut table = String::from("[\n");
    for (emoji, name) in names.iter().filter(|(emoji, _)| !SIGNS.contains(&emoji.as_str())) {
        writeln!(table, "    ({emoji:?}, {name:?}),")?;
    }
    table.push(']');
    let folder = std::env::var_os("OUT_DIR").ok_or("expected OUT_DIR, which cargo sets")?;
    Ok(std::fs::write(Path::new(&folder).join("emoji_names.rs"), table)?)
}

fn is_untoned(emoji: &emojis::Emoji) -> bool {
    emoji.skin_tone().is_none_or(|tone| tone == emojis::SkinTone::Default)
}

/// The short name without what is between its words: `flag: United States` → `flag United States`; a keycap is its key.
fn words(name: &str) -> String {
    if let Some(key) = name.strip_prefix("keycap: ") {
        return key.to_owned();
    }
    if let Some((_, marks)) = MARKS.iter().find(|(known, _)| *known == name) {
        return (*marks).to_owned();
    }
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
