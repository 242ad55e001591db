//! File name → content type, for the kinds of files that trunk, the engine package and `models/` hold.
//!
//! A table of our own, because the general ones take TypeScript's `.d.ts` for a video stream.

/// Content type of a file, by the last extension of its name.
pub(super) fn of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "ts" => "application/typescript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "md" => "text/markdown; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Whether files of this type shrink: text and wasm do; pictures, fonts and weights do not.
pub(super) fn is_compressible(content_type: &str) -> bool {
    let is_application =
        content_type.starts_with("application/") && content_type != "application/octet-stream";
    content_type.starts_with("text/") || content_type == "image/svg+xml" || is_application
}
