//! One file and the answers it can give: whole, a range of it, or "not modified".
//!
//! A file is known by the SHA-256 of its bytes: that is its ETag, and whoever asks for `?sha256=…` gets
//! exactly these bytes, to be kept for ever, or none.

use super::content_type;
use super::encoding::Coding;
use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use headers::{ContentRange, ETag, HeaderMapExt, IfNoneMatch, IfRange};
use std::ops::Range;
use std::sync::OnceLock;

/// The codings of a compressible file, best first.
const CODINGS: [Coding; 2] = [Coding::Brotli, Coding::Gzip];
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EVERY_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// One file in memory.
#[derive(Debug)]
pub struct StaticFile {
    content_type: &'static str,
    sha256: String,
    plain: Bytes,
    packed: [OnceLock<Bytes>; CODINGS.len()],
    /// Its URL changes whenever its bytes do, so that it may be kept for ever.
    pub is_named_by_content: bool,
}

impl StaticFile {
    /// A file by its name (which gives the content type), its bytes and their SHA-256 in hexadecimal.
    pub fn new(name: &str, plain: Bytes, sha256: String) -> Self {
        let content_type = content_type::of(name);
        Self { content_type, sha256, plain, packed: Default::default(), is_named_by_content: false }
    }

    /// The bytes as they are on disk.
    pub fn bytes(&self) -> &Bytes {
        &self.plain
    }

    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Packs the bytes, where that makes them smaller.
    pub(super) fn compress(&self) {
        if !content_type::is_compressible(self.content_type) {
            return;
        }
        for (coding, packed) in CODINGS.iter().zip(&self.packed) {
            if let Some(bytes) = coding.compress(&self.plain) {
                packed.get_or_init(|| Bytes::from(bytes));
            }
        }
    }

    /// The answer to a GET request with this query and these headers.
    ///
    /// # Errors
    /// The query asks for other bytes, or the range lies beyond the end.
    pub(super) fn answer(&self, query: Option<&str>, headers: &HeaderMap) -> Result<Response, ApiError> {
        let wanted = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("sha256=")));
        if let Some(expected) = wanted.filter(|wanted| !wanted.eq_ignore_ascii_case(&self.sha256)) {
            return Err(ApiError::OtherModel { expected: expected.to_owned(), found: self.sha256.clone() });
        }
        let for_ever = self.is_named_by_content || wanted.is_some();
        let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        // Ranges count bytes of the file, so they are answered from the plain bytes.
        let (coding, bytes) = match range {
            Some(_) => (Coding::Identity, &self.plain),
            None => self.negotiate(headers),
        };
        let etag = self.etag(coding);
        let mut response = match range.filter(|_| etag_still_holds(headers, etag.as_ref())) {
            _ if is_known(headers, etag.as_ref()) => not_modified(),
            Some(range) => self.part(range)?,
            None => self.whole(bytes),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, if for_ever { FOR_EVER } else { ASK_EVERY_TIME });
        if let Some(etag) = etag {
            headers.typed_insert(etag);
        }
        if content_type::is_compressible(self.content_type) {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        if coding != Coding::Identity && response.status() == StatusCode::OK {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        Ok(response)
    }

    fn negotiate(&self, headers: &HeaderMap) -> (Coding, &Bytes) {
        let packed = CODINGS.iter().zip(&self.packed).find_map(|(&coding, packed)| {
            packed.get().filter(|_| coding.is_accepted(headers)).map(|bytes| (coding, bytes))
        });
        packed.unwrap_or((Coding::Identity, &self.plain))
    }

    /// Each coding has its own tag: a strong ETag promises the very same bytes.
    fn etag(&self, coding: Coding) -> Option<ETag> {
        let suffix = match coding {
            Coding::Identity => String::new(),
            coding => format!("-{}", coding.name()),
        };
        format!("\"{}{suffix}\"", self.sha256).parse().ok()
    }

    fn whole(&self, bytes: &Bytes) -> Response {
        let mut response = Response::new(Body::from(bytes.clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response
    }

    fn part(&self, range: &str) -> Result<Response, ApiError> {
        let size_bytes = self.plain.len();
        let Some(range) = single_range(range, size_bytes)? else { return Ok(self.whole(&self.plain)) };
        let mut response = self.whole(&self.plain.slice(range.clone()));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        if let Ok(range) = ContentRange::bytes(range.start as u64..range.end as u64, size_bytes as u64) {
            response.headers_mut().typed_insert(range);
        }
        Ok(response)
    }
}

fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// The client has these bytes already.
fn is_known(headers: &HeaderMap, etag: Option<&ETag>) -> bool {
    let if_none_match = headers.typed_get::<IfNoneMatch>();
    if_none_match.zip(etag).is_some_and(|(known, etag)| !known.precondition_passes(etag))
}

/// The client has the beginning of this file, or of none: a range continues it.
fn etag_still_holds(headers: &HeaderMap, etag: Option<&ETag>) -> bool {
    headers.typed_get::<IfRange>().is_none_or(|if_range| !if_range.is_modified(etag, None))
}

/// The one range that is asked for. A header that is malformed or asks for several is ignored, as RFC 9110
/// (section 14.2) allows: the whole file is the answer then.
fn single_range(header: &str, size_bytes: usize) -> Result<Option<Range<usize>>, ApiError> {
    let Ok(ranges) = http_range_header::parse_range_header(header) else { return Ok(None) };
    if size_bytes == 0 {
        return Err(ApiError::RangeNotSatisfiable { size_bytes });
    }
    let ranges = ranges.validate(size_bytes as u64);
    let ranges = ranges.map_err(|_| ApiError::RangeNotSatisfiable { size_bytes })?;
    Ok(match ranges.as_slice() {
        [range] => Some(*range.start() as usize..*range.end() as usize + 1),
        _ => None,
    })
}
