//! A batch under a visitor's hands, and over an engine that fails: a break, an end, another try. What was read is kept.

use crate::many_desk::{choose_made_of, open, save, start, text, wait, wait_for_end};
use crate::site::Site;

const ROWS: usize = 3_000;
const DONE: &str = "Number(document.querySelector('#many-bar')?.value ?? 0)";

/// Begins with distinct texts, every one of which asks the engine for something.
fn begin(site: &mut Site) {
    let parts = format!(
        "[Array.from({{ length: {ROWS} }}, (_, row) => `Shares plunge again by ${{row}} per cent`).join('\\n')]"
    );
    choose_made_of(site, "rows.txt", &parts);
    start(site);
    wait(site, &format!("{DONE} > 0"));
}

/// Every row's answer stands in its place.
fn assert_complete(site: &mut Site) {
    let csv = save(site, "csv");
    let lines: Vec<&str> = csv.lines().skip(1).collect();
    assert_eq!(lines.len(), ROWS);
    for (row, line) in lines.iter().enumerate() {
        assert!(
            line.starts_with(&format!("Shares plunge again by {row} per cent,Bearish,")),
            "row {row}: {line}"
        );
    }
}

#[test]
fn a_batch_can_be_paused_and_goes_on() {
    let mut site = open();
    begin(&mut site);
    site.page.click("[data-testid=many-pause]").unwrap();
    wait(&mut site, "document.querySelector('[data-testid=many-figures]').textContent.includes('paused')");
    // What was on its way comes in; then nothing does.
    let done: usize = site
        .page
        .evaluate(&format!(
            "let [seen, still] = [-1, 0];
             while (still < 90) {{
               await new Promise(requestAnimationFrame);
               still = {DONE} === seen ? still + 1 : 0;
               seen = {DONE};
             }}
             return seen;"
        ))
        .unwrap();
    assert!(done > 0 && done < ROWS, "{done} of {ROWS} rows are done in a break");
    site.page.click("[data-testid=many-resume]").unwrap();
    wait_for_end(&mut site);
    assert_complete(&mut site);
}

#[test]
fn what_was_read_before_an_end_can_be_saved() {
    let mut site = open();
    begin(&mut site);
    site.page.click("[data-testid=many-cancel]").unwrap();
    wait(&mut site, "document.querySelector('[data-testid=many-figures]').textContent.includes('cancelled')");
    let csv = save(&mut site, "csv");
    let (read, unread) = (csv.matches(",Bearish,").count(), csv.matches("This row was not reached.").count());
    assert!(read > 0 && unread > 0 && read + unread == ROWS, "{read} read, {unread} not");
}

#[test]
fn an_engine_that_fails_takes_no_answers_with_it() {
    let mut site = open();
    let spoil = "
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message, ...more) {
          if (window.fails && message.method === 'classify') throw new Error('the device is out of memory');
          return post.call(this, message, ...more);
        };
        return true;";
    site.page.evaluate::<bool>(spoil).unwrap();
    begin(&mut site);
    site.page.evaluate::<bool>("return (window.fails = true);").unwrap();
    wait(&mut site, "document.querySelector('[data-testid=many-broken]')");
    site.take_pictures("many-broken");
    assert!(text(&mut site, "[data-testid=many-broken]").contains("out of memory"));
    let csv = save(&mut site, "csv");
    assert!(csv.matches(",Bearish,").count() > 0, "no answer was kept");
    site.page.evaluate::<bool>("window.fails = false; return true;").unwrap();
    site.page.click("[data-testid=many-resume]").unwrap();
    wait_for_end(&mut site);
    assert_complete(&mut site);
}

#[test]
fn leaving_the_page_asks_first_only_while_there_is_something_to_lose() {
    let mut site = open();
    let asks = "
        const event = new Event('beforeunload', { cancelable: true });
        window.dispatchEvent(event);
        return event.defaultPrevented;";
    assert!(!site.page.evaluate::<bool>(asks).unwrap(), "an empty page asks");
    begin(&mut site);
    wait_for_end(&mut site);
    assert!(site.page.evaluate::<bool>(asks).unwrap(), "unsaved answers are thrown away");
    save(&mut site, "jsonl");
    wait(
        &mut site,
        "(() => { const event = new Event('beforeunload', { cancelable: true }); window.dispatchEvent(event); return !event.defaultPrevented; })()",
    );
}
