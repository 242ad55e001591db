//! [`Classifier`]: a loaded model that turns texts into predictions.
//!
//! Texts are tokenized, packed into forward passes without padding, and come back in the caller's order. Inference is
//! batch-invariant: a text's prediction has the same bits whatever it is batched with.

mod passes;

use crate::inference::{InferenceEncoder, Workspace};
use crate::kernels::{self, Kernel};
use crate::model_file::{Exit, ModelFile};
use crate::normalization::Normalization;
use crate::tokenizer::{Encoding, Tokenizer};
use crate::{ClassifyError, ModelError, TextError};
use passes::{Answer, map};
use std::sync::{Arc, Mutex};

/// Largest text that is looked at, in UTF-8 bytes: hundreds of times what any model reads.
const MAX_TEXT_BYTES: usize = 1 << 20;

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
    /// Layers after which the answer was read: fewer than [`Classifier::num_layers`] where an exit was sure enough.
    pub num_layers: usize,
    /// The text was longer than the model reads; its end was left out.
    pub is_truncated: bool,
}

/// Where a text's answer is read. Without an exit it is always after all layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// At the exit where that is sure enough, else after all layers.
    #[default]
    Adaptive,
    /// At the exit, sure or not.
    Exit,
    /// After all layers.
    Full,
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
    exit: Option<Exit>,
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
            exit: metadata.exit,
            encoder: InferenceEncoder::new(file, kernel)?,
            workspaces: Mutex::default(),
        })
    }

    /// The model's id, e.g. `minilm-l4-q4_0`.
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

    /// Runs the int8 products of a text of `tokens` tokens in all layers and nothing else, on one thread; returns the number of
    /// their multiplications and additions. A bench that times it knows what share of a call they are.
    pub fn run_products(&self, tokens: usize) -> u64 {
        self.encoder.run_products(tokens)
    }

    /// Longest input in tokens, `[CLS]` and `[SEP]` included; longer texts are truncated and say so.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// Layers of the model.
    pub fn num_layers(&self) -> usize {
        self.encoder.num_layers()
    }

    /// A prediction whose highest probability lies below this is uncertain; 0 ..= 1.
    pub fn uncertain_threshold(&self) -> f32 {
        self.uncertain_threshold
    }

    /// Layers before the exit, fewer than all; where the model has one.
    pub fn exit_layer(&self) -> Option<usize> {
        self.encoder.exit_layer()
    }

    /// Classifies one text.
    ///
    /// # Errors
    /// There is nothing left to read after normalization, or it is above 1 MiB.
    pub fn classify(&self, text: &str) -> Result<Prediction, TextError> {
        self.classify_each(&[text]).pop().unwrap_or(Err(TextError::Empty))
    }

    /// Classifies texts; the predictions come in the order of the texts. No text, no prediction.
    ///
    /// Batch-invariant: a text's prediction has the same bits whatever it is batched with. Natively, the threads of
    /// rayon's pool share the batch, or the rows of one long text.
    ///
    /// # Errors
    /// The first text that cannot be classified.
    pub fn classify_batch<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
    ) -> Result<Vec<Prediction>, ClassifyError> {
        self.classify_batch_at(texts, Depth::Adaptive)
    }

    /// As [`Classifier::classify_batch`], read where `depth` says: for those who measure what an exit does.
    ///
    /// # Errors
    /// As [`Classifier::classify_batch`].
    pub fn classify_batch_at<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        depth: Depth,
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let encodings = map(texts, |_, text| self.encode(text.as_ref()));
        // Nothing is computed for a batch that will not be answered.
        let encodings: Vec<Encoding> = in_batch(encodings)?;
        in_batch(self.predictions(encodings.into_iter().map(Ok).collect(), depth))
    }

    /// As [`Classifier::classify_batch`], but each text has its own outcome: one that cannot be classified costs no other
    /// one its prediction.
    pub fn classify_each<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Result<Prediction, TextError>> {
        self.classify_each_at(texts, Depth::Adaptive)
    }

    /// As [`Classifier::classify_each`], read where `depth` says.
    pub(crate) fn classify_each_at<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        depth: Depth,
    ) -> Vec<Result<Prediction, TextError>> {
        self.predictions(map(texts, |_, text| self.encode(text.as_ref())), depth)
    }

    /// Token ids of a text, checked to be worth a forward pass.
    pub(crate) fn encode(&self, text: &str) -> Result<Encoding, TextError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(TextError::TooLong { limit_bytes: MAX_TEXT_BYTES, found_bytes: text.len() });
        }
        let encoding = self.tokenizer.encode(&self.normalization.apply(text), self.max_tokens);
        let encoding = encoding.map_err(|error| TextError::Tokenizer { reason: error.to_string() })?;
        match encoding.input_ids.len() > self.tokenizer.num_special_tokens() {
            true => Ok(encoding),
            false => Err(TextError::Empty),
        }
    }

    /// The outcome of each text, in order; those that could not be encoded keep their error.
    fn predictions(
        &self,
        encodings: Vec<Result<Encoding, TextError>>,
        depth: Depth,
    ) -> Vec<Result<Prediction, TextError>> {
        let readable: Vec<&Encoding> = encodings.iter().flatten().collect();
        let mut answers = self.answers(&readable, depth).into_iter();
        let outcome = |encoding: &Result<Encoding, TextError>| {
            let encoding = encoding.as_ref().map_err(Clone::clone)?;
            answers.next().map_or(Err(TextError::NotANumber), |answer| self.prediction(encoding, answer))
        };
        encodings.iter().map(outcome).collect()
    }

    fn prediction(
        &self,
        encoding: &Encoding,
        Answer { logits, num_layers }: Answer,
    ) -> Result<Prediction, TextError> {
        let temperature = match self.exit {
            Some(exit) if num_layers < self.num_layers() => exit.temperature,
            _ => self.temperature,
        };
        let probabilities = softmax(&logits, temperature);
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(TextError::NotANumber);
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
            num_layers,
            is_truncated: encoding.is_truncated,
        })
    }
}

/// All outcomes of a batch, or its first error with the place of its text.
fn in_batch<T>(outcomes: Vec<Result<T, TextError>>) -> Result<Vec<T>, ClassifyError> {
    let outcomes = outcomes.into_iter().enumerate();
    outcomes.map(|(index, outcome)| outcome.map_err(|error| ClassifyError { index, error })).collect()
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
}
