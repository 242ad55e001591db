//! Tickertone's page: a Yew app that classifies a tweet while it is typed.
//!
//! `index.html` paints the frame, this binary fills `<main id="app">` as soon as it has arrived, and the engine
//! comes after it: nothing here links the classifier, so the page can be typed into before the model is there.
//! The flow: [`app`] turns what people and the engine do into actions, [`state`] answers each action with the
//! next state, the components draw it, and [`engine`] alone talks to JavaScript. There may be two [`engines`]: a
//! small model answers while the default one is on its way.

mod address;
mod announcer;
mod answerer;
mod app;
mod components;
mod confidence;
mod effects;
mod engine;
mod engines;
mod figures;
mod keeping;
mod many;
mod memory;
mod outcome;
mod server;
mod sharing;
mod spoken;
mod state;
mod tone;
mod wording;

fn main() {
    let root = gloo::utils::document().get_element_by_id("app");
    match root {
        Some(root) => yew::Renderer::<app::App>::with_root(root).render(),
        None => yew::Renderer::<app::App>::new().render(),
    };
}
