//! The `static-server` program: arguments in, exit code out; everything else is in the library.
//!
//! The runtime is built by hand so that leaving does not wait for a batch that is still being computed:
//! the graceful shutdown has given it its time already.

use anyhow::Context;
use clap::Parser;
use static_server::config::Config;
use static_server::server;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match run(&Config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).with_context(|| {
        format!("--log: expected a filter like `info` or `static_server=debug`, found `{}`", config.log)
    })?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    let outcome = runtime.block_on(server::run(config));
    runtime.shutdown_background();
    outcome
}
