//! The memory of a forward pass, kept between passes, and how its rows are shared between threads.

use super::Setup;
use crate::kernels::{AttentionScratch, RowScale};
use std::ops::Range;

/// Rows that go through the second step of a layer together: their intermediate activations stay in the cache.
pub(super) const BLOCK_ROWS: usize = 64;

/// Everything that a forward pass writes. It grows to the largest pass it has seen and is used again.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// The rows of each text.
    pub(super) texts: Vec<Range<usize>>,
    /// `[rows][hidden]`.
    pub(super) hidden: Vec<f32>,
    /// The hidden states quantized: `[rows][row_bytes]`, and a scale each.
    pub(super) quantized: Vec<u8>,
    pub(super) scales: Vec<RowScale>,
    /// `[rows][3 · hidden]`.
    pub(super) qkv: Vec<f32>,
    /// One for each thread.
    pub(super) scratch: Vec<Scratch>,
}

/// What one thread writes while it computes a block of rows.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) attention: AttentionScratch,
    /// Context vectors of the attention: `[BLOCK_ROWS][hidden]`.
    pub(super) context: Vec<f32>,
    /// Hidden states after the attention block: `[BLOCK_ROWS][hidden]`.
    pub(super) attended: Vec<f32>,
    /// `[BLOCK_ROWS][intermediate]`.
    pub(super) intermediate: Vec<f32>,
    /// Any of the above, quantized.
    pub(super) quantized: Vec<u8>,
    pub(super) scales: Vec<RowScale>,
    /// `[hidden]`.
    pub(super) pooled: Vec<f32>,
}

impl Workspace {
    /// Room for these rows and threads. Nothing shrinks, so that nothing has to grow again.
    pub(super) fn prepare(&mut self, rows: usize, setup: Setup, threads: usize) {
        grow(&mut self.hidden, rows * setup.hidden);
        grow(&mut self.quantized, rows * setup.row_bytes);
        grow(&mut self.scales, rows);
        grow(&mut self.qkv, rows * 3 * setup.hidden);
        while self.scratch.len() < threads {
            self.scratch.push(Scratch::new(setup));
        }
    }
}

impl Scratch {
    fn new(setup: Setup) -> Self {
        // A quantized activation takes 2 bytes at most; a row is filled up to 4.
        let widest = setup.hidden.max(setup.intermediate).next_multiple_of(4);
        Self {
            attention: AttentionScratch::default(),
            context: vec![0.0; BLOCK_ROWS * setup.hidden],
            attended: vec![0.0; BLOCK_ROWS * setup.hidden],
            intermediate: vec![0.0; BLOCK_ROWS * setup.intermediate],
            quantized: vec![0; BLOCK_ROWS * 2 * widest],
            scales: vec![RowScale::default(); BLOCK_ROWS],
            pooled: vec![0.0; setup.hidden],
        }
    }
}

fn grow<T: Clone + Default>(values: &mut Vec<T>, len: usize) {
    values.resize(values.len().max(len), T::default());
}

/// A run of rows: hidden states, and the same quantized.
pub(super) struct Rows<'a> {
    /// Index of the first.
    pub(super) first: usize,
    pub(super) hidden: &'a mut [f32],
    pub(super) quantized: &'a mut [u8],
    pub(super) scales: &'a mut [RowScale],
}

impl<'a> Rows<'a> {
    pub(super) fn len(&self) -> usize {
        self.scales.len()
    }

    pub(super) fn reborrow(&mut self) -> Rows<'_> {
        Rows {
            first: self.first,
            hidden: &mut *self.hidden,
            quantized: &mut *self.quantized,
            scales: &mut *self.scales,
        }
    }

    /// The first `rows` rows, and the others.
    pub(super) fn split_at(self, rows: usize, setup: Setup) -> (Self, Self) {
        let (hidden, hidden_rest) = self.hidden.split_at_mut(rows * setup.hidden);
        let (quantized, quantized_rest) = self.quantized.split_at_mut(rows * setup.row_bytes);
        let (scales, scales_rest) = self.scales.split_at_mut(rows);
        let rest = Rows {
            first: self.first + rows,
            hidden: hidden_rest,
            quantized: quantized_rest,
            scales: scales_rest,
        };
        (Rows { first: self.first, hidden, quantized, scales }, rest)
    }
}

/// Calls `work` with an equal share of the rows for each scratch, at the same time.
pub(super) fn split(
    rows: Rows<'_>,
    setup: Setup,
    scratch: &mut [Scratch],
    work: &(impl Fn(Rows<'_>, &mut Scratch) + Sync),
) {
    match scratch {
        [] => {}
        [scratch] => work(rows, scratch),
        _ => {
            let half = scratch.len() / 2;
            let height = rows.len() * half / scratch.len();
            let (first, second) = rows.split_at(height, setup);
            let (scratch, scratch_rest) = scratch.split_at_mut(half);
            join(|| split(first, setup, scratch, work), || split(second, setup, scratch_rest, work));
        }
    }
}

/// Both, at the same time where there are threads.
pub(super) fn join(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    #[cfg(not(target_arch = "wasm32"))]
    rayon::join(first, second);
    #[cfg(target_arch = "wasm32")]
    {
        first();
        second();
    }
}
