//! What a screen reader says: one live region for the whole page, `#announcer` of index.html, which is there from the
//! first moment to the last. Regions that come and go with what they announce are not heard in every browser.

/// Has this said, once a screen reader has time for it. The same words twice in a row are said once.
pub fn say(text: &str) {
    if let Some(region) = gloo::utils::document().get_element_by_id("announcer") {
        region.set_text_content(Some(text));
    }
}
