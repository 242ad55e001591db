//! Models that the repository does not have, made of its default model: a small one that answers first, and one
//! with other labels.

use crate::site::{default_model, models};
use candle_core::Device;
use candle_core::Tensor;
use candle_core::quantized::{GgmlDType, QTensor};
use classifier::model_file::{self, Metadata, ModelFile, TensorSpec, tensor_specs};
use messages::{Manifest, ManifestModel};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::path::Path;
use tempfile::TempDir;

/// A folder as the server reads it, which vanishes with the value.
pub struct ModelsFolder {
    folder: TempDir,
    pub manifest: Manifest,
}

impl ModelsFolder {
    /// The default model alone.
    pub fn without_preview() -> Self {
        let mut folder = Self::empty();
        let model = default_model();
        let bytes = std::fs::read(models().join(&model.file)).unwrap();
        folder.manifest.default.clone_from(&model.id);
        folder.add(model, &bytes);
        folder
    }

    /// The default model, and its first layer alone as a preview, which answers differently.
    pub fn with_preview() -> Self {
        let mut folder = Self::without_preview();
        let id = "first-layer";
        let bytes = rewritten(|metadata| {
            metadata.id = id.to_owned();
            metadata.encoder.num_hidden_layers = 1;
        });
        folder.manifest.preview = Some(id.to_owned());
        folder.add(ManifestModel { id: id.to_owned(), ..default_model() }, &bytes);
        folder
    }

    /// One model with these labels.
    pub fn with_labels(labels: &[&str]) -> Self {
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        let id = "topics";
        let bytes = rewritten(|metadata| {
            metadata.id = id.to_owned();
            metadata.encoder.num_labels = labels.len();
            metadata.labels.clone_from(&labels);
            // As if fitted: a head that nobody trained is either sure of everything or of nothing.
            metadata.temperature = 1.0;
        });
        let mut folder = Self::empty();
        folder.manifest.default = id.to_owned();
        folder.add(ManifestModel { id: id.to_owned(), labels, ..default_model() }, &bytes);
        folder
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), manifest: Manifest::default() }
    }

    /// Writes the model and names it in the manifest.
    fn add(&mut self, mut model: ManifestModel, bytes: &[u8]) {
        model.file = format!("{}/model.gguf", model.id);
        model.size_bytes = bytes.len() as u64;
        model.sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let file = self.path().join(&model.file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
        self.manifest.models.push(model);
        let manifest = serde_json::to_vec(&self.manifest).unwrap();
        std::fs::write(self.path().join("manifest.json"), manifest).unwrap();
    }
}

/// The default model's file with other metadata; layers that those do not count are left out, and where there are
/// other labels, so is the head.
fn rewritten(change: impl FnOnce(&mut Metadata)) -> Vec<u8> {
    let file = std::fs::read(models().join(default_model().file)).unwrap();
    let file = ModelFile::parse(file).unwrap();
    let mut metadata = file.metadata().clone();
    change(&mut metadata);
    let has_its_head = metadata.labels == file.metadata().labels;
    let tensor = |spec: TensorSpec| {
        let is_head = spec.name.starts_with("cls.output.");
        let stored =
            || Tensor::from_vec(file.floats(&spec.name).unwrap(), &*spec.shape, &Device::Cpu).unwrap();
        let tensor = if is_head && !has_its_head { head(&file, &spec) } else { stored() };
        let dtype = if spec.is_quantizable { file.dtype() } else { GgmlDType::F32 };
        (spec.name, QTensor::quantize(&tensor, dtype).unwrap())
    };
    let tensors = tensor_specs(&metadata.encoder).into_iter().map(tensor).collect();
    let mut bytes = Cursor::new(Vec::new());
    model_file::write(&mut bytes, &metadata, &tensors).unwrap();
    bytes.into_inner()
}

/// A tensor of a head with more rows: each mixes the rows that there are, in another proportion.
fn head(file: &ModelFile, spec: &TensorSpec) -> Tensor {
    let known = file.floats(&spec.name).unwrap();
    let num_known = file.metadata().labels.len();
    let columns = known.len() / num_known;
    let value = |row: usize, column: usize| -> f32 {
        let weight = |known: usize| ((1 + row) as f32 * (2.1 * known as f32 + 0.7)).cos();
        (0..num_known).map(|at| weight(at) * known[at * columns + column]).sum()
    };
    let rows = spec.shape[0];
    let values = (0..rows * columns).map(|at| value(at / columns, at % columns)).collect();
    Tensor::from_vec(values, spec.shape.clone(), &Device::Cpu).unwrap()
}
