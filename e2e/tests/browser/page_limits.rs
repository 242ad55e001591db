//! What the page must never do: talk to others, break its own policy, complain, or need a wide screen.

use crate::page_states::assert_answered;
use crate::site::Site;

#[test]
fn the_page_talks_to_its_own_origin_only_and_complains_about_nothing() {
    let mut site = Site::open();
    site.goto_app();
    site.page.click("#tweet").unwrap();
    let text = "Secretly typed: shares plunge after guidance cut";
    site.page.type_text(text).unwrap();
    assert_answered(&mut site, text);
    site.page.click("[data-testid=explain]").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=explanation]')").unwrap();

    let requests = site.page.requests();
    for part in ["/engine/tickertone.js", "/engine/worker.js", "_bg.wasm", "/models/manifest.json", ".gguf"] {
        assert!(requests.iter().any(|url| url.contains(part)), "{part} went unseen among {requests:#?}");
    }
    for url in requests {
        let is_own = url.starts_with(&format!("{}/", site.origin)) || url.starts_with("data:image/");
        assert!(is_own, "the page asked {url}");
        assert!(!url.contains("Secretly"), "the text went out with {url}");
    }
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn what_is_no_page_has_the_icon_too() {
    let mut site = Site::open();
    site.goto_blank();
    let found: (u16, String) = site
        .page
        .evaluate(
            "const reply = await fetch('/favicon.ico');
             return [reply.status, reply.headers.get('content-type')];",
        )
        .unwrap();
    assert_eq!(found, (200, "image/svg+xml".to_owned()));
}

#[test]
fn the_policy_is_in_force() {
    let mut site = Site::open();
    site.goto_app();
    let refused: bool =
        site.page.evaluate("return fetch('http://127.0.0.2:9/').then(() => false, () => true);").unwrap();
    assert!(refused);
    // `.style` is the page's own script and allowed; the attribute is markup and is not.
    let width: String = site
        .page
        .evaluate(
            "document.querySelector('#tweet').setAttribute('style', 'width: 17px');
             return document.querySelector('#tweet').style.width;",
        )
        .unwrap();
    assert_eq!(width, "");
    let errors = site.page.errors().join("\n");
    assert!(errors.contains("connect-src") && errors.contains("style-src"), "{errors}");
}

#[test]
fn a_telephone_shows_everything() {
    let mut site = Site::open();
    site.page.resize(360, 740).unwrap();
    site.goto_app();
    let text = "Shares of a-company-with-a-name-that-is-much-too-long-for-any-telephone-screen plunge after guidance cut";
    site.page.click("#tweet").unwrap();
    site.page.paste(text).unwrap();
    assert_answered(&mut site, text);
    site.page.click("[data-testid=explain]").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=explanation]')").unwrap();
    site.take_picture("telephone");
    assert_fits(&mut site, 360);
    site.page.click(".examples li:last-child .example").unwrap();
}

/// Nothing of the page is wider than a screen of so many pixels, or lies beside it.
pub fn assert_fits(site: &mut Site, screen: u32) {
    let (width, outside): (u32, Vec<String>) = site
        .page
        .evaluate(
            "const outside = [...document.querySelectorAll('h1, p, label, textarea, button, meter, li, dd')].filter((it) => {
               const { left, right, width } = it.getBoundingClientRect();
               return width > 1 && (left < 0 || right > innerWidth);
             });
             return [document.documentElement.scrollWidth, outside.map((it) => it.outerHTML)];",
        )
        .unwrap();
    assert!(width <= screen, "the page is {width} pixels wide");
    assert_eq!(outside, [] as [String; 0]);
}
