//! Limits: sizes, time, and how many batches there may be at once.

use crate::running_server::{PATIENCE, Server, send};
use serde_json::json;
use std::io::{Read, Write};
use std::thread;
use std::time::Instant;

/// Texts as long as the model reads, so that a batch of them keeps it busy for a while.
fn heavy_batch(num_texts: usize) -> String {
    json!(vec!["shares fall and rise again ".repeat(100); num_texts]).to_string()
}

#[test]
fn the_largest_batch_is_accepted_and_one_text_more_is_not() {
    let server = Server::start_with(&["--max-batch", "3"]);
    assert_eq!(server.predict(r#"["a", "b", "c"]"#).status, 200);
    let message = server.predict(r#"["a", "b", "c", "d"]"#).refusal(422);
    assert!(message.contains("at most 3 texts, found 4"), "{message}");
}

#[test]
fn the_largest_text_is_accepted_and_one_byte_more_is_not() {
    let server = Server::start_with(&["--max-text-bytes", "20"]);
    assert_eq!(server.predict(&json!(["a".repeat(20)]).to_string()).status, 200);
    let message = server.predict(&json!(["a", format!("{}é", "a".repeat(19))]).to_string()).refusal(422);
    for part in ["at most 20 bytes", "index 1", "found 21"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn the_largest_body_is_accepted_and_one_byte_more_is_not() {
    let server = Server::start_with(&["--max-body-bytes", "2000"]);
    let body = format!("[\"up\"{}]", " ".repeat(2000 - 6));
    assert_eq!(server.predict(&body).status, 200);
    for excess in [1, 20_000, 2_000_000] {
        let message = server.predict(&format!("{body}{}", " ".repeat(excess))).refusal(413);
        assert!(message.contains("at most 2000 bytes"), "{message}");
    }
}

#[test]
fn a_full_queue_answers_503_and_empties_again() {
    let server = Server::start_with(&["--threads", "1", "--max-queued", "1"]);
    // A request takes its place before its body is read.
    let waiting = [server.request_in_flight(), server.request_in_flight()];
    for _ in 0..3 {
        let reply = server.predict("[\"up\"]");
        let message = reply.refusal(503);
        assert!(message.contains("at most 2 batches"), "{message}");
        assert_eq!(reply.header("retry-after"), "1");
    }
    // Nobody is asked for a body that would be refused.
    let patient = "POST /predict_batch HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\
                   content-type: application/json\r\ncontent-length: 9\r\n\r\n";
    assert_eq!(server.answer_to(patient).status(), 503);
    for request in waiting {
        assert!(request.finish().starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(server.predict("[\"up\"]").status, 200);
}

#[test]
fn many_batches_at_once_are_all_answered_one_way_or_the_other() {
    let server =
        Server::start_with(&["--threads", "1", "--max-queued", "1", "--predict-timeout-seconds", "600"]);
    let (address, body) = (server.address.as_str(), heavy_batch(16));
    let predict =
        || send(address, "POST", "/predict_batch", &[("content-type", "application/json")], body.as_bytes());
    let replies = thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(predict)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    let (answered, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert!(answered.len() >= 2, "{} answered", answered.len());
    for reply in refused {
        assert!(reply.refusal(503).contains("at most 2 batches"));
    }
}

#[test]
fn clients_that_leave_give_their_places_back() {
    let server = Server::start_with(&["--threads", "1", "--max-queued", "0"]);
    let body = heavy_batch(16);
    let head = format!(
        "POST /predict_batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let start = Instant::now();
    let mut clients = Vec::new();
    // Whoever is refused knows that a batch is being computed; it can only be one of these.
    while clients.is_empty() || server.predict("[\"up\"]").status != 503 {
        assert!(start.elapsed() < PATIENCE, "no batch ever took the only place");
        let mut stream = server.connect();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        clients.push(stream);
    }
    drop(clients);
    while server.predict("[\"up\"]").status != 200 {
        assert!(start.elapsed() < PATIENCE, "the places of clients that left never came back");
    }
}

#[test]
fn a_slow_body_is_answered_with_408() {
    let server = Server::start_with(&["--read-timeout-seconds", "1"]);
    let mut stream = server.connect();
    let head = "POST /predict_batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[\"up";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("within 1 s"), "{answer}");
}

#[test]
fn slow_headers_end_the_connection() {
    let server = Server::start_with(&["--read-timeout-seconds", "1"]);
    for sent in ["", "GET / HTTP/1.1\r\nhost:", "GET /livez HTTP/1.1\r\nhost: a\r\n\r\nGET /livez"] {
        let mut stream = server.connect();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // The connection ends, or this read times out and the test fails.
        stream.read_to_end(&mut answer).unwrap();
    }
}
