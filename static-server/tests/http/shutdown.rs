//! Leaving: requests in flight are finished, within bounds, and the exit code is 0.

use crate::running_server::{PATIENCE, Server};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

const BODY: &str = "[\"Record deliveries this quarter\"]";

/// A request whose handler waits for the body: the server sends `100 Continue` when it starts reading it.
fn request_in_flight(server: &Server) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(server.connect());
    let head = format!(
        "POST /predict_batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n",
        BODY.len()
    );
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100 "), "{line}");
    line.clear();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "\r\n");
    stream
}

#[test]
fn a_request_in_flight_is_finished() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start();
        let mut stream = request_in_flight(&server);
        server.signal(signal);
        server.wait_for_log("shutting down");
        stream.get_mut().write_all(BODY.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"message\":\"OK\""), "{answer}");
        let (status, stdout, _) = server.wait();
        assert_eq!(status.code(), Some(0));
        assert_eq!(stdout, Vec::<String>::new(), "stdout holds one line, and that was read at start");
    }
}

#[test]
fn a_request_that_never_ends_does_not_hold_the_server() {
    let server = Server::start_with(&["--grace-seconds", "1", "--read-timeout-seconds", "600"]);
    let _stream = request_in_flight(&server);
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
