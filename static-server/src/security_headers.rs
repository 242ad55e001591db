//! Headers that every answer carries: what the page may load, run and be embedded in.
//!
//! The policy allows neither `unsafe-inline` nor `unsafe-eval`. Trunk's bootstrap is an inline script, so its
//! hash is computed from the very `index.html` that is served; `'wasm-unsafe-eval'` lets WebAssembly compile
//! and nothing else.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// What a page of this origin may do, besides running scripts.
const POLICY: &str = "style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; \
     object-src 'none'; frame-ancestors 'none'; form-action 'none'";
/// Everything that a page about tweets has no use for.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()";

/// The headers for a server whose page is this HTML.
///
/// # Errors
/// A policy that is no header value; base64 and ASCII always are one.
pub fn for_page(html: &str) -> anyhow::Result<HeaderMap> {
    // Browsers hash what their HTML parser sees, and that has no carriage returns.
    let html = html.replace("\r\n", "\n");
    let hashes: String = inline_scripts(&html)
        .map(|script| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    let policy = format!("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; {POLICY}");
    Ok(HeaderMap::from_iter([
        (header::CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy)?),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    ]))
}

/// The texts of the `<script>` elements without a `src`. One too many (in a comment, say) would only allow a
/// script that is not there.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    let lower = html.to_ascii_lowercase();
    let starts: Vec<usize> = lower.match_indices("<script").map(|(start, _)| start).collect();
    starts.into_iter().filter_map(move |start| {
        let text = start + lower[start..].find('>')? + 1;
        let end = text + lower[text..].find("</script")?;
        let has_source = lower[start..text].split_ascii_whitespace().any(|word| word.starts_with("src="));
        (!has_source && end > text).then(|| &html[text..end])
    })
}

#[cfg(test)]
mod tests {
    use super::{for_page, inline_scripts};

    #[test]
    fn inline_scripts_are_found_whatever_surrounds_them() {
        let html =
            "<SCRIPT type=module>\nimport 1\n</SCRIPT><script src=\"a.js\"></script><script>b < c</script >";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["\nimport 1\n", "b < c"]);
        assert_eq!(inline_scripts("<script>never closed").count(), 0);
    }

    #[test]
    fn a_script_is_hashed_as_browsers_do() {
        // `printf "alert('hi')" | openssl dgst -sha256 -binary | base64`
        let headers = for_page("<script>alert('hi')</script>").unwrap();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(" 'sha256-XTqNqFSUlZHAW7f/OGNYSOEzxKhjdAAGMXoid2VEbJk=';"), "{policy}");
    }
}
