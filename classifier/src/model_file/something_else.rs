//! What stands in the place of a model where a download went wrong: told by its first bytes, with what to do.

/// What these bytes are, if they are something that is often found instead of a model file.
pub fn something_else(file: &[u8]) -> Option<&'static str> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii_start();
    let starts_with = |prefix: &[u8]| file.starts_with(prefix);
    if file.is_empty() {
        return Some("nothing: the file is empty; check that it was written whole");
    }
    if starts_with(b"version https://git-lfs") {
        return Some("a Git LFS pointer: run `git lfs pull` where the model file comes from");
    }
    if starts_with(b"<") {
        return Some("a web page: there is no model at the address that it comes from; check that");
    }
    if starts_with(b"{") || starts_with(b"[") {
        return Some("JSON: check which file was named; that of a model ends in .gguf");
    }
    if starts_with(b"\x1f\x8b") || starts_with(b"\x28\xb5\x2f\xfd") {
        return Some("a compressed file: unpack it, or serve it with its Content-Encoding");
    }
    None
}
