//! How the texts of a call become forward passes: packed without padding, in equal parts for the threads, and packed anew
//! after the exit.
//!
//! A pass reads all weights of its layers once: what goes on from many passes is gathered into full ones first. Measured on
//! one thread, three layers with an exit after the first: 1 to 5 % more tweets a second than passes that shrink.

use super::{Classifier, Depth, softmax};
use crate::inference::{Outcome, Text};
use crate::tokenizer::Encoding;
use std::ops::Range;

/// Tokens of one forward pass, at most about; bounds the memory of a pass to some megabytes.
const MAX_PASS_TOKENS: usize = 256;
/// Fewer tokens than this are not worth a pass of their own: each reads all weights once.
const MIN_PASS_TOKENS: usize = 64;
/// Tokens a thread whose hidden states may wait at the exit, at most about: some megabytes.
const MAX_WAITING_TOKENS: usize = 16 * MAX_PASS_TOKENS;

/// What the model says of a text.
#[derive(Debug)]
pub(super) struct Answer {
    /// In label order.
    pub(super) logits: Vec<f32>,
    /// Layers after which they were read.
    pub(super) num_layers: usize,
}

impl Classifier {
    /// An answer for each text, in order.
    pub(super) fn answers(&self, encodings: &[&Encoding], depth: Depth) -> Vec<Answer> {
        let exit = self.encoder.exit_layer().filter(|_| depth != Depth::Full);
        let (num_layers, most) = (self.encoder.num_layers(), exit.map_or(usize::MAX, |_| MAX_WAITING_TOKENS));
        let first = exit.unwrap_or(num_layers);
        let mut answers: Vec<Answer> = Vec::with_capacity(encodings.len());
        let mut rest = encodings;
        while !rest.is_empty() {
            let (gathered, later) = rest.split_at(gathered(rest, most.saturating_mul(threads())));
            let texts: Vec<Text<'_>> =
                gathered.iter().map(|encoding| Text::Ids(encoding.input_ids.as_slice())).collect();
            let is_enough = |logits: &[f32]| depth == Depth::Exit || self.is_sure(logits);
            let outcomes = self.passes(&texts, 0..first, &is_enough);
            let waiting = outcomes.iter().enumerate().filter_map(|(index, outcome)| {
                outcome.waiting.as_deref().map(|hidden| (answers.len() + index, Text::Hidden(hidden)))
            });
            let (indices, texts): (Vec<usize>, Vec<Text<'_>>) = waiting.unzip();
            let deeper = self.passes(&texts, first..num_layers, &|_| true);
            let answer = |outcome: Outcome| Answer { logits: outcome.logits, num_layers: first };
            answers.extend(outcomes.into_iter().map(answer));
            for (index, outcome) in indices.into_iter().zip(deeper) {
                answers[index] = Answer { logits: outcome.logits, num_layers };
            }
            rest = later;
        }
        answers
    }

    /// Whether the exit answers with these logits.
    fn is_sure(&self, logits: &[f32]) -> bool {
        let highest = |exit: &crate::model_file::Exit| {
            softmax(logits, exit.temperature).into_iter().fold(0f32, |a, b| if b > a { b } else { a })
        };
        let is_finite = logits.iter().all(|logit| logit.is_finite());
        is_finite && self.exit.as_ref().is_some_and(|exit| highest(exit) >= exit.threshold)
    }

    /// The outcome of each text, in order.
    fn passes(
        &self,
        texts: &[Text<'_>],
        layers: Range<usize>,
        is_enough: &(dyn Fn(&[f32]) -> bool + Sync),
    ) -> Vec<Outcome> {
        let lengths: Vec<usize> = texts.iter().map(|text| self.encoder.num_tokens(*text)).collect();
        let passes = passes(&lengths, threads());
        let threads_each = threads() / passes.len().max(1);
        let outcomes = map(&passes, |_, pass| {
            let kept = self.workspaces.lock().ok().and_then(|mut kept| kept.pop());
            let mut workspace = kept.unwrap_or_default();
            let texts = &texts[pass.clone()];
            let outcomes = self.encoder.pass(texts, layers.clone(), threads_each, &mut workspace, is_enough);
            if let Ok(mut kept) = self.workspaces.lock() {
                kept.push(workspace);
            }
            outcomes
        });
        outcomes.into_iter().flatten().collect()
    }
}

/// Texts from the first on that have `most` tokens together; one at least.
fn gathered(encodings: &[&Encoding], most: usize) -> usize {
    let mut tokens = 0;
    let fits = |encoding: &&&Encoding| {
        tokens += encoding.input_ids.len();
        tokens <= most
    };
    encodings.iter().take_while(fits).count().max(1)
}

/// Splits texts into forward passes of about the same number of tokens, as many for each thread.
fn passes(lengths: &[usize], threads: usize) -> Vec<Range<usize>> {
    let tokens: usize = lengths.iter().sum();
    let fewest = tokens.div_ceil(MAX_PASS_TOKENS).next_multiple_of(threads);
    let count = fewest.min(tokens / MIN_PASS_TOKENS).max(1);
    let mut passes = Vec::with_capacity(count);
    let (mut start, mut length) = (0, 0);
    for (index, tokens_of) in lengths.iter().enumerate() {
        length += tokens_of;
        // The end of a pass is the text with which its share of all tokens is reached.
        if length * count >= tokens * (passes.len() + 1) {
            passes.push(start..index + 1);
            start = index + 1;
        }
    }
    passes
}

/// Threads that may share a batch.
fn threads() -> usize {
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    1
}

/// `f` of each item with its index, in order, at the same time where there are threads.
pub(super) fn map<T: Sync, U: Send>(items: &[T], f: impl Fn(usize, &T) -> U + Sync) -> Vec<U> {
    #[cfg(not(target_arch = "wasm32"))]
    if threads() > 1 && items.len() > 1 {
        use rayon::prelude::*;
        return items.par_iter().enumerate().map(|(index, item)| f(index, item)).collect();
    }
    items.iter().enumerate().map(|(index, item)| f(index, item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_cover_every_text_once_in_equal_parts() {
        let lengths: Vec<usize> = (1..=300).map(|length| length % 97 + 1).collect();
        for threads in [1, 2, 7] {
            let passes = passes(&lengths, threads);
            assert_eq!(passes.iter().cloned().flatten().collect::<Vec<_>>(), (0..300).collect::<Vec<_>>());
            for pass in passes {
                let tokens: usize = lengths[pass].iter().sum();
                assert!(tokens < MAX_PASS_TOKENS + 97);
            }
        }
        assert!(passes(&[], 2).is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let encoding = Encoding { input_ids: vec![7; 10], is_truncated: false };
        let encodings = [&encoding; 25];
        assert_eq!(gathered(&encodings, 99), 9);
        assert_eq!(gathered(&encodings, 5), 1);
        assert_eq!(gathered(&encodings, usize::MAX), 25);
    }
}
