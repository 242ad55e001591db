//! `trainer`: the program. Parses the command line, does what it says, tells what went wrong.

use clap::Parser;
use std::process::ExitCode;
use trainer::cli::Cli;

/// Every operation allocates its result; the system allocator returns large ones to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain on one line: what was done, what it stumbled over.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
