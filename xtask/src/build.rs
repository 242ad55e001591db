//! Everything that is served, in release: the engine, the page, the server.
//!
//! All of it lands in `dist/` (and the server in cargo's target folder). The models are not built here: they
//! are trained, and committed.

use crate::steps::Steps;
use crate::tools::{Tools, WASM};
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result, bail};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Builds engine, page and server.
///
/// # Errors
/// One of them does not build; the one that was there before stays.
pub fn everything(workspace: &Workspace, tools: &Tools, steps: &mut Steps) -> Result<()> {
    page_and_engine(workspace, tools, steps)?;
    steps.take("build the server", || {
        run(workspace.cargo().args(["build", "--release", "--package", "static-server"]))
    })
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
    let mut cargo = workspace.cargo();
    leave_out_home(&mut cargo);
    run(cargo.args(["build", "--package", "wasm-model", "--target", WASM, "--profile", PROFILE]))?;
    let dist = workspace.root.join("dist");
    let module = workspace.target.join(WASM).join(PROFILE).join("wasm_model.wasm");
    let javascript = workspace.root.join("wasm-model/js");
    // wasm-opt takes half a minute: what was made of the same files by the same tools is not made again.
    let fingerprint = fingerprint(&module, &javascript, tools)?;
    let stamp = dist.join("engine.fingerprint");
    if dist.join("engine").is_dir() && std::fs::read_to_string(&stamp).is_ok_and(|last| last == fingerprint) {
        return Ok(());
    }
    std::fs::create_dir_all(&dist).with_context(|| format!("{} could not be made", dist.display()))?;
    let unfinished = tempfile::Builder::new()
        .prefix(".engine-")
        .tempdir_in(&dist)
        .with_context(|| format!("no folder could be made in {}", dist.display()))?;
    // A folder in the folder, because the outer one may be read by us alone.
    let engine = unfinished.path().join("engine");
    std::fs::create_dir(&engine).with_context(|| format!("{} could not be made", engine.display()))?;
    copy_files(&javascript, &engine)?;
    let build = engine.join("simd128");
    let mut bindgen = tools.command(workspace, "wasm-bindgen")?;
    bindgen.args(["--target", "web", "--out-name", "tickertone_engine", "--out-dir"]).arg(&build);
    run(bindgen.arg(&module))?;
    let bound = build.join("tickertone_engine_bg.wasm");
    let optimized = build.join("optimized.wasm");
    let mut wasm_opt = tools.command(workspace, "wasm-opt")?;
    run(wasm_opt.arg("-O3").args(WASM_FEATURES).arg(&bound).arg("-o").arg(&optimized))?;
    std::fs::rename(&optimized, &bound)
        .with_context(|| format!("{} could not be replaced", bound.display()))?;
    replace(&dist.join("engine"), &engine)?;
    std::fs::write(&stamp, fingerprint).with_context(|| format!("{} cannot be written", stamp.display()))
}

/// Changes with the module, with any of the JavaScript files and with the tools.
fn fingerprint(module: &Path, javascript: &Path, tools: &Tools) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let mut files = vec![module.to_owned()];
    let entries =
        std::fs::read_dir(javascript).with_context(|| format!("{} cannot be read", javascript.display()))?;
    for entry in entries {
        files.push(entry.with_context(|| format!("{} cannot be read", javascript.display()))?.path());
    }
    files.sort();
    for file in files {
        std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?.hash(&mut hasher);
    }
    (tools.folders(), WASM_FEATURES).hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

/// Assembles `dist/app`; web/Trunk.toml and the `data-` attributes of web/index.html say how and where.
fn page(workspace: &Workspace, tools: &Tools) -> Result<()> {
    let mut trunk = tools.command(workspace, "trunk")?;
    trunk.current_dir(workspace.root.join("web"));
    leave_out_home(&mut trunk);
    run(trunk.args(["build", "--release", "--offline", "--skip-version-check"]))?;
    let index = workspace.root.join("dist/app/index.html");
    if !index.is_file() {
        bail!("expected trunk to write {}, found none: see `dist` in web/Trunk.toml", index.display());
    }
    Ok(())
}

/// Panic messages name source files: without this every visitor would download the path of the builder's home.
fn leave_out_home(command: &mut Command) {
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    // Cargo splits the variable at spaces; it adds its flags to those of .cargo/config.toml.
    if let Some(folder) = cargo_home.filter(|folder| !folder.to_string_lossy().contains(' ')) {
        let flag = format!("--remap-path-prefix={}=cargo", folder.display());
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flag);
    }
}

/// Copies the files of a folder that has no folders.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
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
