//! Under the hood: another model, a download that pauses, what is kept.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::page_states::{Answer, assert_answered, showing};
use crate::page_visit::write;
use crate::site::{Site, default_model, manifest};

const TEXT: &str = "Shares plunge after guidance cut";

/// What the page shows, by whichever model.
const SHOWN: &str = "(() => {
    const label = document.querySelector('[data-testid=result-label]');
    if (!label || document.querySelector('.result').ariaBusy === 'true') return null;
    const bars = [...document.querySelectorAll('meter')];
    return [label.textContent, Object.fromEntries(bars.map((bar) => [bar.dataset.testid.slice(4), bar.value]))];
  })()";

fn about(site: &mut Site) -> String {
    site.page.evaluate("return document.querySelector('[data-testid=about]').innerText;").unwrap()
}

#[test]
fn another_model_can_be_chosen_and_stays_chosen() {
    let mut site = Site::open();
    let small = manifest().preview_model().unwrap().clone();
    site.goto_app();
    write(&mut site, TEXT);
    assert_answered(&mut site, TEXT);
    site.page.click("[data-testid=place]").unwrap();
    let choice = format!(
        "[...document.querySelectorAll('.models li')].find((it) => it.textContent.includes('{}'))",
        small.id
    );
    site.page.evaluate::<()>(&format!("{choice}.querySelector('input').click();")).unwrap();
    let expected = site.classify_by(&small, TEXT);
    for _ in 0..2 {
        site.page.wait_for::<Answer>(&showing(SHOWN, &expected)).unwrap();
        assert!(about(&mut site).contains(&small.id));
        let state = format!("{choice}?.querySelector('[data-testid=model-state]')?.textContent");
        site.page.wait_for::<bool>(&format!("{state} === 'In use.'")).unwrap();
        site.goto_blank();
        site.goto_app(); // the browser remembers
    }
}

#[test]
fn a_download_pauses_and_goes_on_where_it_was() {
    let held = vec![(default_model().file, Fault::HoldAfter(1_000_000))];
    let mut site = Site::open_with(ModelsFolder::without_preview(), held);
    site.goto_app();
    site.page.wait_for::<bool>("document.querySelector('[data-testid=progress]')?.value > 500_000").unwrap();
    site.page.click("[data-testid=pause]").unwrap();
    let paused: String = site
        .page
        .wait_for(
            "document.querySelector('[data-testid=resume]') && document.querySelector('.loading').innerText",
        )
        .unwrap();
    assert!(paused.contains("paused") && paused.contains("kept"), "{paused}");
    write(&mut site, TEXT);
    site.page.click("[data-testid=resume]").unwrap();
    assert_answered(&mut site, TEXT);
    let from: Vec<u64> = site.downloads_of(&default_model()).iter().map(|download| download.from).collect();
    assert!(from.len() >= 2 && from[1] > 0, "it began anew: {from:?}");
    site.hang_up();
}

#[test]
fn what_is_kept_is_listed_and_can_be_deleted() {
    let mut site = Site::open_on(ModelsFolder::without_preview());
    site.goto_app();
    write(&mut site, TEXT);
    assert_answered(&mut site, TEXT);
    site.page.click("[data-testid=place]").unwrap();
    let kept = "document.querySelector('[data-testid=storage]').innerText";
    let said: String =
        site.page.wait_for(&format!("{kept}.includes('{}') && {kept}", default_model().id)).unwrap();
    assert!(said.contains("6.9 MB") && said.contains("room for"), "{said}");
    site.page.click("[data-testid=storage] li .quiet").unwrap();
    site.page.wait_for::<bool>(&format!("{kept}.includes('No model yet')")).unwrap();
    write(&mut site, "Record profit, shares soar");
    assert_answered(&mut site, "Record profit, shares soar");
}
