//! That the browser's eyes and hands work: what the other tests take for proof must be able to fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chromium::{Error, Key, Page, find_executable};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'";
const PAGE: &str = "<!doctype html><link rel=icon href=data:,><script type=module src=/page.js></script>
    <input id=field><button id=button>press</button><script>never()</script>
    <p style='color: red'>refused</p>";
const SCRIPT: &str = "
    field.addEventListener('input', () => button.textContent = field.value);
    button.addEventListener('click', () => console.error('pressed', 7));
    const worker = new Worker('/worker.js', { type: 'module' });
    worker.onmessage = () => document.body.dataset.worker = 'done';";
const WORKER: &str = "
    console.error('the worker complains');
    await fetch('/from-the-worker');
    fetch('http://127.0.0.2:9/refused').catch(() => postMessage('done'));";

/// Serves the page above on a free port and returns its origin.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut lines = BufReader::new(client.try_clone().unwrap()).lines().map_while(Result::ok);
                let request = lines.next()?;
                lines.find(String::is_empty)?;
                let (kind, body) = match request.split(' ').nth(1)? {
                    "/page.js" => ("text/javascript", SCRIPT),
                    "/worker.js" => ("text/javascript", WORKER),
                    _ => ("text/html", PAGE),
                };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
                     Content-Security-Policy: {POLICY}\r\nConnection: close\r\n\r\n"
                );
                client.write_all((head + body).as_bytes()).ok()
            });
        }
    });
    origin
}

fn open() -> (Page, String) {
    let origin = serve();
    let mut page = Page::launch(&find_executable().unwrap()).unwrap();
    page.goto(&origin).unwrap();
    (page, origin)
}

#[test]
fn requests_and_complaints_are_seen_those_of_workers_too() {
    let (mut page, origin) = open();
    page.wait_for::<String>("document.body.dataset.worker").unwrap();
    let requests = page.requests().join("\n");
    for url in
        [&format!("{origin}/page.js"), &format!("{origin}/worker.js"), &format!("{origin}/from-the-worker")]
    {
        assert!(requests.contains(url), "{url} is not among {requests}");
    }
    let errors = page.errors().join("\n");
    for part in ["the worker complains", "script-src", "style-src", "connect-src"] {
        assert!(errors.contains(part), "`{part}` is not among {errors}");
    }
}

#[test]
fn input_arrives_as_a_persons_does() {
    let (mut page, _) = open();
    page.click("#field").unwrap();
    page.type_text("tiker").unwrap();
    page.press(Key::Backspace).unwrap();
    page.paste("… é").unwrap();
    page.wait_for::<bool>("button.textContent === 'tike… é'").unwrap();
    page.press(Key::Tab).unwrap();
    assert_eq!(page.evaluate::<String>("return document.activeElement.id;").unwrap(), "button");
    page.press(Key::Enter).unwrap();
    page.press(Key::ShiftTab).unwrap();
    page.press(Key::SelectAll).unwrap();
    page.type_text("x").unwrap();
    page.wait_for::<bool>("button.textContent === 'x'").unwrap();
    assert!(page.errors().iter().any(|error| error == "pressed 7"), "{:?}", page.errors());

    let missing = page.click("#nothing").unwrap_err().to_string();
    assert!(missing.contains("there is no #nothing"), "{missing}");
    let script =
        "const veil = document.createElement('dialog'); document.body.append(veil); veil.showModal();";
    page.evaluate::<()>(script).unwrap();
    let covered = page.click("#button").unwrap_err().to_string();
    assert!(covered.contains("#button is covered"), "{covered}");
}

#[test]
fn what_fails_says_so() {
    let (mut page, _) = open();
    let thrown = page.evaluate::<u32>("throw new RangeError('too far');").unwrap_err();
    assert!(
        matches!(&thrown, Error::Script { message } if message.contains("RangeError: too far")),
        "{thrown}"
    );
    let other = page.evaluate::<u32>("return 'seven';").unwrap_err();
    assert!(matches!(&other, Error::Unexpected { found, .. } if found.contains("seven")), "{other}");
    // Nothing listens on a port that was just given back.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = page.goto(&format!("http://{closed}/")).unwrap_err();
    assert!(matches!(&refused, Error::Navigation { found, .. } if found.contains("REFUSED")), "{refused}");
}

#[test]
fn a_picture_has_the_size_that_was_asked_for() {
    let (mut page, _) = open();
    page.resize(360, 640).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.png");
    page.screenshot(&file).unwrap();
    let png = std::fs::read(&file).unwrap();
    assert_eq!(&png[1..4], b"PNG");
    assert_eq!([&png[16..20], &png[20..24]], [&360u32.to_be_bytes(), &640u32.to_be_bytes()]);
}

#[test]
fn the_page_is_as_dark_as_was_asked_for() {
    let (mut page, _) = open();
    for is_dark in [true, false] {
        page.prefer_dark(is_dark).unwrap();
        let found: bool =
            page.evaluate("return matchMedia('(prefers-color-scheme: dark)').matches;").unwrap();
        assert_eq!(found, is_dark);
    }
}

#[test]
fn a_browser_that_is_started_again_has_what_it_had_stored() {
    let (mut page, origin) = open();
    page.evaluate::<()>("localStorage.kept = 'yes'; window.held = 'yes';").unwrap();
    let mut page = page.restart().unwrap();
    assert!(page.requests().is_empty());
    page.goto(&origin).unwrap();
    let found: [Option<String>; 2] =
        page.evaluate("return [localStorage.kept ?? null, window.held ?? null];").unwrap();
    assert_eq!(found, [Some("yes".to_owned()), None]);
}

#[test]
fn what_runs_first_runs_before_the_page_and_in_every_document() {
    let mut page = Page::launch(&find_executable().unwrap()).unwrap();
    page.run_first("globalThis.never = () => (document.title = 'first');").unwrap();
    let origin = serve();
    for _ in 0..2 {
        page.goto(&origin).unwrap();
        assert!(page.evaluate::<bool>("return typeof never === 'function';").unwrap());
    }
}

#[test]
fn a_title_is_waited_for_across_documents() {
    let (mut page, origin) = open();
    page.run_first("if (location.pathname === '/next') onload = () => (document.title = 'arrived there');")
        .unwrap();
    page.evaluate::<()>(&format!("setTimeout(() => location.assign('{origin}/next'));")).unwrap();
    page.wait_for_title("arrived").unwrap();
    assert_eq!(page.evaluate::<String>("return location.pathname;").unwrap(), "/next");
}
