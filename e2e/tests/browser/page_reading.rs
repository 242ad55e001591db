//! Reading one text and what a visitor does with it: why, history, sharing, many lines, coming back.

use crate::page_states::assert_answered;
use crate::page_visit::write;
use crate::site::Site;
use chromium::Key;
use serde_json::json;

const BEARISH: &str = "Shares plunge after guidance cut";
const BULLISH: &str = "Record profit, shares soar";

fn value(site: &mut Site) -> String {
    site.page.evaluate("return document.querySelector('#tweet').value;").unwrap()
}

fn past(site: &mut Site) -> Vec<String> {
    site.page
        .evaluate("return [...document.querySelectorAll('.past-text')].map((it) => it.textContent);")
        .unwrap()
}

#[test]
fn each_word_has_its_number_for_eyes_and_ears() {
    let mut site = Site::open();
    site.goto_app();
    write(&mut site, BEARISH);
    assert_answered(&mut site, BEARISH);
    site.page.click("[data-testid=explain]").unwrap();
    let rows: Vec<(String, String)> = site
        .page
        .wait_for(
            "document.querySelector('.words') && [...document.querySelectorAll('.words tbody tr')]
               .map((row) => [row.querySelector('th').textContent, row.querySelector('td:last-child').textContent])",
        )
        .unwrap();
    let mut words: Vec<&str> = rows.iter().map(|(word, _)| word.as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, ["Shares", "after", "cut", "guidance", "plunge"]);
    let numbers: Vec<f32> =
        rows.iter().map(|(_, points)| points.replace('−', "-").parse::<f32>().unwrap().abs()).collect();
    assert!(numbers.is_sorted_by(|one, other| one >= other), "{rows:?}");
    let announced: String = site
        .page
        .wait_for(
            "document.querySelector('#announcer').textContent.includes('Explained') && announcer.textContent",
        )
        .unwrap();
    assert!(announced.contains("5 words"), "{announced}");
    let regions = "return document.querySelectorAll('[role=status], [role=alert], [aria-live]').length;";
    assert_eq!(site.page.evaluate::<usize>(regions).unwrap(), 1, "one region for the whole page");
}

#[test]
fn typing_during_an_explanation_keeps_the_engine() {
    let mut site = Site::open();
    site.goto_app();
    let long = "shares of the company moved again today ".repeat(12);
    write(&mut site, &long);
    assert_answered(&mut site, &long);
    let loads = |site: &Site| site.page.requests().iter().filter(|url| url.contains(".gguf")).count();
    let before = loads(&site);
    site.page.click("[data-testid=explain]").unwrap();
    write(&mut site, BULLISH);
    assert_answered(&mut site, BULLISH);
    let own = 2; // the oracle's engines
    assert!(loads(&site) <= before + own, "the model was loaded again");
    site.page.wait_for_workers(1).unwrap();
}

#[test]
fn an_explanation_can_be_cancelled() {
    let mut site = Site::open();
    site.goto_app();
    let long = "shares of the company moved again today ".repeat(12);
    write(&mut site, &long);
    assert_answered(&mut site, &long);
    site.page.click("[data-testid=explain]").unwrap();
    site.page.click("[data-testid=cancel-explain]").unwrap();
    let is_open = "document.querySelector('[data-testid=explain]').ariaExpanded === 'false'";
    site.page.wait_for::<bool>(is_open).unwrap();
    write(&mut site, BULLISH);
    assert_answered(&mut site, BULLISH);
}

#[test]
fn what_was_read_is_listed_picked_again_removed_and_brought_back() {
    let mut site = Site::open();
    site.goto_app();
    for text in [BEARISH, BULLISH] {
        site.page.click("#tweet").unwrap();
        site.page.press(Key::SelectAll).unwrap();
        site.page.type_text(text).unwrap();
        assert_answered(&mut site, text);
    }
    assert_eq!(past(&mut site), [BULLISH, BEARISH]);
    site.page.click(".history li:nth-child(2) .past").unwrap();
    assert_answered(&mut site, BEARISH);
    assert_eq!(past(&mut site), [BEARISH, BULLISH]);
    site.page.click(".history li:nth-child(2) .remove").unwrap();
    site.page.wait_for::<bool>("document.querySelectorAll('.past').length === 1").unwrap();
    site.page.click("[data-testid=undo]").unwrap();
    site.page.wait_for::<bool>("document.querySelectorAll('.past').length === 2").unwrap();
    site.page.click("[data-testid=forget-all]").unwrap();
    site.page.wait_for::<bool>("document.querySelectorAll('.past').length === 0").unwrap();
    site.page.click("[data-testid=undo]").unwrap();
    site.page.wait_for::<bool>("document.querySelectorAll('.past').length === 2").unwrap();
}

#[test]
fn going_away_and_coming_back_loses_nothing() {
    let mut site = Site::open();
    site.goto_app();
    write(&mut site, BEARISH);
    assert_answered(&mut site, BEARISH);
    site.goto_blank();
    site.goto_app();
    assert_answered(&mut site, BEARISH);
    assert_eq!(past(&mut site), [BEARISH]);
    site.page.click(".view:nth-child(2)").unwrap();
    site.page
        .wait_for::<bool>("location.hash === '#many' && !document.querySelector('.reading-many').hidden")
        .unwrap();
    site.page.evaluate::<()>("history.back();").unwrap();
    site.page.wait_for::<bool>("!document.querySelector('.reading-one').hidden").unwrap();
    assert_eq!(value(&mut site), BEARISH, "the text is still there");
}

#[test]
fn a_shared_link_carries_the_text_and_no_server_sees_it() {
    let mut site = Site::open();
    let shared = "Secretly shared: shares plunge & 50% \"cut\"";
    let link = format!("{}/#text=", site.origin);
    site.goto_app();
    write(&mut site, shared);
    assert_answered(&mut site, shared);
    let spy = "Object.defineProperty(navigator, 'clipboard',
                 { value: { writeText: async (text) => void (window.copied = text) } });";
    site.page.evaluate::<()>(spy).unwrap();
    site.page.click("[data-testid=copy-link]").unwrap();
    let copied: String = site.page.wait_for("window.copied").unwrap();
    assert!(copied.starts_with(&link), "{copied}");
    site.page.click("[data-testid=copy-json]").unwrap();
    let answer: serde_json::Value =
        site.page.wait_for("window.copied.startsWith('{') && JSON.parse(window.copied)").unwrap();
    assert_eq!((&answer["text"], &answer["readOn"]), (&json!(shared), &json!("device")));
    assert!(answer["scores"].as_object().unwrap().len() == 3 && answer["model"].is_string(), "{answer}");

    write(&mut site, "");
    site.goto_blank();
    site.page.goto(&copied).unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('#tweet')?.value").unwrap();
    assert_answered(&mut site, shared);
    let hash: String = site.page.evaluate("return location.hash;").unwrap();
    assert_eq!(hash, "#one", "the text stands in the page now");
    assert!(site.page.requests().iter().all(|url| !url.contains("Secretly") || url.contains('#')));
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn what_cannot_be_copied_is_shown() {
    let mut site = Site::open();
    site.goto_app();
    write(&mut site, BEARISH);
    assert_answered(&mut site, BEARISH);
    let refuse = "Object.defineProperty(navigator, 'clipboard', { value: undefined });";
    site.page.evaluate::<()>(refuse).unwrap();
    site.page.click("[data-testid=copy-link]").unwrap();
    let shown: String = site.page.wait_for("document.querySelector('[data-testid=by-hand]')?.value").unwrap();
    assert!(shown.contains("#text=Shares%20plunge"), "{shown}");
}

#[test]
fn a_list_is_offered_to_be_read_line_by_line() {
    let mut site = Site::open();
    site.goto_app();
    write(&mut site, &format!("{BEARISH}\n{BULLISH}\n").repeat(250));
    let offer: String =
        site.page.wait_for("document.querySelector('[data-testid=list]')?.innerText").unwrap();
    assert!(offer.contains("500 texts") && offer.contains("Read these 500 lines one by one"), "{offer}");
    let is_judged = "return !!document.querySelector('[data-testid=result-label]');";
    assert!(!site.page.evaluate::<bool>(is_judged).unwrap(), "judged as one text");
    site.page.click("[data-testid=as-one]").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=truncated]')").unwrap();
    write(&mut site, &format!("{BULLISH}\n{BEARISH}\n").repeat(6));
    site.page.click("[data-testid=one-by-one]").unwrap();
    site.page
        .wait_for::<bool>("location.hash === '#many' && !document.querySelector('.reading-many').hidden")
        .unwrap();
}

#[test]
fn an_answer_says_what_its_figure_means_and_why_it_is_none() {
    let mut site = Site::open();
    site.goto_app();
    let text = "$NIMB plunges 18% after it cuts guidance and warns of weaker demand";
    write(&mut site, text);
    assert!(!assert_answered(&mut site, text).uncertain);
    let meaning: String =
        site.page.evaluate("return document.querySelector('[data-testid=confidence]').innerText;").unwrap();
    assert!(meaning.contains("test tweets with about this figure"), "{meaning}");
    let gibberish = "zxqv blorpt wug flanerous";
    write(&mut site, gibberish);
    assert!(assert_answered(&mut site, gibberish).uncertain);
    let why: String =
        site.page.evaluate("return document.querySelector('[data-testid=uncertain]').innerText;").unwrap();
    assert!(why.contains("knows hardly any of these words") || why.contains("counts as sure"), "{why}");
}
