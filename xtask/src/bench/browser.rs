//! The browser's side: the engine as a web developer embeds it, in a real Chromium, over the real server.
//!
//! It runs in the page itself (`worker: false`), because messages to a worker are not what is measured, and in
//! a fresh profile, so that the first load is one. One engine has one thread.

use super::texts::Texts;
use crate::serve;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use chromium::Page;
use messages::{EngineInfo, ManifestModel};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// What was measured in the browser.
#[derive(Serialize, Deserialize)]
pub struct Figures {
    /// What answered.
    pub info: EngineInfo,
    /// From the call of `Classifier.load` until it is ready, nothing cached, over the loopback interface.
    pub load_ms: f64,
    /// By case.
    pub cases: BTreeMap<String, Latency>,
}

/// Milliseconds a call.
#[derive(Serialize, Deserialize)]
pub struct Latency {
    /// Half of the calls are at most this slow.
    pub p50: f64,
    /// 99 of 100 calls are at most this slow.
    pub p99: f64,
    /// Calls that were measured.
    pub runs: usize,
}

/// Measures in a browser of its own, over a server of its own.
///
/// # Errors
/// Server or browser do not start, the engine fails, or a tweet is not as long as it says.
pub fn measure(
    workspace: &Workspace,
    chromium: &Path,
    model: &ManifestModel,
    texts: &Texts,
) -> Result<Figures> {
    let server = Server::start(workspace)?;
    let mut page = Page::launch(chromium)?;
    page.goto(&format!("{}/models/manifest.json", server.origin))?;
    let options = json!({
        "model": format!("/models/{}", model.file), "sha256": model.sha256, "worker": false, "engine": "auto",
    });
    let tweets = |texts: &[super::texts::Text]| json!(texts.iter().map(|it| &it.text).collect::<Vec<_>>());
    let (tokens20, tokens64) = (tweets(&texts.tokens20), tweets(&texts.tokens64));
    ensure!(texts.tokens20.len() == 32, "expected 32 tweets of 20 tokens, found {}", texts.tokens20.len());
    let figures = page.evaluate(&format!(
        "const {{ Classifier }} = await import('/engine/tickertone.js');
         const start = performance.now();
         const classifier = await Classifier.load({options});
         const load_ms = performance.now() - start;
         const tokens20 = {tokens20}, tokens64 = {tokens64};
         const cases = {{}};
         for (const [name, tokens, batches] of [
           ['1 x 20', 20, tokens20.map((text) => [text])],
           ['1 x 64', 64, tokens64.map((text) => [text])],
           ['32 x 20', 20, [tokens20]],
         ]) {{
           for (const found of (await Promise.all(batches.map((batch) => classifier.classify(batch)))).flat()) {{
             if (found.tokens !== tokens) throw new Error(`expected ${{tokens}} tokens, found ${{found.tokens}}`);
           }}
           const durations = [];
           const end = performance.now() + 5_000;
           while (durations.length < 20 || performance.now() < end) {{
             const batch = batches[durations.length % batches.length];
             const begin = performance.now();
             await classifier.classify(batch);
             durations.push(performance.now() - begin);
           }}
           durations.sort((a, b) => a - b);
           const quantile = (q) => durations[Math.ceil(q * durations.length) - 1];
           cases[name] = {{ p50: quantile(0.5), p99: quantile(0.99), runs: durations.length }};
         }}
         return {{ info: classifier.info, load_ms, cases }};"
    ));
    figures.context("the engine could not be measured")
}

/// The real server on a free port, stopped when dropped.
struct Server {
    child: Child,
    origin: String,
}

impl Server {
    fn start(workspace: &Workspace) -> Result<Self> {
        let mut command = serve::command(workspace);
        command.args(["--port", "0", "--log", "warn"]).stdout(Stdio::piped());
        let mut child = command.spawn().context("the server could not be started")?;
        let stdout = child.stdout.take();
        let mut server = Self { child, origin: String::new() };
        let mut line = String::new();
        stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line)).transpose()?;
        let origin = line.trim().strip_prefix("listening on ");
        server.origin = origin
            .with_context(|| format!("expected `listening on …` from the server, found `{line}`"))?
            .into();
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where the process is gone already, which is what they are for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
