//! Shows again what an input does: `cargo run -p fuzz --example replay gguf FILE…`.

use fuzz::TARGETS;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let target = arguments.first().and_then(|target| TARGETS.into_iter().find(|(name, _)| name == target));
    let Some((_, property)) = target else {
        eprintln!(
            "expected a target and files; the targets are {}",
            TARGETS.map(|(name, _)| name).join(", ")
        );
        return ExitCode::FAILURE;
    };
    for file in &arguments[1..] {
        match std::fs::read(file) {
            Ok(bytes) => property(&bytes),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::FAILURE;
            }
        }
        println!("{file}: nothing happens");
    }
    ExitCode::SUCCESS
}
