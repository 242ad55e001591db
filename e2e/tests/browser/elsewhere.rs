//! A small server with headers of the test's choice: another origin, or a page under a policy that ours does not have.
//!
//! It hands out an empty page at `/`, the engine at `/engine/…` and the default model at `/model.gguf`, packed with gzip
//! at `/packed.gguf`.

use crate::site::{default_model, models, root};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A running server; it ends with the tests.
pub struct Elsewhere {
    pub origin: String,
}

impl Elsewhere {
    /// Listens on a free port; answers carry these headers, each line where the address begins so.
    pub fn start(headers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let model = Arc::new(std::fs::read(models().join(default_model().file)).unwrap());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let model = model.clone();
                // A browser that goes away in the middle is no concern of the server's.
                thread::spawn(move || answer(client, headers, &model));
            }
        });
        Self { origin }
    }
}

/// Serves one connection, which is one request.
fn answer(mut client: TcpStream, headers: &[(&str, &str)], model: &[u8]) -> Option<()> {
    let mut head = BufReader::new(client.try_clone().ok()?).lines();
    let request = head.next()?.ok()?;
    while !head.next()?.ok()?.is_empty() {}
    let address = request.split(' ').nth(1)?;
    let path = address.split('?').next()?;
    let (kind, encoding, body) = match path {
        "/" => ("text/html", "", b"<!doctype html><title>elsewhere</title>".to_vec()),
        "/model.gguf" => ("application/octet-stream", "", model.to_vec()),
        "/packed.gguf" => ("application/octet-stream", "Content-Encoding: gzip\r\n", packed(model)?),
        _ if path.ends_with(".wasm") => ("application/wasm", "", file(path)?),
        _ => ("text/javascript", "", file(path).unwrap_or_default()),
    };
    let lines = headers.iter().filter(|(beginning, _)| address.starts_with(beginning));
    let more: String = lines.map(|(_, line)| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{encoding}{more}Connection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).ok()?;
    client.write_all(&body).ok()
}

/// A file of the engine.
fn file(path: &str) -> Option<Vec<u8>> {
    std::fs::read(root().join("dist").join(path.strip_prefix('/')?)).ok()
}

fn packed(model: &[u8]) -> Option<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(model).ok()?;
    packed.finish().ok()
}
