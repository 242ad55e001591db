//! Pictures of the page in each of its main states, in each look: nobody compares them, people look at them.

use crate::page_visit::{LOOKS, visit};

#[test]
fn every_state_has_its_picture_in_every_look() {
    visit(|site, state| {
        for (look, width, height, is_dark) in LOOKS {
            site.page.resize(width, height).unwrap();
            site.page.prefer_dark(is_dark).unwrap();
            // The whole page, however long it is.
            let long: u32 =
                site.page.evaluate("scrollTo(0, 0); return document.documentElement.scrollHeight;").unwrap();
            site.page.resize(width, long.max(height)).unwrap();
            site.take_picture(&format!("{state}-{look}"));
        }
    });
}
