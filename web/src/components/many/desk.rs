//! The batch on the page, in one place for the components that draw it and the tasks that work on it.
//!
//! It is changed in place: a hundred thousand rows are not copied for a drawing. Whoever draws holds a [`Desk`] of some
//! version, and is drawn again when the version is another.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use yew::prelude::*;

use super::locale::count;
use super::turns::{Budget, now_ms, turn};
use crate::announcer::say;
use crate::answerer::Answerer;
use crate::many::{Action, Batch, Export, ExportOptions, Query, Selection, Stage};

/// Where rows come from, as the browser hands it over.
#[derive(Clone)]
pub enum Input {
    /// A chosen or dropped file.
    File(web_sys::File),
    /// Pasted lines.
    Text(Rc<str>),
}

/// What would throw unsaved answers away, and waits for a word.
#[derive(Clone)]
pub enum Next {
    /// Another input.
    Open(Input),
    /// Back to the beginning.
    Close,
}

/// A handle at one version.
#[derive(Clone)]
pub struct Desk {
    shared: Rc<Shared>,
    version: u64,
}

impl PartialEq for Desk {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shared, &other.shared) && self.version == other.version
    }
}

/// What all handles share.
pub struct Shared {
    batch: RefCell<Batch>,
    selection: RefCell<Selection>,
    /// Who reads this batch, to its end.
    answerer: RefCell<Option<Answerer>>,
    input: RefCell<Option<Input>>,
    next: RefCell<Option<Next>>,
    /// What the table shall show, perhaps not yet.
    query: RefCell<Query>,
    version: Cell<u64>,
    /// Counts what was opened: a reader of an earlier input stops.
    opening: Cell<u32>,
    is_looking: Cell<bool>,
    has_ended: Cell<bool>,
    /// The visitor waits for the rows.
    is_awaited: Cell<bool>,
    looked_ms: Cell<f64>,
    /// Share of a file that is being made.
    saving: Cell<Option<f64>>,
    redraw: RefCell<Callback<()>>,
}

impl Shared {
    /// An empty desk.
    pub fn new() -> Self {
        Self {
            batch: RefCell::default(),
            selection: RefCell::default(),
            answerer: RefCell::default(),
            input: RefCell::default(),
            next: RefCell::default(),
            query: RefCell::default(),
            version: Cell::default(),
            opening: Cell::default(),
            is_looking: Cell::default(),
            has_ended: Cell::default(),
            is_awaited: Cell::default(),
            looked_ms: Cell::default(),
            saving: Cell::default(),
            redraw: RefCell::default(),
        }
    }
}

impl Desk {
    /// A handle at the present version, for whoever draws everything.
    pub fn new(shared: &Rc<Shared>, redraw: Callback<()>) -> Self {
        *shared.redraw.borrow_mut() = redraw;
        Self { shared: shared.clone(), version: shared.version.get() }
    }

    /// The batch, to look at.
    pub fn batch(&self) -> Ref<'_, Batch> {
        self.shared.batch.borrow()
    }

    /// The rows that the table shows.
    pub fn selection(&self) -> Ref<'_, Selection> {
        self.shared.selection.borrow()
    }

    /// What the table shall show.
    pub fn query(&self) -> Query {
        self.shared.query.borrow().clone()
    }

    /// Who reads this batch.
    pub fn answerer(&self) -> Option<Answerer> {
        self.shared.answerer.borrow().clone()
    }

    /// What waits for a word.
    pub fn next(&self) -> Option<Next> {
        self.shared.next.borrow().clone()
    }

    /// Share of a file that is being made.
    pub fn saving(&self) -> Option<f64> {
        self.shared.saving.get()
    }

    /// What is open.
    pub fn input(&self) -> Option<Input> {
        self.shared.input.borrow().clone()
    }

    /// Something happens to the batch.
    pub fn apply(&self, action: Action) {
        self.shared.batch.borrow_mut().apply(action);
        self.redraw();
    }

    /// The batch decides what to do next.
    pub fn next_step(&self) -> crate::many::Step {
        let mut batch = self.shared.batch.borrow_mut();
        let (revision, was_done) = (batch.revision, batch.stage == Stage::Done);
        let step = batch.next_step(now_ms());
        let has_changed = batch.revision != revision;
        self.shared.has_ended.set(self.shared.has_ended.get() || (batch.stage == Stage::Done && !was_done));
        drop(batch);
        if has_changed {
            self.redraw();
        }
        step
    }

    /// Whether the batch has come to its end since this was asked last.
    pub fn take_end(&self) -> bool {
        self.shared.has_ended.take()
    }

    /// Something new is opened: what works on the old one stops.
    pub fn begin_opening(&self, input: Option<Input>) -> u32 {
        *self.shared.input.borrow_mut() = input;
        *self.shared.next.borrow_mut() = None;
        *self.shared.answerer.borrow_mut() = None;
        *self.shared.query.borrow_mut() = Query::default();
        *self.shared.selection.borrow_mut() = Selection::default();
        self.shared.opening.set(self.shared.opening.get() + 1);
        self.shared.opening.get()
    }

    /// Counts what was opened.
    pub fn opening(&self) -> u32 {
        self.shared.opening.get()
    }

    /// Whoever reads this batch, from now on.
    pub fn employ(&self, answerer: Answerer) {
        *self.shared.answerer.borrow_mut() = Some(answerer);
    }

    /// Something would throw unsaved answers away; or nothing does any more.
    pub fn ask_before(&self, next: Option<Next>) {
        *self.shared.next.borrow_mut() = next;
        self.redraw();
    }

    /// The table shall show this. Rows are looked for between other things; how many there are is said aloud.
    pub fn look(&self, query: Query) {
        self.shared.is_awaited.set(true);
        self.begin_looking(query);
    }

    fn begin_looking(&self, query: Query) {
        *self.shared.query.borrow_mut() = query.clone();
        self.shared.looked_ms.set(now_ms());
        self.shared.selection.borrow_mut().begin(query, &self.batch());
        self.redraw();
        if !self.shared.is_looking.replace(true) {
            let desk = self.clone();
            wasm_bindgen_futures::spawn_local(async move {
                desk.look_on().await;
                desk.shared.is_looking.set(false);
                if desk.shared.is_awaited.take() {
                    say(&format!("{} rows", count(desk.selection().len(&desk.batch()))));
                }
                desk.redraw();
            });
        }
    }

    /// Looks again, if the rows that are shown may be others by now; while answers come in, once in a while.
    pub fn look_again(&self) {
        let is_over = !self.batch().is_under_way();
        let is_stale = self.selection().is_stale(&self.batch());
        if is_stale && (is_over || now_ms() - self.shared.looked_ms.get() > 1000.0) {
            self.begin_looking(self.query());
        }
    }

    async fn look_on(&self) {
        const ROWS_PER_STEP: usize = 500;
        let mut budget = Budget::default();
        while self.shared.selection.borrow_mut().step(&self.batch(), ROWS_PER_STEP) {
            if budget.is_spent() {
                turn().await;
                budget = Budget::default();
            }
        }
    }

    /// All rows as pieces of a file.
    pub async fn export(&self, options: ExportOptions, mut take: impl FnMut(&str)) {
        const ROWS_PER_PIECE: usize = 200;
        let opening = self.opening();
        let mut export = Export::new(&self.batch(), options);
        let mut budget = Budget::default();
        loop {
            let piece = export.next_piece(&self.batch(), ROWS_PER_PIECE);
            let Some(piece) = piece.filter(|_| self.opening() == opening) else { break };
            take(&piece);
            if budget.is_spent() {
                let share = export.num_rows() as f64 / self.batch().num_rows().max(1) as f64;
                // Drawing takes as long as a piece of work.
                if self.saving().is_none_or(|drawn| share - drawn > 0.1) {
                    self.shared.saving.set(Some(share));
                    self.redraw();
                }
                turn().await;
                budget = Budget::default();
            }
        }
        self.shared.saving.set(None);
        self.redraw();
    }

    fn redraw(&self) {
        self.shared.version.set(self.shared.version.get() + 1);
        self.shared.redraw.borrow().emit(());
    }
}
