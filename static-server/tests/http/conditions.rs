//! Conditional requests (RFC 9110, section 13): tags before dates, and each method's answer.

use crate::running_server::Server;
use axum::http::HeaderValue;
use headers::{Header, LastModified};
use std::time::{Duration, SystemTime};

const PATH: &str = "/engine/tickertone.d.ts";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// The status of a request with these headers, in which `TAG` and `DATE` stand for the file's own.
fn status(server: &Server, method: &str, conditions: &[&str]) -> u16 {
    let file = server.get(PATH);
    let lines: String = conditions.iter().map(|condition| format!("{condition}\r\n")).collect();
    let lines = lines.replace("TAG", file.header("etag")).replace("DATE", file.header("last-modified"));
    let lines = lines.replace("BEFORE", BEFORE);
    let head = format!("{method} {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n");
    let reply = server.answer_to(head);
    if reply.status() == 304 {
        assert_eq!((reply.header("etag"), reply.body.len()), (file.header("etag"), 0), "{conditions:?}");
    }
    reply.status()
}

#[test]
fn conditions_are_evaluated_in_the_order_of_rfc_9110() {
    let server = Server::start();
    for (conditions, expected) in [
        // Step 1: If-Match, with the strong comparison.
        (&["If-Match: TAG"][..], 200),
        (&["If-Match: *"], 200),
        (&["If-Match: \"other\", TAG"], 200),
        (&["If-Match: \"other\"", "If-Match: TAG"], 200),
        (&["If-Match: W/TAG"], 412),
        (&["If-Match: \"other\""], 412),
        (&["If-Match: no tag"], 412),
        (&["If-Match: TAG", "If-Unmodified-Since: BEFORE"], 200),
        // Step 2: If-Unmodified-Since, where there is no If-Match.
        (&["If-Unmodified-Since: DATE"], 200),
        (&["If-Unmodified-Since: BEFORE"], 412),
        (&["If-Unmodified-Since: no date"], 200),
        (&["If-Match: \"other\"", "If-Unmodified-Since: DATE"], 412),
        // Step 3: If-None-Match, with the weak comparison.
        (&["If-None-Match: TAG"], 304),
        (&["If-None-Match: W/TAG"], 304),
        (&["If-None-Match: *"], 304),
        (&["If-None-Match: \"other\", W/TAG"], 304),
        (&["If-None-Match: \"other\"", "If-None-Match: TAG"], 304),
        (&["If-None-Match: \"other\""], 200),
        (&["If-None-Match: no tag"], 200),
        (&["If-None-Match: \"other\"", "If-Modified-Since: DATE"], 200),
        (&["If-None-Match: TAG", "If-Modified-Since: BEFORE"], 304),
        (&["If-Match: TAG", "If-None-Match: TAG"], 304),
        (&["If-Match: \"other\"", "If-None-Match: TAG"], 412),
        // Step 4: If-Modified-Since, where there is no If-None-Match.
        (&["If-Modified-Since: DATE"], 304),
        (&["If-Modified-Since: BEFORE"], 200),
        (&["If-Modified-Since: no date"], 200),
        // Step 5: Range with If-Range, after all the others.
        (&["Range: bytes=0-3", "If-Range: TAG"], 206),
        (&["Range: bytes=0-3", "If-Range: W/TAG"], 200),
        (&["Range: bytes=0-3", "If-Range: \"other\""], 200),
        (&["Range: bytes=0-3", "If-Range: DATE"], 200),
        (&["Range: bytes=0-3", "If-Range: no tag"], 200),
        (&["Range: bytes=99-", "If-Range: \"other\""], 200),
        (&["If-Range: \"other\""], 200),
        (&["Range: bytes=99-", "If-None-Match: TAG"], 304),
        (&["Range: bytes=99-", "If-Match: \"other\""], 412),
        (&["Range: bytes=0-3", "If-Match: TAG"], 206),
    ] {
        assert_eq!(status(&server, "GET", conditions), expected, "GET {conditions:?}");
        let expected = if expected == 206 { 200 } else { expected };
        assert_eq!(status(&server, "HEAD", conditions), expected, "HEAD {conditions:?}");
    }
}

#[test]
fn a_failed_condition_is_told_as_a_problem() {
    let server = Server::start();
    let reply = server.get_with(PATH, &[("if-match", "\"other\"")]);
    assert!(reply.refusal(412).contains("another version"));
}

#[test]
fn files_say_when_they_were_written_and_never_in_the_future() {
    let server = Server::start();
    let written = server.folders.path("engine/tickertone.d.ts").metadata().unwrap().modified().unwrap();
    let found = date(server.get(PATH).header("last-modified"));
    assert!(written.duration_since(found).unwrap() < Duration::from_secs(1), "{written:?} {found:?}");
    assert!(date(server.get("/models/manifest.json").header("last-modified")) <= SystemTime::now());
}

fn date(value: &str) -> SystemTime {
    let value = HeaderValue::from_str(value).unwrap();
    LastModified::decode(&mut [value].iter()).unwrap().into()
}
