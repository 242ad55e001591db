//! A line to the server that can break: it passes everything on, but spoils the first download of each model that
//! it is told. It counts the downloads, which the browser cannot: to it, what comes from its cache is a request, too.
//!
//! It sits between browser and server as a second origin, so that page, engine and model still share one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to the first download of a model; later ones arrive whole.
pub enum Fault {
    /// The connection breaks after so many bytes.
    CutAfter(usize),
    /// The rest of the answer waits for [`Line::release`] after so many bytes.
    HoldAfter(usize),
    /// These bytes arrive instead.
    Instead(Vec<u8>),
}

/// What all connections share.
struct Shared {
    upstream: String,
    /// The files (as in the manifest) that are still to be spoiled.
    faults: Mutex<Vec<(String, Fault)>>,
    /// One signal for each held download that may go on.
    released: Mutex<Receiver<()>>,
    downloads: AtomicUsize,
}

/// The running line.
pub struct Line {
    pub origin: String,
    release: Sender<()>,
    shared: Arc<Shared>,
}

impl Line {
    /// Listens on a free port and passes on to this origin; each file (as in the manifest) is spoiled once.
    pub fn start(upstream: &str, faults: Vec<(String, Fault)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (release, released) = channel();
        let shared = Arc::new(Shared {
            upstream: upstream.strip_prefix("http://").unwrap().to_owned(),
            faults: Mutex::new(faults),
            released: Mutex::new(released),
            downloads: AtomicUsize::new(0),
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

    /// How many times a model was asked for.
    pub fn downloads(&self) -> usize {
        self.shared.downloads.load(Ordering::SeqCst)
    }

    /// Lets a held download go on.
    pub fn release(&self) {
        self.release.send(()).unwrap();
    }
}

impl Shared {
    /// What is to be done to this download, which is thereby done.
    fn take_fault(&self, path: &str) -> Option<Fault> {
        let file = path.strip_prefix("/models/")?;
        let mut faults = self.faults.lock().ok()?;
        let at = faults.iter().position(|(spoiled, _)| spoiled == file)?;
        Some(faults.swap_remove(at).1)
    }
}

/// Serves one connection, which is one request: both sides are told to close after it.
fn pass_on(mut client: TcpStream, shared: &Shared) -> Option<()> {
    let head = read_head(&mut client)?;
    let (request, fields) = head.split_once("\r\n")?;
    let fields = fields.split("\r\n").filter(|field| !field.to_ascii_lowercase().starts_with("connection:"));
    let head = format!("{request}\r\nConnection: close\r\n{}", fields.collect::<Vec<_>>().join("\r\n"));
    let path = request.split(' ').nth(1)?.split('?').next()?;
    shared.downloads.fetch_add(usize::from(path.ends_with(".gguf")), Ordering::SeqCst);
    let fault = shared.take_fault(path);
    if let Some(Fault::Instead(bytes)) = &fault {
        let length = bytes.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).ok()?;
        return client.write_all(bytes).ok();
    }
    let mut server = TcpStream::connect(&shared.upstream).ok()?;
    server.write_all(head.as_bytes()).ok()?;
    match fault {
        Some(Fault::CutAfter(bytes)) => {
            std::io::copy(&mut server.take(bytes as u64), &mut client).ok()?;
        }
        Some(Fault::HoldAfter(bytes)) => {
            std::io::copy(&mut (&server).take(bytes as u64), &mut client).ok()?;
            shared.released.lock().ok()?.recv().ok()?;
            std::io::copy(&mut server, &mut client).ok()?;
        }
        _ => {
            std::io::copy(&mut server, &mut client).ok()?;
        }
    }
    client.shutdown(Shutdown::Both).ok()
}

/// Reads up to the empty line; the requests of these tests have no bodies.
fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    String::from_utf8(head).ok()
}
