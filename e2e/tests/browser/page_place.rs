//! Where texts are read: on the device unless the visitor says otherwise, and visibly so before anything is sent.

use crate::line::Fault;
use crate::models_folder::ModelsFolder;
use crate::page_states::{Answer, SETTLED, assert_answered};
use crate::page_visit::write;
use crate::site::{Site, default_model};

/// How many texts the page has sent to the server.
fn sent(site: &Site) -> usize {
    site.page.requests().iter().filter(|url| url.contains("predict_batch")).count()
}

fn text_of(site: &mut Site, testid: &str) -> String {
    site.page.wait_for(&format!("document.querySelector('[data-testid={testid}]')?.innerText")).unwrap()
}

#[test]
fn the_server_reads_only_where_that_was_chosen_and_the_page_says_so_first() {
    let mut site = Site::open();
    site.goto_app();
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    assert_answered(&mut site, text);
    assert!(text_of(&mut site, "privacy").contains("never leaves"));
    assert_eq!(sent(&site), 0);

    site.page.click("[data-testid=place]").unwrap();
    // The server loads its own copy of the model while it hands it out.
    site.page.wait_for::<bool>("(await fetch('/readyz')).ok").unwrap();
    // Looked at as the question leaves the page.
    let spy = "const asked = window.fetch;
               window.fetch = (...request) => {
                 if (String(request[0]).includes('predict_batch'))
                   window.saidBefore ??= document.querySelector('[data-testid=privacy]').innerText;
                 return asked(...request);
               };";
    site.page.evaluate::<()>(spy).unwrap();
    site.page.click("[data-testid=place-server]").unwrap();
    let said: String = site.page.wait_for("window.saidBefore").unwrap();
    let host = site.origin.trim_start_matches("http://").to_owned();
    assert!(said.contains(&format!("Sent to {host}")), "{said}");
    site.page
        .wait_for::<bool>("document.querySelector('[data-testid=about]')?.innerText.includes('Sent to')")
        .unwrap();
    assert_answered(&mut site, text);
    assert!(text_of(&mut site, "place").contains(&host));
    let explain = "return !!document.querySelector('[data-testid=explain]');";
    assert!(!site.page.evaluate::<bool>(explain).unwrap(), "the server does not explain");
    let before = sent(&site);

    site.page.click("[data-testid=place-here]").unwrap();
    site.page
        .wait_for::<bool>(
            "document.querySelector('[data-testid=about]')?.innerText.includes('on this device')",
        )
        .unwrap();
    write(&mut site, "Record profit, shares soar");
    assert_answered(&mut site, "Record profit, shares soar");
    assert_eq!(sent(&site), before, "a text was sent after all");
}

#[test]
fn where_no_model_runs_here_the_server_is_offered_and_not_just_taken() {
    let damaged = || (default_model().file, Fault::Instead(b"not a model".to_vec()));
    let mut site = Site::open_with(ModelsFolder::without_preview(), vec![damaged(), damaged()]);
    site.goto_app();
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    text_of(&mut site, "error");
    assert_eq!(sent(&site), 0, "the text went out unasked");
    site.page.wait_for::<bool>("(await fetch('/readyz')).ok").unwrap();
    site.page.click("[data-testid=otherwise]").unwrap();
    site.page.wait_for::<Answer>(SETTLED).unwrap();
    assert!(text_of(&mut site, "privacy").contains("Sent to"));
    assert_eq!(sent(&site), 1);
}

#[test]
fn a_server_in_trouble_is_told_in_words_and_can_be_tried_again() {
    let mut site = Site::open();
    site.goto_app();
    site.page.wait_for::<bool>("(await fetch('/readyz')).ok").unwrap();
    let troubles = "
        const asked = window.fetch;
        const replies = [
          () => new Response('', { status: 429, headers: { 'retry-after': '30' } }),
          () => new Response('', { status: 500 }),
          () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
        ];
        window.fetch = (...request) => {
          const reply = String(request[0]).includes('predict_batch') && replies.shift();
          return reply ? Promise.resolve(reply()) : asked(...request);
        };";
    site.page.evaluate::<()>(troubles).unwrap();
    let text = "Shares plunge after guidance cut";
    write(&mut site, text);
    assert_answered(&mut site, text);
    site.page.click("[data-testid=place]").unwrap();
    site.page.click("[data-testid=place-server]").unwrap();
    for expected in ["in 30 seconds", "problem of its own", "only hands this page out"] {
        let words =
            format!("document.querySelector('[data-testid=error]')?.innerText.includes('{expected}')");
        site.page.wait_for::<bool>(&words).unwrap();
        let announced = "document.querySelector('#announcer').textContent";
        site.page.wait_for::<bool>(&format!("{announced}.includes('{expected}')")).unwrap();
        site.page.click("[data-testid=retry]").unwrap();
    }
    assert_answered(&mut site, text);
}
