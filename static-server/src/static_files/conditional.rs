//! Conditional requests (RFC 9110, section 13) in the order of section 13.2.2: answer, 304 or 412.
//!
//! The library `headers` reads and compares; here stands only which header counts beside which. Tags promise the
//! very same bytes; dates have a resolution of a second and may go back with a roll-back, so where both are
//! there the tag decides, and a date is never enough to continue a file (`If-Range`, section 13.1.5).

use axum::http::{HeaderMap, header};
use headers::{ETag, HeaderMapExt, IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince};
use std::time::SystemTime;

/// What the conditions of a GET or HEAD request make of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As without conditions.
    Proceed,
    /// 304: the client has these bytes.
    NotModified,
    /// 412: the client wants other bytes or none.
    Failed,
}

/// Evaluates all conditions but `If-Range`. A header that cannot be read is a tag that fits none, or no date.
pub(super) fn evaluate(headers: &HeaderMap, etag: &ETag, modified: Option<SystemTime>) -> Outcome {
    let has_fitting_tag = if headers.contains_key(header::IF_MATCH) {
        headers.typed_get::<IfMatch>().is_some_and(|tags| tags.precondition_passes(etag))
    } else {
        let date = headers.typed_get::<IfUnmodifiedSince>().zip(modified);
        date.is_none_or(|(date, modified)| date.precondition_passes(modified))
    };
    if !has_fitting_tag {
        return Outcome::Failed;
    }
    let is_wanted = if headers.contains_key(header::IF_NONE_MATCH) {
        headers.typed_get::<IfNoneMatch>().is_none_or(|tags| tags.precondition_passes(etag))
    } else {
        let date = headers.typed_get::<IfModifiedSince>().zip(modified);
        date.is_none_or(|(date, modified)| date.is_modified(modified))
    };
    if is_wanted { Outcome::Proceed } else { Outcome::NotModified }
}

/// Whether the client's beginning belongs to this file, so that a range continues it.
pub(super) fn range_counts(headers: &HeaderMap, etag: &ETag) -> bool {
    !headers.contains_key(header::IF_RANGE)
        || headers.typed_get::<IfRange>().is_some_and(|if_range| !if_range.is_modified(Some(etag), None))
}
