//! What a screen reader says of a batch: its milestones, in the page's one live region.

/// The region's id.
const ANNOUNCER: &str = "announcer";

/// Says a sentence.
pub fn say(text: &str) {
    if let Some(region) = gloo::utils::document().get_element_by_id(ANNOUNCER) {
        region.set_text_content(Some(text));
    }
}
