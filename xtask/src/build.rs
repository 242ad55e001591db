//! Everything that is served, in release: the engine, the page, the server.
//!
//! All of it lands in `dist/` (and the server in cargo's target folder). The models are not built here: they
//! are trained, and committed.

use crate::modules::{self, Relaxed};
use crate::service_worker;
use crate::steps::Steps;
use crate::tools::{Tools, WASM};
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result, bail};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// One build of the engine: a row of `wasm-model/js/builds.js`, seen from the compiler.
#[derive(Hash)]
struct EngineBuild {
    /// Its folder in the npm package.
    name: &'static str,
    /// Cargo features of `wasm-model`.
    features: &'static [&'static str],
    /// What [`WASM_FEATURES`] lacks of it, in wasm-opt's words.
    wasm_opt: &'static [&'static str],
    /// Whether it may ask the browser for relaxed SIMD.
    relaxed: Relaxed,
}

const ENGINE_BUILDS: [EngineBuild; 2] = [
    EngineBuild { name: "simd128", features: &[], wasm_opt: &[], relaxed: Relaxed::No },
    EngineBuild {
        name: "relaxed",
        features: &["--features", "relaxed-simd"],
        wasm_opt: &["--enable-relaxed-simd"],
        relaxed: Relaxed::Exact,
    },
];
/// The program that holds the engine, in [`PROFILE`]'s folder.
const ENGINE: &str = "tickertone_engine";
/// The cargo profile of what the browser downloads; its folder in the target folder has the same name.
const PROFILE: &str = "wasm-release";
/// What rustc's wasm32 target and `.cargo/config.toml` switch on, in wasm-opt's words.
const WASM_FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Installs the tools, and builds engine, page and server.
///
/// # Errors
/// One of them does not build; the one that was there before stays.
pub fn everything(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.take_both(
        |steps| page_and_engine(workspace, &Tools::prepare(workspace, steps)?, steps),
        |steps| steps.take("build the server", || server(workspace)),
    )
}

/// Of all packages the one program: so its dependencies have the features that the tests give them, and are not
/// compiled a second time for those.
fn server(workspace: &Workspace) -> Result<()> {
    run(workspace.cargo().args(["build", "--release", "--workspace", "--bin", "static-server"]))
}

/// Builds what the browser downloads.
///
/// # Errors
/// See [`everything`].
pub fn page_and_engine(workspace: &Workspace, tools: &Tools, steps: &mut Steps) -> Result<()> {
    // Trunk works offline, so that it never fetches a tool on its own account; its crates must be here.
    steps.take("fetch the page's crates", || {
        run(workspace.cargo().args(["fetch", "--quiet", "--target", WASM]))
    })?;
    steps.take("build the engine", || engine(workspace, tools))?;
    steps.take("build the page", || page(workspace, tools))
}

/// Assembles `dist/engine`: the JavaScript of the npm package, and beside it one folder a build of the engine.
fn engine(workspace: &Workspace, tools: &Tools) -> Result<()> {
    let dist = workspace.root.join("dist");
    std::fs::create_dir_all(&dist).with_context(|| format!("{} could not be made", dist.display()))?;
    let unfinished = unfinished_folder(&dist)?;
    // A folder in the folder, because the outer one may be read by us alone.
    let engine = unfinished.path().join("engine");
    copy_files(&workspace.root.join("wasm-model/js"), &engine)?;
    for build in &ENGINE_BUILDS {
        let folder = engine.join(build.name);
        copy_files(&module(workspace, tools, build)?, &folder)?;
        modules::check(&folder.join(format!("{ENGINE}_bg.wasm")), build.relaxed)?;
    }
    replace(&dist.join("engine"), &engine)
}

/// Lints what the browser downloads: every build of the engine, because each compiles kernels that the others leave
/// out, and the page. In the profile in which they are built, so that macros and build scripts are the same ones.
///
/// # Errors
/// There is something to complain about.
pub fn lint(workspace: &Workspace) -> Result<()> {
    for build in &ENGINE_BUILDS {
        run(cargo(workspace, build, "clippy").args(["--", "-D", "warnings"]))?;
    }
    let mut page = workspace.cargo();
    add_rustflags(&mut page);
    page.args(["clippy", "--package", "web", "--target", WASM, "--profile", PROFILE]);
    run(page.args(["--", "-D", "warnings"]))
}

/// Both builds have the same flags and one target folder, so that they share all that the feature does not touch.
fn cargo(workspace: &Workspace, build: &EngineBuild, subcommand: &str) -> Command {
    let mut cargo = workspace.cargo();
    add_rustflags(&mut cargo);
    cargo.args([subcommand, "--package", "wasm-model", "--target", WASM, "--profile", PROFILE]);
    cargo.args(build.features);
    cargo
}

/// Compiles, binds and optimizes one build, and returns the folder of what the browser downloads of it.
fn module(workspace: &Workspace, tools: &Tools, build: &EngineBuild) -> Result<PathBuf> {
    run(&mut cargo(workspace, build, "build"))?;
    // The builds differ in name only beneath this folder: cargo has just put this one's module there, fresh or not.
    let module = workspace.target.join(WASM).join(PROFILE).join(format!("{ENGINE}.wasm"));
    let target = workspace.target.join("engine").join(build.name);
    std::fs::create_dir_all(&target).with_context(|| format!("{} could not be made", target.display()))?;
    let (bound, stamp) = (target.join("bound"), target.join("bound.fingerprint"));
    // wasm-opt takes half a minute: what was made of the same module by the same tools is not made again.
    let fingerprint = fingerprint(&module, tools, build)?;
    if bound.is_dir() && std::fs::read_to_string(&stamp).is_ok_and(|last| last == fingerprint) {
        return Ok(bound);
    }
    let unfinished = unfinished_folder(&target)?;
    let mut bindgen = tools.command(workspace, "wasm-bindgen")?;
    bindgen.args(["--target", "web", "--out-name", ENGINE, "--out-dir"]).arg(unfinished.path());
    run(bindgen.arg(&module))?;
    let plain = unfinished.path().join(format!("{ENGINE}_bg.wasm"));
    let optimized = unfinished.path().join("optimized.wasm");
    let mut wasm_opt = tools.command(workspace, "wasm-opt")?;
    wasm_opt.arg("-O3").args(WASM_FEATURES).args(build.wasm_opt);
    run(wasm_opt.arg(&plain).arg("-o").arg(&optimized))?;
    std::fs::rename(&optimized, &plain)
        .with_context(|| format!("{} could not be replaced", plain.display()))?;
    replace(&bound, &unfinished.keep())?;
    std::fs::write(&stamp, fingerprint).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(bound)
}

/// A folder beside the one that it will replace once it is whole.
fn unfinished_folder(place: &Path) -> Result<TempDir> {
    let made = tempfile::Builder::new().prefix(".engine-").tempdir_in(place);
    made.with_context(|| format!("no folder could be made in {}", place.display()))
}

/// Changes with the module and with what is done to it.
fn fingerprint(module: &Path, tools: &Tools, build: &EngineBuild) -> Result<String> {
    let bytes = std::fs::read(module).with_context(|| format!("{} cannot be read", module.display()))?;
    let mut hasher = DefaultHasher::new();
    (bytes, tools.versions(), WASM_FEATURES, build).hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

/// Assembles `dist/app`; web/Trunk.toml and the `data-` attributes of web/index.html say how and where.
fn page(workspace: &Workspace, tools: &Tools) -> Result<()> {
    // Trunk serves what lies here, also what an earlier version of the page had imported.
    let bound = workspace.target.join("wasm-bindgen");
    if bound.exists() {
        std::fs::remove_dir_all(&bound)
            .with_context(|| format!("{} could not be removed", bound.display()))?;
    }
    let mut trunk = tools.command(workspace, "trunk")?;
    trunk.current_dir(workspace.root.join("web"));
    add_rustflags(&mut trunk);
    run(trunk.args(["build", "--release", "--offline", "--skip-version-check"]))?;
    let index = workspace.root.join("dist/app/index.html");
    if !index.is_file() {
        bail!("expected trunk to write {}, found none: see `dist` in web/Trunk.toml", index.display());
    }
    // Now that all is there that it lists.
    let source = workspace.root.join("web").join(service_worker::NAME);
    service_worker::write(&source, &workspace.root.join("dist/app"), &workspace.root.join("dist/engine"))
}

/// Adds to the flags of `.cargo/config.toml` what keeps the builder's home out of the panic messages, which name source
/// files: every visitor would download its path.
fn add_rustflags(command: &mut Command) {
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    // Cargo splits the variable at spaces.
    let cargo_home = cargo_home.filter(|folder| !folder.to_string_lossy().contains(' '));
    let remap = cargo_home.map(|folder| format!("--remap-path-prefix={}=cargo", folder.display()));
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", remap.unwrap_or_default());
}

/// Copies the files of a folder that has no folders into a new one.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to).with_context(|| format!("{} could not be made", to.display()))?;
    let entries = std::fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("{} cannot be read", from.display()))?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))
            .with_context(|| format!("{} could not be copied to {}", entry.path().display(), to.display()))?;
    }
    Ok(())
}

/// Puts a finished folder in the place of the one before.
fn replace(place: &Path, finished: &Path) -> Result<()> {
    if place.exists() {
        std::fs::remove_dir_all(place)
            .with_context(|| format!("{} could not be removed", place.display()))?;
    }
    std::fs::rename(finished, place).with_context(|| format!("{} could not be put in place", place.display()))
}
