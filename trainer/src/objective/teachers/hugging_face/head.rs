//! From hidden states to logits: one vector a text, a dense layer with its activation, maybe a norm, a linear layer.
//!
//! All families differ in no more than that. The heads of candle-transformers would do for some of them; ModernBERT's
//! gives probabilities, and BERT and DistilBERT have none.

use candle_core::{D, DType, Module, Result, Tensor};
use candle_nn::{LayerNorm, Linear};

/// Which vector of a text is classified.
#[derive(Clone, Copy, Debug)]
pub enum Pooling {
    /// The first token's.
    First,
    /// The mean of all that are no padding.
    Mean,
}

/// Between the two linear layers.
#[derive(Clone, Copy, Debug)]
pub enum Activation {
    /// With the error function.
    Gelu,
    /// Of DistilBERT.
    Relu,
    /// Of BERT and RoBERTa.
    Tanh,
}

/// A classification head.
#[derive(Debug)]
pub struct Head {
    /// Over the tokens.
    pub pooling: Pooling,
    /// `[hidden_size, hidden_size]`.
    pub dense: Linear,
    /// Behind it.
    pub activation: Activation,
    /// Behind that.
    pub norm: Option<LayerNorm>,
    /// `[num_labels, hidden_size]`.
    pub classifier: Linear,
}

impl Head {
    /// Logits `[texts, num_labels]` of hidden states `[texts, tokens, hidden_size]`; `mask` is 1 where a token is no padding.
    pub fn forward(&self, hidden: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let pooled = match self.pooling {
            Pooling::First => hidden.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?,
            Pooling::Mean => {
                let mask = mask.to_dtype(DType::F32)?;
                let sum = hidden.broadcast_mul(&mask.unsqueeze(D::Minus1)?)?.sum(1)?;
                sum.broadcast_div(&mask.sum_keepdim(1)?)?
            }
        };
        let dense = self.dense.forward(&pooled)?;
        let active = match self.activation {
            Activation::Gelu => dense.gelu_erf()?,
            Activation::Relu => dense.relu()?,
            Activation::Tanh => dense.tanh()?,
        };
        let normed = self.norm.as_ref().map_or_else(|| Ok(active.clone()), |norm| norm.forward(&active))?;
        self.classifier.forward(&normed)
    }
}
