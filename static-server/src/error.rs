//! What a request can get wrong, and how that reads over HTTP: a status and `application/problem+json` (RFC 9457).
//!
//! Every refusal of the server is an [`ApiError`]. Its `detail` says what was expected, what was found and what to
//! do; it never quotes a text. `message` and `status-code` stand in refusals as they do in the 200 answer, so that
//! a client may read these two and nothing else.

use crate::predict::RefusedTexts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use thiserror::Error;

/// Content type of a refusal.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a client may try again when the server is busy or not ready.
const RETRY_AFTER_SECONDS: u64 = 1;
/// Codings of a request body that the server unpacks; a 415 answer names them in `accept-encoding`.
const ACCEPTED_CODINGS: &str = "gzip, deflate, br, identity";

/// Why a request was refused.
#[derive(Debug, Error)]
pub enum ApiError {
    /// There is nothing at this path.
    #[error(
        "expected a path that exists, found `{path}`. The page is at /, the engine at /engine/tickertone.js, the models at /models/manifest.json; texts go to POST /predict_batch"
    )]
    NotFound {
        /// Path of the request.
        path: String,
    },
    /// The model file holds other bytes than the ones asked for.
    #[error(
        "expected a model file with SHA-256 {expected}, found {found}. Read /models/manifest.json again: the model has changed"
    )]
    OtherModel {
        /// SHA-256 that the request asked for.
        expected: String,
        /// SHA-256 of the file that is served.
        found: String,
    },
    /// The path exists, but not with this method.
    #[error("expected another method than {found} on `{path}`. The Allow header lists the ones that work")]
    MethodNotAllowed {
        /// Method of the request.
        found: String,
        /// Path of the request.
        path: String,
    },
    /// The bytes asked for lie beyond the end.
    #[error(
        "expected a range within {size_bytes} bytes, found one beyond the end. Ask for less, or for all of it"
    )]
    RangeNotSatisfiable {
        /// Size of the whole file.
        size_bytes: usize,
    },
    /// The client holds, or insists on, another version of the file.
    #[error(
        "expected the file to be as the request's conditions say, found another version. Fetch it without If-Match and If-Unmodified-Since"
    )]
    PreconditionFailed,
    /// The body claims to be something else than JSON.
    #[error(
        "expected the header `content-type: application/json`, found {found}. Send the texts as a JSON array"
    )]
    ContentType {
        /// The content type of the request, or that there is none.
        found: String,
    },
    /// The body claims to be in another encoding than UTF-8.
    #[error(
        "expected a body in UTF-8, found the charset `{found}`. Encode it as UTF-8 and leave the charset out"
    )]
    Charset {
        /// The charset of the request.
        found: String,
    },
    /// The body is packed in a way that the server does not know.
    #[error(
        "expected a content-encoding among {ACCEPTED_CODINGS}, found `{found}`. Send the body packed with gzip, or as it is"
    )]
    ContentEncoding {
        /// The codings of the request.
        found: String,
    },
    /// The body is not packed as its header says.
    #[error(
        "expected a body packed as its content-encoding says, found no whole {coding} stream. Pack it again, or leave the header out"
    )]
    NotUnpackable {
        /// The coding that did not fit.
        coding: &'static str,
    },
    /// The body is larger than allowed.
    #[error("expected a body of at most {limit_bytes} bytes, found more. Send the texts in several requests")]
    BodyTooLarge {
        /// Largest accepted body.
        limit_bytes: usize,
    },
    /// The body did not arrive in time.
    #[error("expected the whole body within {} s, found it incomplete. Send it again", .limit.as_secs())]
    BodyTooSlow {
        /// Longest accepted time.
        limit: Duration,
    },
    /// The connection broke while the body was read.
    #[error("expected a whole body, found it cut off after {found_bytes} bytes. Send it again")]
    BodyCutOff {
        /// Bytes that arrived.
        found_bytes: usize,
    },
    /// The body is text in an encoding that is none of JSON's.
    #[error("expected a body in UTF-8, found {found}. Encode it as UTF-8")]
    OtherEncoding {
        /// Name of the encoding.
        found: &'static str,
    },
    /// The body is not text.
    #[error("expected a body in UTF-8, found another byte sequence at byte {offset}. Encode it as UTF-8")]
    NotUtf8 {
        /// Position of the first byte that is not UTF-8, from 0.
        offset: usize,
    },
    /// The body is text, but not JSON.
    #[error("expected a JSON array of strings, found no valid JSON: {reason}. Correct the body")]
    NotJson {
        /// What the parser stumbled over, with line and column.
        reason: String,
    },
    /// The body is JSON, but not an array.
    #[error(
        "expected a JSON array of strings, found {found}. Send one like [\"first text\", \"second text\"]"
    )]
    NotAnArray {
        /// Type of the body.
        found: &'static str,
    },
    /// The array is longer than allowed.
    #[error("expected at most {limit} texts, found {found}. Send them in several requests")]
    TooManyTexts {
        /// Most accepted texts.
        limit: usize,
        /// Texts in the request.
        found: usize,
    },
    /// Texts get no answer; all of them are named.
    #[error("{0}")]
    Texts(RefusedTexts),
    /// The query asks for something that there is not.
    #[error("expected the parameters `on_error=null` and `details=true`, or none, found {found}")]
    Query {
        /// What the parser stumbled over.
        found: String,
    },
    /// The model is still being loaded, or the server is shutting down.
    #[error("expected a server that is ready, found it {found}. Try again in a moment")]
    NotReady {
        /// What the server is doing instead.
        found: &'static str,
    },
    /// More batches than the queue holds.
    #[error("expected at most {limit} batches at a time, found the queue full. Try again in a moment")]
    Busy {
        /// Batches that are computed or wait.
        limit: usize,
    },
    /// A batch took too long.
    #[error("expected an answer within {} s, found the server too busy. Try again later, or send fewer texts", .limit.as_secs())]
    PredictTooSlow {
        /// Longest accepted time.
        limit: Duration,
    },
    /// Something broke that is not the client's fault; the log says what.
    #[error("the server could not compute an answer. Try again; the server's log says what happened")]
    Internal,
}

impl ApiError {
    /// The HTTP status of this refusal.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } | Self::OtherModel { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::ContentType { .. } | Self::Charset { .. } | Self::ContentEncoding { .. } => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BodyCutOff { .. }
            | Self::NotUnpackable { .. }
            | Self::OtherEncoding { .. }
            | Self::NotUtf8 { .. }
            | Self::NotJson { .. }
            | Self::Query { .. } => StatusCode::BAD_REQUEST,
            Self::NotAnArray { .. } | Self::TooManyTexts { .. } | Self::Texts(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NotReady { .. } | Self::Busy { .. } | Self::PredictTooSlow { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The body of a refusal. The field names of RFC 9457 (section 3.1) first, then those of the 200 answer.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    message: &'a str,
    #[serde(rename = "status-code")]
    status_code: u16,
}

/// A problem as JSON. `about:blank` says that the status tells all there is to tell apart.
pub(crate) fn problem(status: StatusCode, detail: &str) -> String {
    let title = status.canonical_reason().unwrap_or_default();
    let (code, message) = (status.as_u16(), detail);
    let problem = Problem { r#type: "about:blank", title, status: code, detail, message, status_code: code };
    serde_json::to_string(&problem).unwrap_or_default()
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, problem(status, &self.to_string())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        match self {
            Self::ContentType { .. } | Self::Charset { .. } => {
                headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            }
            Self::ContentEncoding { .. } => {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED_CODINGS));
            }
            Self::RangeNotSatisfiable { size_bytes } => {
                if let Ok(range) = HeaderValue::try_from(format!("bytes */{size_bytes}")) {
                    headers.insert(header::CONTENT_RANGE, range);
                }
            }
            _ => (),
        }
        response
    }
}
