//! The BERT encoder with mean pooling and a classification head: token ids in, logits out.
//!
//! What the trainer trains: differentiable, in f32. Its weights come through [`Weights`]: the trainer's variables,
//! or a model file's tensors. A [`Classifier`](crate::Classifier) runs the same network in int8, through
//! `inference`, which the tests hold against this. Source: Devlin et al. 2019, "BERT", post-LayerNorm
//! layers; mean pooling after Reimers & Gurevych 2019, "Sentence-BERT", section 3.

mod attention;
mod batch;
mod config;
mod dropout;
mod embeddings;
mod layer;
mod linear;
mod norm;
pub mod ops;
mod weights;

use candle_core::{Result, Tensor};

pub use batch::Batch;
pub use config::EncoderConfig;
pub use dropout::{Dropout, NoDropout, Place};
pub use weights::{TensorSpec, Weights, tensor_specs};

use embeddings::Embeddings;
use layer::Layer;
use linear::Linear;

/// Embeddings, layers, pooling and head.
#[derive(Debug)]
pub struct Encoder {
    embeddings: Embeddings,
    layers: Vec<Layer>,
    classifier: Linear,
}

impl Encoder {
    /// Takes every tensor that `config` asks for out of `weights`.
    ///
    /// # Errors
    /// A tensor that `weights` cannot supply.
    pub fn new<W: Weights>(config: &EncoderConfig, weights: &W) -> std::result::Result<Self, W::Error> {
        let layers = (0..config.num_hidden_layers).map(|index| Layer::new(config, weights, index));
        Ok(Self {
            embeddings: Embeddings::new(config, weights)?,
            layers: layers.collect::<std::result::Result<_, _>>()?,
            classifier: Linear::new(weights, "cls.output")?,
        })
    }

    /// Last hidden states of a batch.
    ///
    /// Shape: `[batch, tokens, hidden_size]`, f32. Rows of padding hold arbitrary finite values.
    ///
    /// # Errors
    /// Tensor operations: ids beyond the vocabulary, more tokens than position embeddings.
    pub fn hidden_states(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<Tensor> {
        let mut hidden = self.embeddings.forward(batch, dropout)?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden, batch, dropout)?;
        }
        Ok(hidden)
    }

    /// Logits of a batch, one row a text.
    ///
    /// Shape: `[batch, num_labels]`, f32. Padding does not change a row beyond rounding (1e-5).
    ///
    /// # Errors
    /// As [`Encoder::hidden_states`].
    pub fn logits(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<Tensor> {
        let hidden = self.hidden_states(batch, dropout)?;
        let pooled = batch.mean_pool(&hidden)?;
        let pooled = dropout.apply(Place::Classifier, pooled)?;
        self.classifier.forward(&pooled)
    }
}
