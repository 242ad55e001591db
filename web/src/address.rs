//! The part of the address behind `#`, which browsers send to no server: what is looked at, and a text that somebody
//! shared.

use wasm_bindgen::UnwrapThrowExt;
use web_sys::Location;

use crate::state::View;

/// What a fragment asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// What to look at; a shared text is looked at alone.
    pub view: View,
    /// The text that it carries.
    pub text: Option<String>,
}

impl View {
    /// The fragment of this view.
    pub fn fragment(self) -> &'static str {
        match self {
            Self::One => "#one",
            Self::Many => "#many",
        }
    }
}

/// What the address asks for now.
pub fn read() -> Fragment {
    let hash = location().hash().unwrap_or_default();
    parse(&hash, |text| js_sys::decode_uri_component(text).ok().map(String::from))
}

/// Looks at this from now on; "back" leads to what was looked at before.
pub fn look_at(view: View) {
    let _ = location().set_hash(view.fragment());
}

/// Takes a shared text out of the address: it stands in the page now, and will change there.
pub fn forget_text() {
    let history = gloo::utils::window().history().unwrap_throw();
    let url = View::One.fragment();
    let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(url));
}

/// An address that opens the page with this text.
pub fn link_to(text: &str) -> String {
    let href = location().href().unwrap_or_default();
    let page = href.split('#').next().unwrap_or_default();
    format!("{page}#text={}", String::from(js_sys::encode_uri_component(text)))
}

fn location() -> Location {
    gloo::utils::window().location()
}

fn parse(hash: &str, decode: impl Fn(&str) -> Option<String>) -> Fragment {
    let fragment = hash.trim_start_matches('#');
    if fragment == View::Many.fragment().trim_start_matches('#') {
        return Fragment { view: View::Many, text: None };
    }
    let text = fragment.split('&').find_map(|part| part.strip_prefix("text=")).and_then(decode);
    Fragment { view: View::One, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(hash: &str) -> Option<String> {
        parse(hash, |text| (text != "%").then(|| text.replace("%20", " "))).text
    }

    #[test]
    fn a_fragment_names_a_view_or_carries_a_text() {
        let view = |hash| parse(hash, |_| None).view;
        assert_eq!([view(""), view("#one"), view("#text=up"), view("#what")], [View::One; 4]);
        assert_eq!(view("#many"), View::Many);
        assert_eq!(text_of("#text=shares%20jump").as_deref(), Some("shares jump"));
        assert_eq!(text_of("#one&text=a=b").as_deref(), Some("a=b"));
        assert_eq!(text_of("#text=%"), None, "a damaged link opens the page all the same");
        assert_eq!(text_of("#many"), None);
    }
}
