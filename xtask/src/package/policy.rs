//! The Content-Security-Policy of a page on a host that sends no headers of ours: a `<meta>` in its head.
//!
//! It says what the server's header says (`static-server/src/security_headers.rs`; e2e holds one against the other), but
//! for `frame-ancestors`, which browsers heed in a header alone.

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// What the page may do, besides running scripts.
const POLICY: &str = "style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; \
     object-src 'none'; form-action 'none'";
/// After it, since what stands before the character set may be read in another one.
const PLACE: &str = "<meta charset=\"utf-8\" />";

/// The page with its policy: its own files, WebAssembly, and the inline scripts that it has now.
///
/// # Errors
/// The page has no head as ours has.
pub fn with_policy(html: &str) -> Result<String> {
    let (before, after) = html.split_once(PLACE).with_context(|| {
        format!("expected {PLACE} in index.html, found none: trunk writes it otherwise now")
    })?;
    let hashes: String = inline_scripts(html)
        .map(|script| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    Ok(format!(
        "{before}{PLACE}\n    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; \
         script-src 'self' 'wasm-unsafe-eval'{hashes}; {POLICY}\" />{after}"
    ))
}

/// The texts of the `<script>` elements without a `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.match_indices("<script").filter_map(|(start, _)| {
        let (attributes, rest) = html[start..].split_once('>')?;
        let (text, _) = rest.split_once("</script>")?;
        (!attributes.contains(" src=") && !text.is_empty()).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::with_policy;

    #[test]
    fn the_policy_comes_first_and_allows_the_inline_script_that_there_is() {
        let page = "<head>\n<meta charset=\"utf-8\" /><script src=\"a.js\"></script><script>alert('hi')</script></head>";
        let page = with_policy(page).unwrap();
        let (policy, script) = (page.find("Content-Security-Policy").unwrap(), page.find("a.js").unwrap());
        assert!(policy < script, "{page}");
        // `printf "alert('hi')" | openssl dgst -sha256 -binary | base64`
        let hashes = "'wasm-unsafe-eval' 'sha256-XTqNqFSUlZHAW7f/OGNYSOEzxKhjdAAGMXoid2VEbJk=';";
        assert!(page.contains(hashes), "{page}");
        assert!(!page.contains("unsafe-inline") && !page.contains("frame-ancestors"), "{page}");
        assert!(with_policy("<p>").unwrap_err().to_string().contains("charset"));
    }
}
