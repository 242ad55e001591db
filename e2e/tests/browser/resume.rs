//! Downloads that end in the middle go on from there: the server dies, the page is left, the browser is closed.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::page_states::assert_answered;
use crate::site::{Site, default_model};

const TEXT: &str = "Shares plunge after guidance cut";

/// A page that has half of its one model, the other half of which does not come.
fn open_at_half() -> Site {
    let half = default_model().size_bytes / 2;
    let faults = vec![(default_model().file, Fault::HoldAfter(half as usize))];
    let mut site = Site::open_with(ModelsFolder::without_preview(), faults);
    site.goto_app();
    let almost = half - 100_000;
    let progress = "document.querySelector('[data-testid=progress]')";
    site.page.wait_for::<bool>(&format!("{progress}?.value > {almost}")).unwrap();
    site
}

/// Checks that the second download began where the first had ended, and was the last.
fn assert_resumed(site: &mut Site) {
    site.page.click("#tweet").unwrap();
    site.page.type_text(TEXT).unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=result-label]')").unwrap();
    let from: Vec<u64> = site.downloads_of(&default_model()).iter().map(|download| download.from).collect();
    let half = default_model().size_bytes / 2;
    assert!(from.len() == 2 && from[0] == 0 && (half - 100_000..=half).contains(&from[1]), "{from:?}");
    assert_answered(site, TEXT);
}

#[test]
fn a_server_that_dies_at_half_and_comes_back_is_asked_for_the_other_half() {
    let mut site = open_at_half();
    site.stop_server();
    site.hang_up();
    let error: String =
        site.page.wait_for("document.querySelector('[data-testid=error]')?.textContent").unwrap();
    assert!(error.contains("of 6.9 MB") && error.contains("goes on from there"), "{error}");
    site.take_picture("server-died");
    site.start_server();
    site.page.click("[data-testid=retry]").unwrap();
    site.page.click("#tweet").unwrap();
    site.page.type_text(TEXT).unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=result-label]')").unwrap();
    // Between the first and this one lie those that found nobody.
    let from = site.downloads_of(&default_model()).last().unwrap().from;
    let half = default_model().size_bytes / 2;
    assert!((half - 100_000..=half).contains(&from), "{from}");
    assert_answered(&mut site, TEXT);
    site.assert_stayed_at_home();
}

#[test]
fn a_page_that_is_left_and_come_back_to_goes_on() {
    let mut site = open_at_half();
    let target = format!("{}/models/manifest.json", site.origin);
    site.page.goto(&target).unwrap();
    site.hang_up();
    site.page.evaluate::<()>("setTimeout(() => history.back());").unwrap();
    site.page.wait_for_title("Tickertone").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('#tweet')").unwrap();
    assert_resumed(&mut site);
}

#[test]
fn a_browser_that_is_closed_in_the_middle_goes_on_at_the_next_visit() {
    let mut site = open_at_half();
    // What had arrived in parts is kept, what lies behind the last one is not.
    let kept = "await (async () => {
        const { storedModels } = await import('/js/model-store.js');
        return (await storedModels()).map((model) => model.loaded_bytes).find((bytes) => bytes > 2_000_000);
    })()";
    let kept: u64 = site.page.wait_for(kept).unwrap();
    let mut site = site.restart_browser();
    site.hang_up();
    site.goto_app();
    site.page.click("#tweet").unwrap();
    site.page.type_text(TEXT).unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=result-label]')").unwrap();
    let downloads = site.downloads_of(&default_model());
    assert!(downloads.len() == 2 && downloads[1].from >= kept, "{downloads:?}");
    assert_answered(&mut site, TEXT);
}

#[test]
fn a_connection_that_breaks_once_is_taken_up_without_a_word() {
    let mut site = open_at_half();
    site.hang_up();
    assert_resumed(&mut site);
}
