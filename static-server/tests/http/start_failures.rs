//! What keeps the server from starting: it exits with 1 and one message that names the thing.

use crate::running_server::{Folders, manifest, models};
use messages::Manifest;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Command;

/// Runs a server that must not start; the message on stderr, without the log.
fn failure(command: &mut Command) -> String {
    let mut child = command.args(["--log", "info"]).spawn().unwrap();
    let mut message = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap) {
        if line.contains(" ready model=") {
            child.kill().unwrap();
            panic!("the server has started");
        }
        if !message.is_empty() || line.starts_with("error: ") {
            message = message + &line + "\n";
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(1), "{message}");
    assert!(!message.is_empty() && !message.contains("panicked"), "{message}");
    message
}

fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// A `models/` folder with one model file of these bytes and a manifest that agrees with it, changed as given.
fn models_with(folders: &Folders, bytes: &[u8], change: impl FnOnce(&mut Manifest)) -> std::path::PathBuf {
    let folder = folders.path("models");
    let mut manifest = manifest();
    let id = manifest.default.clone();
    manifest.models.retain(|model| model.id == id);
    manifest.preview = None;
    manifest.models[0].size_bytes = bytes.len() as u64;
    manifest.models[0].sha256 = static_server::static_files::sha256_hex(bytes);
    let file = folder.join(&manifest.models[0].file);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
    change(&mut manifest);
    std::fs::write(folder.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    folder
}

fn model_failure(bytes: &[u8], change: impl FnOnce(&mut Manifest)) -> String {
    let folders = Folders::new();
    let folder = models_with(&folders, bytes, change);
    failure(folders.command().arg("--models").arg(folder))
}

fn real_model() -> Vec<u8> {
    std::fs::read(models().join(&manifest().default_model().unwrap().file)).unwrap()
}

#[test]
fn a_missing_folder_or_entry_file_is_named() {
    let folders = Folders::new();
    for (flag, entry) in
        [("--app", "index.html"), ("--engine", "tickertone.js"), ("--models", "manifest.json")]
    {
        for folder in ["nowhere", "app/.git"] {
            let folder = folders.path(folder);
            let message = failure(folders.command().arg(flag).arg(&folder));
            assert_names(&message, &[folder.to_str().unwrap(), entry, flag]);
        }
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let message = failure(Folders::new().command().args(["--port", &port]));
    assert_names(&message, &[&format!("127.0.0.1:{port}"), "in use", "--port"]);
}

#[test]
fn an_address_of_another_machine_is_named() {
    let message = failure(Folders::new().command().args(["--host", "192.0.2.1"]));
    assert_names(&message, &["192.0.2.1", "--host"]);
}

#[test]
fn a_manifest_that_is_none_is_named() {
    let folders = Folders::new();
    let path = models_with(&folders, b"", |_| ()).join("manifest.json");
    for (text, found) in
        [("{\"default\": ", "EOF"), ("[]", "invalid"), ("{\"default\": \"a\"}", "missing field `models`")]
    {
        std::fs::write(&path, text).unwrap();
        let message = failure(folders.command().arg("--models").arg(path.parent().unwrap()));
        assert_names(&message, &[path.to_str().unwrap(), "trainer export", found]);
    }
}

#[test]
fn a_manifest_without_its_default_or_preview_model_is_named() {
    let id = &manifest().default;
    let message = model_failure(b"", |manifest| manifest.default = "no-such-model".to_owned());
    assert_names(&message, &["manifest.json", "the default model `no-such-model`", id]);
    let message = model_failure(b"", |manifest| manifest.preview = Some("no-such-model".to_owned()));
    assert_names(&message, &["manifest.json", "the preview model `no-such-model`", id]);
}

#[test]
fn a_model_file_outside_the_folder_is_refused() {
    for file in ["../outside.txt", "/etc/passwd", "", ".hidden/model.gguf", "a/../../outside.txt"] {
        let message = model_failure(b"", |manifest| manifest.models[0].file = file.to_owned());
        assert_names(&message, &["manifest.json", "inside the folder", &format!("`{file}`")]);
    }
}

#[test]
fn a_missing_model_file_is_named() {
    let message = model_failure(b"", |manifest| manifest.models[0].file = "gone/model.gguf".to_owned());
    assert_names(&message, &["gone/model.gguf", "could not read", "trainer export"]);
}

#[test]
fn a_truncated_or_oversized_model_file_is_named() {
    let bytes = real_model();
    for found in [0, 100, bytes.len() - 1, bytes.len() + 1] {
        let mut changed = bytes.clone();
        changed.resize(found, 0);
        let message = model_failure(&changed, |manifest| manifest.models[0].size_bytes = bytes.len() as u64);
        assert_names(
            &message,
            &["model.gguf", &format!("expected {} bytes", bytes.len()), &format!("found {found}")],
        );
    }
}

#[test]
fn a_model_file_with_another_hash_is_named() {
    let mut bytes = real_model();
    let expected = static_server::static_files::sha256_hex(&bytes);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let found = static_server::static_files::sha256_hex(&bytes);
    let message = model_failure(&bytes, |manifest| manifest.models[0].sha256.clone_from(&expected));
    assert_names(&message, &["model.gguf", &expected, &found]);
}

#[test]
fn a_wrong_model_file_is_found_before_anything_is_served() {
    // Not the default model's file: that is looked at closely anyway.
    let folders = Folders::new();
    let (bytes, mut entry) = (real_model(), manifest().default_model().unwrap().clone());
    entry.id = "other-id".to_owned();
    entry.file = "other-id/model.gguf".to_owned();
    let folder = models_with(&folders, &bytes, |manifest| manifest.models.push(entry));
    let mut other = bytes;
    other[0] ^= 1;
    std::fs::create_dir_all(folder.join("other-id")).unwrap();
    std::fs::write(folder.join("other-id/model.gguf"), other).unwrap();
    let output = folders.command().arg("--models").arg(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "the socket was opened");
    assert_names(&String::from_utf8_lossy(&output.stderr), &["other-id/model.gguf", "expected SHA-256"]);
}

#[test]
fn a_file_with_another_hash_than_the_page_says_is_named() {
    let folders = Folders::new();
    // `openssl dgst -sha384 -binary app/style-0123456789abcdef.css | base64`
    let hash = "sha384-U1VX8qNmec/tZqGRmY5o4f9Fh5Omw6DPqaAJnde/JufVsYf+lNdM6BBEEq41QRoL";
    let html = |hash: &str| {
        format!("<link rel=\"stylesheet\" href=\"./style-0123456789abcdef.css\" integrity=\"{hash}\"/>")
    };
    std::fs::write(folders.path("app/index.html"), html(hash)).unwrap();
    std::fs::write(folders.path("app/style-0123456789abcdef.css"), "body { color: bl").unwrap();
    assert_names(
        &failure(&mut folders.command()),
        &["/style-0123456789abcdef.css", "expected", hash, "found"],
    );
}

#[test]
fn more_connections_than_descriptors_are_refused() {
    let folders = Folders::new();
    let command = folders.command();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "ulimit -n 256 && exec \"$0\" \"$@\""]).arg(command.get_program());
    shell.args(command.get_args()).args(["--max-connections", "193"]).stderr(std::process::Stdio::piped());
    assert_names(&failure(&mut shell), &["--max-connections", "at most 192", "found 193"]);
}

#[test]
fn a_model_file_that_is_no_usable_gguf_is_named() {
    let whole = real_model();
    let other_architecture = gguf_of_architecture("llama");
    let cases: [(&[u8], &str); 4] = [
        (b"", "GGUF"),
        (b"this is a text about models, not a model", "GGUF"),
        (&whole[..whole.len() / 2], "GGUF"),
        (&other_architecture, "llama"),
    ];
    for (bytes, found) in cases {
        assert_names(&model_failure(bytes, |_| ()), &["model.gguf", "xpected", found]);
    }
}

/// The smallest GGUF file (version 3): no tensor, one key.
fn gguf_of_architecture(architecture: &str) -> Vec<u8> {
    const TYPE_STRING: u32 = 8;
    let key = "general.architecture";
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend((key.len() as u64).to_le_bytes());
    bytes.extend(key.as_bytes());
    bytes.extend(TYPE_STRING.to_le_bytes());
    bytes.extend((architecture.len() as u64).to_le_bytes());
    bytes.extend(architecture.as_bytes());
    bytes
}

#[test]
fn a_model_that_says_another_id_or_labels_than_the_manifest_is_named() {
    let bytes = real_model();
    let id = manifest().default;
    let message = model_failure(&bytes, |manifest| {
        manifest.default = "other-id".to_owned();
        manifest.models[0].id = "other-id".to_owned();
    });
    assert_names(&message, &["model.gguf", "other-id", &id]);
    let message = model_failure(&bytes, |manifest| manifest.models[0].labels.reverse());
    assert_names(&message, &["model.gguf", "expected id and labels"]);
}

#[test]
fn a_bad_argument_is_named() {
    let folders = Folders::new();
    let message = failure(folders.command().args(["--app", "x"]).args(["--engine", "y"]));
    assert_names(&message, &["app folder x"]);
    for (arguments, part) in [
        (["--port", "http"], "--port"),
        (["--max-batch", "0"], "--max-batch"),
        (["--colour", "blue"], "--colour"),
    ] {
        let output = folders.command().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_names(&String::from_utf8_lossy(&output.stderr), &[part]);
    }
}

#[test]
fn help_explains_every_flag_and_its_variable() {
    let output = Folders::new().command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in [
        "--host",
        "--app",
        "--models",
        "--max-batch",
        "--max-connections",
        "TICKERTONE_PORT",
        "/predict_batch",
        "8080",
    ] {
        assert!(help.contains(part), "`{part}` is not in:\n{help}");
    }
}
