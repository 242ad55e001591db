//! What is drawn: one component a file, each a function of its properties. None of them knows the engine.

mod bars;
mod composer;
mod examples;
mod explanation;
mod failure;
mod loading;
mod many;
mod preview_note;
mod result_panel;
mod verdict;

pub use composer::Composer;
pub use examples::Examples;
pub use many::Many;
pub use result_panel::ResultPanel;
