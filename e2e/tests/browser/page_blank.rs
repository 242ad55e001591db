//! Texts that the page cannot say anything about: a hint where there is nothing to read, never a useless "Try again".

use crate::page_states::assert_answered;
use crate::site::Site;
use chromium::Key;

/// How many of these stand on the page.
fn count(site: &mut Site, selector: &str) -> usize {
    site.page.evaluate(&format!("return document.querySelectorAll('{selector}').length;")).unwrap()
}

/// Puts a text in the place of the one before.
fn write(site: &mut Site, text: &str) {
    site.page.click("#tweet").unwrap();
    site.page.press(Key::SelectAll).unwrap();
    site.page.paste(text).unwrap();
}

#[test]
fn a_text_in_which_the_model_finds_nothing_gets_a_hint_and_no_error() {
    let mut site = Site::open();
    site.goto_app();
    for text in
        ["\u{200b}", "\u{feff}", "\u{2060} \u{ad}", "\u{301}", "&nbsp;", "\u{200b}https://example.org/news"]
    {
        write(&mut site, "Shares jump");
        assert_answered(&mut site, "Shares jump");
        write(&mut site, text);
        let hint = "document.querySelector('[data-testid=hint]')?.textContent";
        let hint: String = site.page.wait_for(hint).unwrap();
        assert!(hint.contains("no words"), "{text:?}: {hint}");
        assert_eq!(count(&mut site, "[data-testid=error], [data-testid=retry]"), 0, "{text:?}");
    }
    site.take_picture("nothing-to-read");
    assert_eq!(site.page.errors(), &[] as &[String]);
}

#[test]
fn a_text_that_is_too_long_says_so_and_offers_no_second_try() {
    let mut site = Site::open();
    site.goto_app();
    write(&mut site, "Shares jump");
    assert_answered(&mut site, "Shares jump");
    let script = "const field = document.querySelector('#tweet');
                  field.value = 'gain '.repeat(2 ** 18);
                  field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    site.page.evaluate::<()>(script).unwrap();
    let error = "document.querySelector('[data-testid=error]')?.textContent";
    let error: String = site.page.wait_for(error).unwrap();
    assert!(error.contains("too long"), "{error}");
    assert_eq!(count(&mut site, "[data-testid=retry]"), 0);
    write(&mut site, "Shares plunge");
    assert_answered(&mut site, "Shares plunge");
}
