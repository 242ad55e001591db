//! The npm package as others use it: the tarball, installed into each project of `examples/`, must answer.
//!
//! Bundlers are npm packages at pinned versions in the cache of tools; the projects are copies in a temporary folder, so
//! that the tree stays clean. The pages are looked at by a real Chromium.

mod project;

use crate::package::npm;
use crate::steps::Steps;
use crate::tools::cache::Cache;
use crate::tools::node;
use crate::workspace::{Workspace, output, run};
use anyhow::{Context, Result, ensure};
use chromium::Page;
use project::{Project, Served};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VITE: (&str, &str) = ("vite", "8.3.8");
const WEBPACK: [(&str, &str); 2] = [("webpack", "5.113.0"), ("webpack-cli", "7.3.1")];
const ESBUILD: (&str, &str) = ("esbuild", "0.28.2");
/// Only with `--all`: each is a program of a hundred megabytes.
const DENO: (&str, &str) = ("deno", "2.9.6");
const BUN: (&str, &str) = ("bun", "1.4.5");
/// What the texts of the examples are.
const EXPECTED: &str = "Bullish";

/// Everything that a trial needs.
struct Trial<'w> {
    workspace: &'w Workspace,
    tarball: PathBuf,
    model: PathBuf,
    node: PathBuf,
    vite: PathBuf,
    page: Page,
    folder: &'w Path,
}

/// Installs the package into every example and has each one answer; with `is_all` in Deno and Bun, too.
///
/// # Errors
/// A tool cannot be had, or an example does not answer.
pub fn try_out(workspace: &Workspace, steps: &mut Steps, chromium: &Path, is_all: bool) -> Result<()> {
    let cache = Cache::locate()?;
    let node = node::modern(workspace, &cache, steps)?;
    let vite = node::npm_install(workspace, &cache, steps, &[VITE])?.join("vite/bin/vite.js");
    let webpack = node::npm_install(workspace, &cache, steps, &WEBPACK)?.join("webpack-cli/bin/cli.js");
    let esbuild = node::npm_install(workspace, &cache, steps, &[ESBUILD])?.join("esbuild/bin/esbuild");
    let mut others = Vec::new();
    if is_all {
        let deno = node::npm_install(workspace, &cache, steps, &[DENO])?.join("deno/bin.cjs");
        others.push(("Deno", deno, &["run", "--allow-read", "--allow-env"][..]));
        // Bun's package puts the program in its place by a script, and ours are installed without.
        let bun = node::npm_install(workspace, &cache, steps, &[BUN])?.join("@oven");
        let bun =
            std::fs::read_dir(&bun).with_context(|| format!("{} cannot be read", bun.display()))?.next();
        let bun = bun.context("Bun has no program for this machine")??.path().join("bin/bun");
        others.push(("Bun", bun, &[]));
    }
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let folder = folder.path().canonicalize().context("the temporary folder cannot be read")?;
    let mut trial = Trial {
        workspace,
        tarball: npm::pack(workspace, &folder)?,
        model: default_model(workspace)?,
        node,
        vite,
        page: Page::launch(chromium)?,
        folder: &folder,
    };
    steps.take("the npm package as plain files", || trial.plain())?;
    steps.take("the npm package in Vite", || trial.vite())?;
    steps.take("the npm package in webpack", || trial.webpack(&webpack))?;
    steps.take("the npm package in esbuild", || trial.esbuild(&esbuild))?;
    steps.take("the npm package in an extension's service worker", || trial.extension(chromium))?;
    steps.take("the npm package in Node", || trial.node())?;
    for (name, program, arguments) in others {
        steps.take(&format!("the npm package in {name}"), || trial.elsewhere(&program, arguments))?;
    }
    Ok(())
}

impl<'w> Trial<'w> {
    /// The page asks for nothing but its own files, under the policy in its head.
    fn plain(&mut self) -> Result<()> {
        let project = self.project("plain", "model.gguf")?;
        project.place_package("tickertone")?;
        let served = self.served_as_it_is(&project)?;
        self.expect_answer(&served.origin)?;
        let moods =
            "[...document.querySelectorAll('ticker-tone')].map(({ prediction }) => prediction?.label).join()";
        self.page.wait_for::<bool>(&format!("{moods} === 'Bullish,Bearish'")).context("of the elements")?;
        let foreign: Vec<_> =
            self.page.requests().iter().filter(|url| !is_own(url, &served.origin)).collect();
        ensure!(foreign.is_empty(), "the plain page asked others for {foreign:?}");
        Ok(())
    }

    fn vite(&mut self) -> Result<()> {
        let project = self.project("vite", "public/model.gguf")?;
        let served = self.served(&project, &[])?;
        self.expect_answer(&served.origin).context("in development")?;
        drop(served);
        run(self.vite_command(&project).args(["build", "--logLevel", "warn"]))?;
        let served = self.served(&project, &["preview"])?;
        self.expect_answer(&served.origin).context("when it is built")
    }

    fn webpack(&mut self, cli: &Path) -> Result<()> {
        let project = self.project("webpack", "dist/model.gguf")?;
        run(project.command(&self.node).arg(cli).args(["build", "--stats", "errors-warnings"]))?;
        let served = self.served(&project, &["preview", "--outDir", "dist"])?;
        self.expect_answer(&served.origin)
    }

    /// As the README has it: the package's folder beside the bundle, and the address of its worker.
    fn esbuild(&mut self, esbuild: &Path) -> Result<()> {
        let project = self.project("plain", "model.gguf")?;
        project.place_package("tickertone")?;
        let main = "import { Classifier } from 'tickertone';
            const classifier = await Classifier.load({ model: 'model.gguf', workerUrl: 'tickertone/worker.js' });
            const [{ label }] = await classifier.classify(['$TSLA to the moon, record deliveries']);
            document.querySelector('output').textContent = label;";
        project.write("page.mjs", main)?;
        let mut bundle = project.command(&self.node);
        bundle.arg(esbuild).args(["page.mjs", "--bundle", "--format=esm", "--outfile=page.js"]);
        run(bundle.args(["--allow-overwrite", "--log-level=error"]))?;
        let served = self.served_as_it_is(&project)?;
        self.expect_answer(&served.origin)
    }

    fn extension(&mut self, chromium: &Path) -> Result<()> {
        let project = self.project("extension", "model.gguf")?;
        project.place_package("tickertone")?;
        let (mut browser, id) = project.browser_with_extension(chromium)?;
        browser.goto(&format!("chrome-extension://{id}/popup.html"))?;
        browser.click("button")?;
        answer_in(&mut browser)
    }

    /// By `import` and by `require`, from a path and from an address.
    fn node(&mut self) -> Result<()> {
        let project = self.project("node", "model.gguf")?;
        self.expect_lines(project.command(&self.node).arg("classify.mjs"))?;
        let required = "require('tickertone').Classifier.load({ model: new URL('file://' + process.cwd() + '/model.gguf') })
            .then((classifier) => classifier.classify(['$TSLA to the moon, record deliveries']))
            .then(([{ label }]) => console.log(label))";
        for flags in [&[][..], &["--no-experimental-require-module"]] {
            let said = output(project.command(&self.node).args(flags).args([
                "--eval",
                required,
                "--input-type=commonjs",
            ]))?;
            ensure!(said.trim() == EXPECTED, "expected {EXPECTED} of what was required, found {said}");
        }
        let imported = "import 'tickertone'; import 'tickertone/element.js'; console.log(Object.keys(globalThis).includes('navigator'))";
        run(project
            .command(&self.node)
            .args(["--input-type=module", "--eval", imported])
            .stdout(Stdio::null()))
        .context("imported where there is no document")
    }

    fn elsewhere(&self, program: &Path, arguments: &[&str]) -> Result<()> {
        let project = self.project("node", "model.gguf")?;
        let mut command = match program.extension() {
            Some(_) => {
                let mut node = project.command(&self.node);
                node.arg(program);
                node
            }
            None => project.command(program),
        };
        self.expect_lines(command.args(arguments).arg("classify.mjs"))
    }

    /// Has the script of the example read three lines, of which one is nothing.
    fn expect_lines(&self, script: &mut Command) -> Result<()> {
        let mut script = script.arg("model.gguf").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let texts = b"$TSLA to the moon, record deliveries\n\nShares plunge after a profit warning\n";
        script.stdin.take().context("the script has no input")?.write_all(texts)?;
        let output = script.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let labels: Vec<_> = said.lines().map(serde_json::from_str::<serde_json::Value>).collect();
        let labels: Vec<_> = labels.iter().flatten().map(|line| line["label"].as_str()).collect();
        ensure!(
            output.status.success() && labels == [Some("Bullish"), None, Some("Bearish")],
            "expected Bullish, nothing, Bearish, found {said} ({})",
            output.status
        );
        Ok(())
    }

    fn expect_answer(&mut self, origin: &str) -> Result<()> {
        self.page.goto(origin)?;
        answer_in(&mut self.page)
    }

    fn project(&self, example: &str, place_of_model: &str) -> Result<Project<'w>> {
        Project::install(self.workspace, example, self.folder, &self.tarball, &self.model, place_of_model)
    }

    fn vite_command(&self, project: &Project<'_>) -> Command {
        let mut command = project.command(&self.node);
        command.arg(&self.vite);
        command
    }

    /// The project's own files, unbuilt: for Vite they are the output of another project, which is the folder around them.
    fn served_as_it_is(&self, project: &Project<'_>) -> Result<Served> {
        let mut command = self.vite_command(project);
        Served::start(command.args(["preview", "..", "--outDir"]).arg(project.folder()))
    }

    fn served(&self, project: &Project<'_>, arguments: &[&str]) -> Result<Served> {
        let mut command = self.vite_command(project);
        Served::start(command.args(arguments))
    }
}

/// Waits for what the page says and checks it.
fn answer_in(page: &mut Page) -> Result<()> {
    let said: String = page.wait_for("document.querySelector('output')?.textContent")?;
    ensure!(said.contains(EXPECTED), "expected the page to say {EXPECTED}, found: {said}");
    Ok(())
}

fn is_own(url: &str, origin: &str) -> bool {
    url.starts_with(origin) || ["data:", "blob:", "about:"].iter().any(|scheme| url.starts_with(scheme))
}

fn default_model(workspace: &Workspace) -> Result<PathBuf> {
    let models = workspace.root.join("models");
    let manifest =
        std::fs::read(models.join("manifest.json")).context("models/manifest.json cannot be read")?;
    let manifest: messages::Manifest =
        serde_json::from_slice(&manifest).context("models/manifest.json is no manifest")?;
    let model = manifest.default_model().context("the manifest's default names none of its models")?;
    Ok(models.join(&model.file))
}
