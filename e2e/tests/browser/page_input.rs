//! The page under a person's hands: typing, examples, long texts, the keyboard alone.

use crate::page_states::assert_answered;
use crate::site::Site;
use chromium::Key;

#[test]
fn typing_classifies_and_the_last_text_wins() {
    let mut site = Site::open();
    site.goto_app();
    site.page.click("#tweet").unwrap();
    let mut text = String::new();
    for part in ["Shares plunge", " after a weak quarter", " but jump on record guidance", " and a buyback"] {
        text += part;
        site.page.type_text(part).unwrap();
        // Some of these are overtaken while they are being read.
        let _: bool = site.page.evaluate("await new Promise(requestAnimationFrame); return true;").unwrap();
    }
    assert_answered(&mut site, &text);
    site.page.press(Key::SelectAll).unwrap();
    site.page.type_text("Flat").unwrap();
    assert_answered(&mut site, "Flat");
}

#[test]
fn every_example_can_be_clicked() {
    let mut site = Site::open();
    site.goto_app();
    let count: usize = site.page.evaluate("return document.querySelectorAll('.example').length;").unwrap();
    assert!(count >= 3, "found {count} examples");
    let mut labels = std::collections::BTreeSet::new();
    for example in 1..=count {
        let selector = format!(".examples li:nth-child({example}) .example");
        site.page.click(&selector).unwrap();
        let text: String =
            site.page.evaluate(&format!("return document.querySelector('{selector}').title;")).unwrap();
        labels.insert(assert_answered(&mut site, &text).label);
        site.take_picture(&format!("example-{example}"));
    }
    assert_eq!(labels.len(), 3, "the examples show only {labels:?}");
}

#[test]
fn a_long_text_is_read_in_part_and_the_page_says_so() {
    let mut site = Site::open();
    site.goto_app();
    site.page.click("#tweet").unwrap();
    let text = "The company raised its outlook again. ".repeat(200);
    site.page.paste(&text).unwrap();
    let notice: String =
        site.page.wait_for("document.querySelector('[data-testid=truncated]')?.textContent").unwrap();
    assert!(notice.contains("tokens"), "{notice}");
    site.take_picture("truncated");
    assert_answered(&mut site, &text);
}

#[test]
fn the_keyboard_is_enough() {
    let mut site = Site::open();
    site.goto_app();
    let focused = "return document.activeElement.id || document.activeElement.dataset.testid || '';";
    tab_to(&mut site, focused, "tweet");
    let ring = "const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
                const card = getComputedStyle(document.activeElement.closest('.card') ?? document.body);
                return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'
                  || card.outlineStyle !== 'none';";
    assert!(site.page.evaluate::<bool>(ring).unwrap(), "the text field shows no focus");
    let text = "Shares plunge after guidance cut";
    site.page.type_text(text).unwrap();
    assert_answered(&mut site, text);
    tab_to(&mut site, focused, "explain");
    assert!(site.page.evaluate::<bool>(ring).unwrap(), "the button shows no focus");
    site.page.press(Key::Enter).unwrap();
    let explained: String =
        site.page.wait_for("document.querySelector('[data-testid=explanation]')?.innerText").unwrap();
    assert!(explained.contains("plunge") && explained.contains("guidance"), "{explained}");
    site.take_picture("explanation");
    let example = "return document.activeElement.matches('.example') ? 'example' : '';";
    tab_to(&mut site, example, "example");
    let text: String = site.page.evaluate("return document.activeElement.title;").unwrap();
    site.page.press(Key::Space).unwrap();
    assert_answered(&mut site, &text);
}

/// Presses Tab until the wanted control has the focus.
fn tab_to(site: &mut Site, focused: &str, wanted: &str) {
    for _ in 0..24 {
        site.page.press(Key::Tab).unwrap();
        if site.page.evaluate::<String>(focused).unwrap() == wanted {
            return;
        }
    }
    panic!("Tab does not lead to {wanted}");
}
