//! Bad input over HTTP: each gets a 4xx whose message names the place, what was expected and what was found.

use crate::running_server::Server;
use std::io::{Read, Write};

fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn a_body_that_is_no_array_of_strings_is_refused() {
    let server = Server::start();
    let deep = "[".repeat(100_000);
    let cases: [(&str, u16, &[&str]); 12] = [
        ("", 400, &["no valid JSON", "line 1"]),
        ("buy", 400, &["no valid JSON", "line 1 column 1"]),
        ("[\"buy\",]", 400, &["no valid JSON", "column 8"]),
        ("[\"buy\"] [\"sell\"]", 400, &["no valid JSON", "trailing"]),
        (r#"["\ud800"]"#, 400, &["no valid JSON"]),
        (&deep, 400, &["no valid JSON", "recursion limit"]),
        (r#""buy""#, 422, &["array of strings", "found a string"]),
        (r#"{"input": ["buy"]}"#, 422, &["array of strings", "found an object"]),
        ("null", 422, &["array of strings", "found null"]),
        (r#"["buy", 7]"#, 422, &["index 1", "found a number"]),
        (r#"["buy", "sell", null]"#, 422, &["index 2", "found null"]),
        (r#"[["buy"]]"#, 422, &["index 0", "found an array"]),
    ];
    for (body, status, parts) in cases {
        // The client leaves the content type out where there is no body, so an empty one is sent as a space.
        let body = if body.is_empty() { " " } else { body };
        assert_names(&server.predict(body).refusal(status), parts);
    }
}

#[test]
fn invalid_utf8_is_refused_at_its_byte() {
    let server = Server::start();
    let headers = [("content-type", "application/json")];
    let reply = server.request("POST", "/predict_batch", &headers, b"[\"caf\xe9\"]");
    assert_names(&reply.refusal(400), &["UTF-8", "byte 5"]);
}

#[test]
fn texts_with_nothing_to_read_are_refused_by_their_indices() {
    let server = Server::start();
    for text in ["", "   ", "https://example.com/a?b=c", " http://example.com\\n "] {
        let message = server.predict(&format!(r#"["up", "down", "{text}", "up"]"#)).refusal(422);
        assert_names(&message, &["index 2", "empty"]);
    }
    let message = server.predict(r#"["", "up", 7, "https://t.co/a", null]"#).refusal(422);
    assert_names(
        &message,
        &["index 2: expected a string, found a number", "index 4: expected a string, found null"],
    );
    let message = server.predict(r#"["", "up", "https://t.co/a"]"#).refusal(422);
    assert_names(&message, &["indices 0, 2", "empty"]);
}

#[test]
fn another_content_type_is_refused() {
    let server = Server::start();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let reply = server.request("POST", "/predict_batch", &[("content-type", content_type)], b"[\"up\"]");
        assert_names(&reply.refusal(415), &["application/json", &format!("found `{content_type}`")]);
    }
    let mut stream = server.connect();
    stream
        .write_all(
            b"POST /predict_batch HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]",
        )
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 415 ") && answer.contains("found none"), "{answer}");
}

#[test]
fn another_method_is_refused_with_the_ones_that_work() {
    let server = Server::start();
    for (method, path, allow) in [
        ("GET", "/predict_batch", "POST"),
        ("DELETE", "/predict_batch/", "POST"),
        ("POST", "/livez", "GET,HEAD"),
        ("POST", "/", "GET,HEAD"),
        ("PUT", "/models/manifest.json", "GET,HEAD"),
        ("DELETE", "/engine/tickertone.js", "GET,HEAD"),
    ] {
        let reply = server.request(method, path, &[], &[]);
        assert_names(&reply.refusal(405), &[method, path]);
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
    }
}

#[test]
fn an_unknown_path_is_refused_in_json() {
    let server = Server::start();
    for path in
        ["/predict", "/predict_batch/x", "/api/predict_batch", "/engine/", "/models/", "/models", "/%ff"]
    {
        let reply = server.get(path);
        assert_names(&reply.refusal(404), &[path, "/predict_batch"]);
    }
}

#[test]
fn a_body_that_is_cut_off_leaves_the_server_well() {
    let server = Server::start();
    let mut stream = server.connect();
    let head = "POST /predict_batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[\"up";
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    let mut stream = server.connect();
    stream.write_all(b"this is no HTTP at all\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(server.predict("[\"up\"]").status, 200);
}
