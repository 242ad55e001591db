//! A model file's way into the engine: what is accepted, what is refused, and in which words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wasm_model::download::{Download, DownloadError, MAX_MODEL_BYTES};

/// SHA-256 of the three bytes `abc` (FIPS 180-4, example B.1).
const SHA256_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn chunks_come_out_as_one_file() {
    let mut download = Download::new(Some(3), Some(SHA256_ABC.to_owned())).unwrap();
    for chunk in [b"a".as_slice(), b"", b"bc"] {
        download.push(chunk).unwrap();
    }
    assert_eq!(download.finish(None).unwrap(), b"abc");
}

#[test]
fn a_file_of_unknown_size_and_hash_is_taken_as_it_is() {
    let mut download = Download::new(None, None).unwrap();
    download.push(b"abc").unwrap();
    assert_eq!(download.finish(None).unwrap(), b"abc");
}

#[test]
fn the_hash_may_be_written_in_capitals() {
    let mut download = Download::new(None, Some(SHA256_ABC.to_uppercase())).unwrap();
    download.push(b"abc").unwrap();
    assert!(download.finish(None).is_ok());
}

#[test]
fn another_file_is_refused_and_both_hashes_are_named() {
    let mut download = Download::new(None, Some(SHA256_ABC.to_owned())).unwrap();
    download.push(b"abd").unwrap();
    let message = download.finish(None).unwrap_err().to_string();
    let sha256_abd = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
    assert!(message.contains(SHA256_ABC) && message.contains(sha256_abd), "{message}");
}

#[test]
fn what_is_no_hash_is_refused_before_the_first_byte() {
    for found in ["", "ba7816bf", &SHA256_ABC.replace('b', "g"), &format!("{SHA256_ABC}0"), &"é".repeat(32)]
    {
        let error = Download::new(None, Some(found.to_owned())).err();
        assert_eq!(error, Some(DownloadError::MalformedSha256 { found: found.to_owned() }));
    }
}

#[test]
fn a_file_that_ends_early_is_refused() {
    let mut download = Download::new(Some(4), None).unwrap();
    download.push(b"abc").unwrap();
    let error = download.finish(None).unwrap_err();
    assert_eq!(error, DownloadError::TooShort { expected_bytes: 4, found_bytes: 3 });
}

#[test]
fn a_file_longer_than_announced_is_refused_as_soon_as_it_is() {
    let mut download = Download::new(Some(3), None).unwrap();
    download.push(b"ab").unwrap();
    let error = download.push(b"cd").unwrap_err();
    assert_eq!(error, DownloadError::TooLong { expected_bytes: 3, found_bytes: 4 });
}

#[test]
fn an_announcement_over_the_limit_is_refused_before_the_first_byte() {
    for found_bytes in [MAX_MODEL_BYTES + 1, u64::MAX] {
        let error = Download::new(Some(found_bytes), None).err();
        assert_eq!(error, Some(DownloadError::TooLarge { found_bytes }));
    }
}

#[test]
fn an_unannounced_file_is_refused_where_it_passes_the_limit() {
    let mut download = Download::new(None, None).unwrap();
    let chunk = vec![0; 64 * 1024 * 1024];
    for _ in 0..MAX_MODEL_BYTES / chunk.len() as u64 {
        download.push(&chunk).unwrap();
    }
    let error = download.push(&[0]).unwrap_err();
    assert_eq!(error, DownloadError::TooLarge { found_bytes: MAX_MODEL_BYTES + 1 });
}

#[test]
fn a_hash_that_was_computed_elsewhere_is_compared_instead() {
    let hex = |hash: &str| {
        (0..64).step_by(2).map(|at| u8::from_str_radix(&hash[at..at + 2], 16).unwrap()).collect()
    };
    let download = || {
        let mut download = Download::new(None, Some(SHA256_ABC.to_owned())).unwrap();
        download.push(b"abc").unwrap();
        download
    };
    assert_eq!(download().bytes(), b"abc");
    assert!(download().finish(Some(hex(SHA256_ABC))).is_ok());
    let other = "0".repeat(64);
    let message = download().finish(Some(hex(&other))).unwrap_err().to_string();
    assert!(message.contains(SHA256_ABC) && message.contains(&other), "{message}");
}

#[test]
fn what_is_no_model_is_called_by_its_name() {
    for (file, words) in [
        (&b"<!doctype html><title>Not here</title>"[..], "a web page"),
        (b"\xef\xbb\xbf\r\n <html>", "a web page"),
        (b"{\"error\": 404}", "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        (b"\x1f\x8b\x08\x00", "a compressed file"),
        (b"", "empty"),
    ] {
        // Whatever was announced, and whatever the hash.
        let mut download = Download::new(Some(1_000), Some(SHA256_ABC.to_owned())).unwrap();
        download.push(file).unwrap();
        let message = download.finish(None).unwrap_err().to_string();
        assert!(message.contains("expected a model file") && message.contains(words), "{message}");
    }
    let mut download = Download::new(None, None).unwrap();
    download.push(b"GGUF\x03").unwrap();
    assert!(download.finish(None).is_ok(), "what begins like a model is read by whoever reads models");
}
