//! Token + position + type embeddings, normalized (Devlin et al. 2019, figure 2).
//!
//! As one operation on the CPU. The gradient of the token table is not built here: most of its rows are zero, see
//! [`EmbeddingRows`].

use super::ops::norm::{self, Norm, Normalized};
use super::parameter::{Elements, Pair, Parameter, Slot, lock, slice};
use super::quantization::{round_trip, straight_through};
use super::{
    Architecture, Batch, Dropout, EncoderConfig, Form, Mask, Place, Quantization, StorageFormat, Weights,
    layer, names,
};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// The gradient of the token table by the tokens that were looked up: a table of zeros but for these rows.
#[derive(Clone, Debug, Default)]
pub struct EmbeddingRows {
    /// Which row of the table each row of `gradient` belongs to, repetitions included.
    input_ids: Vec<u32>,
    /// `[tokens, hidden]`.
    gradient: Vec<f32>,
}

impl EmbeddingRows {
    /// Adds the rows to a dense gradient, `[vocab, hidden]`, in the order of the tokens.
    pub fn add_to(&self, table: &mut [f32]) {
        let hidden = self.gradient.len() / self.input_ids.len().max(1);
        for (id, row) in self.input_ids.iter().zip(self.gradient.chunks_exact(hidden.max(1))) {
            let place = &mut table[*id as usize * hidden..][..hidden];
            place.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
    }

    fn append(&mut self, input_ids: &[u32], gradient: Vec<f32>) {
        self.input_ids.extend_from_slice(input_ids);
        match self.gradient.is_empty() {
            true => self.gradient = gradient,
            false => self.gradient.extend(gradient),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Embeddings {
    /// `[vocab, hidden]`.
    pub(super) token: Tensor,
    /// `[max_position_embeddings, hidden]`.
    position: Parameter,
    /// `[type_vocab_size, hidden]`; a single text is all type 0. MPNet has none.
    token_type: Option<Parameter>,
    norm: Pair,
    eps: f64,
    /// How the token table is stored: rows are rounded as they are looked up.
    format: StorageFormat,
    rows: Slot<EmbeddingRows>,
}

impl Embeddings {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
    ) -> std::result::Result<Self, W::Error> {
        Ok(Self {
            token: weights.tensor(names::TOKEN_EMBEDDINGS)?,
            position: Parameter::new(weights, names::POSITION_EMBEDDINGS)?,
            token_type: match config.architecture {
                Architecture::Bert => Some(Parameter::new(weights, names::TOKEN_TYPES)?),
                Architecture::MpNet { .. } => None,
            },
            norm: Pair::new(weights, names::EMBEDDINGS_NORM)?,
            eps: config.layer_norm_eps,
            format: StorageFormat::F32,
            rows: Slot::default(),
        })
    }

    pub(super) fn fork(&self) -> Self {
        Self {
            position: self.position.fork(),
            token_type: self.token_type.as_ref().map(Parameter::fork),
            norm: self.norm.fork(),
            rows: Slot::default(),
            ..self.clone()
        }
    }

    /// From here on looks tokens, positions and types up as inference does in tables stored like this.
    pub(super) fn round(&mut self, quantization: &Quantization) -> Result<()> {
        self.format = quantization.check(names::TOKEN_EMBEDDINGS, self.token.dim(1)?)?;
        self.position.round_table(names::POSITION_EMBEDDINGS, quantization)?;
        match &self.token_type {
            Some(token_type) => token_type.round_table(names::TOKEN_TYPES, quantization),
            None => Ok(()),
        }
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        [&self.position].into_iter().chain(&self.token_type).chain(self.norm.parameters())
    }

    /// Takes out what the backward pass left for the token table.
    pub(super) fn take_rows(&self) -> Option<EmbeddingRows> {
        lock(&self.rows).take()
    }

    /// Shape: → `[tokens, hidden]`.
    pub(super) fn forward(&self, batch: &Batch, dropout: &mut dyn Dropout, form: Form) -> Result<Tensor> {
        let longest = batch.longest();
        let positions = self.position.tensor().dim(0)?;
        if longest > positions {
            candle_core::bail!("expected texts of at most {positions} tokens, found one of {longest}");
        }
        let vocab_size = self.token.dim(0)?;
        if let Some(id) = batch.input_ids().iter().find(|id| **id as usize >= vocab_size) {
            candle_core::bail!("expected token ids below {vocab_size}, found {id}");
        }
        let mask = dropout.mask(Place::Hidden);
        match form {
            Form::Composed => self.composed(batch, mask),
            Form::Fused => self.token.apply_op1(Embed {
                embeddings: self.clone(),
                input_ids: batch.shared_input_ids(),
                texts: batch.shared_texts(),
                mask,
                saved: Mutex::new(None),
            }),
        }
    }

    /// The specification of [`Embed`], out of candle's differentiable operations.
    fn composed(&self, batch: &Batch, mask: Option<Mask>) -> Result<Tensor> {
        let (ids, count) = (batch.input_ids(), batch.input_ids().len());
        let ids = Tensor::new(ids, batch.device())?;
        let positions: Vec<u32> = batch.texts().iter().flat_map(|text| 0..text.len() as u32).collect();
        let positions = Tensor::from_vec(positions, count, batch.device())?;
        let mut hidden = self.token.index_select(&ids, 0)?;
        if self.format != StorageFormat::F32 {
            let mut rounded: Vec<f32> = hidden.flatten_all()?.to_vec1()?;
            round_trip(self.format, &mut rounded);
            hidden = straight_through(&hidden, &Tensor::from_vec(rounded, hidden.shape(), hidden.device())?)?;
        }
        let position = self.position.differentiable()?.index_select(&positions, 0)?;
        let constant = match &self.token_type {
            Some(token_type) => position.broadcast_add(&token_type.differentiable()?.narrow(0, 0, 1)?)?,
            None => position,
        };
        let y = layer::composed::layer_norm(&(hidden + constant)?, &self.norm, self.eps)?;
        layer::composed::drop(mask, y)
    }
}

/// The whole of it on the CPU; input: the token table, for whose sake candle keeps the operation in its graph.
struct Embed {
    embeddings: Embeddings,
    input_ids: Arc<[u32]>,
    texts: Arc<[Range<usize>]>,
    mask: Option<Mask>,
    saved: Mutex<Option<Normalized>>,
}

impl CustomOp1 for Embed {
    fn name(&self) -> &'static str {
        "embeddings"
    }

    fn cpu_fwd(&self, token: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Embeddings { position, token_type, norm, eps, format, .. } = &self.embeddings;
        let (token, position) = (slice(token, layout)?, position.elements()?);
        let token_type = token_type.as_ref().map(Parameter::elements).transpose()?;
        let (weight, bias) = (norm.weight.elements()?, norm.bias.elements()?);
        let hidden = weight.len();
        let mut x = Vec::with_capacity(self.input_ids.len() * hidden);
        let mut stored = vec![0f32; hidden];
        for text in self.texts.iter() {
            for (id, position) in self.input_ids[text.clone()].iter().zip(position.chunks_exact(hidden)) {
                stored.copy_from_slice(&token[*id as usize * hidden..][..hidden]);
                round_trip(*format, &mut stored);
                match token_type.as_deref() {
                    // The order of inference: position and type are one table there.
                    Some(token_type) => {
                        x.extend(stored.iter().zip(position).zip(token_type).map(|((x, y), z)| x + (y + z)));
                    }
                    None => x.extend(stored.iter().zip(position).map(|(x, y)| x + y)),
                }
            }
        }
        let norm = Norm { weight: &weight, bias: &bias, eps: *eps as f32 };
        let (mut y, normalized) = norm::forward(x, &[], None, norm);
        if let Some(mask) = self.mask {
            mask.apply(&mut y, hidden);
        }
        *lock(&self.saved) = Some(normalized);
        Ok((CpuStorage::F32(y), Shape::from((self.input_ids.len(), hidden))))
    }

    fn bwd(&self, _token: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let Embeddings { position, token_type, norm, rows, .. } = &self.embeddings;
        let Some(normalized) = lock(&self.saved).take() else {
            return Err(layer::fused::used_up(self.name()));
        };
        let weight = norm.weight.elements()?;
        let hidden = weight.len();
        let grad = grad.contiguous()?;
        let mut grad = Elements::of(&grad)?.to_vec();
        if let Some(mask) = self.mask {
            mask.apply(&mut grad, hidden);
        }
        let (_, gradients) = norm::backward(&mut grad, &normalized, None, &weight);
        let mut position_gradient = vec![0f32; position.tensor().elem_count()];
        for text in self.texts.iter() {
            let text = &grad[text.start * hidden..text.end * hidden];
            position_gradient.iter_mut().zip(text).for_each(|(sum, x)| *sum += x);
        }
        position.add_gradient(position_gradient);
        if let Some(token_type) = token_type {
            let mut gradient = vec![0f32; token_type.tensor().elem_count()];
            for row in grad.chunks_exact(hidden) {
                gradient.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            token_type.add_gradient(gradient);
        }
        norm.weight.add_gradient(gradients.weight);
        norm.bias.add_gradient(gradients.bias);
        lock(rows).get_or_insert_default().append(&self.input_ids, grad);
        Ok(None)
    }
}
