//! One batch, from a file to its answers: everything that can happen to it is an [`Action`], everything that is shown is
//! here. It needs no browser: what has to wait for one (bytes, answers, the clock) comes with the actions.
//!
//! Rows are counted from 0 below the header; what people see counts from 1.

use std::borrow::Cow;

use super::format::Parser;
use super::pace::Pace;
use super::problem::Problem;
use super::queue::{MAX_IN_FLIGHT, Queue, Step};
use super::results::Results;
use super::settings::{Settings, Source};
use super::summary::Summary;
use super::table::Table;
use super::timeline::DateOrder;
use crate::state::Failure;
use messages::Prediction;

/// Columns are guessed once there are so many rows.
const ENOUGH_ROWS: usize = 200;

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There is none.
    Empty,
    /// Bytes come in.
    Opening,
    /// All rows are there; columns can be chosen.
    Ready,
    /// Texts are being read.
    Running,
    /// The visitor wants a break.
    Paused,
    /// The engine failed; it can go on from there.
    Broken(String),
    /// Every row has its outcome.
    Done,
    /// The visitor has enough.
    Stopped,
}

/// Whatever happens to a batch.
#[derive(Clone, Debug)]
pub enum Action {
    /// A file is opened, or opened anew: nothing of an earlier one stays.
    Opened(Source),
    /// Encoding and format are known.
    Heard(Settings),
    /// Text has come in; so many bytes of the source are behind it.
    Arrived(String, u64),
    /// The source has ended.
    Ended,
    /// It cannot be read, or not to its end.
    Refused(Problem),
    /// The first row names the columns, or does not.
    ChoseHeader(bool),
    /// This column holds the texts.
    ChoseText(Option<usize>),
    /// This column holds labels.
    ChoseLabel(Option<usize>),
    /// This column holds dates.
    ChoseDate(Option<usize>),
    /// Reading begins, with a model of these labels, called so.
    Started(Vec<String>, String, f64),
    /// A request was answered.
    Answered(u32, Vec<Result<Prediction, Failure>>, f64),
    /// A request was not answered.
    Failed(u32, String, f64),
    /// A break.
    Paused(f64),
    /// The end of it, or another try.
    Resumed(f64),
    /// Enough.
    Stopped(f64),
    /// What a value of the label column means.
    Mapped(String, Option<usize>),
    /// In which order unclear dates are read.
    OrderedDates(DateOrder),
    /// The results were saved.
    Saved,
    /// Back to the beginning.
    Closed,
}

/// A batch.
pub struct Batch {
    /// How far it is.
    pub stage: Stage,
    /// Where the rows come from.
    pub source: Source,
    /// Bytes of the source that have come in.
    pub arrived_bytes: u64,
    /// How the source is read.
    pub settings: Settings,
    /// The rows.
    pub table: Table,
    /// What is wrong with the source.
    pub problem: Option<Problem>,
    /// What became of the rows.
    pub results: Results,
    /// Counts.
    pub summary: Summary,
    /// Speed.
    pub pace: Pace,
    /// Who reads, and where, in words.
    pub reader: String,
    /// There are answers that were not saved.
    pub is_unsaved: bool,
    /// Changes with every outcome.
    pub revision: u64,
    parser: Option<Parser>,
    is_guessed: bool,
    queue: Queue,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            stage: Stage::Empty,
            source: Source { name: None, size_bytes: 0 },
            arrived_bytes: 0,
            settings: Settings::default(),
            table: Table::default(),
            problem: None,
            results: Results::default(),
            summary: Summary::default(),
            pace: Pace::default(),
            reader: String::new(),
            is_unsaved: false,
            revision: 0,
            parser: None,
            is_guessed: false,
            queue: Queue::default(),
        }
    }
}

impl Batch {
    /// Changes it.
    pub fn apply(&mut self, action: Action) {
        self.revision += 1;
        match action {
            Action::Opened(source) => {
                *self = Self { stage: Stage::Opening, source, revision: self.revision, ..Self::default() }
            }
            Action::Heard(settings) => {
                self.table = settings.format.table();
                self.parser = Some(settings.format.parser());
                self.settings = settings;
            }
            Action::Arrived(text, arrived_bytes) => self.take_in(&text, arrived_bytes),
            Action::Ended => self.end(),
            Action::Refused(problem) => self.refuse(problem),
            Action::ChoseHeader(has_header) => {
                self.settings.has_header = has_header;
                self.settings.guess_columns(&self.table);
                self.check_rows();
            }
            Action::ChoseText(column) => self.settings.columns.text = column,
            Action::ChoseLabel(column) => self.settings.columns.label = column,
            Action::ChoseDate(column) => self.settings.columns.date = column,
            Action::Started(labels, reader, now_ms) if self.can_start() => {
                self.results = Results::new(&labels, self.num_rows());
                self.summary = Summary::new(&labels);
                self.queue = Queue::default();
                self.reader = reader;
                self.stage = Stage::Running;
                self.pace = Pace::default();
                self.pace.start(now_ms, 0);
            }
            Action::Answered(id, outcomes, now_ms) => self.take_answers(id, outcomes, now_ms),
            Action::Failed(id, message, now_ms) => {
                self.queue.give_back(id);
                if matches!(self.stage, Stage::Running | Stage::Paused) {
                    self.pace.stop(now_ms);
                    self.stage = Stage::Broken(message);
                }
            }
            Action::Paused(now_ms) if self.stage == Stage::Running => {
                self.pace.stop(now_ms);
                self.stage = Stage::Paused;
            }
            Action::Resumed(now_ms) if matches!(self.stage, Stage::Paused | Stage::Broken(_)) => {
                self.pace.start(now_ms, self.summary.num_done());
                self.stage = Stage::Running;
            }
            Action::Stopped(now_ms) if self.is_under_way() => {
                self.pace.stop(now_ms);
                self.queue.give_all_back();
                self.stage = Stage::Stopped;
            }
            Action::Mapped(value, label) => self.summary.evaluation.choose(&value, label),
            Action::OrderedDates(order) => self.summary.timeline.choose(order),
            Action::Saved => self.is_unsaved = self.is_under_way(),
            Action::Closed => *self = Self { revision: self.revision, ..Self::default() },
            // Too late: the stage has changed meanwhile.
            Action::Started(..) | Action::Paused(_) | Action::Resumed(_) | Action::Stopped(_) => {}
        }
    }

    /// What to do next; to be asked until it is [`Step::Wait`], and again after every action.
    pub fn next_step(&mut self, now_ms: f64) -> Step {
        if self.stage != Stage::Running || self.queue.num_in_flight() >= MAX_IN_FLIGHT {
            return Step::Wait;
        }
        let num_rows = self.num_rows();
        let (table, settings) = (&self.table, &self.settings);
        let look = self.queue.look(num_rows, &mut self.results, |row| text_of(table, settings, row));
        for row in look.settled {
            self.count(row);
        }
        match look.request {
            Some(request) => Step::Ask(request),
            None if !look.is_at_end => {
                self.revision += 1;
                Step::Again
            }
            None if self.queue.num_in_flight() == 0 => {
                self.pace.note(now_ms, self.summary.num_done());
                self.pace.stop(now_ms);
                self.stage = Stage::Done;
                self.revision += 1;
                Step::Wait
            }
            None => Step::Wait,
        }
    }

    /// Rows below the header.
    pub fn num_rows(&self) -> usize {
        self.table.num_rows().saturating_sub(self.settings.first_row())
    }

    /// The text of a row, empty where there is none.
    pub fn text(&self, row: usize) -> Cow<'_, str> {
        let column = self.settings.columns.text;
        column.and_then(|column| self.cell(row, column)).unwrap_or_default()
    }

    /// A cell of a row below the header.
    pub fn cell(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        self.table.cell(row + self.settings.first_row(), column)
    }

    /// What is odd about a row, though it is kept.
    pub fn oddity(&self, row: usize) -> Option<String> {
        let at = row + self.settings.first_row();
        if self.table.is_json() {
            return None;
        }
        let (expected, found) = (self.table.num_cells(0), self.table.num_cells(at));
        if self.table.is_cut_off() && at + 1 == self.table.num_rows() {
            return Some("The file ends in the middle of this row.".to_owned());
        }
        if expected != found {
            return Some(format!("This row has {found} of {expected} columns."));
        }
        let is_replaced = (0..found).any(|column| {
            self.table.written(at, column).is_some_and(|cell| cell.contains(char::REPLACEMENT_CHARACTER))
        });
        is_replaced.then(|| "A character of this row could not be decoded.".to_owned())
    }

    /// The label that the label column gives a row, as far as its value has one.
    pub fn expected_label(&self, row: usize) -> Option<usize> {
        let value = self.cell(row, self.settings.columns.label?)?;
        self.summary.evaluation.label_of(&value)
    }

    /// Everything that is needed is chosen.
    pub fn can_start(&self) -> bool {
        self.stage == Stage::Ready && self.settings.columns.text.is_some() && self.num_rows() > 0
    }

    /// It began and has not ended.
    pub fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Running | Stage::Paused | Stage::Broken(_))
    }

    /// There is a table of answers.
    pub fn has_begun(&self) -> bool {
        self.is_under_way() || matches!(self.stage, Stage::Done | Stage::Stopped)
    }

    fn take_in(&mut self, text: &str, arrived_bytes: u64) {
        self.arrived_bytes = arrived_bytes;
        let fed = self.parser.as_mut().map_or(Ok(()), |parser| parser.feed(text, &mut self.table));
        if let Err(problem) = fed {
            return self.refuse(problem);
        }
        if !self.is_guessed && self.table.num_rows() >= ENOUGH_ROWS {
            self.guess();
        }
    }

    fn end(&mut self) {
        let finished = self.parser.take().map_or(Ok(()), |mut parser| parser.finish(&mut self.table));
        match finished {
            Err(problem) => self.refuse(problem),
            Ok(()) => self.settle(),
        }
    }

    fn refuse(&mut self, problem: Problem) {
        self.parser = None;
        let has_rows = (problem.leaves_rows() && self.table.num_rows() > 1) || problem.is_about_format();
        self.problem = Some(problem);
        if has_rows {
            self.settle();
        } else {
            self.stage = Stage::Empty;
        }
    }

    /// All rows that there will be are there.
    fn settle(&mut self) {
        self.stage = Stage::Ready;
        if !self.is_guessed {
            self.guess();
        }
        self.check_rows();
    }

    fn guess(&mut self) {
        self.settings.guess_from(&self.table);
        self.is_guessed = true;
    }

    fn check_rows(&mut self) {
        let about_rows = matches!(self.problem, None | Some(Problem::NoRows | Problem::Empty));
        if about_rows && self.stage == Stage::Ready {
            self.problem = match (self.table.num_rows(), self.num_rows()) {
                (0, _) => Some(Problem::Empty),
                (_, 0) => Some(Problem::NoRows),
                _ => None,
            };
            if self.problem == Some(Problem::Empty) {
                self.stage = Stage::Empty;
            }
        }
    }

    fn take_answers(&mut self, id: u32, outcomes: Vec<Result<Prediction, Failure>>, now_ms: f64) {
        let rows = self.queue.take(id);
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            match outcome {
                Ok(prediction) => self.results.set(row, &prediction),
                Err(Failure::NothingToRead) => self.results.refuse(row, NOTHING_TO_READ),
                Err(Failure::TooLong(_)) => self.results.refuse(row, "The text is too long to be read."),
                Err(Failure::Engine(message) | Failure::Server(message)) => {
                    self.results.refuse(row, &message)
                }
            }
            self.is_unsaved = true;
            self.count(row);
            for copy in self.queue.copies_of(row) {
                self.count(copy);
            }
        }
        if self.stage == Stage::Running {
            self.pace.note(now_ms, self.summary.num_done());
        }
    }

    fn count(&mut self, row: u32) {
        let row = row as usize;
        let at = row + self.settings.first_row();
        let columns = self.settings.columns;
        let cell = |column: usize| self.table.cell(at, column);
        let text = columns.text.and_then(cell).unwrap_or_default();
        let date = columns.date.map(cell);
        let value = columns.label.map(cell);
        let as_str = |cell: &Option<Cow<'_, str>>| cell.as_deref().map(str::to_owned);
        let (date, value) = (date.as_ref().map(as_str), value.as_ref().map(as_str));
        self.summary.add(
            self.results.of(row),
            &text,
            date.as_ref().map(|date| date.as_deref()),
            value.as_ref().map(|value| value.as_deref()),
        );
    }
}

const NOTHING_TO_READ: &str = "There is nothing to read in this text: no words, or only a link.";

fn text_of<'a>(table: &'a Table, settings: &Settings, row: usize) -> Result<Cow<'a, str>, &'static str> {
    let at = row + settings.first_row();
    if table.broken(at).is_some() {
        return Err("This line is not a JSON object.");
    }
    let Some(text) = settings.columns.text.and_then(|column| table.cell(at, column)) else {
        return Err("This row has no cell in the text column.");
    };
    if text.trim().is_empty() { Err("The text is empty.") } else { Ok(text) }
}

#[cfg(test)]
pub mod tests;
