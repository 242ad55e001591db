//! Calls that are followed and cancelled, streams, and texts that cannot be read among others.

use crate::site::{Site, prelude};
use serde::de::DeserializeOwned;

/// Loads the default model both ways and runs the rest of the script with each.
fn with_classifier<T: DeserializeOwned>(script: &str) -> [T; 2] {
    let mut site = Site::open();
    site.goto_blank();
    [true, false].map(|worker| {
        let script = format!(
            "{} const classifier = await Classifier.load({{ ...options, worker: {worker} }});
             const texts = Array.from({{ length: 400 }}, (_, index) =>
               `shares of number ${{index}} rise as the company beats on earnings and lifts its guidance again`);
             {script}",
            prelude()
        );
        site.page.evaluate(&script).unwrap()
    })
}

#[test]
fn a_call_is_followed_and_cancelled_while_it_runs() {
    let script = "
        const told = [];
        await classifier.classify(texts, { onProgress: ({ done, total }) => told.push([done, total]) });
        const stop = new AbortController();
        let chunks = 0;
        const onProgress = () => (chunks += 1, stop.abort('enough'));
        const reason = await classifier.classify(texts, { signal: stop.signal, onProgress }).catch((reason) => reason);
        const [after] = await classifier.classify(['still answers']);
        const already = await classifier.classify(texts, { signal: stop.signal }).catch((reason) => reason);
        return [told, reason, chunks, after.label.length > 0, already];";
    for (told, reason, chunks, answers, already) in
        with_classifier::<(Vec<(usize, usize)>, String, usize, bool, String)>(script)
    {
        assert!(
            told.len() > 1 && told.is_sorted() && told.iter().all(|&(_, total)| total == 400),
            "{told:?}"
        );
        assert_eq!(told.last(), Some(&(400, 400)));
        assert_eq!((reason.as_str(), already.as_str(), answers), ("enough", "enough", true));
        assert_eq!(chunks, 1, "told of more than the chunk that it was cancelled at");
    }
}

#[test]
fn one_bad_text_never_loses_the_others() {
    let script = "
        texts[7] = '';
        texts[300] = 'https://example.org';
        const found = await classifier.classify(texts, { onError: 'null' });
        const { name, index, message } = await classifier.classify(texts).catch((error) => error);
        const streamed = [];
        for await (const { index, prediction, error } of classifier.stream(texts)) {
          streamed.push([index, prediction?.label ?? null, error?.name ?? null]);
        }
        const agree = streamed.every(([index, label], at) => index === at && label === (found[at]?.label ?? null));
        return [found.flatMap((prediction, at) => prediction ? [] : [at]), [name, index, message],
                streamed.length, agree, streamed[7][2]];";
    type Found = (Vec<usize>, (String, usize, String), usize, bool, String);
    for (missing, (name, index, message), streamed, agree, error) in with_classifier::<Found>(script) {
        assert_eq!(missing, [7, 300]);
        assert_eq!((name.as_str(), index), ("EmptyText", 7));
        assert!(message.starts_with("texts[7]: "), "{message}");
        assert_eq!((streamed, agree, error.as_str()), (400, true, "EmptyText"));
    }
}

#[test]
fn an_explanation_is_the_same_in_parts_and_can_be_cancelled() {
    let script = "
        const text = texts.slice(0, 6).join(' ');
        const told = [];
        const { prediction, words } = await classifier.explain(text, { onProgress: ({ done }) => told.push(done) });
        const [whole] = await classifier.classify([text]);
        const stop = new AbortController();
        const onProgress = () => stop.abort('enough');
        const reason = await classifier.explain(text, { signal: stop.signal, onProgress }).catch((reason) => reason);
        const isSame = JSON.stringify(prediction) === JSON.stringify(whole);
        return [isSame, words.map(({ word }) => word).join(' ') === text.split(' ').slice(0, 64).join(' '), told, reason];";
    for (is_same, has_all_words, told, reason) in with_classifier::<(bool, bool, Vec<usize>, String)>(script)
    {
        assert!(is_same && has_all_words);
        assert!(told.len() > 2 && told.last() == Some(&64), "{told:?}");
        assert_eq!(reason, "enough");
    }
}
