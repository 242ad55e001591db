//! One transformer layer: attention and feed-forward, each with residual and LayerNorm after (post-LN).
//!
//! In two forms, see [`Form`]: `fused` is one operation with its own backward pass, `composed` its specification.

pub(super) mod composed;
pub(super) mod fused;

use super::names::{self, in_layer, weight};
use super::ops::attention::ByDistance;
use super::ops::attention::Heads;
use super::parameter::{Pair, Parameter};
use super::relative::RelativeBias;
use super::{Batch, Dropout, EncoderConfig, Form, Mask, Place, Quantization, Weights};
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// The tensors of a layer.
#[derive(Debug)]
pub(super) struct Parameters {
    query: Pair,
    key: Pair,
    value: Pair,
    output: Pair,
    attention_norm: Pair,
    up: Pair,
    down: Pair,
    output_norm: Pair,
    heads: Heads,
    eps: f64,
}

/// The masks of one pass through a layer.
#[derive(Clone, Copy, Debug)]
struct Masks {
    attention: Option<Mask>,
    attended: Option<Mask>,
    output: Option<Mask>,
}

/// What the attention of every layer needs of a batch besides the hidden states, made once a pass; by form.
pub(super) enum Surroundings {
    /// What is added to the scores, where something is, and whose gradient that is.
    Fused(Option<(RelativeBias, Arc<ByDistance>)>),
    /// Texts beside each other, and what is added to the scores.
    Composed(composed::Beside),
}

impl Surroundings {
    pub(super) fn new(batch: &Batch, relative: Option<&RelativeBias>, form: Form) -> Result<Self> {
        Ok(match form {
            Form::Fused => Self::Fused(match relative {
                Some(relative) => Some((relative.clone(), relative.by_distance(batch.longest())?.into())),
                None => None,
            }),
            Form::Composed => Self::Composed(composed::Beside::new(batch, relative)?),
        })
    }
}

#[derive(Debug)]
pub(super) struct Layer(Arc<Parameters>);

impl Layer {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
        index: usize,
    ) -> std::result::Result<Self, W::Error> {
        let pair = |part: &str| Pair::new(weights, &in_layer(index, part));
        Ok(Self(Arc::new(Parameters {
            query: pair(names::QUERY)?,
            key: pair(names::KEY)?,
            value: pair(names::VALUE)?,
            output: pair(names::ATTENTION_OUTPUT)?,
            attention_norm: pair(names::ATTENTION_NORM)?,
            up: pair(names::UP)?,
            down: pair(names::DOWN)?,
            output_norm: pair(names::OUTPUT_NORM)?,
            heads: Heads { num_heads: config.num_attention_heads, head_size: config.head_size() },
            eps: config.layer_norm_eps,
        })))
    }

    pub(super) fn fork(&self) -> Self {
        let Parameters { query, key, value, output, attention_norm, up, down, output_norm, heads, eps } =
            &*self.0;
        Self(Arc::new(Parameters {
            query: query.fork(),
            key: key.fork(),
            value: value.fork(),
            output: output.fork(),
            attention_norm: attention_norm.fork(),
            up: up.fork(),
            down: down.fork(),
            output_norm: output_norm.fork(),
            heads: *heads,
            eps: *eps,
        }))
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let Parameters { query, key, value, output, attention_norm, up, down, output_norm, .. } = &*self.0;
        [query, key, value, output, attention_norm, up, down, output_norm]
            .into_iter()
            .flat_map(Pair::parameters)
    }

    /// From here on computes as inference does with weights stored like this; `index` is the layer's.
    pub(super) fn round(&self, index: usize, quantization: &Quantization) -> Result<()> {
        let Parameters { query, key, value, output, up, down, .. } = &*self.0;
        let matrices = [
            (names::QUERY, query),
            (names::KEY, key),
            (names::VALUE, value),
            (names::ATTENTION_OUTPUT, output),
            (names::UP, up),
            (names::DOWN, down),
        ];
        let mut matrices = matrices.into_iter();
        matrices.try_for_each(|(part, pair)| pair.weight.round(&weight(&in_layer(index, part)), quantization))
    }

    /// Shape: `[tokens, hidden]` → the same.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &Batch,
        surroundings: &Surroundings,
        dropout: &mut dyn Dropout,
    ) -> Result<Tensor> {
        let masks = Masks {
            attention: dropout.mask(Place::Attention),
            attended: dropout.mask(Place::Hidden),
            output: dropout.mask(Place::Hidden),
        };
        match surroundings {
            Surroundings::Fused(relative) => fused::forward(&self.0, hidden, batch, relative.clone(), masks),
            Surroundings::Composed(beside) => composed::forward(&self.0, hidden, beside, masks),
        }
    }
}
