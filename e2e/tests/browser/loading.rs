//! Loading a model through the npm package: progress, and everything that can go wrong on the way.

use crate::line::Fault;
use crate::site::{Site, default_model, models, prelude};
use serde_json::json;

/// Both ways of running the engine must behave alike.
const WORKER: [bool; 2] = [true, false];

/// Loads with these options in place of the usual ones and returns the error's name and message.
fn failure(site: &mut Site, options: &str) -> (String, String) {
    let script = format!(
        "{} try {{
           const classifier = await Classifier.load({{ ...options, ...({options}) }});
           classifier.dispose();
         }} catch (error) {{
           return [error.name, error.message];
         }}
         throw new Error('loaded, and should not have');",
        prelude()
    );
    site.page.evaluate(&script).unwrap()
}

/// Loads as usual and classifies, which must work.
fn assert_loads(site: &mut Site, worker: bool) {
    let script = format!(
        "{} const classifier = await Classifier.load({{ ...options, worker: {worker} }});
         const predictions = await classifier.classify(['record deliveries, shares jump']);
         classifier.dispose();
         return predictions.length;",
        prelude()
    );
    assert_eq!(site.page.evaluate::<usize>(&script).unwrap(), 1);
}

#[test]
fn progress_is_told_in_bytes_and_only_grows() {
    let mut site = Site::open();
    site.goto_blank();
    for worker in WORKER {
        let script = format!(
            "{} const told = [];
             const onProgress = (progress) => told.push([progress.loaded, progress.total]);
             const classifier = await Classifier.load({{ ...options, worker: {worker}, onProgress }});
             classifier.dispose();
             return told;",
            prelude()
        );
        let told: Vec<(u64, u64)> = site.page.evaluate(&script).unwrap();
        let size = default_model().size_bytes;
        assert!(told.is_sorted(), "{told:?}");
        assert!(told.len() > 2, "told only {told:?}");
        assert!(told.iter().all(|(_, total)| *total == size), "expected the total {size}, found {told:?}");
        assert_eq!(told.first(), Some(&(0, size)));
        assert_eq!(told.last(), Some(&(size, size)));
    }
}

#[test]
fn another_hash_is_refused_and_both_are_named() {
    let mut site = Site::open();
    site.goto_blank();
    let (expected, found) = ("0".repeat(64), default_model().sha256);
    for worker in WORKER {
        let options = format!("{{ sha256: '{expected}', worker: {worker} }}");
        let (_, message) = failure(&mut site, &options);
        assert!(message.contains(&expected) && message.contains(&found), "{message}");
    }
    let (_, message) = failure(&mut site, "{ sha256: 'abc' }");
    assert!(message.contains("64 hexadecimal digits") && message.contains("abc"), "{message}");
}

#[test]
fn a_file_that_is_no_whole_model_is_refused() {
    let whole = std::fs::read(models().join(default_model().file)).unwrap();
    let truncated = whole[..whole.len() / 2].to_vec();
    for (bytes, words) in
        [(truncated, "GGUF"), (b"<!doctype html>".to_vec(), "a web page"), (Vec::new(), "empty")]
    {
        let mut site = Site::open_behind(Fault::Instead(bytes.clone()));
        site.goto_blank();
        let (_, message) = failure(&mut site, "{ sha256: undefined }");
        assert!(message.contains(words), "{} bytes: {message}", bytes.len());
        assert_loads(&mut site, true);
    }
}

#[test]
fn a_lost_connection_is_told_and_a_second_try_works() {
    for worker in WORKER {
        let mut site = Site::open_behind(Fault::CutAfter(1_000_000));
        site.goto_blank();
        let (_, message) = failure(&mut site, &format!("{{ worker: {worker} }}"));
        let size = default_model().size_bytes.to_string();
        assert!(message.contains("broke off after") && message.contains(&size), "{message}");
        assert_loads(&mut site, worker);
    }
}

#[test]
fn a_download_can_be_cancelled() {
    for worker in WORKER {
        let mut site = Site::open_behind(Fault::HoldAfter(1_000_000));
        site.goto_blank();
        let script = format!(
            "{} const controller = new AbortController();
             const loaded = [];
             const onProgress = (progress) => {{
               loaded.push(progress.loaded);
               if (progress.loaded > 0) controller.abort();
             }};
             const signal = controller.signal;
             try {{
               await Classifier.load({{ ...options, worker: {worker}, onProgress, signal }});
             }} catch (error) {{
               return [error.name, error instanceof DOMException, loaded.at(-1)];
             }}
             throw new Error('loaded, and should not have');",
            prelude()
        );
        let (name, is_dom_exception, loaded): (String, bool, u64) = site.page.evaluate(&script).unwrap();
        assert_eq!((name.as_str(), is_dom_exception), ("AbortError", true));
        assert!((1..=1_000_000).contains(&loaded), "cancelled after {loaded} bytes");
        assert_loads(&mut site, worker);
    }
}

#[test]
fn cancelling_before_the_start_loads_nothing() {
    let mut site = Site::open();
    site.goto_blank();
    let (name, _) = failure(&mut site, "{ signal: AbortSignal.abort() }");
    assert_eq!(name, "AbortError");
    let is_model = |url: &&String| url.ends_with(".gguf");
    assert_eq!(site.page.requests().iter().find(is_model), None);
    assert_loads(&mut site, false);
    assert!(site.page.requests().iter().any(|url| url.ends_with(".gguf")), "requests go unseen");
}

#[test]
fn wrong_options_are_named() {
    let mut site = Site::open();
    site.goto_blank();
    let missing = json!(format!("{}/models/none/model.gguf", site.origin));
    for (options, words) in [
        ("{ engine: 'gpu' }", vec!["gpu", "relaxed", "simd128", "auto"]),
        ("{ workers: 1.5 }", vec!["workers", "positive integer", "1.5"]),
        ("{ workers: 0 }", vec!["workers", "positive integer", "0"]),
        ("{ workers: 2, worker: false }", vec!["workers", "worker: false", "2"]),
        ("{ model: 7 }", vec!["model", "address", "number"]),
        ("{ worker: 'yes' }", vec!["worker", "true or false", "string"]),
        ("{ sha265: '' }", vec!["sha265", "sha256"]),
        (&format!("{{ model: {missing} }}"), vec!["models/none/model.gguf", "404"]),
        (&format!("{{ model: {missing}, worker: false }}"), vec!["models/none/model.gguf", "404"]),
    ] {
        let (_, message) = failure(&mut site, options);
        for word in words {
            assert!(message.contains(word), "{options}: expected `{word}` in `{message}`");
        }
    }
}
