//! A model with twenty labels that are no moods: page, engine and server take them from the model file.

use crate::models_folder::ModelsFolder;
use crate::page_limits::assert_fits;
use crate::site::{Site, prelude_for};
use messages::{Explanation, Prediction};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The two longest are those that [`TEXT`] is given first: made for it, and good for the pictures.
const LABELS: [&str; 20] = [
    "Analyst Update",
    "Fed | Central Banks",
    "Company | Product News",
    "Treasuries | Corporate Debt",
    "Dividend",
    "Earnings",
    "Energy | Oil",
    "Mergers|Acquisitions|Investments|AndNoSpaceToBreakTheLineAnywhere",
    "Currencies",
    "General News | Opinion",
    "Gold | Metals | Materials",
    "Politics",
    "Legal | Regulation",
    "Financials",
    "Macro",
    "Markets",
    "Initial public offerings, direct listings and whatever else brings a company to the stock exchange",
    "Personnel Change",
    "Stock Commentary",
    "Stock Movement",
];
const TEXT: &str = "Shares plunge after guidance cut";

/// The bars in the order in which they stand, once the page is done.
const BARS: &str = "(() => {
    if (!document.querySelector('meter') || document.querySelector('.result').ariaBusy === 'true') return null;
    return [...document.querySelectorAll('meter')].map((bar) => [bar.dataset.testid.slice(4), bar.value]);
  })()";

/// The part of the server's answer that is held against the engine's.
#[derive(Deserialize)]
struct Answer {
    output: Vec<String>,
    scores: Vec<BTreeMap<String, f32>>,
}

#[test]
fn the_engine_and_the_server_answer_with_the_labels_of_the_model() {
    let models = ModelsFolder::with_labels(&LABELS);
    let model = models.manifest.models[0].clone();
    let mut site = Site::open_on(models);
    site.goto_blank();
    // The server loads its own copy of the model while it hands it out.
    site.page.wait_for::<bool>("(await fetch('/readyz')).ok").unwrap();
    let script = format!(
        "{} const classifier = await Classifier.load(options);
         const text = {};
         const [prediction] = await classifier.classify([text]);
         const explanation = await classifier.explain(text);
         const headers = {{ 'content-type': 'application/json' }};
         const reply = await fetch('/predict_batch', {{ method: 'POST', headers, body: JSON.stringify([text]) }});
         return [classifier.info.labels, prediction, explanation, await reply.json()];",
        prelude_for(&model),
        json!(TEXT)
    );
    let (labels, prediction, explanation, answer): (Vec<String>, Prediction, Explanation, Answer) =
        site.page.evaluate(&script).unwrap();
    assert_eq!(labels, LABELS);
    assert_eq!(prediction.scores.keys().collect::<Vec<_>>(), LABELS.iter().collect::<Vec<_>>());
    assert!((prediction.scores.values().sum::<f32>() - 1.0).abs() < 1e-4, "{prediction:?}");
    let highest = prediction.scores.values().copied().fold(0.0, f32::max);
    assert_eq!(prediction.scores[&prediction.label], highest);
    assert_eq!((&explanation.prediction, explanation.words.len()), (&prediction, 5));
    assert_eq!(answer.output, [prediction.label]);
    assert_eq!(answer.scores, [prediction.scores.into_iter().collect::<BTreeMap<_, _>>()]);
}

#[test]
fn the_page_shows_the_most_probable_labels_and_all_on_demand() {
    let models = ModelsFolder::with_labels(&LABELS);
    let model = models.manifest.models[0].clone();
    let mut site = Site::open_on(models);
    site.goto_app();
    site.page.click("#tweet").unwrap();
    site.page.paste(TEXT).unwrap();
    let first: Vec<(String, f32)> = site.page.wait_for(BARS).unwrap();
    let expected = site.classify_by(&model, TEXT);
    let mut ranked: Vec<(String, f32)> = expected.scores.into_iter().collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let assert_shown = |shown: &[(String, f32)], number: usize| {
        assert_eq!(shown.len(), number, "{shown:?}");
        for ((label, value), (expected, probability)) in shown.iter().zip(&ranked) {
            assert_eq!(label, expected, "{shown:?}");
            assert!((value - probability).abs() < 1e-3, "{label} is {probability}, shown as {value}");
        }
    };
    assert_shown(&first, 5);
    site.take_pictures("many-labels");
    let toggle = "document.querySelector('[data-testid=all-labels]')";
    let state = format!("return [{toggle}.textContent.trim(), {toggle}.ariaExpanded];");
    assert_eq!(site.page.evaluate::<[String; 2]>(&state).unwrap(), ["Show all 20", "false"]);
    site.page.click("[data-testid=all-labels]").unwrap();
    let all: Vec<(String, f32)> =
        site.page.wait_for(&format!("document.querySelectorAll('meter').length > 5 && {BARS}")).unwrap();
    assert_shown(&all, 20);
    assert_eq!(site.page.evaluate::<[String; 2]>(&state).unwrap(), ["Show fewer", "true"]);
    site.page.click("[data-testid=explain]").unwrap();
    let explained: String =
        site.page.wait_for("document.querySelector('[data-testid=explanation]')?.innerText").unwrap();
    assert!(explained.contains(&expected.label) && explained.contains("plunge"), "{explained}");
    site.take_pictures("all-labels");
    site.page.resize(360, 740).unwrap();
    assert_fits(&mut site, 360);
    site.page.click("[data-testid=all-labels]").unwrap();
    let fewer: Vec<(String, f32)> =
        site.page.wait_for(&format!("document.querySelectorAll('meter').length < 20 && {BARS}")).unwrap();
    assert_shown(&fewer, 5);
    assert_eq!(site.page.errors(), &[] as &[String]);
}
