//! Connections: how many there may be, and that those which only sit there shut nobody out.

use crate::running_server::{PATIENCE, Server, manifest};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// A request on a connection that stays open, and its answer's first line.
fn is_served(stream: &mut TcpStream) -> bool {
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").is_ok()
        && read_until(stream, b"\"status-code\":200}").starts_with(b"HTTP/1.1 200 ")
}

/// What arrives up to and including this, or up to the end of the connection.
fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(end) {
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
    }
    bytes
}

#[test]
fn more_idle_clients_than_descriptors_shut_nobody_out() {
    let server = Server::start_after_ulimit("-n 256", &["--read-timeout-seconds", "600"]);
    let clients: Vec<_> = (0..375).map(|_| server.connect()).collect();
    assert_eq!(server.get("/livez").status, 200);
    assert_eq!(server.predict("[\"up\"]").status, 200);
    drop(clients);
}

#[test]
fn a_soft_limit_of_descriptors_is_raised() {
    let server = Server::start_after_ulimit("-S -n 100", &["--max-connections", "400"]);
    let mut clients: Vec<_> = (0..300).map(|_| server.connect()).collect();
    assert!(clients.iter_mut().all(is_served));
}

#[test]
fn the_client_that_waits_longest_makes_room() {
    let server = Server::start_with(&["--max-connections", "2", "--read-timeout-seconds", "600"]);
    let mut silent = server.connect();
    let mut first = server.connect();
    assert!(is_served(&mut first));
    let mut second = server.connect();
    assert!(is_served(&mut second));
    assert_eq!(read_until(&mut silent, b"never"), b"", "the silent client had to go");
    assert!(is_served(&mut first), "not the one that was served last");
    // A head that never ends is no progress.
    second.write_all(b"GET /livez HTTP/1.1\r\nslow:").unwrap();
    let mut third = server.connect();
    assert!(is_served(&mut third));
    assert_eq!(read_until(&mut second, b"never"), b"");
    assert!(is_served(&mut first) && is_served(&mut third));
}

#[test]
fn where_all_are_busy_the_next_is_refused_and_says_so() {
    let server = Server::start_with(&["--max-connections", "2", "--read-timeout-seconds", "600"]);
    let busy = [server.request_in_flight(), server.request_in_flight()];
    let reply = server.answer_to("GET /livez HTTP/1.1\r\nhost: a\r\n\r\n");
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status(), body["status"].as_u64()), (503, Some(503)), "{}", reply.head);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(body["detail"].as_str().unwrap().contains("at most 2 connections"), "{body}");
    for request in busy {
        assert!(request.finish().starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(server.get("/livez").status, 200);
}

/// A client that asks for far more than fits into the buffers between the two, and reads nothing of it.
fn client_that_never_reads(server: &Server) -> TcpStream {
    let mut stream = server.connect();
    let path = format!("/models/{}", manifest().default_model().unwrap().file);
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").repeat(20).as_bytes()).unwrap();
    stream
}

#[test]
fn a_client_that_never_reads_makes_room() {
    let arguments = ["--max-connections", "1", "--write-timeout-seconds", "600"];
    let server = Server::start_with(&arguments);
    let _client = client_that_never_reads(&server);
    let start = Instant::now();
    // Until the buffers are full, its request is in flight.
    while server.answer_to("GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").status() != 200 {
        assert!(start.elapsed() < PATIENCE, "the client that never reads holds the only connection");
    }
}

#[test]
fn a_client_that_never_reads_is_left_after_a_while() {
    let server = Server::start_with(&["--write-timeout-seconds", "1"]);
    let before = server.open_sockets();
    let _client = client_that_never_reads(&server);
    let start = Instant::now();
    while server.get("/livez").status != 200 || server.open_sockets() > before {
        assert!(start.elapsed() < PATIENCE, "the connection of a client that never reads stays open");
    }
}
