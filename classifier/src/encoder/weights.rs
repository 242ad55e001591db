//! Where the encoder's tensors come from: a model file (inference) or the trainer's variables (training).
//!
//! Names are those of the GGUF specification for BERT (`blk.N.attn_q.weight`, …) in both, so that training,
//! checkpoints and model files speak of the same tensor by the same name.

use super::EncoderConfig;
use candle_core::Tensor;

/// A source of f32 tensors by name.
pub trait Weights {
    /// Why a tensor cannot be supplied.
    type Error;

    /// The f32 tensor of this name, in the shape of its [`TensorSpec`].
    ///
    /// # Errors
    /// A missing tensor or one of another shape.
    fn tensor(&self, name: &str) -> Result<Tensor, Self::Error>;
}

/// Name and shape of one tensor of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Name in the model file.
    pub name: String,
    /// Row-major shape.
    pub shape: Vec<usize>,
    /// A matrix that `trainer export` may quantize: the products' and the embedding tables'. The others stay f32:
    /// they are small, and added or multiplied element by element.
    pub is_quantizable: bool,
}

/// Every tensor of a model with these sizes, in the order of the model file.
pub fn tensor_specs(config: &EncoderConfig) -> Vec<TensorSpec> {
    let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
    let mut specs = Vec::new();
    let mut push = |name: String, shape: &[usize], is_quantizable: bool| {
        specs.push(TensorSpec { name, shape: shape.to_vec(), is_quantizable });
    };
    push("token_embd.weight".to_owned(), &[config.vocab_size, hidden], true);
    push("position_embd.weight".to_owned(), &[config.max_position_embeddings, hidden], true);
    push("token_types.weight".to_owned(), &[config.type_vocab_size, hidden], true);
    push("token_embd_norm.weight".to_owned(), &[hidden], false);
    push("token_embd_norm.bias".to_owned(), &[hidden], false);
    for layer in 0..config.num_hidden_layers {
        let linears = [
            ("attn_q", hidden, hidden),
            ("attn_k", hidden, hidden),
            ("attn_v", hidden, hidden),
            ("attn_output", hidden, hidden),
            ("ffn_up", intermediate, hidden),
            ("ffn_down", hidden, intermediate),
        ];
        for (name, rows, columns) in linears {
            push(format!("blk.{layer}.{name}.weight"), &[rows, columns], true);
            push(format!("blk.{layer}.{name}.bias"), &[rows], false);
        }
        for name in ["attn_output_norm", "layer_output_norm"] {
            push(format!("blk.{layer}.{name}.weight"), &[hidden], false);
            push(format!("blk.{layer}.{name}.bias"), &[hidden], false);
        }
    }
    push("cls.output.weight".to_owned(), &[config.num_labels, hidden], false);
    push("cls.output.bias".to_owned(), &[config.num_labels], false);
    specs
}
