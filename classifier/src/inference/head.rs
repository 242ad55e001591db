//! A classification head: the mean of a text's hidden states, times a matrix.

use crate::ModelError;
use crate::model_file::{ModelFile, names};

/// The head behind the last layer, or behind an exit.
#[derive(Debug)]
pub(super) struct Head {
    /// `[labels][hidden]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Head {
    /// The head of this name.
    pub(super) fn new(file: &ModelFile, name: &str) -> Result<Self, ModelError> {
        Ok(Self { weight: file.floats(&names::weight(name))?, bias: file.floats(&names::bias(name))? })
    }

    /// Logits of a text by its hidden states, `[tokens][hidden]`; `pooled` is room for their mean.
    pub(super) fn logits(&self, hidden: &[f32], pooled: &mut [f32]) -> Vec<f32> {
        pooled.fill(0.0);
        for row in hidden.chunks_exact(pooled.len()) {
            pooled.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let tokens = (hidden.len() / pooled.len()) as f32;
        pooled.iter_mut().for_each(|sum| *sum /= tokens);
        let each = self.weight.chunks_exact(pooled.len()).zip(&self.bias);
        each.map(|(weights, bias)| pooled.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>() + bias)
            .collect()
    }
}
