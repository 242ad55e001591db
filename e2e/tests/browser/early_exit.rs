//! A model with an exit: engine and server say which depth answered each text, and the page where it was the exit.

use crate::models_folder::ModelsFolder;
use crate::site::{Site, prelude_for};
use messages::{EngineInfo, Prediction};
use serde::Deserialize;
use serde_json::json;

const TEXTS: [&str; 10] = [
    "Shares plunge after guidance cut",
    "Record profit, shares soar",
    "The annual meeting starts at nine",
    "Upgraded to buy after a strong quarter",
    "Profit warning sends the stock to a new low",
    "Dividend unchanged, outlook mixed, shares hardly move",
    "$TSLA up",
    "What a week for oil",
    "Lawsuit dropped, though the fine stays and the chief executive goes",
    "Short sellers were wrong again about this one",
];

/// The part of the server's answer that is held against the native classifier.
#[derive(Deserialize)]
struct Answer {
    output: Vec<String>,
    layers: Vec<usize>,
}

#[test]
fn engine_and_server_say_which_depth_answered() {
    let (models, native) = ModelsFolder::with_exit(&TEXTS);
    let model = models.manifest.models[0].clone();
    let expected = native.classify_batch(&TEXTS).unwrap();
    let depths: Vec<usize> = expected.iter().map(|prediction| prediction.num_layers).collect();
    assert!(depths.contains(&1) && depths.contains(&native.num_layers()), "{depths:?}");
    let mut site = Site::open_on(models);
    site.goto_blank();
    for worker in [true, false] {
        let script = format!(
            "{} const classifier = await Classifier.load({{ ...options, worker: {worker} }});
             const predictions = await classifier.classify({});
             classifier.dispose();
             return [classifier.info, predictions];",
            prelude_for(&model),
            json!(TEXTS)
        );
        let (info, found): (EngineInfo, Vec<Prediction>) = site.page.evaluate(&script).unwrap();
        assert_eq!(info.layers, native.num_layers());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.layers, expected.num_layers);
            assert!(found.scores.values().eq(&expected.probabilities), "{found:?} and {expected:?}");
        }
    }
    // The server loads its own copy of the model while it hands it out.
    site.page.wait_for::<bool>("(await fetch('/readyz')).ok").unwrap();
    let script = format!(
        "const headers = {{ 'content-type': 'application/json' }};
         const reply = await fetch('/predict_batch', {{ method: 'POST', headers, body: JSON.stringify({}) }});
         return await reply.json();",
        json!(TEXTS)
    );
    let answer: Answer = site.page.evaluate(&script).unwrap();
    assert_eq!(answer.layers, depths);
    assert!(answer.output.iter().eq(expected.iter().map(|prediction| &prediction.label)));
}

#[test]
fn the_page_says_so_where_the_exit_answered() {
    let (models, native) = ModelsFolder::with_exit(&TEXTS);
    let expected = native.classify_batch(&TEXTS).unwrap();
    let mut site = Site::open_on(models);
    site.goto_app();
    let early = format!("1 of {} layers", native.num_layers());
    for is_early in [true, false] {
        let is_wanted = |layers: usize| (layers < native.num_layers()) == is_early;
        let index = expected.iter().position(|prediction| is_wanted(prediction.num_layers)).unwrap();
        site.page.click("#tweet").unwrap();
        site.page.evaluate::<bool>("tweet.select(); return true;").unwrap();
        site.page.paste(TEXTS[index]).unwrap();
        let tokens = format!("{} tokens", expected[index].num_tokens);
        let shown: String = site
            .page
            .wait_for(&format!(
                "(() => {{
                   const layers = document.querySelector('[data-testid=layers]')?.textContent;
                   const tokens = document.querySelector('[data-testid=tokens]')?.textContent;
                   const isDone = document.querySelector('.result').ariaBusy !== 'true';
                   return isDone && tokens === {} && (layers === {}) === {is_early} && layers;
                 }})()",
                json!(tokens),
                json!(early)
            ))
            .unwrap();
        assert_eq!(shown == early, is_early, "{shown}");
    }
    site.take_picture("early-exit");
    assert_eq!(site.page.errors(), &[] as &[String]);
}
