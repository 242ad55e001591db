//! Encoders with mean pooling and a classification head over candle tensors: token ids in, logits out. BERT, and MPNet.
//!
//! What the trainer trains: differentiable, in f32, on the CPU and on CUDA devices. Its weights come through [`Weights`]:
//! the trainer's variables, or a model file's tensors. A [`Classifier`](classifier::Classifier) runs the same network in
//! int8, and the tests here hold it against this. Source: Devlin et al. 2019, "BERT", post-LayerNorm
//! layers; Song et al. 2020, "MPNet"; mean pooling after Reimers & Gurevych 2019, "Sentence-BERT", section 3.

mod batch;
mod device;
mod dropout;
mod embeddings;
mod layer;
mod ops;
mod parameter;
mod quantization;
mod relative;
mod rows;
mod weights;

use candle_core::backprop::GradStore;
use candle_core::{Device, Error, Result, Tensor};
use rayon::prelude::*;

pub use batch::Batch;
pub use device::gpu;
pub use dropout::{Dropout, Mask, NoDropout, Place};
pub use embeddings::EmbeddingRows;
pub use quantization::Quantization;
pub use weights::Weights;

/// The words of the model file that this crate speaks.
pub use classifier::model_file::{
    Architecture, EncoderConfig, StorageFormat, TensorSpec, names, tensor_specs,
};

use embeddings::Embeddings;
use layer::{Layer, Surroundings};
use parameter::Pair;
use relative::RelativeBias;

/// How embeddings and layers are computed. Both forms have gradients for everything and agree within rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One operation each with a backward pass of its own; on the CPU, on one thread.
    Fused,
    /// Compositions of candle's operations: the specification, and what runs on a GPU.
    Composed,
}

/// Embeddings, layers, pooling and head.
#[derive(Debug)]
pub struct Encoder {
    embeddings: Embeddings,
    /// MPNet's.
    relative: Option<RelativeBias>,
    layers: Vec<Layer>,
    classifier: Pair,
    form: Form,
}

impl Encoder {
    /// Takes every tensor that `config` asks for out of `weights`.
    ///
    /// # Errors
    /// A tensor that `weights` cannot supply.
    pub fn new<W: Weights>(config: &EncoderConfig, weights: &W) -> std::result::Result<Self, W::Error> {
        let layers = (0..config.num_hidden_layers).map(|index| Layer::new(config, weights, index));
        let embeddings = Embeddings::new(config, weights)?;
        Ok(Self {
            form: match embeddings.token.device() {
                Device::Cpu => Form::Fused,
                _ => Form::Composed,
            },
            embeddings,
            relative: RelativeBias::new(config, weights)?,
            layers: layers.collect::<std::result::Result<_, _>>()?,
            classifier: Pair::new(weights, names::CLASSIFIER)?,
        })
    }

    /// An encoder that computes what inference computes with a model file stored like this, roundings included, but
    /// in f32; the gradients are those of an encoder that does not round. Weights are rounded here: what an
    /// optimizer changes later, another encoder sees. Runs on the threads of the rayon pool it is called in.
    ///
    /// # Errors
    /// A tensor that `weights` cannot supply, or whose rows are no whole blocks of its format.
    pub fn with_quantization<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
        quantization: &Quantization,
    ) -> std::result::Result<Self, W::Error>
    where
        W::Error: From<Error>,
    {
        let mut encoder = Self::new(config, weights)?;
        encoder.embeddings.round(quantization)?;
        let layers = encoder.layers.par_iter().enumerate();
        layers.map(|(index, layer)| layer.round(index, quantization)).collect::<Result<()>>()?;
        Ok(encoder)
    }

    /// The same encoder in another form. [`Form::Fused`] is for the CPU only.
    pub fn with_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// An encoder over the same tensors with gradients of its own: one for each thread that computes some.
    pub fn fork(&self) -> Self {
        Self {
            embeddings: self.embeddings.fork(),
            relative: self.relative.as_ref().map(RelativeBias::fork),
            layers: self.layers.iter().map(Layer::fork).collect(),
            classifier: self.classifier.fork(),
            form: self.form,
        }
    }

    /// The token embedding table, `[vocab_size, hidden_size]`.
    pub fn token_embeddings(&self) -> &Tensor {
        &self.embeddings.token
    }

    /// Last hidden states of a batch, text behind text as in [`Batch::texts`].
    ///
    /// Shape: `[tokens, hidden_size]`, f32.
    ///
    /// # Errors
    /// Tensor operations: ids beyond the vocabulary, more tokens than position embeddings.
    pub fn hidden_states(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<Tensor> {
        let mut hidden = self.embeddings.forward(batch, dropout, self.form)?;
        let surroundings = Surroundings::new(batch, self.relative.as_ref(), self.form)?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden, batch, &surroundings, dropout)?;
        }
        Ok(hidden)
    }

    /// Mean of each text's last hidden states, before the dropout of the head.
    ///
    /// Shape: `[texts, hidden_size]`, f32. What else is in the batch does not change a row beyond rounding (1e-5).
    ///
    /// # Errors
    /// As [`Encoder::hidden_states`].
    pub fn pooled(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<Tensor> {
        batch.mean_pool(&self.hidden_states(batch, dropout)?)
    }

    /// Logits of a batch, one row a text.
    ///
    /// Shape: `[texts, num_labels]`, f32. What else is in the batch does not change a row beyond rounding (1e-5).
    ///
    /// # Errors
    /// As [`Encoder::hidden_states`].
    pub fn logits(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<Tensor> {
        Ok(self.logits_and_pooled(batch, dropout)?.0)
    }

    /// [`Encoder::logits`] and [`Encoder::pooled`] of one pass.
    ///
    /// # Errors
    /// As [`Encoder::hidden_states`].
    pub fn logits_and_pooled(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<(Tensor, Tensor)> {
        let pooled = self.pooled(batch, dropout)?;
        let dropped = layer::composed::drop(dropout.mask(Place::Classifier), pooled.clone())?;
        Ok((layer::composed::linear(&dropped, &self.classifier)?, pooled))
    }

    /// Gradients of everything that `loss` was computed from, this encoder's tensors among it.
    ///
    /// `loss.backward()` alone would lack those that the fused operations keep. Each forward pass can be gone back
    /// through once.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn backward(&self, loss: &Tensor) -> Result<GradStore> {
        let (mut gradients, rows) = self.backward_rows(loss)?;
        if let Some(rows) = rows {
            let table = self.token_embeddings();
            let mut dense = match gradients.get(table) {
                Some(gradient) => gradient.flatten_all()?.to_vec1()?,
                None => vec![0f32; table.elem_count()],
            };
            rows.add_to(&mut dense);
            gradients.insert(table, Tensor::from_vec(dense, table.shape(), table.device())?);
        }
        Ok(gradients)
    }

    /// [`Encoder::backward`], but what looking up tokens adds to the gradient of the embedding table is given
    /// separately: several threads can add theirs to one table.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn backward_rows(&self, loss: &Tensor) -> Result<(GradStore, Option<EmbeddingRows>)> {
        let mut gradients = loss.backward()?;
        let layers = self.layers.iter().flat_map(Layer::parameters);
        let relative = self.relative.iter().map(RelativeBias::table);
        for parameter in self.embeddings.parameters().chain(relative).chain(layers) {
            if let Some(gradient) = parameter.take_gradient()? {
                gradients.insert(parameter.tensor(), gradient);
            }
        }
        Ok((gradients, self.embeddings.take_rows()))
    }
}
