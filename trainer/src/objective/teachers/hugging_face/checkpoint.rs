//! The files of a checkpoint folder, and which of its tensors a model has taken.
//!
//! A tensor of the model that nobody takes is a sign of something that would be computed otherwise, such as a bias or a
//! layer that candle-transformers does not know: it is refused.

use anyhow::{Context, bail, ensure};
use candle_core::{DType, Device, Result, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";

/// A checkpoint folder.
pub struct Checkpoint {
    /// `config.json`.
    pub config: Map<String, Value>,
    /// `tokenizer.json`.
    pub tokenizer_json: String,
    tensors: HashMap<String, Tensor>,
    taken: Arc<Mutex<BTreeSet<String>>>,
}

impl Checkpoint {
    /// Reads the three files of a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        ensure!(
            folder.is_dir(),
            "expected a checkpoint folder with {CONFIG}, {TOKENIZER} and {WEIGHTS}, found no folder {}",
            folder.display()
        );
        let there = |name: &str| folder.join(name).is_file();
        ensure!(
            there(CONFIG),
            "{}: expected a {CONFIG}, found none. Name the folder that `save_pretrained` wrote",
            folder.display()
        );
        ensure!(
            there(TOKENIZER),
            "{}: expected a {TOKENIZER}, found none. Write it with transformers: \
             AutoTokenizer.from_pretrained(FOLDER, use_fast=True).save_pretrained(FOLDER)",
            folder.display()
        );
        if !there(WEIGHTS) {
            let found = match (there("model.safetensors.index.json"), there("pytorch_model.bin")) {
                (true, _) => "weights in several files (model.safetensors.index.json)",
                (_, true) => "pytorch_model.bin alone, which only Python reads",
                _ if there("pytorch_model.bin.index.json") => "several .bin files, which only Python reads",
                _ => "no weights",
            };
            bail!(
                "{}: expected the weights in one {WEIGHTS}, found {found}. Write them with transformers: \
                 AutoModelForSequenceClassification.from_pretrained(FOLDER).save_pretrained(FOLDER, \
                 max_shard_size=\"100GB\")",
                folder.display()
            );
        }
        let text = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let config =
            serde_json::from_str(&text(CONFIG)?).with_context(|| format!("{CONFIG} is no JSON object"))?;
        let tensors = candle_core::safetensors::load(folder.join(WEIGHTS), &Device::Cpu)
            .with_context(|| format!("cannot read {WEIGHTS}"))?;
        Ok(Self { config, tokenizer_json: text(TOKENIZER)?, tensors, taken: Arc::default() })
    }

    /// Names of its labels, in the order of the logits.
    pub fn labels(&self) -> anyhow::Result<Vec<String>> {
        let problem = self.config.get("problem_type").filter(|problem| !problem.is_null());
        ensure!(
            problem.is_none_or(|problem| problem == "single_label_classification"),
            "{CONFIG}: expected the `problem_type` \"single_label_classification\", found {}: its logits are no \
             distribution over labels. Take a teacher of the same task",
            problem.unwrap_or(&Value::Null)
        );
        let named = self.config.get("id2label").and_then(Value::as_object);
        let named = named
            .with_context(|| format!("{CONFIG}: expected the labels' names in `id2label`, found none"))?;
        let name = |id: usize| named.get(&id.to_string()).and_then(Value::as_str).map(str::to_owned);
        let names: Option<Vec<String>> = (0..named.len()).map(name).collect();
        names.with_context(|| {
            format!(
                "{CONFIG}: expected a name in `id2label` for each id from 0, found {}",
                Value::Object(named.clone())
            )
        })
    }

    /// The same folder with other names of the tensors, and further tensors.
    pub fn renamed(&self, name: impl Fn(&str) -> String, further: Vec<(String, Tensor)>) -> Self {
        let tensors = self.tensors.iter().map(|(old, tensor)| (name(old), tensor.clone()));
        Self {
            config: self.config.clone(),
            tokenizer_json: self.tokenizer_json.clone(),
            tensors: tensors.chain(further).collect(),
            taken: Arc::default(),
        }
    }

    /// Its tensors in f32, whatever they are stored as.
    pub fn weights(&self, device: &Device) -> VarBuilder<'static> {
        let backend = Weights { tensors: self.tensors.clone(), taken: Arc::clone(&self.taken) };
        VarBuilder::from_backend(Box::new(backend), DType::F32, device.clone())
    }

    /// Refuses tensors of the encoder (`prefix.…`) or the head that nobody has taken, but for those that are known to be
    /// of no use.
    pub fn check_taken(&self, prefix: &str, head: &[&str], useless: &[&str]) -> anyhow::Result<()> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of =
            |name: &str, part: &str| name.strip_prefix(part).is_some_and(|rest| rest.starts_with('.'));
        let is_of_model = |name: &str| is_of(name, prefix) || head.iter().any(|part| is_of(name, part));
        let mut left: Vec<&String> = self.tensors.keys().filter(|name| !taken.contains(*name)).collect();
        left.retain(|name| is_of_model(name) && !useless.iter().any(|part| name.contains(part)));
        left.sort();
        match left.first() {
            None => Ok(()),
            Some(first) => bail!(
                "{WEIGHTS}: expected the tensors that candle-transformers computes with, found {} more, the first of \
                 them `{first}`: it would be left out. Take another teacher",
                left.len()
            ),
        }
    }
}

/// Tensors by name, and which have been asked for.
struct Weights {
    tensors: HashMap<String, Tensor>,
    taken: Arc<Mutex<BTreeSet<String>>>,
}

impl SimpleBackend for Weights {
    fn get(&self, shape: Shape, name: &str, _: Init, dtype: DType, device: &Device) -> Result<Tensor> {
        let tensor = self.get_unchecked(name, dtype, device)?;
        if tensor.shape() != &shape {
            candle_core::bail!(
                "tensor `{name}`: expected {shape:?} by config.json, found {:?}",
                tensor.shape()
            );
        }
        Ok(tensor)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        let Some(tensor) = self.tensors.get(name) else {
            candle_core::bail!(
                "expected the tensor `{name}` of a sequence classifier with this config.json, found none"
            );
        };
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        tensor.to_device(device)?.to_dtype(dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }
}
