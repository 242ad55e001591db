//! The pre-trained encoder that fine-tuning starts from: a Hugging Face BERT folder.
//!
//! Read once at the start of `train`. Its tensors are renamed to the model file's names here and nowhere else;
//! the classification head, which no base has, is drawn from the run's own seeded generator.

use crate::config::ModelConfig;
use crate::parameters::Parameters;
use crate::run_folder::RunFolder;
use anyhow::{Context, bail};
use candle_core::{Device, Tensor};
use encoder::{EncoderConfig, TensorSpec, tensor_specs};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// File of a base model's weights.
pub const WEIGHTS: &str = "model.safetensors";

/// What fine-tuning needs of a base model.
#[derive(Debug)]
pub struct BaseModel {
    /// Sizes, with the run's context length and number of labels.
    pub config: EncoderConfig,
    /// Its published name, `model.base_name`.
    pub name: String,
    /// `tokenizer.json`, whole.
    pub tokenizer_json: String,
    /// SHA-256 of `model.safetensors`.
    pub sha256: String,
    tensors: HashMap<String, Tensor>,
    initializer_range: f64,
    /// The base's layer that each of ours is.
    layers: Vec<usize>,
    /// `config.json`, whole.
    hugging_face: serde_json::Map<String, serde_json::Value>,
}

/// The keys of Hugging Face's `config.json` that matter; the file has others.
#[derive(Deserialize)]
struct HuggingFaceConfig {
    model_type: String,
    hidden_act: String,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f64,
    initializer_range: f64,
}

impl BaseModel {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` of `model.base`.
    ///
    /// # Errors
    /// A missing or unreadable file, another architecture or activation than BERT with GELU, a context length
    /// beyond the base's.
    pub fn load(model: &ModelConfig, num_labels: usize) -> anyhow::Result<Self> {
        let (folder, context_length) = (&model.base, model.context_length);
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).with_context(|| {
                format!(
                    "cannot read {}: `model.base` must be a folder with config.json, tokenizer.json and \
                     model.safetensors; the README says where to get it",
                    path.display()
                )
            })
        };
        let no_configuration =
            || format!("{} is no BERT configuration", folder.join("config.json").display());
        let config_json = read("config.json")?;
        let base: HuggingFaceConfig = serde_json::from_slice(&config_json).with_context(no_configuration)?;
        if base.model_type != "bert" || base.hidden_act != "gelu" {
            let (model, activation) = (&base.model_type, &base.hidden_act);
            bail!("base model: expected model_type bert with gelu, found {model} with {activation}");
        }
        if context_length > base.max_position_embeddings {
            let longest = base.max_position_embeddings;
            bail!("`model.context_length`: expected at most the base's {longest}, found {context_length}");
        }
        let layers = match model.layers.is_empty() {
            true => (0..base.num_hidden_layers).collect(),
            false => model.layers.clone(),
        };
        if let Some(layer) = layers.iter().find(|layer| **layer >= base.num_hidden_layers) {
            let count = base.num_hidden_layers;
            bail!("`model.layers`: expected numbers below {count}, the base's layers, found {layer}");
        }
        let weights = read(WEIGHTS)?;
        Ok(Self {
            config: EncoderConfig {
                vocab_size: base.vocab_size,
                hidden_size: base.hidden_size,
                num_hidden_layers: layers.len(),
                num_attention_heads: base.num_attention_heads,
                intermediate_size: base.intermediate_size,
                max_position_embeddings: context_length,
                type_vocab_size: base.type_vocab_size,
                layer_norm_eps: base.layer_norm_eps,
                num_labels,
            },
            name: model.base_name.clone(),
            tokenizer_json: String::from_utf8(read("tokenizer.json")?)
                .context("tokenizer.json is not UTF-8")?,
            sha256: crate::data::sha256_hex(&weights),
            tensors: candle_core::safetensors::load_buffer(&weights, &Device::Cpu)
                .context("model.safetensors is not a whole safetensors file")?,
            initializer_range: base.initializer_range,
            layers,
            hugging_face: serde_json::from_slice(&config_json).with_context(no_configuration)?,
        })
    }

    /// Writes adapted weights as a Hugging Face folder; `model.safetensors` last.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_adapted(&self, folder: &RunFolder, parameters: &Parameters) -> anyhow::Result<()> {
        let mut config = self.hugging_face.clone();
        config.insert("num_hidden_layers".to_owned(), self.config.num_hidden_layers.into());
        config.insert("max_position_embeddings".to_owned(), self.config.max_position_embeddings.into());
        folder.write("config.json", &serde_json::to_vec_pretty(&config)?)?;
        folder.write("tokenizer.json", self.tokenizer_json.as_bytes())?;
        let mut tensors = BTreeMap::new();
        for spec in tensor_specs(&self.config) {
            if !spec.name.starts_with("cls.") {
                let tensor = parameters.get(&spec.name)?.to_device(&Device::Cpu)?;
                tensors.insert(hugging_face_name(&spec.name), tensor);
            }
        }
        folder.write(WEIGHTS, &safetensors::serialize(&tensors, None)?)
    }

    /// `count` numbers as a new layer starts with: normal, of the base's initializer range.
    pub fn initial(&self, count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        (0..count).map(|_| (normal(rng) * self.initializer_range) as f32).collect()
    }

    /// The starting point of a run: the base's tensors and a head drawn from `rng`.
    ///
    /// # Errors
    /// A tensor that the base lacks or holds in another shape.
    pub fn parameters(&self, device: &Device, rng: &mut ChaCha8Rng) -> anyhow::Result<Parameters> {
        Parameters::from_source(&self.config, device, |spec| match spec.name.strip_prefix("cls.output.") {
            Some("weight") => Ok(self.initial(spec.shape.iter().product(), rng)),
            Some(_) => Ok(vec![0.0; spec.shape.iter().product()]),
            None => self.values(spec),
        })
    }

    /// The base's values of one of our tensors.
    ///
    /// # Errors
    /// A tensor that the base lacks or holds in another shape.
    pub fn values(&self, spec: &TensorSpec) -> anyhow::Result<Vec<f32>> {
        let name = hugging_face_name(&self.base_layer_name(&spec.name));
        // A checkpoint of BertFor… keeps the encoder under `bert.`.
        let tensor = self.tensors.get(&name).or_else(|| self.tensors.get(&format!("bert.{name}")));
        let Some(tensor) = tensor else { bail!("base model: expected a tensor `{name}`, found none") };
        let tensor = match spec.name == "position_embd.weight" && tensor.dim(0)? > spec.shape[0] {
            true => tensor.narrow(0, 0, spec.shape[0])?,
            false => tensor.clone(),
        };
        if tensor.dims() != spec.shape {
            bail!("base model: tensor `{name}`: expected {:?}, found {:?}", spec.shape, tensor.dims());
        }
        Ok(tensor.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()?)
    }
}

impl BaseModel {
    /// The name with the number of the base's layer that ours is.
    fn base_layer_name(&self, name: &str) -> String {
        let parts = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
        let found =
            parts.and_then(|(layer, rest)| Some((self.layers.get(layer.parse::<usize>().ok()?)?, rest)));
        match found {
            Some((layer, rest)) => format!("blk.{layer}.{rest}"),
            None => name.to_owned(),
        }
    }
}

/// `blk.3.attn_q.weight` → `encoder.layer.3.attention.self.query.weight`, and so on.
fn hugging_face_name(name: &str) -> String {
    const NAMES: [(&str, &str); 12] = [
        ("token_embd_norm.", "embeddings.LayerNorm."),
        ("token_embd.", "embeddings.word_embeddings."),
        ("position_embd.", "embeddings.position_embeddings."),
        ("token_types.", "embeddings.token_type_embeddings."),
        ("attn_output_norm.", "attention.output.LayerNorm."),
        ("layer_output_norm.", "output.LayerNorm."),
        ("attn_q.", "attention.self.query."),
        ("attn_k.", "attention.self.key."),
        ("attn_v.", "attention.self.value."),
        ("attn_output.", "attention.output.dense."),
        ("ffn_up.", "intermediate.dense."),
        ("ffn_down.", "output.dense."),
    ];
    let name = name.replacen("blk.", "encoder.layer.", 1);
    match NAMES.iter().find(|(ours, _)| name.contains(ours)) {
        Some((ours, theirs)) => name.replacen(ours, theirs, 1),
        None => name,
    }
}

/// A standard normal number (Box & Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (2.0 * std::f64::consts::PI * angle).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_names_become_hugging_face_names() {
        let cases = [
            ("token_embd.weight", "embeddings.word_embeddings.weight"),
            ("token_embd_norm.bias", "embeddings.LayerNorm.bias"),
            ("blk.3.attn_q.weight", "encoder.layer.3.attention.self.query.weight"),
            ("blk.0.attn_output.bias", "encoder.layer.0.attention.output.dense.bias"),
            ("blk.0.attn_output_norm.weight", "encoder.layer.0.attention.output.LayerNorm.weight"),
            ("blk.11.layer_output_norm.bias", "encoder.layer.11.output.LayerNorm.bias"),
            ("blk.5.ffn_down.weight", "encoder.layer.5.output.dense.weight"),
        ];
        for (ours, theirs) in cases {
            assert_eq!(hugging_face_name(ours), theirs);
        }
    }
}
