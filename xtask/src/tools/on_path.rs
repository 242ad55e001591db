//! Whether a program is on PATH already, in the very version that is pinned.
//!
//! A program that does not answer, or names another version, is no error: ours is installed beside it.

use crate::workspace::Workspace;

/// Whether the program that PATH leads to has this version.
pub fn is_on_path(workspace: &Workspace, program: &str, version: &str) -> bool {
    let answer = workspace.command(program).arg("--version").output();
    answer.is_ok_and(|it| it.status.success() && names_version(&String::from_utf8_lossy(&it.stdout), version))
}

/// Whether the first line of what `--version` prints names the version as a word of its own.
fn names_version(answer: &str, version: &str) -> bool {
    let mut words = answer.lines().next().unwrap_or_default().split_whitespace();
    words.any(|word| word.strip_prefix('v').unwrap_or(word) == version)
}

#[cfg(test)]
mod tests {
    use super::names_version;

    #[test]
    fn a_program_tells_its_version_in_its_own_way() {
        for (answer, version) in [
            ("trunk 0.21.14\n", "0.21.14"),
            ("wasm-bindgen 0.2.130 (fd5b8d5d9)\n", "0.2.130"),
            ("wasm-opt version 132 (version_132)\n", "132"),
            ("0.9.2\n", "0.9.2"),
            ("v20.20.2\n", "20.20.2"),
        ] {
            assert!(names_version(answer, version), "{answer}");
        }
    }

    #[test]
    fn another_version_is_not_taken() {
        for (answer, version) in [
            ("trunk 0.21.14-beta.1\n", "0.21.14"),
            ("trunk 0.21.140\n", "0.21.14"),
            ("wasm-opt version 108 (version_108)\n", "132"),
            ("a program\nbuilt against 0.21.14\n", "0.21.14"),
            ("", "0.21.14"),
        ] {
            assert!(!names_version(answer, version), "{answer}");
        }
    }
}
