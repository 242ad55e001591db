//! `trainer`: the program. Parses the command line, does what it says, tells what went wrong.

use std::process::ExitCode;
use trainer::cli::{Cli, exit_code};

/// Every operation allocates its result; the system allocator returns large ones to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exit_code(Cli::from_command_line().run())
}
