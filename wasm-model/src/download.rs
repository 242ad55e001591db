//! A model file as it arrives: bounded, hashed, refused if it is not the one that was asked for.
//!
//! Bytes come in through [`Download::push`] in order and leave through [`Download::finish`], whole or not at
//! all. The announced size is reserved at once: a buffer that grows by doubling would hold the file twice
//! over, and the memory of a WebAssembly module never shrinks again.

use sha2::{Digest, Sha256};

/// Largest model file that is accepted: far above any encoder that answers while one types, far below the
/// 4 GiB that the address space ends at.
pub const MAX_MODEL_BYTES: u64 = 512 * 1024 * 1024;

/// Why a model file was refused before anybody looked into it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// Announced or found larger than [`MAX_MODEL_BYTES`].
    #[error(
        "expected a model file of at most {MAX_MODEL_BYTES} bytes, found {found_bytes} or more: \
         check the address of the model"
    )]
    TooLarge {
        /// Announced size, or the bytes that had arrived.
        found_bytes: u64,
    },
    /// More bytes arrived than the server had announced.
    #[error("expected a model file of {expected_bytes} bytes, found {found_bytes} or more: load it again")]
    TooLong {
        /// Announced size.
        expected_bytes: u64,
        /// Bytes that had arrived.
        found_bytes: u64,
    },
    /// The download ended early.
    #[error("expected a model file of {expected_bytes} bytes, found only {found_bytes}: load it again")]
    TooShort {
        /// Announced size.
        expected_bytes: u64,
        /// Bytes that had arrived.
        found_bytes: u64,
    },
    /// The browser gives no more memory.
    #[error("no memory for a model file of {size_bytes} bytes: close other tabs or use a smaller model")]
    OutOfMemory {
        /// Bytes that were asked for.
        size_bytes: u64,
    },
    /// What should be a hash is none.
    #[error("sha256: expected 64 hexadecimal digits, found {found:?}: copy it from models/manifest.json")]
    MalformedSha256 {
        /// The text in question.
        found: String,
    },
    /// What arrived is something else that is known by its first bytes.
    #[error("expected a model file (GGUF), found {found}")]
    NoModel {
        /// What it is, and what to do about it.
        found: &'static str,
    },
    /// The file is another one.
    #[error(
        "expected a model file with the SHA-256 {expected}, found {found}: \
         the file was changed or damaged, or the hash belongs to another model"
    )]
    Sha256Mismatch {
        /// Hash that was asked for, lower-case hexadecimal.
        expected: String,
        /// Hash of what arrived, lower-case hexadecimal.
        found: String,
    },
}

/// A model file that is being received.
pub struct Download {
    file: Vec<u8>,
    expected_bytes: Option<u64>,
    expected_sha256: Option<String>,
}

impl Download {
    /// An empty download, with its announced size and its hash where they are known.
    ///
    /// # Errors
    /// [`DownloadError::TooLarge`], [`DownloadError::OutOfMemory`], [`DownloadError::MalformedSha256`].
    pub fn new(expected_bytes: Option<u64>, expected_sha256: Option<String>) -> Result<Self, DownloadError> {
        if let Some(found) = &expected_sha256
            && (found.len() != 64 || !found.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Err(DownloadError::MalformedSha256 { found: found.clone() });
        }
        let mut download = Self {
            file: Vec::new(),
            expected_bytes,
            expected_sha256: expected_sha256.map(|hash| hash.to_ascii_lowercase()),
        };
        if let Some(size_bytes) = expected_bytes {
            if size_bytes > MAX_MODEL_BYTES {
                return Err(DownloadError::TooLarge { found_bytes: size_bytes });
            }
            let reserved = download.file.try_reserve_exact(size_bytes as usize);
            reserved.map_err(|_| DownloadError::OutOfMemory { size_bytes })?;
        }
        Ok(download)
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`DownloadError::TooLong`], [`DownloadError::TooLarge`], [`DownloadError::OutOfMemory`]; the chunk is
    /// then not taken.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), DownloadError> {
        let found_bytes = self.file.len() as u64 + chunk.len() as u64;
        if let Some(expected_bytes) = self.expected_bytes.filter(|&expected| found_bytes > expected) {
            return Err(DownloadError::TooLong { expected_bytes, found_bytes });
        }
        if found_bytes > MAX_MODEL_BYTES {
            return Err(DownloadError::TooLarge { found_bytes });
        }
        let reserved = self.file.try_reserve(chunk.len());
        reserved.map_err(|_| DownloadError::OutOfMemory { size_bytes: found_bytes })?;
        self.file.extend_from_slice(chunk);
        Ok(())
    }

    /// What has arrived so far.
    pub fn bytes(&self) -> &[u8] {
        &self.file
    }

    /// The whole file. `sha256` is the hash of [`Download::bytes`], where somebody has computed it already;
    /// else it is computed here, if there is one to compare it with.
    ///
    /// # Errors
    /// [`DownloadError::NoModel`], [`DownloadError::TooShort`], [`DownloadError::Sha256Mismatch`].
    pub fn finish(self, sha256: Option<Vec<u8>>) -> Result<Vec<u8>, DownloadError> {
        // First of all: of a web page neither size nor hash says anything.
        if let Some(found) = something_else(&self.file) {
            return Err(DownloadError::NoModel { found });
        }
        let found_bytes = self.file.len() as u64;
        if let Some(expected_bytes) = self.expected_bytes.filter(|&expected| found_bytes < expected) {
            return Err(DownloadError::TooShort { expected_bytes, found_bytes });
        }
        if let Some(expected) = self.expected_sha256 {
            let found = sha256.unwrap_or_else(|| Sha256::digest(&self.file).to_vec());
            let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
            if found != expected {
                return Err(DownloadError::Sha256Mismatch { expected, found });
            }
        }
        Ok(self.file)
    }
}

/// What servers send in the place of a model, by its first bytes.
fn something_else(file: &[u8]) -> Option<&'static str> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii_start();
    let starts_with = |prefix: &[u8]| file.starts_with(prefix);
    if file.is_empty() {
        return Some("nothing: the file is empty; check that it was uploaded");
    }
    if starts_with(b"version https://git-lfs") {
        return Some("a Git LFS pointer: run `git lfs pull` where the model file is served from");
    }
    if starts_with(b"<") {
        return Some("a web page: the server has no model at this address; check the address of the model");
    }
    if starts_with(b"{") || starts_with(b"[") {
        return Some("JSON: check the address of the model; it ends in .gguf");
    }
    if starts_with(b"\x1f\x8b") || starts_with(b"\x28\xb5\x2f\xfd") {
        return Some("a compressed file: serve it with its Content-Encoding, or unpack it");
    }
    None
}
