//! `trainer`: the program. Parses the command line, does what it says, tells what went wrong.

use std::process::ExitCode;
use trainer::cli::{Cli, exit_code};

/// Every operation allocates its result; the system allocator returns large ones to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What candle 0.11.1 reads at each product: the first for f32, the second for quantized ones.
const THREADS_A_PRODUCT: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];
/// `mi_option_purge_delay` of mimalloc 3 (its crate does not name it).
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

fn main() -> ExitCode {
    let cli = Cli::from_command_line();
    if let Some(num_threads) = cli.threads_a_product() {
        prepare(num_threads);
    }
    exit_code(cli.run())
}

/// Sets what candle and the allocator take from the process alone: how many threads a product uses, and that freed memory
/// is kept. Given back, the kernel would clear it anew for the next step's tensors, which took a fifth of the training's
/// time. To be called before any thread starts.
#[expect(unsafe_code, reason = "the environment and the allocator's options belong to the whole process")]
fn prepare(num_threads: usize) {
    for name in THREADS_A_PRODUCT {
        // SAFETY: called by `main` before any thread starts, so that nobody reads the environment meanwhile.
        unsafe { std::env::set_var(name, num_threads.to_string()) };
    }
    // SAFETY: mimalloc takes any value of an option that it has, and looks at this one each time it would purge.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) };
}
