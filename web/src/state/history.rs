//! What was read during this visit: one entry for each text that somebody stayed with, the latest first.
//!
//! While a text is being written, its earlier versions are not worth keeping: a text that continues the one before
//! takes its place. Nothing is lost by removing: one step can be taken back.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::text::continues;

/// So many are kept.
const MOST: usize = 50;

/// A text and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The text.
    pub text: Rc<str>,
    /// Its most probable label.
    pub label: Rc<str>,
    /// That label's probability.
    pub score: f32,
    /// The model was not sure.
    pub is_uncertain: bool,
    /// Id of the model that answered last.
    pub model: Rc<str>,
}

/// What was read, and what can be brought back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The latest first.
    pub entries: Vec<Entry>,
    /// The first entry is still being written at.
    is_draft: bool,
    /// What there was before something was removed.
    removed: Option<Vec<Entry>>,
}

impl History {
    /// The history that an earlier load of the page has left.
    pub fn restored(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// Takes an answer up.
    pub fn record(&mut self, entry: Entry) {
        let replaced = match self.entries.first() {
            Some(first) if self.is_draft && continues(&first.text, &entry.text) => Some(0),
            _ => self.entries.iter().position(|known| known.text == entry.text),
        };
        if let Some(at) = replaced {
            self.entries.remove(at);
        }
        self.entries.retain(|known| known.text != entry.text);
        self.entries.insert(0, entry);
        self.entries.truncate(MOST);
        self.is_draft = true;
    }

    /// Whatever is written from now on is another text.
    pub fn end_draft(&mut self) {
        self.is_draft = false;
    }

    /// Removes one entry.
    pub fn remove(&mut self, text: &str) {
        self.removing(|entries| entries.retain(|entry| &*entry.text != text));
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.removing(Vec::clear);
    }

    /// How many entries could be brought back.
    pub fn restorable(&self) -> usize {
        let is_gone = |removed: &&Entry| self.entries.iter().all(|entry| entry.text != removed.text);
        self.removed.iter().flatten().filter(is_gone).count()
    }

    /// Brings back what was removed last; what was read since stays on top.
    pub fn undo(&mut self) {
        let Some(removed) = self.removed.take() else { return };
        self.entries.retain(|entry| removed.iter().all(|before| before.text != entry.text));
        self.entries.extend(removed);
        self.entries.truncate(MOST);
        self.is_draft = false;
    }

    fn removing(&mut self, remove: impl FnOnce(&mut Vec<Entry>)) {
        self.removed = Some(self.entries.clone());
        remove(&mut self.entries);
        self.is_draft = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        Entry {
            text: text.into(),
            label: "Bullish".into(),
            score: 0.9,
            is_uncertain: false,
            model: "m".into(),
        }
    }

    fn history(texts: &[&str]) -> History {
        let mut history = History::default();
        for text in texts {
            history.end_draft();
            history.record(entry(text));
        }
        history
    }

    fn texts(history: &History) -> Vec<&str> {
        history.entries.iter().map(|entry| &*entry.text).collect()
    }

    #[test]
    fn a_text_that_is_being_written_is_one_entry() {
        let mut history = history(&["earlier"]);
        history.end_draft();
        for text in
            ["Shares", "Shares plunge", "Shares plunge after", "Shares plunge afterwards", "Shares plunge"]
        {
            history.record(entry(text));
        }
        assert_eq!(texts(&history), ["Shares plunge", "earlier"]);
        history.record(entry("Record profit, a buyback and a dividend"));
        assert_eq!(texts(&history).len(), 3, "another text was put in its place");
    }

    #[test]
    fn a_chosen_text_is_another_one_even_if_it_begins_alike() {
        let mut history = history(&["Shares plunge"]);
        history.end_draft();
        history.record(entry("Shares plunge again"));
        assert_eq!(texts(&history), ["Shares plunge again", "Shares plunge"]);
    }

    #[test]
    fn a_text_that_comes_again_moves_to_the_top() {
        let mut history = history(&["one", "two", "three"]);
        history.end_draft();
        history.record(entry("one"));
        assert_eq!(texts(&history), ["one", "three", "two"]);
    }

    #[test]
    fn what_was_removed_comes_back_below_what_was_read_since() {
        let mut history = history(&["one", "two", "three"]);
        history.remove("two");
        assert_eq!((texts(&history), history.restorable()), (vec!["three", "one"], 1));
        history.record(entry("four"));
        history.undo();
        assert_eq!((texts(&history), history.restorable()), (vec!["four", "three", "two", "one"], 0));
        history.clear();
        assert_eq!((texts(&history).len(), history.restorable()), (0, 4));
        history.undo();
        assert_eq!(texts(&history), ["four", "three", "two", "one"]);
        history.undo();
        assert_eq!(texts(&history).len(), 4, "there is nothing more to take back");
    }

    #[test]
    fn only_so_many_are_kept() {
        let numbers: Vec<String> = (0..MOST + 5).map(|number| format!("{number}: text")).collect();
        let history = history(&numbers.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(history.entries.len(), MOST);
        assert_eq!(&*history.entries[0].text, numbers[MOST + 4]);
    }
}
