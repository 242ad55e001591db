//! Leaving: requests in flight are finished, within bounds, and the exit code is 0.

use crate::running_server::{PATIENCE, Server};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::time::Instant;

#[test]
fn a_request_in_flight_is_finished() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start();
        let request = server.request_in_flight();
        server.signal(signal);
        server.wait_for_log("shutting down");
        let answer = request.finish();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"message\":\"OK\""), "{answer}");
        let (status, stdout, _) = server.wait();
        assert_eq!(status.code(), Some(0));
        assert_eq!(stdout, Vec::<String>::new(), "stdout holds one line, and that was read at start");
    }
}

#[test]
fn a_request_that_never_ends_does_not_hold_the_server() {
    let server = Server::start_with(&["--grace-seconds", "1", "--read-timeout-seconds", "600"]);
    let _request = server.request_in_flight();
    let _idle = server.connect();
    let start = Instant::now();
    server.signal(Signal::TERM);
    let (status, ..) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn an_idle_server_leaves_at_once() {
    let server = Server::start_with(&["--grace-seconds", "100000"]);
    let mut idle = server.connect();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let mut first = [0; 1];
    idle.read_exact(&mut first).unwrap();
    server.signal(Signal::INT);
    assert_eq!(server.wait().0.code(), Some(0));
}
