//! `golden.json`: texts with the ids, logits and probabilities that this model gives them.
//!
//! Written by the native engine at export; server, browser and later kernels are held against it. The texts
//! were written for this project and try what real tweets do: cashtags, entities, URLs, emoji, other scripts.

use crate::output::json;
use anyhow::Context;
use classifier::Classifier;
use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
use serde::{Deserialize, Serialize};

/// The inputs, as a JSON array of strings.
const TEXTS: &str = include_str!("golden_texts.json");

/// The golden values of one model.
#[derive(Debug, Serialize, Deserialize)]
pub struct Golden {
    /// The model's id.
    pub model: String,
    /// A case a text.
    pub cases: Vec<GoldenCase>,
}

/// What the model says of one text.
#[derive(Debug, Serialize, Deserialize)]
pub struct GoldenCase {
    /// The text as a user would type it.
    pub text: String,
    /// Token ids with the special ones.
    pub input_ids: Vec<u32>,
    /// The head's output, in label order.
    pub logits: Vec<f32>,
    /// Calibrated probabilities, in label order.
    pub probabilities: Vec<f32>,
    /// The most probable label.
    pub label: String,
    /// Layers after which it was read; not in files of before there were exits.
    #[serde(default)]
    pub num_layers: Option<usize>,
}

/// The golden values of the model in `bytes`, as pretty JSON.
///
/// # Errors
/// A text that the model cannot classify: the list above is wrong then.
pub fn json(bytes: &[u8], classifier: &Classifier) -> anyhow::Result<Vec<u8>> {
    let texts: Vec<String> = serde_json::from_str(TEXTS).context("golden_texts.json")?;
    let file = ModelFile::parse(bytes.to_vec())?;
    let normalization = Normalization::new(&file.metadata().normalization)?;
    let case = |text: String| {
        let encoding = file.tokenizer().encode(&normalization.apply(&text), classifier.max_tokens())?;
        let prediction = classifier.classify(&text)?;
        Ok(GoldenCase {
            input_ids: encoding.input_ids,
            logits: prediction.logits,
            probabilities: prediction.probabilities,
            label: prediction.label,
            num_layers: Some(prediction.num_layers),
            text,
        })
    };
    let cases = texts.into_iter().map(case).collect::<anyhow::Result<_>>()?;
    json::pretty(&Golden { model: classifier.model_id().to_owned(), cases })
}
