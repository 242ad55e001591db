//! Several workers that answer as one: order, errors, deaths, and that none of them stays.

use crate::models_folder::ModelsFolder;
use crate::site::{Site, default_model, prelude};
use messages::Prediction;
use serde::de::DeserializeOwned;

/// Enough work for a second worker, or so it looks: the addresses count when work is shared out, but are not
/// read, which keeps the tests short.
const TEXTS: &str = "
    const words = 'shares of the company rise and fall again as analysts cut or lift their targets'.split(' ');
    const address = `https://example.org/${'a-long-way-to-go/'.repeat(4)}`;
    const texts = Array.from({ length: 300 }, (_, index) =>
      `$KORV ${index} ${words.slice(0, index % 13).join(' ')} ${address}`);";

/// Notes down the workers and the questions that each is asked; `asked` may be replaced, to interfere.
const WATCHED: &str = "
    const workers = [];
    let asked = () => {};
    globalThis.Worker = class extends Worker {
      questions = [];
      constructor(...how) {
        super(...how);
        workers.push(this);
      }
      postMessage(message) {
        super.postMessage(message);
        if (message.method !== 'classify') return;
        this.questions.push(message.args);
        asked(this, message);
      }
    };";

/// Runs a script with `classifier`, of at most so many workers.
fn with_pool<T: DeserializeOwned>(site: &mut Site, workers: usize, script: &str) -> T {
    let script = format!(
        "{} {WATCHED} {TEXTS}
         const classifier = await Classifier.load({{ ...options, workers: {workers} }});
         const outcome = (promise) => promise.then((answers) => answers.length, (error) => error.message);
         {script}",
        prelude()
    );
    site.page.evaluate(&script).unwrap()
}

fn open() -> Site {
    let mut site = Site::open();
    site.goto_blank();
    site
}

#[test]
fn two_workers_answer_what_one_answers() {
    let mut site = Site::open_with(ModelsFolder::without_preview(), Vec::new());
    site.goto_blank();
    let script = "
        await classifier.classify(texts.slice(0, 20));
        const before = workers.length;
        const pooled = await classifier.classify(texts);
        await classifier.memory(); // waits for the second worker, which may have come too late
        await classifier.classify(texts);
        const shares = workers.map(({ questions }) => questions.length);
        const alone = await Classifier.load({ ...options, workers: 1 });
        const expected = await alone.classify(texts);
        return [before, shares, pooled, expected];";
    let (before, shares, pooled, expected): (usize, Vec<usize>, Vec<Prediction>, Vec<Prediction>) =
        with_pool(&mut site, 2, script);
    assert_eq!(before, 1, "a second worker for 20 texts");
    assert!(shares.len() == 2 && shares.iter().all(|&questions| questions > 1), "{shares:?}");
    assert_eq!(site.downloads(), 2, "expected one download for each call of `load`");
    assert_eq!((pooled.len(), expected.len()), (300, 300));
    for (index, (found, expected)) in pooled.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "text {index}: the same bits, whoever computes them");
    }
}

#[test]
fn a_bad_text_is_named_by_its_place_among_all() {
    let mut site = open();
    let script = "
        texts[250] = 'https://example.org/a';
        texts[290] = '';
        const message = await outcome(classifier.classify(texts));
        const [prediction] = await classifier.classify(['still answers']);
        return [message, prediction.label.length > 0];";
    let (message, still_answers): (String, bool) = with_pool(&mut site, 2, script);
    assert!(message.contains("texts[250]: empty text"), "{message}");
    assert!(still_answers);
}

#[test]
fn the_first_worker_does_not_wait_for_the_second() {
    let mut site = open();
    let script = "
        globalThis.Worker = class extends EventTarget { postMessage() {} terminate() {} };
        return [await outcome(classifier.classify(texts)), workers.length];";
    let (answers, real_workers): (usize, usize) = with_pool(&mut site, 2, script);
    assert_eq!((answers, real_workers), (300, 1));
}

#[test]
fn a_worker_that_is_killed_is_replaced_and_its_texts_are_answered() {
    let mut site = open();
    for workers in [1, 2] {
        let script = "
            let questions = 0;
            asked = (worker) => ++questions === 2 && worker.terminate();
            const answers = await outcome(classifier.classify(texts));
            classifier.dispose();
            return [answers, workers.length];";
        let (answers, started): (usize, usize) = with_pool(&mut site, workers, script);
        assert_eq!((answers, started), (300, workers + 1));
        site.page.wait_for_workers(0).unwrap();
    }
}

#[test]
fn a_worker_that_fails_is_replaced_and_its_texts_are_answered() {
    let mut site = open();
    let script = "
        asked = (worker) => workers.length === 1 && worker.dispatchEvent(new ErrorEvent('error', { message: 'boom' }));
        return [await outcome(classifier.classify(['one'])), workers.length];";
    assert_eq!(with_pool::<(usize, usize)>(&mut site, 2, script), (1, 2));
}

#[test]
fn an_engine_that_crashes_is_replaced_and_its_texts_are_answered() {
    let mut site = open();
    with_pool::<()>(&mut site, 1, "Object.assign(globalThis, { classifier, workers, outcome });");
    // Every text that is not ASCII goes through here on its way into the module.
    let trap =
        "TextEncoder.prototype.encodeInto = () => { throw new WebAssembly.RuntimeError('unreachable'); };";
    site.page.evaluate_in_worker::<()>(trap).unwrap();
    let script = "return [await outcome(classifier.classify(['caf\u{e9}'])), workers.length];";
    assert_eq!(site.page.evaluate::<(usize, usize)>(script).unwrap(), (1, 2));
    site.page.wait_for_workers(1).unwrap();
}

#[test]
fn a_text_that_kills_two_workers_is_refused() {
    let mut site = open();
    let script = "
        asked = (worker, { args: [texts] }) => texts.includes('deadly') && worker.terminate();
        const answers = [['fine'], ['fine', 'deadly', 'fine'], ['fine', 'too']].map((texts) => classifier.classify(texts));
        return [await Promise.all(answers.map(outcome)), workers.length];";
    let ((before, refused, after), started): ((usize, String, usize), usize) =
        with_pool(&mut site, 1, script);
    assert_eq!((before, after, started), (1, 2, 3));
    assert!(refused.contains("2 workers died over texts[0] to texts[2]"), "{refused}");
}

#[test]
fn a_pool_that_is_disposed_of_answers_nothing_and_leaves_no_worker() {
    let mut site = open();
    let script = "
        await classifier.classify(texts);
        await classifier.memory();
        const batch = outcome(classifier.classify(texts));
        const explanation = outcome(classifier.explain('shares rise'));
        classifier.dispose();
        return [workers.length, await batch, await explanation];";
    let (workers, batch, explanation): (usize, String, String) = with_pool(&mut site, 2, script);
    assert_eq!(workers, 2);
    assert!(batch.contains("disposed of"), "{batch}");
    assert!(explanation.contains("disposed of"), "{explanation}");
    site.page.wait_for_workers(0).unwrap();
}

#[test]
fn memory_is_told_of_all_workers_and_does_not_grow() {
    let mut site = open();
    let script = "
        const one = await classifier.memory();
        await classifier.classify(texts);
        const two = await classifier.memory();
        for (let round = 0; round < 20; round += 1) await classifier.classify(texts.slice(0, 16));
        return [one, two, await classifier.memory()];";
    let [one, two, later]: [u64; 3] = with_pool(&mut site, 2, script);
    assert!(one > default_model().size_bytes, "the model alone is larger than {one}");
    assert!(two > 2 * one - 1_000_000, "{one} bytes in one worker, {two} in two");
    assert_eq!(two, later);
}

#[test]
fn none_or_thousands_of_texts_and_the_longest_are_answered() {
    let mut site = open();
    let script = "
        const limit = 2 ** 20;
        const many = Array.from({ length: 5_000 }, (_, index) => index % 2 ? 'up' : 'down');
        const longest = 'gain '.repeat(limit / 5 + 1).slice(0, limit);
        return Promise.all([[], many, [longest], ['fine', longest + 's']].map((texts) => outcome(classifier.classify(texts))));";
    let (none, many, longest, too_long): (usize, usize, usize, String) = with_pool(&mut site, 2, script);
    assert_eq!((none, many, longest), (0, 5_000, 1));
    assert!(
        too_long.contains("texts[1]: expected a text of at most") && too_long.contains("1048577"),
        "{too_long}"
    );
}
