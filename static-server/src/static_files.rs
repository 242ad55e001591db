//! Page, engine and models as the server hands them out: URL path → file, all in memory.
//!
//! The folders are read once, at start. A request is a look-up in a map, so no `..`, no symbolic link and no
//! dotfile can lead anywhere, and each file is compressed once instead of once a request.

mod conditional;
mod content_type;
mod encoding;
mod file;
mod integrity;
mod range;

pub use encoding::Coding;
pub use file::StaticFile;
pub use range::RequestedRange;

use crate::error::ApiError;
use anyhow::{Context, bail, ensure};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;
use walkdir::{DirEntry, WalkDir};

/// A folder larger than this is no built page: most likely the wrong folder was named.
const MAX_FOLDER_BYTES: u64 = 256 << 20;

/// Every file that the server hands out, by URL path.
#[derive(Debug, Default)]
pub struct StaticFiles {
    files: HashMap<String, StaticFile>,
}

impl StaticFiles {
    /// Reads the page's folder (served at `/`) and the engine's (served at `/engine/`), without dotfiles and
    /// without following symbolic links.
    ///
    /// # Errors
    /// A folder that is missing, unreadable, larger than 256 MiB, or without its entry file; a file of the page with
    /// another hash than `index.html` says.
    pub fn read(app: &Path, engine: &Path) -> anyhow::Result<Self> {
        let mut files = Self::default();
        files.add_folder(app, "app", "index.html", "/")?;
        files.add_folder(engine, "engine", "tickertone.js", "/engine/")?;
        let html = files.find("/").map(|file| String::from_utf8_lossy(file.bytes()));
        integrity::check(&html.unwrap_or_default(), |path| files.find(path))?;
        Ok(files)
    }

    /// Adds one file at this URL path.
    pub fn insert(&mut self, url_path: String, file: StaticFile) {
        self.files.insert(url_path, file);
    }

    /// The file at this URL path; `/` is `/index.html`.
    pub fn find(&self, url_path: &str) -> Option<&StaticFile> {
        self.files.get(if url_path == "/" { "/index.html" } else { url_path })
    }

    /// Compresses every file that is worth it; until then the plain bytes go out. Takes seconds at most.
    pub fn compress(&self) {
        self.files.values().for_each(StaticFile::compress);
    }

    /// The answer to a GET or HEAD request.
    ///
    /// # Errors
    /// There is no such file, it holds other bytes than the ones asked for, or not those positions.
    pub fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Response, ApiError> {
        let path = percent_decode_str(uri.path()).decode_utf8_lossy();
        let file = self.find(&path).ok_or_else(|| ApiError::NotFound { path: uri.path().to_owned() })?;
        file.answer(method, uri.query(), headers)
    }

    fn add_folder(&mut self, folder: &Path, what: &str, entry: &str, mount: &str) -> anyhow::Result<()> {
        let flag = format!("build it with `cargo xtask build`, or name another folder with --{what}");
        if !folder.join(entry).is_file() {
            let found = if folder.is_dir() { "a folder without it" } else { "no such folder" };
            bail!("{what} folder {}: expected {entry} in it, found {found}; {flag}", folder.display());
        }
        let mut size_bytes = 0;
        for found in WalkDir::new(folder).min_depth(1).into_iter().filter_entry(|entry| !is_hidden(entry)) {
            let found = found.with_context(|| format!("could not read the {what} folder"))?;
            if !found.file_type().is_file() {
                continue;
            }
            size_bytes += found.metadata().map_or(0, |metadata| metadata.len());
            ensure!(
                size_bytes <= MAX_FOLDER_BYTES,
                "{what} folder {}: expected at most {MAX_FOLDER_BYTES} bytes, found more; {flag}",
                folder.display()
            );
            let path = found.path();
            let bytes = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
            let relative = path.strip_prefix(folder).context("a file outside its folder")?;
            let names: Vec<_> = relative.iter().map(|name| name.to_string_lossy()).collect();
            let name = names.last().map_or("", |name| name);
            let hash = sha256_hex(&bytes);
            let mut file = StaticFile::new(name, Bytes::from(bytes), hash);
            file.modified = last_modified(path);
            file.is_named_by_content = mount == "/" && has_content_hash(name);
            self.insert(format!("{mount}{}", names.join("/")), file);
        }
        Ok(())
    }
}

/// SHA-256 in lower-case hexadecimal (FIPS 180-4).
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// When this file was last written: not after now (RFC 9110, section 8.8.2.1), and not before dates begin.
pub(crate) fn last_modified(path: &Path) -> Option<SystemTime> {
    let modified = path.metadata().and_then(|metadata| metadata.modified()).ok()?;
    Some(modified.min(SystemTime::now())).filter(|modified| *modified >= SystemTime::UNIX_EPOCH)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// Trunk names files by content: `web-0123456789abcdef.js`, `web-0123456789abcdef_bg.wasm`; it writes the
/// 64-bit hash without leading zeros.
fn has_content_hash(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let Some((_, hash)) = stem.rsplit_once('-') else { return false };
    (12..=16).contains(&hash.len())
        && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::has_content_hash;

    #[test]
    fn only_names_that_trunk_hashed_are_named_by_content() {
        for name in
            ["web-0123456789abcdef.js", "web-0123456789abcdef_bg.wasm", "style-sheet-123456789abcdef.css"]
        {
            assert!(has_content_hash(name), "{name}");
        }
        for name in [
            "index.html",
            "apple-touch-icon.png",
            "style-2024.css",
            "0123456789abcdef.js",
            "a-0123456789ABCDEF.js",
        ] {
            assert!(!has_content_hash(name), "{name}");
        }
    }
}
