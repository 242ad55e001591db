//! `Range` (RFC 9110, section 14): parts of a file, and what asks for none.

use crate::running_server::{Reply, Server, manifest, models};

#[test]
fn ranges_of_a_model_are_served() {
    let server = Server::start();
    let model = manifest().default_model().unwrap().clone();
    let path = format!("/models/{}", model.file);
    let on_disk = std::fs::read(models().join(&model.file)).unwrap();
    let size = on_disk.len();
    let etag = format!("\"{}\"", model.sha256);
    let part = |range: &str, if_range: &str| -> Reply {
        let headers = [("range", range), ("if-range", if_range)];
        server.get_with(&path, if if_range.is_empty() { &headers[..1] } else { &headers })
    };
    for (range, expected) in [
        ("bytes=0-3", 0..4),
        ("bytes=1000-1999", 1000..2000),
        ("bytes=-5", size - 5..size),
        (&format!("bytes={}-", size - 7), size - 7..size),
        (&format!("bytes={}-{}", size - 7, size + 100), size - 7..size),
    ] {
        let reply = part(range, "");
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.body, on_disk[expected.clone()], "{range}");
        let content_range = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(reply.header("content-range"), content_range);
    }
    assert_eq!(part("bytes=0-3", &etag).status, 206);
    for (range, if_range) in
        [("bytes=0-3", "\"other\""), ("bytes=3-x", ""), ("lines=1-2", ""), ("bytes=0-1,4-5", "")]
    {
        let reply = part(range, if_range);
        assert_eq!((reply.status, reply.body.len()), (200, size), "{range} {if_range}");
    }
    let beyond = part(&format!("bytes={size}-"), "");
    assert!(beyond.refusal(416).contains(&format!("within {size} bytes")));
    assert_eq!(beyond.header("content-range"), format!("bytes */{size}"));
}

/// The bytes of `/engine/tickertone.d.ts`.
const FILE: &[u8] = b"export declare class Classifier {}\n";

#[test]
fn every_form_of_range_gets_what_rfc_9110_says() {
    let server = Server::start();
    let size = FILE.len();
    let long = format!("bytes={}", "0-1,".repeat(10_000));
    let many_beyond = format!("bytes=0-1,{}", "99-,".repeat(10_000));
    for (method, ranges, status, content_range) in [
        ("GET", &["bytes=0-3"][..], 206, "bytes 0-3/35"),
        ("GET", &["Bytes=00-03"], 206, "bytes 0-3/35"),
        ("GET", &["bytes=-99999999"], 206, "bytes 0-34/35"),
        ("GET", &["bytes=-1"], 206, "bytes 34-34/35"),
        ("GET", &["bytes=0-99999999999999999999999"], 206, "bytes 0-34/35"),
        ("GET", &["bytes=0-1,99999999-"], 206, "bytes 0-1/35"),
        ("GET", &["bytes=99999999-, 4-5 ,-0"], 206, "bytes 4-5/35"),
        ("GET", &[&many_beyond], 206, "bytes 0-1/35"),
        ("GET", &["bytes=35-"], 416, "bytes */35"),
        ("GET", &["bytes=-0"], 416, "bytes */35"),
        ("GET", &["bytes=99999999999999999999999-,35-36"], 416, "bytes */35"),
        ("GET", &["bytes=0-1,4-5"], 200, ""),
        ("GET", &["bytes=0-1", "bytes=4-5"], 200, ""),
        ("GET", &[&long], 200, ""),
        ("GET", &["bytes=5-4"], 200, ""),
        ("GET", &["bytes=0-3;x"], 200, ""),
        ("GET", &["lines=0-3"], 200, ""),
        ("GET", &["bytes="], 200, ""),
        ("GET", &[""], 200, ""),
        ("HEAD", &["bytes=0-3"], 200, ""),
        ("HEAD", &["bytes=35-"], 200, ""),
    ] {
        let lines: String = ranges.iter().map(|range| format!("Range: {range}\r\n")).collect();
        let reply = server.answer_to(format!(
            "{method} /engine/tickertone.d.ts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n"
        ));
        let what = format!("{method} {:.60}", ranges.join(" and "));
        assert_eq!((reply.status(), reply.header("content-range")), (status, content_range), "{what}");
        let expected = match (status, content_range.trim_start_matches("bytes ").split_once(['-', '/'])) {
            (206, Some((first, rest))) => {
                let (last, _) = rest.split_once('/').unwrap();
                &FILE[first.parse().unwrap()..=last.parse().unwrap()]
            }
            _ => FILE,
        };
        if status != 416 {
            assert_eq!(reply.header("content-length"), expected.len().to_string(), "{what}");
            assert_eq!(reply.header("accept-ranges"), "bytes", "{what}");
            assert_eq!(reply.body, if method == "HEAD" { &[] } else { expected }, "{what}");
        }
        assert_eq!(size, 35);
    }
}

#[test]
fn a_range_that_does_not_count_leaves_the_answer_packed() {
    let server = Server::start();
    for range in ["bytes=0-1,4-5", "bytes=3-x", "lines=1-2"] {
        let headers = [("accept-encoding", "br"), ("range", range)];
        let reply = server.get_with("/engine/tickertone.js", &headers);
        assert_eq!((reply.status, reply.header("content-encoding")), (200, "br"), "{range}");
    }
}
