//! What is drawn: one component a file, each a function of its properties. None of them knows the engine.

mod bars;
mod composer;
mod examples;
mod explanation;
mod failure;
mod history;
mod hood;
mod knowledge;
mod loading;
mod many;
mod place_chip;
mod preview_note;
mod result_panel;
mod share;
mod update_notice;
mod verdict;
mod who_answered;

pub use composer::Composer;
pub use examples::Examples;
pub use history::HistoryList;
pub use hood::Hood;
pub use many::Many;
pub use place_chip::PlaceChip;
pub use result_panel::ResultPanel;
pub use update_notice::UpdateNotice;
