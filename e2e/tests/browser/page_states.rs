//! The page through its states, with one model: before it, with it, without it. Two models are in `preview.rs`.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::site::{Site, default_model};
use messages::Prediction;
use serde_json::json;

/// The answer that stands there once the page is done: label and the bars' values, as the default model has them.
pub const SETTLED: &str = "(() => {
    const label = document.querySelector('[data-testid=result-label]');
    if (!label || document.querySelector('.result').ariaBusy === 'true') return null;
    if (document.querySelector('[data-testid=preview-note], [data-testid=preview-only]')) return null;
    const bars = [...document.querySelectorAll('meter')];
    return [label.textContent, Object.fromEntries(bars.map((bar) => [bar.dataset.testid.slice(4), bar.value]))];
  })()";

/// What [`SETTLED`] gives.
pub type Answer = (String, std::collections::BTreeMap<String, f32>);

/// [`SETTLED`], or a narrower answer, once it is this prediction. Yew may draw the bars a moment after the panel
/// around them (it gives the browser a turn in between), so that whoever reads them once may read the ones before.
pub fn showing(answer: &str, expected: &Prediction) -> String {
    let (label, scores) = (json!(expected.label), json!(expected.scores));
    format!(
        "(() => {{
           const shown = {answer};
           if (!shown || shown[0] !== {label}) return null;
           const scores = Object.entries({scores});
           const isShown = ([label, probability]) => Math.abs(shown[1][label] - probability) < 1e-3;
           return scores.length === Object.keys(shown[1]).length && scores.every(isShown) && shown;
         }})()"
    )
}

/// Waits until the page shows what an engine of its own says to this text, which it returns.
pub fn assert_answered(site: &mut Site, text: &str) -> Prediction {
    site.page.wait_for::<Answer>(SETTLED).unwrap();
    let prediction = site.classify(text);
    site.page.wait_for::<Answer>(&showing(SETTLED, &prediction)).unwrap();
    let shown: String = site.page.evaluate("return document.querySelector('#tweet').value;").unwrap();
    assert_eq!(shown, text);
    for (part, expected) in [("uncertain", prediction.uncertain), ("truncated", prediction.truncated)] {
        let script = format!("return !!document.querySelector('[data-testid={part}]');");
        assert_eq!(site.page.evaluate::<bool>(&script).unwrap(), expected, "{text:?}: {part}");
    }
    prediction
}

/// A page with the default model alone, the first downloads of which are spoiled.
fn open_behind(faults: Vec<Fault>) -> Site {
    let faults = faults.into_iter().map(|fault| (default_model().file, fault));
    Site::open_with(ModelsFolder::without_preview(), faults.collect())
}

#[test]
fn the_page_can_be_used_before_the_model_has_arrived() {
    let mut site = open_behind(vec![Fault::HoldAfter(1_000_000)]);
    site.goto_app();
    site.page.click("#tweet").unwrap();
    site.page.type_text("Shares plunge").unwrap();
    let progress = "document.querySelector('[data-testid=progress]')";
    let shown: [u64; 2] = site
        .page
        .wait_for(&format!("{progress}?.value > 500_000 && [{progress}.value, {progress}.max]"))
        .unwrap();
    assert!(shown[0] <= 1_000_000, "{shown:?}");
    assert_eq!(shown[1], default_model().size_bytes);
    site.take_picture("loading");
    site.page.click(".examples li:nth-child(2) .example").unwrap();
    let text: String = site.page.evaluate("return document.querySelector('#tweet').value;").unwrap();
    assert!(text.len() > 20, "the example is not in the text field, but {text:?}");
    let is_answered = "return !!document.querySelector('[data-testid=result-label]');";
    assert!(!site.page.evaluate::<bool>(is_answered).unwrap(), "an answer before there is a model");
    site.release();
    assert_answered(&mut site, &text);
}

#[test]
fn a_broken_download_that_cannot_go_on_is_told_and_tried_again() {
    let mut site = open_behind(vec![Fault::HoldAfter(1_000_000), Fault::Busy]);
    site.goto_app();
    let progress = "document.querySelector('[data-testid=progress]')?.value > 500_000";
    site.page.wait_for::<bool>(progress).unwrap();
    site.hang_up();
    let error: String =
        site.page.wait_for("document.querySelector('[data-testid=error]')?.innerText").unwrap();
    site.take_picture("broken-download");
    assert!(error.contains("too much to do") && error.contains("Wait a minute"), "{error}");
    site.page.click("#tweet").unwrap();
    site.page.type_text("still usable").unwrap();
    site.page.click("[data-testid=retry]").unwrap();
    assert_answered(&mut site, "still usable");
    let is_told = "return !!document.querySelector('[data-testid=error]');";
    assert!(!site.page.evaluate::<bool>(is_told).unwrap(), "the error stayed");
}

#[test]
fn another_file_than_the_manifest_says_is_refused() {
    // Also where the page asks past every cache.
    let not_a_model = || Fault::Instead(b"not a model".to_vec());
    let mut site = open_behind(vec![not_a_model(), not_a_model()]);
    site.goto_app();
    let error: String =
        site.page.wait_for("document.querySelector('[data-testid=error]')?.textContent").unwrap();
    assert!(error.contains("arrived in place of the model"), "{error}");
    assert!(!error.contains(&default_model().sha256), "{error}");
    site.page.click("[data-testid=retry]").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=hint]')").unwrap();
}

#[test]
fn texts_without_words_get_a_hint_and_no_error() {
    let mut site = Site::open();
    site.goto_app();
    let hint = "document.querySelector('[data-testid=hint]')?.textContent";
    let empty: String = site.page.wait_for(hint).unwrap();
    site.page.click("#tweet").unwrap();
    site.page.paste("https://example.org/news").unwrap();
    let link: String = site.page.wait_for(&format!("({hint} ?? '').includes('link') && {hint}")).unwrap();
    assert_ne!(empty, link);
    site.take_picture("only-a-link");
    let others =
        "return document.querySelectorAll('[data-testid=error], [data-testid=result-label]').length;";
    assert_eq!(site.page.evaluate::<u32>(others).unwrap(), 0);
}
