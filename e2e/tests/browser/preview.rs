//! A page with two models: the small one answers while the default one is held up, and what may go wrong with
//! either.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::page_states::{Answer, SETTLED, assert_answered, showing};
use crate::site::{Site, default_model};
use messages::{ManifestModel, Prediction};

/// The answer that stands there while the preview answers, and the page says so in this place.
fn quick_answer(place: &str) -> String {
    format!(
        "(() => {{
           const label = document.querySelector('[data-testid=result-label]');
           const isSaid = !!document.querySelector('[data-testid={place}]');
           if (!label || !isSaid || document.querySelector('.result').ariaBusy === 'true') return null;
           const bars = [...document.querySelectorAll('meter')];
           return [label.textContent, Object.fromEntries(bars.map((bar) => [bar.dataset.testid.slice(4), bar.value]))];
         }})()"
    )
}

/// A page with a preview and these faults of the two files. Another file arrives twice in its place: over the first
/// one the page asks past every cache.
fn open(preview: Option<Fault>, default: Option<Fault>) -> (Site, ManifestModel) {
    let models = ModelsFolder::with_preview();
    let small = models.manifest.preview_model().unwrap().clone();
    let faults = [(small.file.clone(), preview), (default_model().file, default)];
    let faults = faults.into_iter().flat_map(|(file, fault)| match fault {
        Some(Fault::Instead(bytes)) => {
            vec![(file.clone(), Fault::Instead(bytes.clone())), (file, Fault::Instead(bytes))]
        }
        Some(fault) => vec![(file, fault)],
        None => Vec::new(),
    });
    let faults = faults.collect();
    let mut site = Site::open_with(models, faults);
    site.goto_app();
    (site, small)
}

fn write(site: &mut Site, text: &str) {
    site.page.click("#tweet").unwrap();
    site.page.type_text(text).unwrap();
}

/// Waits for an answer of the preview, holds it against the engine's own, and returns what the page says of it.
fn assert_quick(site: &mut Site, small: &ManifestModel, place: &str, text: &str) -> (Prediction, String) {
    let expected = site.classify_by(small, text);
    site.page.wait_for::<Answer>(&showing(&quick_answer(place), &expected)).unwrap();
    let note = format!("return document.querySelector('[data-testid={place}]').textContent;");
    (expected, site.page.evaluate(&note).unwrap())
}

/// The download that the page shows: bytes so far and in all.
fn progress(site: &mut Site, total: u64) -> u64 {
    let bar = "document.querySelector('[data-testid=progress]')";
    site.page.wait_for(&format!("{bar}?.value > 0 && {bar}.max === {total} && {bar}.value")).unwrap()
}

fn is_there(site: &mut Site, testid: &str) -> bool {
    let script = format!("return !!document.querySelector('[data-testid={testid}]');");
    site.page.evaluate(&script).unwrap()
}

/// How many times the page itself asked for a model; the tests' own engines do not name the hash.
fn loads(site: &Site, model: &ManifestModel) -> usize {
    let address = format!("{}?sha256=", model.file);
    site.page.requests().iter().filter(|url| url.contains(&address)).count()
}

#[test]
fn the_preview_answers_at_once_and_the_default_takes_over() {
    let (mut site, small) = open(Some(Fault::HoldAfter(100_000)), Some(Fault::HoldAfter(1_000_000)));
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    assert!(progress(&mut site, small.size_bytes) <= 100_000);
    site.take_pictures("preview-loading");
    site.release();
    let (quick, note) = assert_quick(&mut site, &small, "preview-note", text);
    assert!(note.contains(&small.id) && note.contains("full model is on its way"), "{note}");
    assert!(progress(&mut site, default_model().size_bytes) <= 1_000_000);
    site.take_pictures("preview-answers");
    let text = text.to_owned() + " again";
    write(&mut site, " again");
    assert_quick(&mut site, &small, "preview-note", &text);
    site.page.click("[data-testid=explain]").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=explanation]')").unwrap();
    site.release();
    assert_answered(&mut site, &text);
    assert_ne!(site.classify(&text).scores, quick.scores, "both models say the same: nothing is proven");
    let about: String =
        site.page.evaluate("return document.querySelector('[data-testid=about]').textContent;").unwrap();
    assert!(about.contains(&default_model().id), "{about}");
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=explanation]')").unwrap();
    // The preview's worker is given back.
    site.page.wait_for_workers(1).unwrap();
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn the_two_are_not_downloaded_at_the_same_time() {
    let (mut site, small) = open(Some(Fault::HoldAfter(100_000)), None);
    progress(&mut site, small.size_bytes);
    assert_eq!(site.downloads(), 1);
    site.release();
    write(&mut site, "Flat");
    assert_answered(&mut site, "Flat");
    assert_eq!((loads(&site, &small), site.page.errors()), (1, &[] as &[String]));
}

#[test]
fn a_default_that_fails_leaves_the_preview_answering_and_is_tried_again() {
    let (mut site, small) = open(None, Some(Fault::Busy));
    let mut text = "Shares plunge".to_owned();
    write(&mut site, &text);
    let (_, note) = assert_quick(&mut site, &small, "preview-only", &text);
    for part in [&*small.id, "The model did not arrive", "too much to do"] {
        assert!(note.contains(part), "`{part}` is not in: {note}");
    }
    site.take_pictures("preview-only");
    text += " after guidance cut";
    write(&mut site, " after guidance cut");
    assert_quick(&mut site, &small, "preview-only", &text);
    site.page.click("[data-testid=retry]").unwrap();
    assert_answered(&mut site, &text);
    assert!(!is_there(&mut site, "preview-only"));
    site.page.wait_for_workers(1).unwrap();
}

#[test]
fn a_preview_that_fails_is_not_told_and_the_default_comes() {
    let (mut site, _) =
        open(Some(Fault::Instead(b"not a model".to_vec())), Some(Fault::HoldAfter(1_000_000)));
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    progress(&mut site, default_model().size_bytes);
    for testid in ["error", "result-label", "preview-note", "preview-only"] {
        assert!(!is_there(&mut site, testid), "{testid}");
    }
    site.release();
    assert_answered(&mut site, text);
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn a_preview_that_stalls_does_not_hold_the_default_up() {
    let (mut site, small) = open(Some(Fault::HoldAfter(100_000)), None);
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    progress(&mut site, small.size_bytes);
    assert_answered(&mut site, text);
    site.release();
    // It comes too late, and is given back at once.
    let kept = "await (async () => (await (await import('/js/model-store.js')).storedModels())
        .filter((model) => model.loaded_bytes === model.size_bytes).length === 2)()";
    site.page.wait_for::<bool>(kept).unwrap();
    site.page.wait_for_workers(1).unwrap();
    assert_answered(&mut site, text);
}

#[test]
fn where_both_fail_the_page_says_so_and_both_are_tried_again() {
    let not_a_model = || Some(Fault::Instead(b"not a model".to_vec()));
    let (mut site, small) = open(not_a_model(), not_a_model());
    let error: String =
        site.page.wait_for("document.querySelector('[data-testid=error]')?.textContent").unwrap();
    assert!(error.contains("arrived in place of the model"), "{error}");
    write(&mut site, "still usable");
    site.page.click("[data-testid=retry]").unwrap();
    assert_answered(&mut site, "still usable");
    assert_eq!(loads(&site, &small), 3, "one, another past the cache, and one when it is tried again");
}

#[test]
fn a_second_visit_goes_straight_to_the_default() {
    let (mut site, small) = open(None, None);
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    assert_answered(&mut site, text);
    assert_eq!(loads(&site, &small), 1);
    let downloads = site.downloads();
    site.goto_blank();
    site.goto_app(); // where the text still stands
    site.page.wait_for::<Answer>(SETTLED).unwrap();
    assert_eq!(loads(&site, &small), 1, "the preview was asked for, though the default was there");
    assert_eq!(site.downloads(), downloads, "the default was not cached");
    assert_answered(&mut site, text);
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn a_visit_that_was_left_too_early_begins_with_the_preview_again() {
    let (mut site, small) = open(None, Some(Fault::HoldAfter(1_000_000)));
    write(&mut site, "Flat");
    assert_quick(&mut site, &small, "preview-note", "Flat");
    progress(&mut site, default_model().size_bytes);
    site.goto_blank();
    let before = loads(&site, &small);
    site.goto_app(); // where the text still stands
    assert_quick(&mut site, &small, "preview-note", "Flat");
    assert_eq!(loads(&site, &small), before, "it is kept");
    // The browser may still be at the first download.
    site.release();
    assert_answered(&mut site, "Flat");
}
