//! The pre-trained encoder that fine-tuning starts from: a Hugging Face folder of a BERT or an MPNet.
//!
//! Read once at the start of `train`. Its tensors get the model file's names ([`names`](super::names)); the classification head, which no base has, is drawn from the run's own seeded generator.

use super::folder::{self, HuggingFaceConfig, MPNET_ROWS_BEFORE_POSITIONS};
use super::names::{hugging_face, prefix};
use super::origin::{self, ORIGIN, Stage};
use super::parameters::Parameters;
use crate::config::schema::ModelConfig;
use crate::data::hash::sha256_hex;
use crate::output::file::write_atomically;
use anyhow::{Context, bail};
use candle_core::{Device, Tensor};
use encoder::names;
use encoder::{Architecture, EncoderConfig, TensorSpec, tensor_specs};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

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
    /// Which texts decided its vocabulary and weights, as far as that is recorded.
    pub origin: Vec<Stage>,
    tensors: HashMap<String, Tensor>,
    initializer_range: f64,
    /// The base's layer that each of ours is.
    layers: Vec<usize>,
    /// `config.json`, whole.
    hugging_face: serde_json::Map<String, serde_json::Value>,
}

impl BaseModel {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` of `model.base`.
    ///
    /// # Errors
    /// A missing or unreadable file, another architecture or activation than BERT or MPNet with GELU, a context length
    /// beyond the base's, a tokenizer of another model.
    pub fn load(model: &ModelConfig, num_labels: usize) -> anyhow::Result<Self> {
        let folder = &model.base;
        let no_configuration = || format!("{}", folder.join("config.json").display());
        let config_json = folder::read(folder, "config.json")?;
        let (base, architecture) = HuggingFaceConfig::parse(&config_json).with_context(no_configuration)?;
        let count = base.num_hidden_layers();
        let layers = if model.layers.is_empty() { (0..count).collect() } else { model.layers.clone() };
        if let Some(layer) = layers.iter().find(|layer| **layer >= count) {
            bail!("`model.layers`: expected numbers below {count}, the base's layers, found {layer}");
        }
        let config = base.sizes(architecture, layers.len(), model.context_length, num_labels)?;
        let tokenizer_json = String::from_utf8(folder::read(folder, "tokenizer.json")?)
            .context("tokenizer.json is not UTF-8")?;
        folder::check_tokenizer(&tokenizer_json, &config)?;
        let weights = folder::read(folder, WEIGHTS)?;
        Ok(Self {
            config,
            name: model.base_name.clone(),
            tokenizer_json,
            sha256: sha256_hex(&weights),
            origin: origin::read(folder)?,
            tensors: candle_core::safetensors::load_buffer(&weights, &Device::Cpu)
                .context("model.safetensors is not a whole safetensors file")?,
            initializer_range: base.initializer_range,
            layers,
            hugging_face: serde_json::from_slice(&config_json).with_context(no_configuration)?,
        })
    }

    /// Writes weights that `stage` has adapted as a Hugging Face folder; `model.safetensors` last.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_adapted(&self, folder: &Path, parameters: &Parameters, stage: Stage) -> anyhow::Result<()> {
        let stages = [&self.origin[..], &[stage]].concat();
        write_atomically(&folder.join(ORIGIN), &origin::to_json(&stages)?)?;
        let mut config = self.hugging_face.clone();
        config.insert("num_hidden_layers".to_owned(), self.config.num_hidden_layers.into());
        config.insert("max_position_embeddings".to_owned(), self.config.max_position_embeddings.into());
        write_atomically(&folder.join("config.json"), &serde_json::to_vec_pretty(&config)?)?;
        write_atomically(&folder.join("tokenizer.json"), self.tokenizer_json.as_bytes())?;
        let mut tensors = BTreeMap::new();
        for spec in tensor_specs(&self.config) {
            if !spec.name.starts_with(names::CLASSIFIER) {
                let tensor = parameters.get(&spec.name)?.to_device(&Device::Cpu)?;
                tensors.insert(hugging_face(&spec.name, self.config.architecture), tensor);
            }
        }
        write_atomically(&folder.join(WEIGHTS), &safetensors::serialize(&tensors, None)?)
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
        Parameters::from_source(&self.config, device, |spec| {
            match spec.name.strip_prefix(names::CLASSIFIER) {
                Some(".weight") => Ok(self.initial(spec.shape.iter().product(), rng)),
                Some(_) => Ok(vec![0.0; spec.shape.iter().product()]),
                None => self.values(spec),
            }
        })
    }

    /// The base's values of one of our tensors.
    ///
    /// # Errors
    /// A tensor that the base lacks or holds in another shape.
    pub fn values(&self, spec: &TensorSpec) -> anyhow::Result<Vec<f32>> {
        let architecture = self.config.architecture;
        let name = hugging_face(&self.base_layer_name(&spec.name), architecture);
        let with_prefix = format!("{}{name}", prefix(architecture));
        let tensor = self.tensors.get(&name).or_else(|| self.tensors.get(&with_prefix));
        let Some(tensor) = tensor else { bail!("base model: expected a tensor `{name}`, found none") };
        let first = match architecture {
            Architecture::Bert => 0,
            Architecture::MpNet { .. } => MPNET_ROWS_BEFORE_POSITIONS,
        };
        let tensor = match spec.name == names::POSITION_EMBEDDINGS && tensor.dim(0)? >= first + spec.shape[0]
        {
            true => tensor.narrow(0, first, spec.shape[0])?,
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
        let found = names::layer_of(name).and_then(|(layer, rest)| Some((self.layers.get(layer)?, rest)));
        match found {
            Some((&layer, rest)) => names::in_layer(layer, rest),
            None => name.to_owned(),
        }
    }
}

/// A standard normal number (Box & Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (2.0 * std::f64::consts::PI * angle).cos()
}
