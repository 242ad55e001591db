//! The body of a prediction: refused by its headers where they tell, unpacked, decoded, and never blown up.

use crate::running_server::{RawReply, Server};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;

const BODY: &[u8] = br#"["Dividend raised for the tenth year"]"#;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut packed, &Default::default()).unwrap();
    packed
}

/// A request with these headers, in which the client waits for `100 Continue`.
fn patient_head(headers: &str) -> String {
    format!("POST /predict_batch HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n{headers}\r\n")
}

#[test]
fn a_length_above_the_limit_is_refused_before_the_body_is_sent() {
    let server = Server::start_with(&["--max-body-bytes", "2000", "--read-timeout-seconds", "600"]);
    let headers = "content-type: application/json\r\ncontent-length: 20000000\r\n";
    let reply = server.answer_to(patient_head(headers));
    assert_eq!(reply.status(), 413, "{}", reply.head);
    assert!(String::from_utf8(reply.body).unwrap().contains("at most 2000 bytes"));
    // Nor is a body awaited from a client that does not ask.
    let reply = server.answer_to(format!("POST /predict_batch HTTP/1.1\r\nhost: a\r\n{headers}\r\n"));
    assert_eq!(reply.status(), 413, "{}", reply.head);
}

#[test]
fn a_client_that_sends_all_the_same_sees_the_answer() {
    let server = Server::start_with(&["--max-body-bytes", "2000", "--read-timeout-seconds", "600"]);
    let body = vec![b' '; 20_000_000];
    let known = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let chunked =
        format!("content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len());
    let of_another_type = format!("content-type: text/csv\r\ncontent-length: {}\r\n\r\n", body.len());
    for (headers, status) in [(known, 413), (chunked, 413), (of_another_type, 415)] {
        let request =
            [format!("POST /predict_batch HTTP/1.1\r\nhost: a\r\n{headers}").as_bytes(), &body].concat();
        let mut stream = server.connect();
        stream.write_all(&request).unwrap();
        assert_eq!(RawReply::read(&mut stream).status(), status, "{headers}");
    }
}

#[test]
fn what_headers_give_away_is_refused_before_the_body_is_sent() {
    let server = Server::start();
    for (headers, status) in [
        ("content-type: text/csv\r\ncontent-length: 9\r\n", 415),
        ("content-type: application/json; charset=utf-16\r\ncontent-length: 9\r\n", 415),
        ("content-type: application/json\r\ncontent-encoding: zstd\r\ncontent-length: 9\r\n", 415),
    ] {
        assert_eq!(server.answer_to(patient_head(headers)).status(), status, "{headers}");
    }
}

#[test]
fn packed_bodies_are_unpacked() {
    let server = Server::start();
    let expected = server.predict(std::str::from_utf8(BODY).unwrap()).json();
    let (half, other_half) = BODY.split_at(9);
    for (coding, body) in [
        ("gzip", gzip(BODY)),
        ("x-gzip", gzip(BODY)),
        ("GZip", gzip(BODY)),
        ("gzip", [gzip(half), gzip(other_half)].concat()),
        ("deflate", zlib(BODY)),
        ("deflate", deflate(BODY)),
        ("br", brotli(BODY)),
        ("identity", BODY.to_vec()),
        ("", BODY.to_vec()),
        ("gzip, identity,, br", brotli(&gzip(BODY))),
    ] {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        let reply = server.request("POST", "/predict_batch", &headers, &body);
        assert_eq!((reply.status, reply.json()), (200, expected.clone()), "{coding}");
    }
    let headers =
        [("content-type", "application/json"), ("content-encoding", "br"), ("content-encoding", "gzip")];
    assert_eq!(server.request("POST", "/predict_batch", &headers, &gzip(&brotli(BODY))).status, 200);
}

#[test]
fn an_unknown_coding_is_refused_with_the_known_ones() {
    let server = Server::start();
    for coding in ["zstd", "compress", "gzip, zstd", "gzip;q=1", "gzip, gzip, gzip, gzip, gzip"] {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        let reply = server.request("POST", "/predict_batch", &headers, BODY);
        assert!(reply.refusal(415).contains(&format!("`{coding}`")), "{coding}");
        assert_eq!(reply.header("accept-encoding"), "gzip, deflate, br, identity");
    }
    let reply = server.request("POST", "/predict_batch", &[("content-type", "text/csv")], BODY);
    assert_eq!((reply.header("accept"), reply.header("accept-encoding")), ("application/json", ""));
}

#[test]
fn a_body_that_is_not_packed_as_it_says_is_refused() {
    let server = Server::start();
    let whole = gzip(BODY);
    for (coding, body) in [
        ("gzip", BODY.to_vec()),
        ("gzip", whole[..whole.len() - 1].to_vec()),
        ("gzip", [&whole[..], b"more"].concat()),
        ("deflate", vec![0x78, 0x9c, 0xff]),
        ("br", brotli(BODY)[..9].to_vec()),
        ("br", gzip(BODY)),
    ] {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        let message = server.request("POST", "/predict_batch", &headers, &body).refusal(400);
        assert!(message.contains(&format!("no whole {coding} stream")), "{message}");
    }
}

#[test]
fn a_body_may_not_grow_beyond_the_limit_when_unpacked() {
    let server = Server::start_with(&["--max-body-bytes", "200000"]);
    let bomb = vec![b' '; 50_000_000];
    for (coding, body) in [
        ("gzip", gzip(&bomb)),
        ("deflate", zlib(&bomb)),
        ("br", brotli(&bomb)),
        ("gzip, gzip, gzip", gzip(&gzip(&gzip(&bomb)))),
    ] {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        let message = server.request("POST", "/predict_batch", &headers, &body).refusal(413);
        assert!(message.contains("at most 200000 bytes"), "{coding}: {message}");
    }
    let [mut largest, mut larger] = [BODY.to_vec(), BODY.to_vec()];
    largest.resize(200_000, b' ');
    larger.resize(200_001, b' ');
    for (body, status) in [(largest, 200), (larger, 413)] {
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        assert_eq!(server.request("POST", "/predict_batch", &headers, &gzip(&body)).status, status);
    }
}

#[test]
fn a_byte_order_mark_is_welcome_and_other_encodings_are_named() {
    let server = Server::start();
    let expected = server.predict(std::str::from_utf8(BODY).unwrap()).json();
    let json = [("content-type", "application/json")];
    let reply = server.request("POST", "/predict_batch", &json, &[b"\xef\xbb\xbf", BODY].concat());
    assert_eq!((reply.status, reply.json()), (200, expected));
    let utf_16: Vec<u8> = "\u{feff}[\"up\"]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(server.request("POST", "/predict_batch", &json, &utf_16).refusal(400).contains("found UTF-16"));
    for charset in ["utf-16", "iso-8859-1", "\"latin1\""] {
        let headers = [("content-type", &*format!("application/json; charset={charset}"))];
        let message = server.request("POST", "/predict_batch", &headers, BODY).refusal(415);
        assert!(message.contains(charset.trim_matches('"')), "{message}");
    }
    for charset in ["UTF-8", "\"utf-8\"", "us-ascii"] {
        let headers = [("content-type", &*format!("application/json; charset={charset}"))];
        assert_eq!(server.request("POST", "/predict_batch", &headers, BODY).status, 200, "{charset}");
    }
}

#[test]
fn a_body_of_no_texts_takes_no_more_memory_than_its_size() {
    let server = Server::start_with(&["--max-body-bytes", "10000000"]);
    for element in ["0,", "[],", "\"\","] {
        let before = server.peak_memory_bytes();
        let body = format!("[{}0]", element.repeat(9_999_990 / element.len()));
        assert!(server.predict(&body).refusal(422).contains("at most 256 texts"));
        let growth = server.peak_memory_bytes() - before;
        assert!(growth < 60_000_000, "a body of 10 MB took {growth} bytes: {element}");
    }
}
