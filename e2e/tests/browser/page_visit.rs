//! A walk through every main state of the page, for whoever wants to look at them: an accessibility checker, a camera.

use crate::line::Fault;
use crate::many_desk;
use crate::models_folder::ModelsFolder;
use crate::page_states::{Answer, SETTLED, assert_answered};
use crate::site::{Site, default_model};
use chromium::Key;

/// Looks in which a state is looked at: device, width, height, and whether dark colours are preferred.
pub const LOOKS: [(&str, u32, u32, bool); 4] = [
    ("wide-light", 1280, 860, false),
    ("wide-dark", 1280, 860, true),
    ("narrow-light", 360, 1400, false),
    ("narrow-dark", 360, 1400, true),
];

/// Texts of a short visit; the last one stays.
const TEXTS: [&str; 3] = [
    "$ORLA names a new chief financial officer, effective March 1",
    "zxqv blorpt wug flanerous",
    "$NIMB plunges 18% after it cuts guidance and warns of weaker demand",
];

/// Calls back in each state, with its name, while it lasts.
pub fn visit(mut each: impl FnMut(&mut Site, &str)) {
    loading(&mut each);
    error(&mut each);
    let mut site = Site::open();
    site.goto_app();
    let is_ready = "!!document.querySelector('.squares') && !document.querySelector('progress')";
    site.page.wait_for::<bool>(is_ready).unwrap();
    each(&mut site, "empty");
    for text in TEXTS {
        write(&mut site, text);
        assert_answered(&mut site, text);
        if text == TEXTS[1] {
            each(&mut site, "uncertain");
        }
    }
    each(&mut site, "answer");
    site.page.click("[data-testid=explain]").unwrap();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=explanation]')").unwrap();
    each(&mut site, "why");
    site.page.click("[data-testid=place]").unwrap();
    site.page.wait_for::<bool>("document.querySelector('#hood').open").unwrap();
    each(&mut site, "hood");
    site.page.click("[data-testid=place-server]").unwrap();
    site.page
        .wait_for::<bool>(&format!("document.querySelector('.privacy.is-sent') && !!{SETTLED}"))
        .unwrap();
    each(&mut site, "server");
    site.page.click("[data-testid=place-here]").unwrap();
    site.page.wait_for::<Answer>(SETTLED).unwrap();
    site.page.click("#hood > summary").unwrap();
    write(&mut site, &TEXTS.join("\n").repeat(20));
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=list]')").unwrap();
    each(&mut site, "list");
    site.page.click(".view:nth-child(2)").unwrap();
    site.page.wait_for::<bool>("!document.querySelector('.reading-many').hidden").unwrap();
    each(&mut site, "many");
    many_desk::choose(&mut site, "tweets.csv", &table());
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=many-start]:enabled')").unwrap();
    each(&mut site, "many-setup");
    many_desk::start(&mut site);
    many_desk::wait_for_end(&mut site);
    each(&mut site, "many-table");
}

/// A file with dates, labels and tickers.
fn table() -> String {
    let row = |day: usize| {
        let (text, label) =
            [(TEXTS[0], "Neutral"), (TEXTS[2], "Bearish"), ("$KORV soars on record profit", "Bullish")]
                [day % 3];
        format!("2026-03-{:02},\"{text}\",{label}\n", day % 28 + 1)
    };
    format!("date,text,label\n{}", (0..60).map(row).collect::<String>())
}

fn loading(each: &mut impl FnMut(&mut Site, &str)) {
    let held = vec![(default_model().file, Fault::HoldAfter(1_000_000))];
    let mut site = Site::open_with(ModelsFolder::without_preview(), held);
    site.goto_app();
    let bar = "document.querySelector('[data-testid=progress]')?.value > 500_000 && !!document.querySelector('.squares')";
    site.page.wait_for::<bool>(bar).unwrap();
    each(&mut site, "loading");
}

fn error(each: &mut impl FnMut(&mut Site, &str)) {
    let damaged = || (default_model().file, Fault::Instead(b"not a model".to_vec()));
    let mut site = Site::open_with(ModelsFolder::without_preview(), vec![damaged(), damaged()]);
    site.goto_app();
    site.page.wait_for::<bool>("!!document.querySelector('[data-testid=error]')").unwrap();
    each(&mut site, "error");
}

/// Puts a text in the place of the one before.
pub fn write(site: &mut Site, text: &str) {
    site.page.click("#tweet").unwrap();
    site.page.press(Key::SelectAll).unwrap();
    site.page.paste(text).unwrap();
}
