//! The body of `POST /predict_batch`: what its headers claim is checked first, then its bytes are read.
//!
//! What the headers give away (another type, an unknown coding, a length above the limit) is refused before the
//! first byte is read, so that a client that waits for `100 Continue` sends nothing in vain. Whoever sends all the
//! same can: the connection reads on for a while before it closes ([`connections`](crate::connections)).

use super::content_coding::{ContentCoding, unpack};
use crate::config::Limits;
use crate::error::ApiError;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;

/// How to read a body whose headers promise nothing that would be refused.
#[derive(Debug)]
pub(super) struct BodyReader {
    codings: Vec<ContentCoding>,
    limit_bytes: usize,
}

impl BodyReader {
    /// # Errors
    /// Another content type, charset or coding than the server reads, or a length above the limit.
    pub fn new(headers: &HeaderMap, body: &Body, limits: &Limits) -> Result<Self, ApiError> {
        check_content_type(headers)?;
        let codings = ContentCoding::of(headers)?;
        let limit_bytes = limits.max_body_bytes.get();
        if body.size_hint().lower() > limit_bytes as u64 {
            return Err(ApiError::BodyTooLarge { limit_bytes });
        }
        Ok(Self { codings, limit_bytes })
    }

    /// The whole body, unpacked.
    ///
    /// # Errors
    /// A body that is too slow, too large, cut off, or not packed as its header says.
    pub async fn read(self, body: Body, limits: &Limits) -> Result<Vec<u8>, ApiError> {
        let limit = limits.read_timeout();
        let bytes = tokio::time::timeout(limit, read(body, self.limit_bytes)).await;
        let bytes = bytes.map_err(|_| ApiError::BodyTooSlow { limit })??;
        unpack(bytes, &self.codings, self.limit_bytes)
    }
}

/// `application/json`; a charset is not needed (RFC 8259, section 11), and only UTF-8 and its subset are read.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Err(ApiError::ContentType { found: "none".to_owned() });
    };
    let value = String::from_utf8_lossy(value.as_bytes());
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::ContentType { found: format!("`{media_type}`") });
    }
    let parameters = parts.filter_map(|parameter| parameter.split_once('='));
    let charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let other = charsets.map(|(_, value)| value.trim().trim_matches('"')).find(|charset| {
        !["utf-8", "utf8", "us-ascii"].iter().any(|known| known.eq_ignore_ascii_case(charset))
    });
    other.map_or(Ok(()), |charset| Err(ApiError::Charset { found: charset.to_owned() }))
}

async fn read(mut body: Body, limit_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::BodyCutOff { found_bytes: bytes.len() })?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit_bytes {
            return Err(ApiError::BodyTooLarge { limit_bytes });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
