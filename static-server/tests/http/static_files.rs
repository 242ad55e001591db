//! Page, engine and models: types, caching, compression, ranges, and nothing outside the folders.

use crate::running_server::{Server, manifest, models};
use std::io::{Read, Write};

const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[test]
fn every_kind_of_file_has_its_type_and_its_caching() {
    let server = Server::start();
    let model = format!("/models/{}", manifest().default_model().unwrap().file);
    for (path, content_type, cache_control) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/web-0123456789abcdef.js", "text/javascript; charset=utf-8", FOR_EVER),
        ("/web-0123456789abcdef_bg.wasm", "application/wasm", FOR_EVER),
        ("/style-0123456789abcdef.css", "text/css; charset=utf-8", FOR_EVER),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/icon-192.png", "image/png", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/service-worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/engine/tickertone.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/engine/tickertone.d.ts", "application/typescript; charset=utf-8", "no-cache"),
        ("/engine/simd128/tickertone_engine_bg.wasm", "application/wasm", "no-cache"),
        ("/models/manifest.json", "application/json", "no-cache"),
        (&model, "application/octet-stream", "no-cache"),
    ] {
        let reply = server.get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), content_type, "{path}");
        assert_eq!(reply.header("cache-control"), cache_control, "{path}");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string(), "{path}");
        let etag = reply.header("etag");
        let again = server.get_with(path, &[("if-none-match", etag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_eq!((again.header("etag"), again.header("cache-control")), (etag, cache_control), "{path}");
        assert_eq!(server.get_with(path, &[("if-none-match", "\"other\"")]).status, 200, "{path}");
    }
    assert_eq!(server.get("/").body, server.get("/index.html").body);
}

#[test]
fn a_model_is_whole_and_known_by_its_hash() {
    let server = Server::start();
    let model = manifest().default_model().unwrap().clone();
    let path = format!("/models/{}", model.file);
    let on_disk = std::fs::read(models().join(&model.file)).unwrap();
    let reply = server.get_with(&path, &[("accept-encoding", "gzip, br")]);
    assert_eq!(reply.header("content-encoding"), "");
    assert_eq!(reply.header("content-length"), model.size_bytes.to_string());
    assert_eq!(reply.header("etag"), format!("\"{}\"", model.sha256));
    assert!(reply.body == on_disk, "the model file arrived changed");
    assert_eq!(
        server.get("/models/manifest.json").body,
        std::fs::read(models().join("manifest.json")).unwrap()
    );

    let named = server.get(&format!("{path}?sha256={}", model.sha256));
    assert_eq!((named.status, named.header("cache-control")), (200, FOR_EVER));
    let other = server.get(&format!("{path}?sha256={}", "0".repeat(64)));
    let message = other.refusal(404);
    assert!(message.contains(&"0".repeat(64)) && message.contains(&model.sha256), "{message}");
    assert_eq!(other.header("cache-control"), "no-store");
}

#[test]
fn head_has_the_headers_of_get_without_the_body() {
    let server = Server::start();
    let model = manifest().default_model().unwrap().clone();
    let reply = server.request("HEAD", &format!("/models/{}", model.file), &[], &[]);
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), model.size_bytes.to_string());
}

#[test]
fn page_and_engine_are_compressed_once_the_client_takes_it() {
    let server = Server::start();
    for path in ["/web-0123456789abcdef.js", "/engine/tickertone.js"] {
        let plain = server.get(path);
        assert_eq!(plain.header("vary"), "accept-encoding");
        for (accepted, coding) in
            [("gzip", "gzip"), ("br", "br"), ("gzip, deflate, br", "br"), ("br;q=0, gzip", "gzip")]
        {
            let packed = server.get_with(path, &[("accept-encoding", accepted)]);
            assert_eq!(packed.header("content-encoding"), coding, "{accepted}");
            assert_eq!(packed.header("vary"), "accept-encoding");
            assert_eq!(packed.header("content-length"), packed.body.len().to_string());
            assert_ne!(
                packed.header("etag"),
                plain.header("etag"),
                "another representation needs another tag"
            );
            assert!(packed.body.len() * 10 < plain.body.len());
            assert!(unpack(coding, &packed.body) == plain.body, "{path} {coding}");
            let again = [("accept-encoding", accepted), ("if-none-match", packed.header("etag"))];
            assert_eq!(server.get_with(path, &again).status, 304);
        }
        for accepted in ["", "identity", "zstd", "br;q=0"] {
            let reply = server.get_with(path, &[("accept-encoding", accepted)]);
            assert_eq!(
                (reply.header("content-encoding"), reply.body.len()),
                ("", plain.body.len()),
                "{accepted}"
            );
        }
        let range = server.get_with(path, &[("accept-encoding", "br"), ("range", "bytes=7-11")]);
        assert_eq!((range.header("content-encoding"), &range.body[..]), ("", &plain.body[7..12]));
    }
}

fn unpack(coding: &str, packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        "br" => brotli::Decompressor::new(packed, 4096).read_to_end(&mut plain),
        _ => flate2::read::GzDecoder::new(packed).read_to_end(&mut plain),
    }
    .unwrap();
    plain
}

#[test]
fn nothing_outside_the_folders_and_nothing_hidden_is_served() {
    let server = Server::start();
    for path in [
        "/.secret",
        "/%2esecret",
        "/.git/config",
        "/link.txt",
        "/outside.txt",
        "/../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/engine/../../outside.txt",
        "/engine/..%5c..%5coutside.txt",
        "/models/../outside.txt",
        "/models/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/engine//etc/passwd",
        "/models/golden.json",
        "/app/index.html",
        "/index.html/",
        "/index.html%00",
    ] {
        // Written by hand, because HTTP clients tidy such paths up.
        let mut stream = server.connect();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.contains("\"status-code\":404"),
            "{path}: {answer}"
        );
    }
}

#[test]
fn what_was_read_at_start_is_what_is_served() {
    let server = Server::start();
    let before = server.get("/");
    std::fs::write(server.folders.path("app/index.html"), "half a new bui").unwrap();
    let after = server.get("/");
    assert_eq!((before.body, before.headers.get("etag")), (after.body, after.headers.get("etag")));
}
