//! Which tensors a model has: name and shape of each, derived from its sizes.

use super::names::{self, bias, in_layer, weight};
use super::{Architecture, EncoderConfig};

/// Name and shape of one tensor of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Name in the model file: see [`names`].
    pub name: String,
    /// Row-major shape.
    pub shape: Vec<usize>,
    /// A matrix that may be stored in a quantized format: the products' and the embedding tables'. The others stay
    /// f32: they are small, and added or multiplied element by element.
    pub is_quantizable: bool,
}

/// Every tensor of a model with these sizes, in the order of the model file.
pub fn tensor_specs(config: &EncoderConfig) -> Vec<TensorSpec> {
    let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
    let mut specs = Vec::new();
    let mut push = |name: String, shape: &[usize], is_quantizable: bool| {
        specs.push(TensorSpec { name, shape: shape.to_vec(), is_quantizable });
    };
    push(names::TOKEN_EMBEDDINGS.to_owned(), &[config.vocab_size, hidden], true);
    push(names::POSITION_EMBEDDINGS.to_owned(), &[config.max_position_embeddings, hidden], true);
    match config.architecture {
        Architecture::Bert => push(names::TOKEN_TYPES.to_owned(), &[config.type_vocab_size, hidden], true),
        Architecture::MpNet { relative_attention_num_buckets: buckets } => {
            push(names::RELATIVE_ATTENTION_BIAS.to_owned(), &[buckets, config.num_attention_heads], false);
        }
    }
    push(weight(names::EMBEDDINGS_NORM), &[hidden], false);
    push(bias(names::EMBEDDINGS_NORM), &[hidden], false);
    for layer in 0..config.num_hidden_layers {
        let linears = [
            (names::QUERY, hidden, hidden),
            (names::KEY, hidden, hidden),
            (names::VALUE, hidden, hidden),
            (names::ATTENTION_OUTPUT, hidden, hidden),
            (names::UP, intermediate, hidden),
            (names::DOWN, hidden, intermediate),
        ];
        for (part, rows, columns) in linears {
            push(weight(&in_layer(layer, part)), &[rows, columns], true);
            push(bias(&in_layer(layer, part)), &[rows], false);
        }
        for part in [names::ATTENTION_NORM, names::OUTPUT_NORM] {
            push(weight(&in_layer(layer, part)), &[hidden], false);
            push(bias(&in_layer(layer, part)), &[hidden], false);
        }
    }
    push(weight(names::CLASSIFIER), &[config.num_labels, hidden], false);
    push(bias(names::CLASSIFIER), &[config.num_labels], false);
    specs
}
