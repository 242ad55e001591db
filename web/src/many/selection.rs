//! Which rows the table shows, and in which order. Looking through a hundred thousand texts takes longer than a frame:
//! it is done in steps, and the rows found last stay until the new ones are all there.

use super::batch::Batch;
use super::results::Reading;
use super::tickers;

/// Rows of which kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// All.
    #[default]
    All,
    /// Those with this label.
    Label(usize),
    /// Those the model is not certain of.
    Uncertain,
    /// Those without an answer.
    Unread,
    /// Those on which model and label column differ.
    Wrong,
    /// Those with something odd about the row.
    Odd,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// Their place in the file.
    #[default]
    Row,
    /// Their label, and within it their confidence.
    Label,
    /// Their confidence.
    Confidence,
}

/// What is asked of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that the text holds, in whatever case.
    pub search: String,
    /// Rows of which kind.
    pub kept: Kept,
    /// The ticker that the text holds.
    pub ticker: Option<String>,
    /// What rows are sorted by.
    pub sort: SortKey,
    /// The other way round.
    pub is_descending: bool,
}

impl Query {
    /// Every row in its place.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Every row in its place or backwards.
    fn keeps_all(&self) -> bool {
        self.search.is_empty() && self.kept == Kept::All && self.ticker.is_none()
    }

    fn keeps(&self, batch: &Batch, row: usize) -> bool {
        let reading = batch.results.of(row);
        let is_kept = match (self.kept, reading) {
            (Kept::All, _) => true,
            (Kept::Label(wanted), Reading::Read { label, .. }) => label == wanted,
            (Kept::Uncertain, Reading::Read { is_uncertain, .. }) => is_uncertain,
            (Kept::Unread, Reading::Unread(_)) => true,
            (Kept::Wrong, Reading::Read { label, .. }) => {
                batch.expected_label(row).is_some_and(|expected| expected != label)
            }
            (Kept::Odd, _) => batch.oddity(row).is_some(),
            _ => false,
        };
        is_kept
            && (self.search.is_empty() || contains(&batch.text(row), &self.search))
            && self.ticker.as_ref().is_none_or(|ticker| tickers::of(&batch.text(row)).contains(ticker))
    }
}

/// The rows that a query finds.
#[derive(Default)]
pub struct Selection {
    query: Query,
    /// Absent where it is every row in its place.
    rows: Option<Vec<u32>>,
    job: Option<Job>,
    /// Of the batch, when looking began.
    revision: u64,
}

struct Job {
    query: Query,
    next_row: usize,
    found: Vec<u32>,
    revision: u64,
}

impl Selection {
    /// Rows shown, of a batch.
    pub fn len(&self, batch: &Batch) -> usize {
        self.rows.as_ref().map_or(batch.num_rows(), Vec::len)
    }

    /// The row at a place of the table.
    pub fn row(&self, at: usize) -> usize {
        self.rows.as_ref().map_or(at, |rows| rows.get(at).map_or(0, |row| *row as usize))
    }

    /// The batch has changed since the rows were looked for, and that may matter.
    pub fn is_stale(&self, batch: &Batch) -> bool {
        self.job.is_none() && !self.query.is_plain() && self.revision != batch.revision
    }

    /// Begins to look.
    pub fn begin(&mut self, query: Query, batch: &Batch) {
        if query.is_plain() {
            *self = Self::default();
            return;
        }
        self.job = Some(Job { query, next_row: 0, found: Vec::new(), revision: batch.revision });
    }

    /// Looks at so many further rows; whether there is more to do.
    pub fn step(&mut self, batch: &Batch, num_rows: usize) -> bool {
        let Some(job) = &mut self.job else { return false };
        let end = (job.next_row + num_rows).min(batch.num_rows());
        let keeps_all = job.query.keeps_all();
        let is_kept = |row: &usize| keeps_all || job.query.keeps(batch, *row);
        job.found.extend((job.next_row..end).filter(is_kept).map(|row| row as u32));
        job.next_row = end;
        if end < batch.num_rows() {
            return true;
        }
        if let Some(Job { query, mut found, revision, .. }) = self.job.take() {
            sort(&mut found, &query, batch);
            *self = Self { query, rows: Some(found), job: None, revision };
        }
        false
    }
}

/// By counting, since a comparison sort of half a million rows takes longer than a frame. Equal rows keep their order.
fn sort(rows: &mut Vec<u32>, query: &Query, batch: &Batch) {
    const STEPS: usize = 10_000;
    let num_labels = batch.results.labels().len();
    let by_confidence = |confidence: f32| (confidence.clamp(0.0, 1.0) * (STEPS - 1) as f32) as usize;
    let key = |row: u32| match (query.sort, batch.results.of(row as usize)) {
        (SortKey::Row, _) => 0,
        // Rows without an answer stand at the end, whichever way round.
        (_, Reading::Waiting | Reading::Unread(_)) => num_labels * STEPS,
        (SortKey::Confidence, Reading::Read { confidence, .. }) if query.is_descending => {
            STEPS - 1 - by_confidence(confidence)
        }
        (SortKey::Confidence, Reading::Read { confidence, .. }) => by_confidence(confidence),
        (SortKey::Label, Reading::Read { label, confidence, .. }) => {
            let label = if query.is_descending { num_labels - 1 - label } else { label };
            label * STEPS + STEPS - 1 - by_confidence(confidence)
        }
    };
    if query.sort == SortKey::Row {
        if query.is_descending {
            rows.reverse();
        }
        return;
    }
    let mut starts = vec![0_usize; num_labels * STEPS + 2];
    for row in rows.iter() {
        if let Some(count) = starts.get_mut(key(*row) + 1) {
            *count += 1;
        }
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut sorted = vec![0; rows.len()];
    for row in rows.iter() {
        let start = &mut starts[key(*row)];
        if let Some(place) = sorted.get_mut(*start) {
            *place = *row;
        }
        *start += 1;
    }
    *rows = sorted;
}

/// Whether a text holds another, in whatever case.
fn contains(text: &str, wanted: &str) -> bool {
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let Some(first) = wanted.chars().next().map(lower) else { return true };
    text.char_indices().any(|(at, c)| {
        (c == first || lower(c) == first) && {
            let mut rest = text.get(at..).unwrap_or_default().chars().map(lower);
            wanted.chars().map(lower).all(|c| rest.next() == Some(c))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::batch::tests::answered;

    fn select(batch: &Batch, query: Query) -> Vec<usize> {
        let mut selection = Selection::default();
        selection.begin(query, batch);
        while selection.step(batch, 2) {}
        (0..selection.len(batch)).map(|at| selection.row(at)).collect()
    }

    fn batch() -> Batch {
        answered(
            "text,label\nTSLA to the MOON $tsla,-1\nshares plunge,-1\n,1\n$TSLA flat,0,more\nÜbernahme,1\n",
            &[("Bullish", 0.9), ("Bearish", 0.7), ("Neutral", 0.55), ("Bullish", 0.95)],
        )
    }

    #[test]
    fn rows_are_found_by_words_label_ticker_and_what_is_odd() {
        let batch = batch();
        let search = |words: &str| select(&batch, Query { search: words.to_owned(), ..Query::default() });
        assert_eq!(search("moon"), [0]);
        assert_eq!(search("ÜBERNAHME"), [4]);
        assert_eq!(search("nothing"), [0; 0]);
        let kept = |kept| select(&batch, Query { kept, ..Query::default() });
        assert_eq!(kept(Kept::Label(1)), [0, 4]);
        assert_eq!(kept(Kept::Uncertain), [3]);
        assert_eq!(kept(Kept::Unread), [2]);
        assert_eq!(kept(Kept::Odd), [3]);
        assert_eq!(kept(Kept::Wrong), [0], "-1 is Bearish; 0 and 1 stand beside it");
        let ticker = Some("$TSLA".to_owned());
        assert_eq!(select(&batch, Query { ticker, ..Query::default() }), [0, 3]);
    }

    #[test]
    fn rows_are_sorted_both_ways_and_those_without_an_answer_come_last() {
        let batch = batch();
        let sorted = |sort, is_descending| select(&batch, Query { sort, is_descending, ..Query::default() });
        assert_eq!(sorted(SortKey::Row, false), [0, 1, 2, 3, 4]);
        assert_eq!(sorted(SortKey::Row, true), [4, 3, 2, 1, 0]);
        assert_eq!(sorted(SortKey::Confidence, false), [3, 1, 0, 4, 2]);
        assert_eq!(sorted(SortKey::Confidence, true), [4, 0, 1, 3, 2]);
        assert_eq!(sorted(SortKey::Label, false), [1, 4, 0, 3, 2]);
        assert_eq!(sorted(SortKey::Label, true), [3, 4, 0, 1, 2]);
    }

    #[test]
    fn the_rows_found_last_stay_until_the_new_ones_are_all_there() {
        let batch = batch();
        let mut selection = Selection::default();
        selection.begin(Query { search: "plunge".to_owned(), ..Query::default() }, &batch);
        assert!(selection.step(&batch, 1));
        assert_eq!(selection.len(&batch), 5);
        while selection.step(&batch, 1) {}
        assert_eq!((selection.len(&batch), selection.row(0)), (1, 1));
        assert!(!selection.is_stale(&batch));
    }
}
