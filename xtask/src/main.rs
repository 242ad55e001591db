//! `cargo xtask`: set-up, build, serve, test, bench. The project's only scripts, in its own language.
//!
//! Every command prepares the machine itself ([`tools`]), so there is never a second one to type. The one
//! decision to know: children get a cleaned environment ([`workspace`]), because this program runs inside
//! `cargo run`, whose variables, and a caller's `RUSTFLAGS`, would change what they build.

mod bench;
mod build;
mod check;
mod emulation;
mod invariants;
mod javascript;
mod modules;
mod package;
mod pictures;
mod rooms;
mod serve;
mod service_worker;
mod steps;
mod tools;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::steps::Steps;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Sets up, builds, serves, tests and measures Tickertone
///
/// Every command first installs what is missing: trunk, wasm-bindgen and wasm-opt at pinned versions (for `test`
/// also typos, cargo-deny and cargo-machete) into a cache folder ($TICKERTONE_TOOLS, else
/// $XDG_CACHE_HOME/tickertone, else ~/.cache/tickertone), unless they are on PATH in these versions; the wasm target
/// through rustup; for `test` and `bench` a Chromium, and for `test` a Firefox, if none is there and this machine lets
/// us.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs the tools and nothing else
    Setup,
    /// Builds everything in release: the engine into dist/engine, the page into dist/app, the server
    Build,
    /// Builds everything, serves it and prints the address
    Serve {
        /// Address to listen on; 0.0.0.0 lets other machines in
        #[arg(long, default_value = "127.0.0.1")]
        host: IpAddr,
        /// Port to listen on; 0 takes a free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Runs every check: format, spelling, lints, docs, invariants, dependencies, unit and integration tests, the
    /// real browser
    Test {
        /// Also what takes long: every bench once, property tests and fuzzing with many times as many cases
        #[arg(long)]
        all: bool,
    },
    /// Packs what others take away into dist/package: the npm package, and the page as a folder for any static host
    Package,
    /// Takes pictures of every main state of the page, light and dark, wide and narrow, into target/pictures
    Pictures,
    /// Measures how long a classification takes, and prints one table
    Bench {
        /// Where to measure [default: both]
        place: Option<Place>,
        /// Also writes the figures to this file
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
}

/// Where the classifier runs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    /// The trainer's binary on this machine
    Native,
    /// Both builds of the engine, its workers and the page in a real Chromium
    Browser,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::open()?;
    let _lock = workspace.lock()?;
    let mut steps = Steps::default();
    match command {
        Command::Setup => {
            let tools = Tools::prepare_with_checkers(&workspace, &mut steps)?;
            tools::browser::find_or_install(&workspace, &mut steps)?;
            tools::browser::find_or_install_firefox(&workspace, &mut steps)?;
            println!("the tools are in {}", tools.cache().display());
            Ok(())
        }
        Command::Build => build::everything(&workspace, &mut steps),
        Command::Serve { host, port } => {
            build::everything(&workspace, &mut steps)?;
            serve::serve(&workspace, host, port)
        }
        Command::Test { all } => check::check(&workspace, &mut steps, all),
        Command::Package => package::package(&workspace, &mut steps),
        Command::Pictures => pictures::take(&workspace, &mut steps),
        Command::Bench { place, json } => bench::bench(&workspace, &mut steps, place, json.as_deref()),
    }
}
