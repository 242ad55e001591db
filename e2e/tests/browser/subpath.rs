//! The packed site where no server of ours is: under a path of a host that knows nothing, and opened as a file.

use crate::page_states::SETTLED;
use crate::site::{Site, root};
use crate::static_host::StaticHost;
use chromium::Page;
use std::path::PathBuf;

const PREFIX: &str = "/tickertone/";
const TEXT: &str = "Shares plunge after guidance cut";
const CANNOT: &str = "document.querySelector('[data-testid=cannot-start]')?.textContent";

fn packed() -> PathBuf {
    let site = root().join("dist/package/site");
    assert!(
        site.join("index.html").is_file(),
        "expected dist/package/site, found none: run `cargo xtask package`"
    );
    site
}

fn launch() -> Page {
    Page::launch(&chromium::find_executable().unwrap()).unwrap()
}

fn classify(page: &mut Page) -> String {
    page.wait_for::<bool>("!!document.querySelector('#tweet')").unwrap();
    page.click("#tweet").unwrap();
    page.type_text(TEXT).unwrap();
    page.wait_for::<(String, serde_json::Value)>(SETTLED).unwrap().0
}

/// The page asks for nothing outside its path, but what browsers ask for by themselves.
fn assert_stays_in_its_path(page: &Page, host: &StaticHost) {
    let home = format!("{}{PREFIX}", host.origin);
    let strangers: Vec<_> = page
        .requests()
        .iter()
        .filter(|url| {
            !url.starts_with(&home)
                && !url.starts_with("data:")
                && !url.starts_with(&format!("blob:{}", host.origin))
        })
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn under_a_path_of_any_host_it_answers_and_is_kept() {
    let host = StaticHost::start(&packed(), PREFIX);
    let mut page = launch();
    page.goto(&format!("{}{PREFIX}", host.origin)).unwrap();
    assert_eq!(classify(&mut page), "Bearish");
    assert_eq!(page.errors(), &[] as &[String]);
    assert_stays_in_its_path(&page, &host);
    let scope = "await (async () => {
        const { scope, active } = await navigator.serviceWorker.ready;
        return active.state === 'activated' && scope;
    })()";
    assert_eq!(page.wait_for::<String>(scope).unwrap(), format!("{}{PREFIX}", host.origin));
    host.stop();
    let mut page = page.restart().unwrap();
    page.goto(&format!("{}{PREFIX}index.html", host.origin)).unwrap();
    assert_eq!(classify(&mut page), "Bearish");
    assert_stays_in_its_path(&page, &host);
}

#[test]
fn its_policy_is_that_of_the_server() {
    let mut site = Site::open();
    site.goto_app();
    let header: String =
        site.page.evaluate("return (await fetch('./')).headers.get('content-security-policy');").unwrap();
    let html = std::fs::read_to_string(packed().join("index.html")).unwrap();
    let (_, rest) = html.split_once("<meta http-equiv=\"Content-Security-Policy\" content=\"").unwrap();
    let (policy, _) = rest.split_once('"').unwrap();
    let heeded = header.replace(" frame-ancestors 'none';", "");
    assert_eq!(policy, heeded);
    assert!(!policy.replace("'wasm-unsafe-eval'", "").contains("unsafe"), "{policy}");
}

#[test]
fn opened_as_a_file_it_says_what_to_do() {
    let mut page = launch();
    page.goto(&format!("file://{}/index.html", packed().display())).unwrap();
    let words: String = page.wait_for(CANNOT).unwrap();
    assert!(words.contains("opened as a file") && words.contains("README.txt"), "{words}");
    page.wait_for::<bool>("getComputedStyle(document.body).margin === '0px'").unwrap();
    let picture = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&picture).unwrap();
    page.screenshot(&picture.join("opened-as-a-file.png")).unwrap();
}

#[test]
fn a_browser_without_what_it_needs_is_told_so() {
    let host = StaticHost::start(&packed(), PREFIX);
    let mut page = launch();
    page.run_first("WebAssembly.validate = () => false; WebAssembly.instantiateStreaming = WebAssembly.instantiate = () => new Promise(() => {});").unwrap();
    page.goto(&format!("{}{PREFIX}", host.origin)).unwrap();
    let words: String = page.wait_for(CANNOT).unwrap();
    assert!(words.contains("too old") && words.contains("Safari from version 16.4"), "{words}");
}

#[test]
fn a_part_of_the_page_that_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let html = std::fs::read_to_string(packed().join("index.html")).unwrap();
    std::fs::write(folder.path().join("index.html"), html).unwrap();
    std::fs::create_dir(folder.path().join("js")).unwrap();
    std::fs::copy(packed().join("js/start-check.js"), folder.path().join("js/start-check.js")).unwrap();
    let host = StaticHost::start(folder.path(), PREFIX);
    let mut page = launch();
    page.goto(&format!("{}{PREFIX}", host.origin)).unwrap();
    let words: String = page.wait_for(CANNOT).unwrap();
    assert!(words.contains("did not arrive") && words.contains("reload"), "{words}");
}
