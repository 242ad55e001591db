//! Calling a loaded classifier: order, bad texts, explanations, and the end.

use crate::site::{Site, default_model, prelude};
use messages::{Explanation, Prediction};
use serde::de::DeserializeOwned;

/// Loads the default model both ways and runs the rest of the script with each: `classifier` is loaded.
fn with_classifier<T: DeserializeOwned>(site: &mut Site, script: &str) -> [T; 2] {
    [true, false].map(|worker| {
        let script = format!(
            "{} const classifier = await Classifier.load({{ ...options, worker: {worker} }});
             const failure = async (call) => {{
               try {{ await call(); }} catch (error) {{ return error.message; }}
               throw new Error('answered, and should not have');
             }};
             {script}",
            prelude()
        );
        site.page.evaluate(&script).unwrap()
    })
}

#[test]
fn answers_come_in_the_order_of_the_texts() {
    let mut site = Site::open();
    site.goto_blank();
    let script = "
        const texts = ['$KORV beats on earnings, shares jump', 'Shares plunge after a profit warning',
                       '$KORV beats on earnings, shares jump', 'The board meets on Monday'];
        const [batch, none, ...single] = await Promise.all(
          [classifier.classify(texts), classifier.classify([]), ...texts.map((text) => classifier.classify([text]))]);
        return [batch, none, single.flat()];";
    let answers = with_classifier::<[Vec<Prediction>; 3]>(&mut site, script);
    for [batch, none, single] in &answers {
        assert_eq!(none, &[]);
        assert_eq!(batch[0], batch[2], "the same text twice");
        assert_ne!(batch[0], batch[1]);
        assert_eq!(batch, single, "batch invariance: the same bits alone and in company");
        for prediction in batch {
            let labels: Vec<&String> = prediction.scores.keys().collect();
            assert_eq!(labels, default_model().labels.iter().collect::<Vec<_>>());
            assert!((prediction.scores.values().sum::<f32>() - 1.0).abs() < 1e-4);
            let highest = prediction.scores.values().copied().fold(0.0, f32::max);
            assert_eq!(prediction.scores[&prediction.label], highest);
            assert!(!prediction.truncated);
        }
    }
    assert_eq!(answers[0], answers[1], "with and without a worker");
}

#[test]
fn texts_that_cannot_be_read_are_named_by_their_index() {
    let mut site = Site::open();
    site.goto_blank();
    let script = "
        const messages = [];
        for (const texts of [['fine', ''], ['fine', 'fine', 'https://example.org/a'], ['fine', 7], 'fine', [null]]) {
          messages.push(await failure(() => classifier.classify(texts)));
        }
        messages.push(await failure(() => classifier.explain('  ')), await failure(() => classifier.explain(7)));
        const [prediction] = await classifier.classify(['still answers']);
        return [messages, prediction.label.length > 0];";
    for (messages, still_answers) in with_classifier::<(Vec<String>, bool)>(&mut site, script) {
        let expected = [
            "texts[1]: empty text",
            "texts[2]: empty text",
            "texts[1], found number",
            "an array of strings, found string",
            "texts[0], found null",
            "empty text",
            "a string, found number",
        ];
        for (expected, message) in expected.iter().zip(&messages) {
            assert!(message.contains(expected), "expected `{expected}` in `{message}`");
        }
        assert_eq!(messages.len(), expected.len());
        assert!(still_answers);
    }
}

#[test]
fn strange_texts_are_read_and_long_ones_are_cut_and_say_so() {
    let mut site = Site::open();
    site.goto_blank();
    let script = r"
        const texts = ['\u{1F680}\u{1F680} to the moon', '\u05D4\u05DE\u05E0\u05D9\u05D4 \u05E2\u05DC\u05EA\u05D4',
                       'up\0 10%', 'a lone \uD83D surrogate', 'AT&amp;T up 3%', 'gains '.repeat(17_000)];
        return [await classifier.classify(texts), classifier.info.maxTokens];";
    for (predictions, max_tokens) in with_classifier::<(Vec<Prediction>, usize)>(&mut site, script) {
        let cut: Vec<bool> = predictions.iter().map(|prediction| prediction.truncated).collect();
        assert_eq!(cut, [false, false, false, false, false, true]);
        assert_eq!(predictions[5].tokens, max_tokens);
        for prediction in &predictions {
            assert!((prediction.scores.values().sum::<f32>() - 1.0).abs() < 1e-4, "{prediction:?}");
        }
    }
}

#[test]
fn an_explanation_has_every_word_and_the_classification() {
    let mut site = Site::open();
    site.goto_blank();
    let script = "
        const text = 'Shares plunge after guidance cut';
        const [prediction] = await classifier.classify([text]);
        const [without] = await classifier.classify(['Shares plunge after guidance']);
        return [prediction, await classifier.explain(text), without];";
    for (prediction, explanation, without) in
        with_classifier::<(Prediction, Explanation, Prediction)>(&mut site, script)
    {
        assert_eq!(explanation.prediction, prediction);
        let words: Vec<&str> = explanation.words.iter().map(|word| word.word.as_str()).collect();
        assert_eq!(words, ["Shares", "plunge", "after", "guidance", "cut"]);
        // What is left without a word is read at the depth that answered the whole text.
        assert_eq!(without.layers, prediction.layers, "two answers of one function can be compared");
        let expected = prediction.scores[&prediction.label] - without.scores[&prediction.label];
        let found = explanation.words[4].contribution;
        assert!(expected.abs() > 1e-2, "`cut` has a part in the answer");
        assert!((expected - found).abs() < 1e-3, "`cut`: expected {expected}, found {found}");
    }
}

#[test]
fn a_disposed_classifier_answers_nothing_more() {
    let mut site = Site::open();
    site.goto_blank();
    let script = "
        const texts = Array.from({ length: 64 }, (_, index) => `shares of number ${index} rise`);
        const pending = classifier.classify(texts).then(() => 'answered', (error) => error.message);
        classifier.dispose();
        classifier.dispose();
        const messages = [await failure(() => classifier.classify(['x'])), await failure(() => classifier.explain('x'))];
        const again = await Classifier.load(options);
        const [prediction] = await again.classify(['shares rise']);
        again.dispose();
        return [messages, await pending, prediction.label];";
    let [(in_worker, pending, _), (in_page, ..)] =
        with_classifier::<(Vec<String>, String, String)>(&mut site, script);
    for message in in_worker.iter().chain(&in_page) {
        assert!(message.contains("disposed of"), "{message}");
    }
    assert!(pending.contains("disposed of"), "the call in flight: {pending}");
}
