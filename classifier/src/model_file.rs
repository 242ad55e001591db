//! The model file: one GGUF with hyper-parameters, tensors, tokenizer, normalization, labels and calibration.
//!
//! Keys and tensor names follow the GGUF specification (ggml's `docs/gguf.md`, architecture `bert`) where it
//! has one; what it has none for lies under `tickertone.`. Reading validates everything the classifier relies
//! on, once; writing is the trainer's `export`.

mod config;
mod matrix;
pub mod names;
mod read;
mod something_else;
mod storage_format;
mod tensors;
mod write;

pub use config::{Architecture, EncoderConfig};
pub use matrix::StoredMatrix;
pub use read::ModelFile;
pub use something_else::something_else;
pub use storage_format::{BLOCK, StorageFormat};
pub use tensors::{TensorSpec, tensor_specs};
pub use write::write;

/// Everything of a model file but its tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// The model's id, e.g. `minilm-l4-q4_0`; also the name of its folder.
    pub id: String,
    /// Sizes of the encoder.
    pub encoder: EncoderConfig,
    /// Names of the labels; the position is the label's id.
    pub labels: Vec<String>,
    /// Names of the [normalization](crate::normalization) steps, in order.
    pub normalization: Vec<String>,
    /// Logits are divided by this before the softmax (Guo et al. 2017, section 4.2); above 0.
    pub temperature: f32,
    /// A prediction whose highest probability lies below this is uncertain; 0 ..= 1.
    pub uncertain_threshold: f32,
    /// When the exit of [`EncoderConfig::exit_layer`] answers; where there is one, and only there.
    pub exit: Option<Exit>,
    /// A Hugging Face `tokenizer.json`, whole.
    pub tokenizer_json: String,
    /// Where the model comes from, as `(key, value)`: base model, data hash, configuration hash, versions.
    /// Written under `tickertone.provenance.`, never interpreted.
    pub provenance: Vec<(String, String)>,
}

/// When an exit is sure enough to answer (Xin et al. 2020, "DeeBERT", section 3.2, by the highest probability instead of
/// the entropy).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exit {
    /// The exit's logits are divided by this before the softmax; above 0.
    pub temperature: f32,
    /// The exit answers where its highest probability is at least this; above 0, at most 1.
    pub threshold: f32,
}

/// Metadata keys, in one place for reader and writer.
mod keys {
    pub const ARCHITECTURE: &str = "general.architecture";
    pub const NAME: &str = "general.name";
    pub const QUANTIZATION_VERSION: &str = "general.quantization_version";
    pub const FILE_TYPE: &str = "general.file_type";
    pub const ALIGNMENT: &str = "general.alignment";
    pub const VOCAB_SIZE: &str = "bert.vocab_size";
    pub const CONTEXT_LENGTH: &str = "bert.context_length";
    pub const EMBEDDING_LENGTH: &str = "bert.embedding_length";
    pub const BLOCK_COUNT: &str = "bert.block_count";
    pub const FEED_FORWARD_LENGTH: &str = "bert.feed_forward_length";
    pub const HEAD_COUNT: &str = "bert.attention.head_count";
    pub const LAYER_NORM_EPSILON: &str = "bert.attention.layer_norm_epsilon";
    pub const CAUSAL: &str = "bert.attention.causal";
    pub const POOLING_TYPE: &str = "bert.pooling_type";
    pub const OUTPUT_LABELS: &str = "bert.classifier.output_labels";
    pub const TOKEN_TYPE_COUNT: &str = "tokenizer.ggml.token_type_count";
    pub const TOKENIZER_JSON: &str = "tokenizer.huggingface.json";
    pub const NORMALIZATION: &str = "tickertone.normalization";
    pub const TEMPERATURE: &str = "tickertone.temperature";
    pub const UNCERTAIN_THRESHOLD: &str = "tickertone.uncertain_threshold";
    pub const EXIT_LAYER: &str = "tickertone.exit.layer";
    pub const EXIT_TEMPERATURE: &str = "tickertone.exit.temperature";
    pub const EXIT_THRESHOLD: &str = "tickertone.exit.threshold";
    pub const PROVENANCE: &str = "tickertone.provenance.";
}

/// The one architecture there is.
const ARCHITECTURE: &str = "bert";
/// `LLAMA_POOLING_TYPE_MEAN` of the GGUF specification's reference implementation.
const POOLING_TYPE_MEAN: u32 = 1;
