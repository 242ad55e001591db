//! The bytes that a classifier is made of: all its engines of the same, and none of a damaged file.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::site::{Site, default_model, prelude};

/// Loads with at most two workers and gives both enough to do, twice; `workers` are those that were started.
const TWO_WORKERS: &str = "
    const workers = [];
    globalThis.Worker = class extends Worker {
      constructor(...how) {
        super(...how);
        workers.push(this);
      }
    };
    const texts = Array.from({ length: 400 }, (_, index) => `$KORV ${index} https://example.org/${'a-long-way/'.repeat(6)}`);
    const classifier = await Classifier.load({ ...options, workers: 2 });
    const first = await classifier.classify(texts);
    await classifier.memory(); // waits for the second worker, which may have come too late
    const second = await classifier.classify(texts);";

/// How many times the browser, its cache or a worker was asked for a file that ends so.
fn requests(site: &Site, ending: &str) -> usize {
    site.page.requests().iter().filter(|url| url.ends_with(ending)).count()
}

#[test]
fn further_workers_and_replaced_ones_ask_for_no_model_and_no_module() {
    let mut site = Site::open();
    site.goto_blank();
    let script = format!(
        "{} options.sha256 = undefined; {TWO_WORKERS}
         const started = workers.length;
         for (const worker of workers) worker.dispatchEvent(new ErrorEvent('error', {{ message: 'boom' }}));
         const third = await classifier.classify(texts.slice(0, 1));
         classifier.dispose();
         const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
         return [started, workers.length, isSame(first, second), isSame(first.slice(0, 1), third)];",
        prelude()
    );
    let found: (usize, usize, bool, bool) = site.page.evaluate(&script).unwrap();
    assert_eq!(found, (2, 4, true, true), "both were replaced");
    assert_eq!(requests(&site, ".gguf"), 1, "after a redeploy it would be another model");
    assert_eq!(requests(&site, "_bg.wasm"), 1, "after a redeploy it would be another engine");
}

#[test]
fn a_damaged_file_is_fetched_again_past_the_cache() {
    for worker in [true, false] {
        let faults = vec![(default_model().file, Fault::Instead(b"damaged on the way".to_vec()))];
        let mut site = Site::open_with(ModelsFolder::without_preview(), faults);
        site.goto_blank();
        let script = format!(
            "{} const told = [];
             const onProgress = ({{ loaded }}) => told.push(loaded);
             const classifier = await Classifier.load({{ ...options, worker: {worker}, onProgress }});
             const [{{ tokens }}] = await classifier.classify(['shares jump']);
             classifier.dispose();
             return [tokens, told];",
            prelude()
        );
        let (tokens, told): (usize, Vec<u64>) = site.page.evaluate(&script).unwrap();
        assert_eq!(tokens, 4);
        assert!(told.is_sorted(), "{told:?}");
        assert_eq!(told.last(), Some(&default_model().size_bytes));
        assert_eq!(site.downloads(), 2);
    }
}
