//! [`Classifier`]: a loaded model that turns texts into predictions.
//!
//! Texts are tokenized, packed into forward passes without padding, and come back in the caller's order. Inference is
//! batch-invariant: a text's prediction has the same bits whatever it is batched with.

use crate::inference::{InferenceEncoder, Workspace};
use crate::kernels::{self, Kernel};
use crate::model_file::ModelFile;
use crate::normalization::Normalization;
use crate::tokenizer::{Encoding, Tokenizer};
use crate::{ClassifyError, ModelError};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Largest text that is looked at, in UTF-8 bytes: hundreds of times what any model reads.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// Tokens of one forward pass, at most about; bounds the memory of a pass to some megabytes.
const MAX_PASS_TOKENS: usize = 256;
/// Fewer tokens than this are not worth a pass of their own: each reads all weights once.
const MIN_PASS_TOKENS: usize = 64;

/// What the model says of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The most probable label.
    pub label: String,
    /// Calibrated probabilities in label order; they sum to 1.
    pub probabilities: Vec<f32>,
    /// The head's output before temperature and softmax, in label order.
    pub logits: Vec<f32>,
    /// The highest probability lies below the model's threshold, or the vocabulary has nearly none of the text's words:
    /// at most a quarter. How sure the model is of crumbs says nothing.
    pub is_uncertain: bool,
    /// Tokens that were read, `[CLS]` and `[SEP]` included.
    pub num_tokens: usize,
    /// The text was longer than the model reads; its end was left out.
    pub is_truncated: bool,
}

/// A loaded model. `Send + Sync`: one value serves many threads.
///
/// ```
/// # let model = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/minilm-l1-q4_0/model.gguf")).to_vec();
/// use classifier::Classifier;
///
/// // `model` holds the bytes of a model file.
/// let classifier = Classifier::from_gguf(model)?;
/// let predictions = classifier.classify_batch(&["Shares plunge after guidance cut", "Record profit, shares soar"])?;
/// assert_eq!(predictions[0].label, "Bearish");
/// assert_eq!(predictions[1].label, "Bullish");
///
/// // Calibrated, in the order of `labels`, and the same bits alone and in company.
/// assert_eq!(classifier.labels(), ["Bearish", "Bullish", "Neutral"]);
/// assert_eq!(classifier.classify("Record profit, shares soar")?, predictions[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Classifier {
    id: String,
    normalization: Normalization,
    tokenizer: Arc<Tokenizer>,
    encoder: InferenceEncoder,
    labels: Vec<String>,
    max_tokens: usize,
    temperature: f32,
    uncertain_threshold: f32,
    /// Memory of earlier passes, for the next ones.
    workspaces: Mutex<Vec<Workspace>>,
}

impl Classifier {
    /// Loads a model file for the fastest kernel of this machine. Of the bytes only the token embeddings are kept.
    ///
    /// # Errors
    /// Anything wrong with the file: see [`ModelError`].
    pub fn from_gguf(bytes: Vec<u8>) -> Result<Self, ModelError> {
        Self::with_kernel(bytes, kernels::best())
    }

    /// As [`Classifier::from_gguf`], where the machine cannot be asked which kernel is the fastest: in WebAssembly the
    /// clock decides. `now_ms` tells milliseconds; some ten of them pass.
    ///
    /// # Errors
    /// As [`Classifier::from_gguf`].
    pub fn with_fastest_kernel(bytes: Vec<u8>, now_ms: impl FnMut() -> f64) -> Result<Self, ModelError> {
        Self::with_kernel(bytes, kernels::fastest(now_ms))
    }

    /// As [`Classifier::from_gguf`], for one of [`testing::available`](crate::testing::available).
    ///
    /// # Errors
    /// As [`Classifier::from_gguf`].
    #[doc(hidden)]
    pub fn with_kernel(bytes: Vec<u8>, kernel: &'static dyn Kernel) -> Result<Self, ModelError> {
        let file = ModelFile::parse(bytes)?;
        let metadata = file.metadata();
        Ok(Self {
            id: metadata.id.clone(),
            normalization: Normalization::new(&metadata.normalization)?,
            tokenizer: file.tokenizer(),
            labels: metadata.labels.clone(),
            max_tokens: metadata.encoder.max_position_embeddings,
            temperature: metadata.temperature,
            uncertain_threshold: metadata.uncertain_threshold,
            encoder: InferenceEncoder::new(file, kernel)?,
            workspaces: Mutex::default(),
        })
    }

    /// The model's id, e.g. `minilm-l6-q4_0`.
    pub fn model_id(&self) -> &str {
        &self.id
    }

    /// Names of the labels, in label order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What computes, e.g. `avx512-vnni`. Every kernel gives the same bits.
    pub fn kernel(&self) -> &'static str {
        self.encoder.kernel().name()
    }

    /// Runs the int8 products of a text of `tokens` tokens and nothing else, on one thread; returns the number of
    /// their multiplications and additions. A bench that times it knows what share of a call they are.
    pub fn run_products(&self, tokens: usize) -> u64 {
        self.encoder.run_products(tokens)
    }

    /// Longest input in tokens, `[CLS]` and `[SEP]` included; longer texts are truncated and say so.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// Classifies one text.
    ///
    /// # Errors
    /// See [`Classifier::classify_batch`]; the index is 0.
    pub fn classify(&self, text: &str) -> Result<Prediction, ClassifyError> {
        let mut predictions = self.classify_batch(&[text])?;
        predictions.pop().ok_or(ClassifyError::EmptyText { index: 0 })
    }

    /// Classifies texts; the predictions come in the order of the texts. No text, no prediction.
    ///
    /// Batch-invariant: a text's prediction has the same bits whatever it is batched with. Natively, the threads of
    /// rayon's pool share the batch, or the rows of one long text.
    ///
    /// # Errors
    /// The first text that cannot be classified: nothing left after normalization, or above 1 MiB.
    pub fn classify_batch<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let encodings = map(texts, threads(), |index, text| self.encode(index, text.as_ref()));
        let encodings = encodings.into_iter().collect::<Result<Vec<_>, _>>()?;
        let passes = passes(&encodings, threads());
        let threads_each = threads() / passes.len().max(1);
        let logits = map(&passes, threads(), |_, pass| {
            let texts: Vec<&[u32]> =
                encodings[pass.clone()].iter().map(|encoding| encoding.input_ids.as_slice()).collect();
            let kept = self.workspaces.lock().ok().and_then(|mut kept| kept.pop());
            let mut workspace = kept.unwrap_or_default();
            let logits = self.encoder.logits(&texts, threads_each, &mut workspace);
            if let Ok(mut kept) = self.workspaces.lock() {
                kept.push(workspace);
            }
            logits
        });
        let logits = logits.concat();
        let each = encodings.iter().zip(logits.chunks_exact(self.labels.len())).enumerate();
        each.map(|(index, (encoding, logits))| self.prediction(index, encoding, logits.to_vec())).collect()
    }

    /// Token ids of a text, checked to be worth a forward pass.
    pub(crate) fn encode(&self, index: usize, text: &str) -> Result<Encoding, ClassifyError> {
        if text.len() > MAX_TEXT_BYTES {
            let found_bytes = text.len();
            return Err(ClassifyError::TextTooLong { index, limit_bytes: MAX_TEXT_BYTES, found_bytes });
        }
        let encoding = self.tokenizer.encode(&self.normalization.apply(text), self.max_tokens);
        let encoding =
            encoding.map_err(|error| ClassifyError::Tokenizer { index, reason: error.to_string() })?;
        match encoding.input_ids.len() > self.tokenizer.num_special_tokens() {
            true => Ok(encoding),
            false => Err(ClassifyError::EmptyText { index }),
        }
    }

    fn prediction(
        &self,
        index: usize,
        encoding: &Encoding,
        logits: Vec<f32>,
    ) -> Result<Prediction, ClassifyError> {
        let probabilities = softmax(&logits, self.temperature);
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(ClassifyError::NotANumber { index });
        }
        let best = (0..probabilities.len())
            .fold(0, |best, label| if probabilities[label] > probabilities[best] { label } else { best });
        Ok(Prediction {
            label: self.labels[best].clone(),
            is_uncertain: probabilities[best] < self.uncertain_threshold
                || self.tokenizer.knows_few_words(&encoding.input_ids),
            probabilities,
            logits,
            num_tokens: encoding.input_ids.len(),
            is_truncated: encoding.is_truncated,
        })
    }
}

/// Splits a batch into forward passes of about the same number of tokens, as many for each thread.
fn passes(encodings: &[Encoding], threads: usize) -> Vec<Range<usize>> {
    let tokens: usize = encodings.iter().map(|encoding| encoding.input_ids.len()).sum();
    let fewest = tokens.div_ceil(MAX_PASS_TOKENS).next_multiple_of(threads);
    let count = fewest.min(tokens / MIN_PASS_TOKENS).max(1);
    let mut passes = Vec::with_capacity(count);
    let (mut start, mut length) = (0, 0);
    for (index, encoding) in encodings.iter().enumerate() {
        length += encoding.input_ids.len();
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
fn map<T: Sync, U: Send>(items: &[T], threads: usize, f: impl Fn(usize, &T) -> U + Sync) -> Vec<U> {
    #[cfg(not(target_arch = "wasm32"))]
    if threads > 1 && items.len() > 1 {
        use rayon::prelude::*;
        return items.par_iter().enumerate().map(|(index, item)| f(index, item)).collect();
    }
    let _ = threads;
    items.iter().enumerate().map(|(index, item)| f(index, item)).collect()
}

/// softmax(logits / temperature): calibrated probabilities, in label order (Guo et al. 2017, equation 9). The same
/// bits on every machine.
pub fn softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let mut probabilities: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
    kernels::scalar().softmax(&mut probabilities);
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_sums_to_one_and_temperature_flattens_it() {
        let sharp = softmax(&[1.0, 3.0, 2.0], 1.0);
        let flat = softmax(&[1.0, 3.0, 2.0], 4.0);
        assert!((sharp.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(sharp[1] > flat[1] && flat[1] > flat[2] && flat[2] > flat[0]);
    }

    #[test]
    fn passes_cover_every_text_once_in_equal_parts() {
        let encodings: Vec<Encoding> = (1..=300)
            .map(|length| Encoding { input_ids: vec![7; length % 97 + 1], is_truncated: false })
            .collect();
        for threads in [1, 2, 7] {
            let passes = passes(&encodings, threads);
            assert_eq!(passes.iter().cloned().flatten().collect::<Vec<_>>(), (0..300).collect::<Vec<_>>());
            for pass in passes {
                let tokens: usize = encodings[pass].iter().map(|encoding| encoding.input_ids.len()).sum();
                assert!(tokens < MAX_PASS_TOKENS + 97);
            }
        }
        assert!(passes(&[], 2).is_empty());
    }
}
