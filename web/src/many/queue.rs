//! Which texts are asked next. Some requests are on their way at a time, together more than an engine's pool takes for
//! worth all its workers (5,000 tokens); each is small, since its answers are taken over in one task of the page.
//!
//! A request that failed goes back to the front of the line; what was answered before it stays answered.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use super::results::{Reading, Results};

/// Requests on their way at the same time.
pub const MAX_IN_FLIGHT: usize = 4;
/// Texts of a request, at most.
const MAX_TEXTS: usize = 128;
/// Tokens of a request, roughly.
const ENOUGH_TOKENS: usize = 3_000;
/// Longest input of the usual models; what is beyond costs nothing.
const MAX_TOKENS: usize = 128;
const BYTES_PER_TOKEN: usize = 4;
/// Rows looked at in one step: all but the first may be copies of each other.
const ROWS_PER_STEP: usize = 2_000;

/// Texts to classify.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Names it in the answer.
    pub id: u32,
    /// The texts, in order.
    pub texts: Vec<String>,
}

/// What a batch wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask this.
    Ask(Request),
    /// Rows were looked through, nothing came of it yet: call again after a break.
    Again,
    /// Nothing until an answer comes, or at all.
    Wait,
}

/// What a look at the next rows brought.
#[derive(Default)]
pub struct Look {
    pub request: Option<Request>,
    /// Rows of which the outcome is known without asking.
    pub settled: Vec<u32>,
    /// There are no further rows.
    pub is_at_end: bool,
}

/// The line of rows.
#[derive(Default)]
pub struct Queue {
    next_row: usize,
    /// Rows of failed requests.
    again: Vec<u32>,
    in_flight: BTreeMap<u32, Vec<u32>>,
    last_id: u32,
    hasher: RandomState,
    /// The first row of each text, by its hash.
    first_rows: HashMap<u64, u32>,
    /// Rows that wait for the answer of an earlier one.
    copies: HashMap<u32, Vec<u32>>,
}

impl Queue {
    /// Requests on their way.
    pub fn num_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Looks at the next rows; `text_of` gives a row's text, or why it has none.
    pub fn look<'a>(
        &mut self,
        num_rows: usize,
        results: &mut Results,
        text_of: impl Fn(usize) -> Result<Cow<'a, str>, &'static str>,
    ) -> Look {
        let mut look = Look::default();
        let (mut rows, mut texts, mut tokens) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROWS_PER_STEP {
            if texts.len() == MAX_TEXTS || tokens >= ENOUGH_TOKENS {
                break;
            }
            let (row, is_new) = match self.again.pop() {
                Some(row) => (row as usize, false),
                None if self.next_row == num_rows => break,
                None => {
                    self.next_row += 1;
                    (self.next_row - 1, true)
                }
            };
            let text = match text_of(row) {
                Ok(text) => text,
                Err(reason) => {
                    results.refuse(row as u32, reason);
                    look.settled.push(row as u32);
                    continue;
                }
            };
            if is_new && let Some(first) = self.first_with(&text, row as u32, &text_of) {
                results.refer(row as u32, first);
                match results.of(first as usize) {
                    Reading::Waiting => self.copies.entry(first).or_default().push(row as u32),
                    _ => look.settled.push(row as u32),
                }
                continue;
            }
            tokens += (2 + text.len() / BYTES_PER_TOKEN).min(MAX_TOKENS);
            rows.push(row as u32);
            texts.push(text.into_owned());
        }
        if !texts.is_empty() {
            self.last_id += 1;
            self.in_flight.insert(self.last_id, rows);
            look.request = Some(Request { id: self.last_id, texts });
        }
        look.is_at_end = self.again.is_empty() && self.next_row == num_rows;
        look
    }

    /// A request was answered: its rows, in the order of its texts.
    pub fn take(&mut self, id: u32) -> Vec<u32> {
        self.in_flight.remove(&id).unwrap_or_default()
    }

    /// Rows that have waited for the answer of this one.
    pub fn copies_of(&mut self, row: u32) -> Vec<u32> {
        self.copies.remove(&row).unwrap_or_default()
    }

    /// A request failed: its rows are asked again.
    pub fn give_back(&mut self, id: u32) {
        let rows = self.take(id);
        self.again.extend(rows.into_iter().rev());
    }

    /// Whatever is on its way is not waited for, and asked again if it goes on.
    pub fn give_all_back(&mut self) {
        while let Some((&id, _)) = self.in_flight.last_key_value() {
            self.give_back(id);
        }
    }

    /// The earlier row with this very text; else this one is the first.
    fn first_with<'a>(
        &mut self,
        text: &str,
        row: u32,
        text_of: &impl Fn(usize) -> Result<Cow<'a, str>, &'static str>,
    ) -> Option<u32> {
        let first = *self.first_rows.entry(self.hasher.hash_one(text)).or_insert(row);
        (first != row && text_of(first as usize).is_ok_and(|same| same == text)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::results::tests::{labels, prediction};

    fn look(queue: &mut Queue, results: &mut Results, texts: &[&'static str]) -> Look {
        queue.look(texts.len(), results, |row| match texts[row] {
            "" => Err("blank"),
            text => Ok(Cow::Borrowed(text)),
        })
    }

    #[test]
    fn equal_texts_are_asked_once_and_blank_ones_never() {
        let texts = ["a", "", "b", "a", "a"];
        let (mut queue, mut results) = (Queue::default(), Results::new(&labels(), 5));
        let first = look(&mut queue, &mut results, &texts);
        let request = first.request.unwrap();
        assert_eq!(request.texts, ["a", "b"]);
        assert_eq!((first.settled, first.is_at_end), (vec![1], true));
        assert_eq!(queue.take(request.id), [0, 2]);
        results.set(0, &prediction("Bullish", 0.9));
        assert_eq!(queue.copies_of(0), [3, 4]);
        assert!(matches!(results.of(4), Reading::Read { .. }));
    }

    #[test]
    fn a_copy_of_an_answered_text_is_settled_at_once() {
        let texts: Vec<&'static str> = std::iter::repeat_n("same", 5_000).collect();
        let (mut queue, mut results) = (Queue::default(), Results::new(&labels(), texts.len()));
        let request = look(&mut queue, &mut results, &texts).request.unwrap();
        assert_eq!(request.texts.len(), 1);
        queue.take(request.id);
        results.set(0, &prediction("Neutral", 0.9));
        assert_eq!(queue.copies_of(0).len(), ROWS_PER_STEP - 1);
        let second = look(&mut queue, &mut results, &texts);
        assert_eq!((second.request, second.settled.len(), second.is_at_end), (None, ROWS_PER_STEP, false));
    }

    #[test]
    fn what_failed_is_asked_again_first_and_in_order() {
        let texts = ["a", "b", "c"];
        let (mut queue, mut results) = (Queue::default(), Results::new(&labels(), 3));
        let request = look(&mut queue, &mut results, &texts).request.unwrap();
        queue.give_back(request.id);
        assert_eq!(queue.num_in_flight(), 0);
        let again = look(&mut queue, &mut results, &texts).request.unwrap();
        assert_eq!(again.texts, ["a", "b", "c"]);
        assert_ne!(again.id, request.id, "a late answer to the first must not be taken for it");
    }
}
