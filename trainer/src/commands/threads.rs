//! How many threads the matrix products of `bench` use.
//!
//! candle reads the number from the environment, once and for the whole process, and setting the environment
//! of a running process is unsafe: the program therefore starts itself again with the variables set.

use anyhow::Context;
use std::process::Command;

/// What candle 0.11.1 reads: the first for its f32 products, the second for its quantized ones.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// Returns where the process already runs with `num_threads`; else runs the same command line with that number
/// of threads instead.
///
/// # Errors
/// The program cannot start itself.
pub fn ensure(num_threads: usize) -> anyhow::Result<()> {
    let wanted = num_threads.to_string();
    let is_set = |name: &&str| std::env::var(name).is_ok_and(|value| value == wanted);
    if VARIABLES.iter().all(is_set) {
        return Ok(());
    }
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(&program);
    command
        .args(std::env::args_os().skip(1))
        .envs(VARIABLES.map(|name| (name, &wanted)))
        // Freed memory is kept: given back, the kernel would clear it anew for the next step's tensors, which took
        // a fifth of the training's time.
        .env("MIMALLOC_PURGE_DELAY", "-1");
    let cannot_start = || format!("cannot start {} with {wanted} threads", program.display());
    // In this process's place where that can be: signals then reach the one that works.
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command)).with_context(cannot_start);
    #[cfg(not(unix))]
    {
        let status = command.status().with_context(cannot_start)?;
        // No code: a signal ended it.
        std::process::exit(status.code().unwrap_or(1))
    }
}
