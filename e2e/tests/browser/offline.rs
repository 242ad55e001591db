//! What the browser keeps: after one visit the page works without a server, heals what was damaged, and takes a newer
//! version only when it is asked to.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::page_states::assert_answered;
use crate::server::Server;
use crate::site::{Site, default_model, root};
use chromium::Key;
use sha2::{Digest, Sha256};
use std::path::Path;
use tempfile::TempDir;

const TEXT: &str = "Shares plunge after guidance cut";
/// Waits until the page is kept for visits without a server.
const IS_KEPT: &str = "await (async () => (await navigator.serviceWorker.ready).active.state === 'activated'
    && !!navigator.serviceWorker.controller)()";
/// Has a newer version noted down; the page's own note about it is its own affair.
const WATCH: &str = "const { watchForUpdates } = await import('/js/updates.js');
    watchForUpdates(() => (document.body.dataset.update = 'offered'));";
/// As when the visitor comes back to the tab.
const LOOK_AGAIN: &str = "dispatchEvent(new Event('visibilitychange'));";

/// A site behind a line that spoils nothing.
fn open(models: ModelsFolder) -> Site {
    let mut site = Site::open_with(models, Vec::new());
    site.goto_app();
    site
}

/// In the place of what the page has kept of an earlier load.
fn write(site: &mut Site) {
    site.page.click("#tweet").unwrap();
    site.page.press(Key::SelectAll).unwrap();
    site.page.type_text(TEXT).unwrap();
}

/// The answer that stands there, once the page is done.
fn label(site: &mut Site) -> String {
    let settled = crate::page_states::SETTLED;
    site.page.wait_for::<(String, serde_json::Value)>(settled).unwrap().0
}

/// How many times the page itself asked for a model; the tests' own engines do not name the hash.
fn loads(site: &Site) -> usize {
    site.page.requests().iter().filter(|url| url.contains("?sha256=")).count()
}

fn title(site: &mut Site) -> String {
    site.page.evaluate("return document.title;").unwrap()
}

/// The page that was built, with another title, and its service worker with the list that goes with it.
fn another_page(title: &str) -> TempDir {
    let (app, folder) = (root().join("dist/app"), tempfile::tempdir().unwrap());
    copy(&app, folder.path());
    let index = std::fs::read_to_string(app.join("index.html")).unwrap();
    let (start, rest) = index.split_once("<title>").unwrap();
    let (_, end) = rest.split_once("</title>").unwrap();
    let changed = format!("{start}<title>{title}</title>{end}");
    let worker = std::fs::read_to_string(app.join("service-worker.js")).unwrap();
    let changed_worker = worker.replace(&sha256(&index), &sha256(&changed));
    assert_ne!(worker, changed_worker, "the service worker does not know the page that was built");
    std::fs::write(folder.path().join("index.html"), changed).unwrap();
    std::fs::write(folder.path().join("service-worker.js"), changed_worker).unwrap();
    folder
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &place),
            false => drop(std::fs::copy(entry.path(), place).unwrap()),
        }
    }
}

#[test]
fn after_one_visit_it_works_without_a_server_also_in_a_browser_started_anew() {
    let mut site = open(ModelsFolder::with_preview());
    write(&mut site);
    let expected = assert_answered(&mut site, TEXT);
    site.page.wait_for::<bool>(IS_KEPT).unwrap();
    site.assert_stayed_at_home();
    site.stop_server();
    let mut site = site.restart_browser();
    site.goto_app();
    write(&mut site);
    assert_eq!(label(&mut site), expected.label);
    site.take_picture("offline");
    let is_controlled = "return !!navigator.serviceWorker.controller;";
    assert!(site.page.evaluate::<bool>(is_controlled).unwrap());
    site.assert_stayed_at_home();
}

#[test]
fn a_newer_version_is_offered_and_never_mixed_with_the_older_one() {
    let mut site = open(ModelsFolder::without_preview());
    write(&mut site);
    assert_answered(&mut site, TEXT);
    site.page.wait_for::<bool>(IS_KEPT).unwrap();
    site.page.evaluate::<()>(WATCH).unwrap();
    let before = title(&mut site);
    let app = another_page("Another version");
    let models = ModelsFolder::without_preview();
    let folder = models.path().to_owned();
    site.redeploy(Server::start_with(app.path().to_owned(), &folder, Some(models)));
    site.page.evaluate::<()>(LOOK_AGAIN).unwrap();
    site.page.wait_for::<bool>("document.body.dataset.update === 'offered'").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=update]')").unwrap();
    // Nobody has asked for it yet.
    site.goto_app();
    assert_eq!(title(&mut site), before);
    site.page.evaluate::<()>(WATCH).unwrap();
    site.page.wait_for::<bool>("document.body.dataset.update === 'offered'").unwrap();
    let switch = "const { applyUpdate } = await import('/js/updates.js'); setTimeout(applyUpdate);";
    site.page.evaluate::<()>(switch).unwrap();
    site.page.wait_for_title("Another version").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('#tweet')").unwrap();
    write(&mut site);
    assert_answered(&mut site, TEXT);
    let caches = "return (await caches.keys()).filter((name) => name.startsWith('tickertone-page')).length;";
    assert_eq!(site.page.evaluate::<usize>(caches).unwrap(), 1, "the older version is still kept");
}

#[test]
fn another_model_on_the_server_is_offered_and_takes_the_place_of_the_old_one() {
    let mut site = open(ModelsFolder::without_preview());
    write(&mut site);
    assert_answered(&mut site, TEXT);
    site.page.evaluate::<()>(WATCH).unwrap();
    let models = ModelsFolder::with_labels(&["Up", "Down", "Flat", "Other"]);
    let (folder, model) = (models.path().to_owned(), models.manifest.models[0].clone());
    site.redeploy(Server::start(&folder, Some(models)));
    site.page.evaluate::<()>(LOOK_AGAIN).unwrap();
    site.page.wait_for::<bool>("document.body.dataset.update === 'offered'").unwrap();
    assert!(["Bearish", "Bullish", "Neutral"].contains(&&*label(&mut site)), "it was switched unasked");
    site.goto_app();
    write(&mut site);
    let expected = site.classify_by(&model, TEXT);
    assert_eq!(label(&mut site), expected.label);
    let kept = "const { storedModels } = await import('/js/model-store.js');
                return (await storedModels()).map(({ id }) => id);";
    assert_eq!(site.page.evaluate::<Vec<String>>(kept).unwrap(), [model.id]);
}

#[test]
fn a_flipped_byte_in_the_kept_model_is_noticed_and_repaired() {
    let mut site = open(ModelsFolder::without_preview());
    write(&mut site);
    assert_answered(&mut site, TEXT);
    assert_eq!(loads(&site), 1);
    let flip = "const cache = await caches.open('tickertone-models /');
        const key = (await cache.keys()).filter(({ url }) => url.includes('kept-model'))[3];
        const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
        bytes[bytes.length >> 1] ^= 1;
        await cache.put(key, new Response(bytes));";
    site.page.evaluate::<()>(flip).unwrap();
    for _ in 0..2 {
        site.goto_app();
        write(&mut site);
        assert_answered(&mut site, TEXT);
    }
    assert_eq!(loads(&site), 2, "one for the damaged copy, none for the repaired one");
}

#[test]
fn a_browser_that_keeps_nothing_works_all_the_same() {
    let mut site = Site::open_with(ModelsFolder::with_preview(), Vec::new());
    site.page
        .run_first(
            "const refuse = { get() { throw new DOMException('The operation is insecure.', 'SecurityError'); } };
             for (const name of ['caches', 'localStorage']) Object.defineProperty(window, name, refuse);
             Object.defineProperty(navigator, 'serviceWorker', refuse);
             Object.defineProperty(navigator, 'storage', { value: undefined });",
        )
        .unwrap();
    for _ in 0..2 {
        site.goto_app();
        write(&mut site);
        assert_answered(&mut site, TEXT);
    }
    let usage = "return (await (await import('/js/model-store.js')).storageUsage());";
    let usage: serde_json::Value = site.page.evaluate(usage).unwrap();
    assert_eq!(usage, serde_json::json!({ "used_bytes": 0, "quota_bytes": null, "is_kept": false }));
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn two_tabs_download_a_model_once() {
    let faults = vec![(default_model().file, Fault::HoldAfter(3_000_000))];
    let mut site = Site::open_with(ModelsFolder::without_preview(), faults);
    site.goto_app();
    let progress = "document.querySelector('[data-testid=progress]')?.value > 2_000_000";
    site.page.wait_for::<bool>(progress).unwrap();
    site.page.evaluate::<()>("window.second = window.open(location.href);").unwrap();
    site.page.bring_to_front().unwrap();
    let waits =
        "(await navigator.locks.query()).pending.some(({ name }) => name.startsWith('tickertone-models'))";
    site.page.wait_for::<bool>(waits).unwrap();
    site.release();
    site.page.wait_for::<bool>("!document.querySelector('[data-testid=progress]')").unwrap();
    let other = "!second.document.querySelector('[data-testid=progress]')
        && !!second.document.querySelector('[data-testid=hint]')";
    site.page.wait_for::<bool>(other).unwrap();
    assert_eq!(site.downloads_of(&default_model()).len(), 1);
}
