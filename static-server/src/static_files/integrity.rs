//! What the page says of its own files (`integrity="sha384-…"`) is checked before they are served.
//!
//! Trunk names them by content, so they go out to be kept for ever: a half-copied one would stay in every cache
//! under a name that the next, whole copy has as well.

use super::file::StaticFile;
use anyhow::ensure;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha384};

/// Checks every file that this HTML names with its SHA-384.
///
/// # Errors
/// A file with another hash.
pub(super) fn check<'a>(html: &str, find: impl Fn(&str) -> Option<&'a StaticFile>) -> anyhow::Result<()> {
    for tag in html.split('<').filter_map(|rest| rest.split('>').next()) {
        let path = attribute(tag, "href").or_else(|| attribute(tag, "src"));
        let Some((path, expected)) = path.zip(attribute(tag, "integrity")) else { continue };
        // The page names them from where it lies, which is the root.
        let absolute = format!("/{}", path.trim_start_matches("./").trim_start_matches('/'));
        let (Some(file), true) = (find(&absolute), expected.starts_with("sha384-")) else { continue };
        let found = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(file.bytes())));
        ensure!(
            found == expected,
            "page: expected {path} with the integrity {expected} as index.html says, found {found}; copy the folder \
             again, or build it with `cargo xtask build`"
        );
    }
    Ok(())
}

/// The value of an attribute in double quotes, as trunk writes them.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}
