//! [`Classifier`]: a loaded model that turns texts into predictions.
//!
//! Texts are grouped by length so that little padding is computed; results come back in the caller's order.

use crate::encoder::{Batch, Encoder, NoDropout};
use crate::model_file::ModelFile;
use crate::normalization::Normalization;
use crate::tokenizer::{Encoding, Tokenizer};
use crate::{ClassifyError, ModelError};
use candle_core::Device;

/// Largest text that is looked at, in UTF-8 bytes: hundreds of times what any model reads.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// Most token positions (padding included) in one forward pass; bounds the memory of a pass to some megabytes.
const MAX_BATCH_TOKENS: usize = 1024;

/// What the model says of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The most probable label.
    pub label: String,
    /// Calibrated probabilities in label order; they sum to 1.
    pub probabilities: Vec<f32>,
    /// The head's output before temperature and softmax, in label order.
    pub logits: Vec<f32>,
    /// The highest probability lies below the model's threshold.
    pub is_uncertain: bool,
    /// Tokens that were read, `[CLS]` and `[SEP]` included.
    pub num_tokens: usize,
    /// The text was longer than the model reads; its end was left out.
    pub is_truncated: bool,
}

/// A loaded model. `Send + Sync`: one value serves many threads.
#[derive(Debug)]
pub struct Classifier {
    id: String,
    normalization: Normalization,
    tokenizer: Tokenizer,
    encoder: Encoder,
    labels: Vec<String>,
    max_tokens: usize,
    temperature: f32,
    uncertain_threshold: f32,
}

impl Classifier {
    /// Loads a model file. The bytes are copied; free them afterwards.
    ///
    /// # Errors
    /// Anything wrong with the file: see [`ModelError`].
    pub fn from_gguf(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = ModelFile::parse(bytes)?;
        let metadata = file.metadata();
        let tokenizer = Tokenizer::from_json(&metadata.tokenizer_json);
        Ok(Self {
            id: metadata.id.clone(),
            normalization: Normalization::new(&metadata.normalization)?,
            tokenizer: tokenizer.map_err(|error| ModelError::Tokenizer(error.to_string()))?,
            encoder: Encoder::new(&metadata.encoder, &file)?,
            labels: metadata.labels.clone(),
            max_tokens: metadata.encoder.max_position_embeddings,
            temperature: metadata.temperature,
            uncertain_threshold: metadata.uncertain_threshold,
        })
    }

    /// The model's id, e.g. `minilm-l6-q8_0`.
    pub fn model_id(&self) -> &str {
        &self.id
    }

    /// Names of the labels, in label order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What computes the matrix products: candle's f32 product, whatever the file's storage type.
    pub fn kernel(&self) -> &'static str {
        "candle-f32"
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
    /// A text's probabilities do not depend on what it is batched with, beyond rounding (1e-5).
    ///
    /// # Errors
    /// The first text that cannot be classified: nothing left after normalization, or above 1 MiB.
    pub fn classify_batch<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Prediction>, ClassifyError> {
        let encodings = texts.iter().enumerate().map(|(index, text)| self.encode(index, text.as_ref()));
        let encodings = encodings.collect::<Result<Vec<_>, _>>()?;
        let mut by_length: Vec<usize> = (0..texts.len()).collect();
        by_length.sort_by_key(|&index| encodings[index].input_ids.len());
        let mut predictions = vec![None; texts.len()];
        for group in groups(&by_length, &encodings) {
            for (&index, logits) in group.iter().zip(self.logits(group, &encodings)?) {
                predictions[index] = Some(self.prediction(index, &encodings[index], logits)?);
            }
        }
        Ok(predictions.into_iter().flatten().collect())
    }

    /// The text as the tokenizer sees it.
    pub(crate) fn normalize(&self, text: &str) -> String {
        self.normalization.apply(text).into_owned()
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

    fn logits(&self, group: &[usize], encodings: &[Encoding]) -> Result<Vec<Vec<f32>>, ClassifyError> {
        let input_ids: Vec<&[u32]> =
            group.iter().map(|&index| encodings[index].input_ids.as_slice()).collect();
        let batch = Batch::new(&input_ids, &Device::Cpu)?;
        Ok(self.encoder.logits(&batch, &mut NoDropout)?.to_vec2()?)
    }

    fn prediction(
        &self,
        index: usize,
        encoding: &Encoding,
        logits: Vec<f32>,
    ) -> Result<Prediction, ClassifyError> {
        let probabilities = softmax(&logits, self.temperature);
        if probabilities.iter().any(|p| !p.is_finite()) {
            return Err(ClassifyError::NotANumber { index });
        }
        let best = (0..probabilities.len())
            .fold(0, |best, label| if probabilities[label] > probabilities[best] { label } else { best });
        Ok(Prediction {
            label: self.labels[best].clone(),
            is_uncertain: probabilities[best] < self.uncertain_threshold,
            probabilities,
            logits,
            num_tokens: encoding.input_ids.len(),
            is_truncated: encoding.is_truncated,
        })
    }
}

/// Splits indices sorted by length into runs whose padded size stays below [`MAX_BATCH_TOKENS`].
fn groups<'a>(by_length: &'a [usize], encodings: &[Encoding]) -> Vec<&'a [usize]> {
    let mut groups = Vec::new();
    let mut start = 0;
    for end in 1..=by_length.len() {
        let is_full = by_length
            .get(end)
            .is_none_or(|&next| (end + 1 - start) * encodings[next].input_ids.len() > MAX_BATCH_TOKENS);
        if is_full {
            groups.push(&by_length[start..end]);
            start = end;
        }
    }
    groups
}

/// softmax(logits / temperature): calibrated probabilities, in label order (Guo et al. 2017, equation 9).
pub fn softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exp: Vec<f32> = logits.iter().map(|logit| ((logit - max) / temperature).exp()).collect();
    let sum: f32 = exp.iter().sum();
    exp.into_iter().map(|x| x / sum).collect()
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
    fn groups_cover_every_text_once_within_the_limit() {
        let encodings: Vec<Encoding> = (1..=300)
            .map(|length| Encoding { input_ids: vec![7; length % 97 + 1], is_truncated: false })
            .collect();
        let mut by_length: Vec<usize> = (0..encodings.len()).collect();
        by_length.sort_by_key(|&index| encodings[index].input_ids.len());
        let groups = groups(&by_length, &encodings);
        assert_eq!(groups.concat(), by_length);
        for group in groups {
            let longest = group.iter().map(|&index| encodings[index].input_ids.len()).max().unwrap();
            assert!(group.len() == 1 || group.len() * longest <= MAX_BATCH_TOKENS);
        }
    }
}
