//! The table of answers: sorted, filtered, searched, walked with the keyboard, and never larger than what is in view.

use crate::many_desk::{choose_made_of, num_rows, open, set, start, text, wait, wait_for_end};
use crate::site::Site;
use chromium::Key;

const FOUND: &str = "document.querySelector('[data-testid=many-found]').textContent";
/// Texts of the rows in the document.
const TEXTS: &str =
    "[...document.querySelectorAll('.many-rows tbody .many-text')].map((cell) => cell.textContent)";

/// A table of 1,200 rows of which the model sees four different texts; every third agrees with its label.
fn table() -> Site {
    let mut site = open();
    let parts = "[['text,label', ...Array.from({ length: 1200 }, (_, row) =>
        ['Shares plunge after guidance cut,-1', '$TSLA to the moon on record deliveries,-1', '＄tsla falls sharply,1', '$AAPL holds its annual meeting,-1'][row % 4])].join('\\n')]";
    choose_made_of(&mut site, "table.csv", parts);
    start(&mut site);
    wait_for_end(&mut site);
    site
}

#[test]
fn only_rows_in_view_are_in_the_document() {
    let mut site = table();
    assert_eq!(num_rows(&mut site), 1200);
    let count = "document.querySelectorAll('.many-rows tbody tr[role=row]').length";
    let at_start: usize = site.page.evaluate(&format!("return {count};")).unwrap();
    assert!(at_start < 40, "{at_start} rows are in the document");
    let scroll = "document.querySelector('.many-scroller')";
    site.page.evaluate::<bool>(&format!("{scroll}.scrollTop = 20_000; return true;")).unwrap();
    wait(&mut site, "document.querySelector('.many-rows tbody tr[aria-rowindex=\"502\"]')");
    let drawn: usize = site.page.evaluate(&format!("return {count};")).unwrap();
    assert_eq!(drawn, at_start);
    let top: [f64; 2] = site
        .page
        .evaluate(&format!(
            "const row = document.querySelector('.many-rows tbody tr[aria-rowindex=\"502\"]').getBoundingClientRect();
             return [row.top - {scroll}.getBoundingClientRect().top, row.height];"
        ))
        .unwrap();
    // Row 501 begins at 500 × 40 px, below the header.
    assert_eq!(top[1], 40.0);
    assert!((top[0] - 41.0).abs() <= 2.0, "{top:?}");
}

#[test]
fn rows_are_found_by_words_labels_tickers_and_disagreement() {
    let mut site = table();
    set(&mut site, "#many-search", "GUIDANCE");
    wait(&mut site, &format!("{FOUND}.startsWith('300 of')"));
    site.page.click("[data-testid=many-clear]").unwrap();
    wait(&mut site, &format!("{FOUND} === '1,200 rows'"));
    let ticker =
        "[...document.querySelectorAll('.many-ticker')].find((ticker) => ticker.textContent === '$TSLA')";
    site.page.evaluate::<bool>(&format!("{ticker}.click(); return true;")).unwrap();
    wait(&mut site, &format!("{FOUND}.startsWith('600 of')"));
    site.page.click("[data-testid=many-no-ticker]").unwrap();
    wait(&mut site, &format!("{FOUND} === '1,200 rows'"));
    // The model calls the second text bullish and the third bearish: both differ from their labels.
    let wrong = "[...document.querySelector('#many-kept').options].find(({ textContent }) => textContent.includes('Other')).value";
    let wrong: String = site.page.evaluate(&format!("return {wrong};")).unwrap();
    set(&mut site, "#many-kept", &wrong);
    wait(&mut site, &format!("/^(600|900) of/.test({FOUND})"));
    // Another meaning of a value changes what differs.
    let scores = text(&mut site, "[data-testid=many-agreement]");
    assert!(scores.contains("Macro-F1"), "{scores}");
    let value = "[...document.querySelectorAll('.many-meaning')].find((meaning) => meaning.textContent.startsWith('1')).querySelector('select').id";
    let value: String = site.page.evaluate(&format!("return {value};")).unwrap();
    set(&mut site, &format!("#{value}"), "");
    wait(&mut site, &format!("/^(300|600) of/.test({FOUND})"));
}

#[test]
fn rows_are_sorted_by_label_and_confidence_both_ways() {
    let mut site = table();
    let first = format!("{TEXTS}[0]");
    let original: String = site.page.evaluate(&format!("return {first};")).unwrap();
    assert!(original.contains("guidance"));
    let confidences = "[...document.querySelectorAll('.many-rows tbody .many-confidence')].map((cell) => parseInt(cell.textContent))";
    for (order, sorted) in [("ascending", "at <= next"), ("descending", "at >= next")] {
        site.page.click("[data-testid=sort-Confidence]").unwrap();
        wait(&mut site, &format!("document.querySelector('.many-rows th[aria-sort={order}]')"));
        wait(
            &mut site,
            &format!(
                "((all) => all.slice(1).every((next, place) => ((at) => {sorted})(all[place])))({confidences})"
            ),
        );
    }
    site.page.click("[data-testid=sort-Label]").unwrap();
    wait(&mut site, "document.querySelector('.many-rows tbody .many-label').textContent === 'Bearish'");
    site.page.click("[data-testid=sort-Label]").unwrap();
    wait(&mut site, "document.querySelector('.many-rows tbody .many-label').textContent !== 'Bearish'");
}

#[test]
fn the_keyboard_walks_and_opens_rows() {
    let mut site = table();
    let grid = "document.querySelector('.many-rows table')";
    site.page.evaluate::<bool>(&format!("{grid}.focus(); return true;")).unwrap();
    let key = |site: &mut Site, key: &str| {
        let script = format!(
            "{grid}.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }})); return true;"
        );
        site.page.evaluate::<bool>(&script).unwrap();
    };
    let current = |row: usize| {
        format!(
            "document.getElementById({grid}.getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex') === '{}'",
            row + 1
        )
    };
    key(&mut site, "End");
    wait(&mut site, &current(1200));
    key(&mut site, "ArrowUp");
    wait(&mut site, &current(1199));
    key(&mut site, "Home");
    wait(&mut site, &current(1));
    key(&mut site, "PageDown");
    wait(&mut site, &current(11));
    key(&mut site, "ArrowDown");
    wait(&mut site, &current(12));
    site.page.press(Key::Enter).unwrap();
    wait(&mut site, "document.querySelector('[data-testid=many-detail]')");
    let detail = text(&mut site, "[data-testid=many-detail]");
    assert!(detail.contains("Row 12") && detail.contains("$AAPL holds its annual meeting"), "{detail}");
    site.take_pictures("many-row");
    key(&mut site, "Escape");
    wait(&mut site, "!document.querySelector('[data-testid=many-detail]')");
}
