//! One file and the answers it can give: whole, a range of it, "not modified", or that it is not the one meant.
//!
//! A file is known by the SHA-256 of its bytes: that is its ETag, and whoever asks for `?sha256=…` gets
//! exactly these bytes, to be kept for ever, or none.

use super::conditional::{self, Outcome};
use super::content_type;
use super::encoding::Coding;
use super::range::RequestedRange;
use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use headers::{ContentRange, ETag, HeaderMapExt, LastModified};
use std::ops::Range;
use std::sync::OnceLock;
use std::time::SystemTime;

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
    /// When the file was last written, if its file system knows.
    pub modified: Option<SystemTime>,
    /// Its URL changes whenever its bytes do, so that it may be kept for ever.
    pub is_named_by_content: bool,
}

impl StaticFile {
    /// A file by its name (which gives the content type), its bytes and their SHA-256 in hexadecimal.
    pub fn new(name: &str, plain: Bytes, sha256: String) -> Self {
        let content_type = content_type::of(name);
        Self {
            content_type,
            sha256,
            plain,
            packed: Default::default(),
            modified: None,
            is_named_by_content: false,
        }
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

    /// The answer to a GET or HEAD request with this query and these headers.
    ///
    /// # Errors
    /// The query asks for other bytes, a condition does not hold, or the range lies beyond the end.
    pub(super) fn answer(
        &self,
        method: &Method,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Response, ApiError> {
        let wanted = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("sha256=")));
        if let Some(expected) = wanted.filter(|wanted| !wanted.eq_ignore_ascii_case(&self.sha256)) {
            return Err(ApiError::OtherModel { expected: expected.to_owned(), found: self.sha256.clone() });
        }
        let for_ever = self.is_named_by_content || wanted.is_some();
        let range = self.requested_range(method, headers)?;
        // Ranges count bytes of the file, so they are answered from the plain bytes.
        let (coding, bytes) = match range {
            RequestedRange::Whole => self.negotiate(headers),
            _ => (Coding::Identity, &self.plain),
        };
        let etag = self.etag(coding)?;
        let mut response = match (conditional::evaluate(headers, &etag, self.modified), range) {
            (Outcome::Failed, _) => return Err(ApiError::PreconditionFailed),
            (Outcome::NotModified, _) => not_modified(),
            (Outcome::Proceed, RequestedRange::Whole) => self.whole(bytes),
            (Outcome::Proceed, RequestedRange::Part(range)) => self.part(range),
            (Outcome::Proceed, RequestedRange::Unsatisfiable) => {
                return Err(ApiError::RangeNotSatisfiable { size_bytes: self.plain.len() });
            }
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, if for_ever { FOR_EVER } else { ASK_EVERY_TIME });
        headers.typed_insert(etag);
        if let Some(modified) = self.modified {
            headers.typed_insert(LastModified::from(modified));
        }
        if content_type::is_compressible(self.content_type) {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        if coding != Coding::Identity && response.status() == StatusCode::OK {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        Ok(response)
    }

    /// Only GET has ranges (RFC 9110, section 14.2), and only one Range header makes sense.
    fn requested_range(&self, method: &Method, headers: &HeaderMap) -> Result<RequestedRange, ApiError> {
        let mut values = headers.get_all(header::RANGE).iter().map(|value| value.to_str());
        Ok(match (values.next(), values.next()) {
            (Some(Ok(range)), None)
                if method == Method::GET
                    && conditional::range_counts(headers, &self.etag(Coding::Identity)?) =>
            {
                RequestedRange::parse(range, self.plain.len())
            }
            _ => RequestedRange::Whole,
        })
    }

    fn negotiate(&self, headers: &HeaderMap) -> (Coding, &Bytes) {
        let packed = CODINGS.iter().zip(&self.packed).find_map(|(&coding, packed)| {
            packed.get().filter(|_| coding.is_accepted(headers)).map(|bytes| (coding, bytes))
        });
        packed.unwrap_or((Coding::Identity, &self.plain))
    }

    /// Each coding has its own tag: a strong ETag promises the very same bytes.
    fn etag(&self, coding: Coding) -> Result<ETag, ApiError> {
        let suffix = match coding {
            Coding::Identity => String::new(),
            coding => format!("-{}", coding.name()),
        };
        // Hexadecimal digits between quotes always are a tag.
        format!("\"{}{suffix}\"", self.sha256).parse().map_err(|_| ApiError::Internal)
    }

    fn whole(&self, bytes: &Bytes) -> Response {
        let mut response = Response::new(Body::from(bytes.clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response
    }

    fn part(&self, range: Range<usize>) -> Response {
        let mut response = self.whole(&self.plain.slice(range.clone()));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        if let Ok(range) = ContentRange::bytes(range.start as u64..range.end as u64, self.plain.len() as u64)
        {
            response.headers_mut().typed_insert(range);
        }
        response
    }
}

fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}
