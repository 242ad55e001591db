//! A line to the server that can break: it passes everything on, but spoils the first downloads of each model that
//! it is told. It counts the downloads, which the browser cannot: to it, what comes from its cache is a request, too.
//! The server behind it may end, and another one take its place, as in a redeploy.
//!
//! It sits between browser and server as a second origin, so that page, engine and model still share one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to a download of a model; those without a fault arrive whole.
pub enum Fault {
    /// The connection breaks after so many bytes.
    CutAfter(usize),
    /// The rest of the answer waits for [`Line::release`] after so many bytes, or never comes: [`Line::hang_up`].
    HoldAfter(usize),
    /// The server has too much to do.
    Busy,
    /// These bytes arrive instead.
    Instead(Vec<u8>),
}

/// What all connections share.
struct Shared {
    upstream: Mutex<String>,
    /// The files (as in the manifest) that are still to be spoiled, in the order of their downloads.
    faults: Mutex<Vec<(String, Fault)>>,
    /// One signal for each held download: whether the rest of it comes.
    released: Mutex<Receiver<bool>>,
    downloads: Mutex<Vec<Download>>,
}

/// A model that was asked for.
#[derive(Clone, Debug)]
pub struct Download {
    /// As in the manifest.
    pub file: String,
    /// Its byte from which on it was asked for; 0 is the whole file.
    pub from: u64,
}

/// The running line.
pub struct Line {
    pub origin: String,
    release: Sender<bool>,
    shared: Arc<Shared>,
}

impl Line {
    /// Listens on a free port and passes on to this origin; each fault spoils one download of
    /// its file (as in the manifest).
    pub fn start(upstream: &str, faults: Vec<(String, Fault)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (release, released) = channel();
        let shared = Arc::new(Shared {
            upstream: Mutex::new(upstream.to_owned()),
            faults: Mutex::new(faults),
            released: Mutex::new(released),
            downloads: Mutex::new(Vec::new()),
        });
        let passing = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = passing.clone();
                // A browser that goes away in the middle is no concern of the line's.
                thread::spawn(move || pass_on(client, &shared));
            }
        });
        Self { origin, release, shared }
    }

    /// The models that were asked for so far.
    pub fn downloads(&self) -> Vec<Download> {
        self.shared.downloads.lock().unwrap().clone()
    }

    /// Lets a held download go on.
    pub fn release(&self) {
        self.release.send(true).unwrap();
    }

    /// Ends a held download in the middle.
    pub fn hang_up(&self) {
        self.release.send(false).unwrap();
    }

    /// From now on passes on to this origin.
    pub fn switch_to(&self, upstream: &str) {
        *self.shared.upstream.lock().unwrap() = upstream.to_owned();
    }
}

impl Shared {
    /// What is to be done to this download, which is thereby done.
    fn take_fault(&self, path: &str) -> Option<Fault> {
        let file = path.strip_prefix("/models/")?;
        let mut faults = self.faults.lock().ok()?;
        let at = faults.iter().position(|(spoiled, _)| spoiled == file)?;
        Some(faults.remove(at).1)
    }
}

/// Serves one connection, which is one request: both sides are told to close after it.
fn pass_on(mut client: TcpStream, shared: &Shared) -> Option<()> {
    let head = read_head(&mut client)?;
    let (request, fields) = head.split_once("\r\n")?;
    let range = fields.split("\r\n").find_map(|field| {
        let (name, value) = field.split_once(": ")?;
        name.eq_ignore_ascii_case("range")
            .then(|| value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())?
    });
    let fields = fields.split("\r\n").filter(|field| !field.to_ascii_lowercase().starts_with("connection:"));
    let head = format!("{request}\r\nConnection: close\r\n{}", fields.collect::<Vec<_>>().join("\r\n"));
    let path = request.split(' ').nth(1)?.split('?').next()?;
    if let Some(file) = path.strip_prefix("/models/").filter(|file| file.ends_with(".gguf")) {
        let download = Download { file: file.to_owned(), from: range.unwrap_or(0) };
        shared.downloads.lock().ok()?.push(download);
    }
    let fault = shared.take_fault(path);
    if let Some(Fault::Instead(bytes)) = &fault {
        let length = bytes.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).ok()?;
        return client.write_all(bytes).ok();
    }
    if let Some(Fault::Busy) = fault {
        let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return client.write_all(answer.as_bytes()).ok();
    }
    let upstream = shared.upstream.lock().ok()?.strip_prefix("http://")?.to_owned();
    let mut server = TcpStream::connect(upstream).ok()?;
    server.write_all(head.as_bytes()).ok()?;
    std::io::copy(&mut (&client).take(body_length(&head)), &mut server).ok()?;
    match fault {
        Some(Fault::CutAfter(bytes)) => {
            std::io::copy(&mut server.take(bytes as u64), &mut client).ok()?;
        }
        Some(Fault::HoldAfter(bytes)) => {
            std::io::copy(&mut (&server).take(bytes as u64), &mut client).ok()?;
            if shared.released.lock().ok()?.recv().ok()? {
                std::io::copy(&mut server, &mut client).ok()?;
            }
        }
        _ => {
            std::io::copy(&mut server, &mut client).ok()?;
        }
    }
    client.shutdown(Shutdown::Both).ok()
}

/// Bytes that follow the head.
fn body_length(head: &str) -> u64 {
    let length = head.split("\r\n").find_map(|field| {
        let (name, value) = field.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
    });
    length.unwrap_or(0)
}

/// Reads up to the empty line.
fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    String::from_utf8(head).ok()
}
