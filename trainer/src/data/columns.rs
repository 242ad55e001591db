//! Wanted columns among those that a file has, and the way out where they are not there.

use super::row::Columns;

/// Positions of the wanted columns, the text's first.
///
/// # Errors
/// In words: a column that is missing or there twice, the columns found, what to do about it.
pub fn positions(wanted: Columns<'_>, found: &[&str]) -> Result<Vec<usize>, String> {
    let position = |name: &str| {
        let mut positions = (0..found.len()).filter(|index| found[*index] == name);
        positions.next().filter(|_| positions.next().is_none())
    };
    let positions: Option<Vec<_>> = wanted.names().into_iter().map(position).collect();
    positions.ok_or_else(|| {
        format!(
            "expected a header with the columns {}, once each; found {}{}",
            quoted(&wanted.names()),
            quoted(found),
            cure(wanted, found)
        )
    })
}

/// How to name other columns; empty where nothing is missing.
pub fn cure(wanted: Columns<'_>, found: &[&str]) -> String {
    let options = [("--text-column", Some(wanted.text)), ("--label-column", wanted.label)];
    let missing = options.into_iter().filter_map(|(option, name)| Some((option, name?)));
    let missing: Vec<_> = missing
        .filter(|(_, name)| !found.contains(name))
        .map(|(option, name)| {
            let similar = found.iter().find(|found| plain(found) == plain(name));
            format!("{option} {}", similar.map_or("NAME".to_owned(), |found| format!("'{found}'")))
        })
        .collect();
    if missing.is_empty() {
        return String::new();
    }
    format!(
        ". Rename the columns, or say which they are: {} (in a configuration data.text_column, data.label_column)",
        missing.join(" ")
    )
}

/// Whether the columns would all be found under other spellings.
pub fn are_similar(wanted: Columns<'_>, found: &[&str]) -> bool {
    wanted.names().iter().all(|name| found.iter().any(|found| plain(found) == plain(name)))
}

/// A name without case, spaces and quotes.
fn plain(name: &str) -> String {
    name.trim_matches(|c: char| c.is_whitespace() || "\"'\u{feff}".contains(c)).to_lowercase()
}

/// Names as an error lists them.
pub fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
