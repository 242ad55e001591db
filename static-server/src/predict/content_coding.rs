//! `content-encoding` of a request body (RFC 9110, sections 8.4 and 12.5.3): gzip, deflate and br are unpacked.
//!
//! tower-http's `RequestDecompressionLayer` takes one coding and refuses without a word about what it takes;
//! here codings may follow each other, and no step unpacks more than a body may have: a bomb bursts at the limit.

use crate::error::ApiError;
use axum::http::{HeaderMap, header};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// More codings than this, one upon the other, are no honest request.
const MAX_CODINGS: usize = 4;

/// How the bytes of a body are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// RFC 1952, also as `x-gzip`.
    Gzip,
    /// RFC 1950, or bare RFC 1951 as some clients send it.
    Deflate,
    /// RFC 7932.
    Brotli,
}

impl ContentCoding {
    /// The codings of a body in the order in which they were applied; `identity` is none.
    ///
    /// # Errors
    /// A coding that the server cannot unpack, or too many.
    pub fn of(headers: &HeaderMap) -> Result<Vec<Self>, ApiError> {
        let values = headers.get_all(header::CONTENT_ENCODING).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let refusal = || ApiError::ContentEncoding { found: values.join(", ") };
        let names = values.iter().flat_map(|value| value.split(',')).map(|name| name.trim());
        let mut codings = Vec::new();
        for name in names.filter(|name| !name.is_empty()) {
            match name.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => codings.push(Self::Gzip),
                "deflate" => codings.push(Self::Deflate),
                "br" => codings.push(Self::Brotli),
                "identity" => (),
                _ => return Err(refusal()),
            }
        }
        if codings.len() > MAX_CODINGS { Err(refusal()) } else { Ok(codings) }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
        }
    }

    fn unpack(self, packed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Gzip => self.read(MultiGzDecoder::new(packed), limit_bytes),
            Self::Deflate if is_zlib(packed) => self.read(ZlibDecoder::new(packed), limit_bytes),
            Self::Deflate => self.read(DeflateDecoder::new(packed), limit_bytes),
            Self::Brotli => self.read(brotli::Decompressor::new(packed, 4096), limit_bytes),
        }
    }

    fn read(self, plain: impl Read, limit_bytes: usize) -> Result<Vec<u8>, ApiError> {
        let mut bytes = Vec::new();
        let read = plain.take((limit_bytes as u64).saturating_add(1)).read_to_end(&mut bytes);
        match read {
            Err(_) => Err(ApiError::NotUnpackable { coding: self.name() }),
            Ok(found) if found > limit_bytes => Err(ApiError::BodyTooLarge { limit_bytes }),
            Ok(_) => Ok(bytes),
        }
    }
}

/// The body without these codings.
///
/// # Errors
/// Bytes that are not packed this way, or more than `limit_bytes` of them after any step.
pub fn unpack(body: Vec<u8>, codings: &[ContentCoding], limit_bytes: usize) -> Result<Vec<u8>, ApiError> {
    codings.iter().rev().try_fold(body, |packed, coding| coding.unpack(&packed, limit_bytes))
}

/// Whether this begins as RFC 1950 (section 2.2) says: method 8, and a multiple of 31.
fn is_zlib(packed: &[u8]) -> bool {
    matches!(packed, [cmf, flg, ..] if cmf & 0x0f == 8 && u16::from_be_bytes([*cmf, *flg]) % 31 == 0)
}
