//! The browser's side: the engine as a web developer embeds it, in a real Chromium, over the real server.
//!
//! Latencies are of an engine in the page's own thread, because messages to a worker are not what is measured; the
//! throughput is that of workers, the first answer that of the page itself.

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
    /// One a build of the engine.
    pub builds: Vec<Build>,
    /// Tweets a second over texts as long as tweets are, by number of workers.
    pub tweets_per_second: BTreeMap<usize, f64>,
    /// From navigation to the page until it shows the label of a tweet, everything cached; several times.
    pub first_answer_ms: Vec<f64>,
}

/// One build of the engine, on one thread.
#[derive(Serialize, Deserialize)]
pub struct Build {
    /// What answered.
    pub info: EngineInfo,
    /// From the call of `Classifier.load` until it is ready, over the loopback interface.
    pub load_ms: f64,
    /// By case.
    pub cases: BTreeMap<String, Latency>,
    /// The int8 products of one tweet of 20 tokens and of one of 64: 10^9 operations a second, and their share of
    /// the time of a call.
    pub products: BTreeMap<String, Products>,
    /// WebAssembly memory once the model is loaded, and after 10,000 tweets more.
    pub loaded_bytes: f64,
    /// See `loaded_bytes`.
    pub later_bytes: f64,
}

/// The int8 products alone.
#[derive(Serialize, Deserialize)]
pub struct Products {
    /// 10^9 multiplications and additions a second.
    pub gops: f64,
    /// Of the time of a call.
    pub share: f64,
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
    let blank = format!("{}/models/manifest.json", server.origin);
    page.goto(&blank)?;
    ensure!(texts.tokens20.len() == 32, "expected 32 tweets of 20 tokens, found {}", texts.tokens20.len());
    let tweets = |texts: &[super::texts::Text]| json!(texts.iter().map(|it| &it.text).collect::<Vec<_>>());
    let prelude = format!(
        "const {{ Classifier }} = await import('/engine/tickertone.js');
         const options = {};
         const tokens20 = {}, tokens64 = {}, mix = {};",
        json!({ "model": format!("/models/{}", model.file), "sha256": model.sha256 }),
        tweets(&texts.tokens20),
        tweets(&texts.tokens64),
        tweets(&texts.mix),
    );
    let mut builds = Vec::new();
    for engine in ["relaxed", "simd128"] {
        let build = page.evaluate(&format!("{prelude} const engine = '{engine}'; {MEASURE_BUILD}"));
        builds.push(build.with_context(|| format!("the build {engine} could not be measured"))?);
    }
    let tweets_per_second = page.evaluate(&format!("{prelude} {MEASURE_WORKERS}"));
    let tweets_per_second = tweets_per_second.context("the workers could not be measured")?;
    let mut first_answer_ms = Vec::new();
    // The first visit fills the cache.
    for visit in 0..=FIRST_ANSWERS {
        page.goto(&blank)?;
        page.goto(&server.origin)?;
        let ms = page.evaluate::<f64>(FIRST_ANSWER).context("the page gave no answer")?;
        if visit > 0 {
            first_answer_ms.push(ms);
        }
    }
    first_answer_ms.sort_by(f64::total_cmp);
    Ok(Figures { builds, tweets_per_second, first_answer_ms })
}

/// Visits of the page that are measured.
const FIRST_ANSWERS: usize = 9;

/// Latencies, products and memory of one build, in the page's own thread.
const MEASURE_BUILD: &str = "
    const { loadEngine } = await import('/engine/engine.js');
    const request = {
      builds: [engine], fallback: null,
      model: new URL(options.model, location.href).href, sha256: options.sha256,
    };
    const start = performance.now();
    const classifier = await loadEngine(request, () => {});
    const load_ms = performance.now() - start;
    const loaded_bytes = classifier.memory();
    const measure = (items, milliseconds, call) => {
      const durations = [];
      const end = performance.now() + milliseconds;
      while (durations.length < 20 || performance.now() < end) {
        const begin = performance.now();
        call(items[durations.length % items.length]);
        durations.push(performance.now() - begin);
      }
      durations.sort((a, b) => a - b);
      const quantile = (q) => durations[Math.ceil(q * durations.length) - 1];
      return { p50: quantile(0.5), p99: quantile(0.99), runs: durations.length };
    };
    const cases = {}, products = {};
    for (const [name, tokens, batches] of [
      ['1 x 20', 20, tokens20.map((text) => [text])],
      ['1 x 64', 64, tokens64.map((text) => [text])],
      ['32 x 20', 20, [tokens20]],
    ]) {
      const answers = batches.flatMap((batch) => classifier.classify(batch));
      for (const found of answers) {
        if (found.tokens !== tokens) throw new Error(`expected ${tokens} tokens, found ${found.tokens}`);
      }
      cases[name] = measure(batches, 4_000, (batch) => classifier.classify(batch));
      if (batches[0].length > 1) continue;
      const operations = classifier.runProducts(tokens);
      const { p50 } = measure([tokens], 1_000, (tokens) => classifier.runProducts(tokens));
      // Of the layers through which these tweets went.
      const layers = answers.reduce((sum, answer) => sum + answer.layers, 0) / answers.length;
      const share = (p50 * layers) / classifier.info.layers / cases[name].p50;
      products[name] = { gops: operations / p50 / 1e6, share };
    }
    for (let left = 10_000; left > 0; left -= mix.length) classifier.classify(mix);
    const later_bytes = classifier.memory();
    classifier.dispose();
    return { info: classifier.info, load_ms, cases, products, loaded_bytes, later_bytes };";

/// 2,000 tweets with one worker and with two, alternating; the best of three rounds each.
const MEASURE_WORKERS: &str = "
    const texts = Array.from({ length: 2_000 }, (_, index) => mix[index % mix.length]);
    const classifiers = {
      1: await Classifier.load({ ...options, workers: 1 }), 2: await Classifier.load({ ...options, workers: 2 }),
    };
    const rates = { 1: 0, 2: 0 };
    for (let round = 0; round < 4; round += 1) {
      for (const [workers, classifier] of Object.entries(classifiers)) {
        const begin = performance.now();
        await classifier.classify(texts);
        const rate = texts.length / ((performance.now() - begin) / 1e3);
        if (round > 0) rates[workers] = Math.max(rates[workers], rate); // the first starts the second worker
      }
    }
    Object.values(classifiers).forEach((classifier) => classifier.dispose());
    return rates;";

/// Types a tweet as soon as there is something to type into; the clock starts with the navigation and stops when the
/// default model has answered.
const FIRST_ANSWER: &str = "
    const until = (find) => new Promise((resolve) => {
      const look = () => { const found = find(); if (found) { observer.disconnect(); resolve(found); } };
      const observer = new MutationObserver(look);
      observer.observe(document, { childList: true, subtree: true, characterData: true });
      look();
    });
    const tweet = await until(() => document.querySelector('#tweet'));
    tweet.value = 'Shares plunge after guidance cut';
    tweet.dispatchEvent(new Event('input', { bubbles: true }));
    const find = (testid) => document.querySelector(`[data-testid=${testid}]`);
    await until(() => find('result-label') && !find('preview-note'));
    return performance.now();";

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
