//! Logs: what happened, on stderr, without the texts.

use crate::running_server::Server;
use rustix::process::Signal;

#[test]
fn requests_are_logged_without_their_texts() {
    let server = Server::start();
    server.predict(r#"["sesame street opens higher", "sesame street opens lower"]"#);
    server.predict(r#"["sesame", 1]"#);
    server.predict(r#"[sesame"#);
    server.predict(r#"["https://sesame.example"]"#);
    server.get("/engine/tickertone.js?q=sesame");
    server.get("/readyz");
    server.signal(Signal::TERM);
    let (_, stdout, log) = server.wait();
    assert_eq!(stdout, Vec::<String>::new(), "stdout holds one line, and that was read at start");
    assert!(!log.iter().any(|line| line.contains("sesame")), "{log:#?}");
    let requests: Vec<&String> = log.iter().filter(|line| line.contains("method=")).collect();
    assert_eq!(requests.len(), 5, "health checks are not logged at this level: {log:#?}");
    for part in ["method=POST", "path=\"/predict_batch\"", "status=200", "latency_ms=", "batch_size=2"] {
        assert!(requests[0].contains(part), "{part}: {}", requests[0]);
    }
    assert!(requests[1].contains("status=422"), "{}", requests[1]);
    assert!(requests[4].contains("path=\"/engine/tickertone.js\""), "{}", requests[4]);
}

#[test]
fn the_level_can_be_set() {
    let server = Server::start_with(&["--log", "static_server=debug"]);
    server.get("/readyz");
    server.wait_for_log("path=\"/readyz\"");
}
