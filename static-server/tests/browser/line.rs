//! A line to the server that can break: it passes everything on, but spoils the first download of a model. It
//! counts the downloads, which the browser cannot: to it, what comes from its cache is a request, too.
//!
//! It sits between browser and server as a second origin, so that page, engine and model still share one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to the first model that is asked for; later ones arrive whole.
pub enum Fault {
    /// It arrives whole.
    None,
    /// The connection breaks after so many bytes.
    CutAfter(usize),
    /// The rest of the answer waits for [`Line::release`] after so many bytes.
    HoldAfter(usize),
    /// These bytes arrive instead.
    Instead(Vec<u8>),
}

/// What is left to be done to a download, and the signal that a held one may go on.
type Pending = Mutex<Option<(Fault, Receiver<()>)>>;

/// The running line.
pub struct Line {
    pub origin: String,
    release: Sender<()>,
    downloads: Arc<AtomicUsize>,
}

impl Line {
    /// Listens on a free port and passes on to this origin.
    pub fn start(upstream: &str, fault: Fault) -> Self {
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (release, released) = channel();
        let pending: Arc<Pending> = Arc::new(Mutex::new(Some((fault, released))));
        let downloads = Arc::new(AtomicUsize::new(0));
        let counter = downloads.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (pending, upstream, counter) = (pending.clone(), upstream.clone(), counter.clone());
                // A browser that goes away in the middle is no concern of the line's.
                thread::spawn(move || pass_on(client, &upstream, &pending, &counter));
            }
        });
        Self { origin, release, downloads }
    }

    /// How many times a model was asked for.
    pub fn downloads(&self) -> usize {
        self.downloads.load(Ordering::SeqCst)
    }

    /// Lets a held download go on.
    pub fn release(&self) {
        self.release.send(()).unwrap();
    }
}

/// Serves one connection, which is one request: both sides are told to close after it.
fn pass_on(mut client: TcpStream, upstream: &str, pending: &Pending, downloads: &AtomicUsize) -> Option<()> {
    let head = read_head(&mut client)?;
    let (request, fields) = head.split_once("\r\n")?;
    let fields = fields.split("\r\n").filter(|field| !field.to_ascii_lowercase().starts_with("connection:"));
    let head = format!("{request}\r\nConnection: close\r\n{}", fields.collect::<Vec<_>>().join("\r\n"));
    let is_model = request.split(' ').nth(1)?.split('?').next()?.ends_with(".gguf");
    downloads.fetch_add(usize::from(is_model), Ordering::SeqCst);
    let fault = if is_model { pending.lock().ok()?.take() } else { None };
    if let Some((Fault::Instead(bytes), _)) = &fault {
        let length = bytes.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).ok()?;
        return client.write_all(bytes).ok();
    }
    let mut server = TcpStream::connect(upstream).ok()?;
    server.write_all(head.as_bytes()).ok()?;
    match fault {
        Some((Fault::CutAfter(bytes), _)) => {
            std::io::copy(&mut server.take(bytes as u64), &mut client).ok()?;
        }
        Some((Fault::HoldAfter(bytes), released)) => {
            std::io::copy(&mut (&server).take(bytes as u64), &mut client).ok()?;
            released.recv().ok()?;
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
