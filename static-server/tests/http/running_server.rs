//! A server under test: folders, process, requests, log lines.
//!
//! Nothing here waits by the clock: a server is ready when its log says so.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use ureq::http::{HeaderMap, Request};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A page and an engine as small as they can be, in a folder that vanishes with the value.
pub struct Folders {
    folder: TempDir,
}

impl Folders {
    pub fn new() -> Self {
        let folders = Self { folder: tempfile::tempdir().unwrap() };
        let many_lines = "export const line = \"the same again and again\";\n".repeat(200);
        let files: [(&str, &str); 13] = [
            ("app/index.html", include_str!("index.html")),
            ("app/web-0123456789abcdef.js", &many_lines),
            ("app/web-0123456789abcdef_bg.wasm", "\0asm\x01\0\0\0"),
            ("app/style-0123456789abcdef.css", "body { color: black; }\n"),
            ("app/favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"),
            ("app/icon-192.png", "a picture\n"),
            ("app/manifest.webmanifest", "{}\n"),
            ("app/service-worker.js", "self.FILES = {};\n"),
            ("app/.secret", "not to be served"),
            ("app/.git/config", "not to be served"),
            ("engine/tickertone.js", &many_lines),
            ("engine/tickertone.d.ts", "export declare class Classifier {}\n"),
            ("engine/simd128/tickertone_engine_bg.wasm", "\0asm\x01\0\0\0"),
        ];
        for (path, content) in files {
            let path = folders.path(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        std::fs::write(folders.path("outside.txt"), "not to be served").unwrap();
        std::os::unix::fs::symlink(folders.path("outside.txt"), folders.path("app/link.txt")).unwrap();
        folders
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// The server's command line with these folders, the repository's models and a free port.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_static-server"));
        command.env_clear().args(["--port", "0", "--models"]).arg(models());
        command.arg("--app").arg(self.path("app")).arg("--engine").arg(self.path("engine"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// The repository's `models/`.
pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// The repository's manifest.
pub fn manifest() -> messages::Manifest {
    serde_json::from_slice(&std::fs::read(models().join("manifest.json")).unwrap()).unwrap()
}

/// A running server; it ends with the value.
pub struct Server {
    pub folders: Folders,
    pub address: String,
    /// The log up to the line that says the server is ready.
    pub start_log: Vec<String>,
    child: Child,
    log_lines: Receiver<String>,
    stdout: Receiver<String>,
}

impl Server {
    /// A server that has loaded its model.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with these arguments that has loaded its model.
    pub fn start_with(arguments: &[&str]) -> Self {
        let folders = Folders::new();
        let command = folders.command();
        Self::start_command(folders, command, arguments)
    }

    /// The same after `ulimit` with these arguments.
    pub fn start_after_ulimit(ulimit: &str, arguments: &[&str]) -> Self {
        let folders = Folders::new();
        let command = folders.command();
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().args(["-c", &format!("ulimit {ulimit} && exec \"$0\" \"$@\"")]);
        shell.arg(command.get_program()).args(command.get_args());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::start_command(folders, shell, arguments)
    }

    fn start_command(folders: Folders, mut command: Command, arguments: &[&str]) -> Self {
        let mut child = command.args(arguments).spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let log_lines = lines(child.stderr.take().unwrap());
        let mut server =
            Self { folders, address: String::new(), start_log: Vec::new(), child, log_lines, stdout };
        server.start_log = server.wait_for_log(" ready model=");
        let announced = server.stdout.recv_timeout(PATIENCE).unwrap();
        server.address = announced.strip_prefix("listening on http://").unwrap().to_owned();
        server
    }

    /// The log up to and including the first line that contains this.
    pub fn wait_for_log(&self, part: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.log_lines.recv_timeout(PATIENCE);
            seen.push(line.unwrap_or_else(|_| panic!("no log line with `{part}` in {seen:#?}")));
            if seen.last().is_some_and(|line| line.contains(part)) {
                return seen;
            }
        }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.request("GET", path, headers, &[])
    }

    /// `POST /predict_batch` with this body, as JSON.
    pub fn predict(&self, body: &str) -> Reply {
        self.request("POST", "/predict_batch", &[("content-type", "application/json")], body.as_bytes())
    }

    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        send(&self.address, method, path, headers, body)
    }

    /// A connection of its own, for what no HTTP client would send.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What a request written by hand gets: the bytes up to the end of the connection.
    pub fn answer_to(&self, request: impl AsRef<[u8]>) -> RawReply {
        let mut stream = self.connect();
        // The server may have closed before it has read everything.
        stream.write_all(request.as_ref()).ok();
        RawReply::read(&mut stream)
    }

    /// A request whose handler waits for the body: the server sends `100 Continue` when it starts reading it.
    pub fn request_in_flight(&self) -> RequestInFlight {
        let mut stream = BufReader::new(self.connect());
        let head = format!(
            "POST /predict_batch HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            RequestInFlight::BODY.len()
        );
        stream.get_mut().write_all(head.as_bytes()).unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 100 "), "{line}");
        line.clear();
        stream.read_line(&mut line).unwrap();
        assert_eq!(line, "\r\n");
        RequestInFlight { stream }
    }

    /// The most memory that the process has ever held (Linux).
    pub fn peak_memory_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// How many sockets the process holds (Linux).
    pub fn open_sockets(&self) -> usize {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let targets = descriptors.filter_map(|descriptor| std::fs::read_link(descriptor.ok()?.path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the process has ended; also gives what else it wrote to stdout and to the log.
    pub fn wait(mut self) -> (ExitStatus, Vec<String>, Vec<String>) {
        let mut log = Vec::new();
        loop {
            match self.log_lines.recv_timeout(PATIENCE) {
                Ok(line) => log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server does not end: {log:#?}"),
            }
        }
        (self.child.wait().unwrap(), self.stdout.iter().collect(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One request, whatever its status.
pub fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut request = Request::builder().method(method).uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    let agent: ureq::Agent = config.allow_non_standard_methods(true).build().into();
    let response = match body {
        [] => agent.run(request.body(()).unwrap()),
        body => agent.run(request.body(body).unwrap()),
    };
    let (parts, mut body) = response.unwrap().into_parts();
    let body = body.with_config().limit(1 << 30).read_to_vec().unwrap();
    Reply { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A request that waits for its body.
pub struct RequestInFlight {
    stream: BufReader<TcpStream>,
}

impl RequestInFlight {
    const BODY: &str = "[\"Record deliveries this quarter\"]";

    /// Sends the body; the whole answer.
    pub fn finish(mut self) -> String {
        self.stream.get_mut().write_all(Self::BODY.as_bytes()).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// An answer as it came over the wire, to requests that HTTP clients would tidy up.
pub struct RawReply {
    pub head: String,
    pub body: Vec<u8>,
}

impl RawReply {
    /// Reads to the end of the connection.
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(&answer)));
        let body = answer.split_off(end + 4);
        Self { head: String::from_utf8(answer).unwrap(), body }
    }

    pub fn status(&self) -> u16 {
        self.head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap()
    }

    /// A header's value, or nothing at all.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
            .unwrap_or("")
    }
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value, or nothing at all.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("expected JSON, found {}: {error}", String::from_utf8_lossy(&self.body))
        })
    }

    /// The message of a refusal, after checking that it is one: this status, as a problem in the agreed shape.
    pub fn refusal(&self, status: u16) -> String {
        let body = self.json();
        assert_eq!((self.status, body["status-code"].as_u64()), (status, Some(status.into())), "{body}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["type", "title", "status", "detail", "message", "status-code"]);
        assert_eq!((&body["type"], &body["status"]), (&"about:blank".into(), &status.into()), "{body}");
        assert_eq!(body["detail"], body["message"]);
        assert!(!body["title"].as_str().unwrap().is_empty(), "{body}");
        body["message"].as_str().unwrap().to_owned()
    }
}

/// The lines of a pipe, as they come; a thread empties it, so that the server never waits for the test.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(pipe).lines();
        lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    receiver
}
