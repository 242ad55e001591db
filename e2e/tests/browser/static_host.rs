//! A host as simple as there are: it hands out the files of a folder under a path, whole, and knows nothing of the page.
//! No ranges, no tags, no headers of ours.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The running host.
pub struct StaticHost {
    pub origin: String,
    is_down: Arc<AtomicBool>,
}

impl StaticHost {
    /// Serves the files of `folder` under `prefix`, which begins and ends with a slash.
    pub fn start(folder: &Path, prefix: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let is_down = Arc::new(AtomicBool::new(false));
        let (folder, down) = (folder.to_owned(), is_down.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (folder, down) = (folder.clone(), down.clone());
                thread::spawn(move || answer(client, &folder, prefix, &down));
            }
        });
        Self { origin, is_down }
    }

    /// From now on every connection ends without an answer.
    pub fn stop(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }
}

fn answer(mut client: TcpStream, folder: &Path, prefix: &str, is_down: &AtomicBool) -> Option<()> {
    let mut lines = BufReader::new(client.try_clone().ok()?).lines().map_while(Result::ok);
    let request = lines.next()?;
    lines.find(String::is_empty)?;
    if is_down.load(Ordering::SeqCst) {
        return client.shutdown(Shutdown::Both).ok();
    }
    let path = request.split(' ').nth(1)?.split(['?', '#']).next()?;
    let found = path.strip_prefix(prefix).and_then(|name| read(folder, name));
    let (status, kind, body) = found.map_or_else(
        || ("404 Not Found", "text/html", b"<!doctype html><title>Not found</title>".to_vec()),
        |(kind, body)| ("200 OK", kind, body),
    );
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).ok()?;
    client.write_all(&body).ok()?;
    client.shutdown(Shutdown::Both).ok()
}

fn read(folder: &Path, name: &str) -> Option<(&'static str, Vec<u8>)> {
    let name = PathBuf::from(if name.is_empty() { "index.html" } else { name });
    let kind = match name.extension()?.to_str()? {
        "html" => "text/html",
        "js" => "text/javascript",
        "css" => "text/css",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    };
    Some((kind, std::fs::read(folder.join(name)).ok()?))
}
