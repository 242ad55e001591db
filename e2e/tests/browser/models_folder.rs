//! Models that the repository does not have, made of its default model: a small one that answers first, one with other
//! labels, and one with an exit.

use crate::site::{default_model, models};
use candle_core::Device;
use candle_core::Tensor;
use candle_core::quantized::{GgmlDType, QTensor};
use classifier::model_file::{self, Exit, Metadata, ModelFile, TensorSpec, names, tensor_specs};
use classifier::{Classifier, Depth};
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
            (metadata.encoder.exit_layer, metadata.exit) = (None, None);
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

    /// One model, whose exit after the first layer answers every second one of these texts; beside it the same, native.
    pub fn with_exit(texts: &[&str]) -> (Self, Classifier) {
        let id = "early";
        let with_threshold = |threshold| {
            rewritten(|metadata| {
                metadata.id = id.to_owned();
                metadata.encoder.exit_layer = Some(1);
                metadata.exit = Some(Exit { temperature: 1.0, threshold });
            })
        };
        let shut = Classifier::from_gguf(with_threshold(1.0)).unwrap();
        let at_exit = shut.classify_batch_at(texts, Depth::Exit).unwrap();
        let mut highest: Vec<f32> =
            at_exit.iter().map(|it| it.probabilities.iter().copied().fold(0.0, f32::max)).collect();
        highest.sort_by(f32::total_cmp);
        let bytes = with_threshold(highest[texts.len() / 2]);
        let mut folder = Self::empty();
        folder.manifest.default = id.to_owned();
        folder.add(ManifestModel { id: id.to_owned(), ..default_model() }, &bytes);
        (folder, Classifier::from_gguf(bytes).unwrap())
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
/// other labels, so are the heads. An exit that it has not reads as the head does.
fn rewritten(change: impl FnOnce(&mut Metadata)) -> Vec<u8> {
    let file = std::fs::read(models().join(default_model().file)).unwrap();
    let file = ModelFile::parse(file).unwrap();
    let mut metadata = file.metadata().clone();
    change(&mut metadata);
    let has_its_head = metadata.labels == file.metadata().labels;
    let tensor = |spec: TensorSpec| {
        let stored = match file.floats(&spec.name) {
            Ok(stored) => stored,
            Err(_) => file.floats(&spec.name.replace(names::EXIT, names::CLASSIFIER)).unwrap(),
        };
        let tensor = match names::is_head(&spec.name) && !has_its_head {
            true => head(&file, &stored, &spec),
            false => Tensor::from_vec(stored, &*spec.shape, &Device::Cpu).unwrap(),
        };
        let dtype = if spec.is_quantizable { file.dtype() } else { GgmlDType::F32 };
        (spec.name, QTensor::quantize(&tensor, dtype).unwrap())
    };
    let tensors = tensor_specs(&metadata.encoder).into_iter().map(tensor).collect();
    let mut bytes = Cursor::new(Vec::new());
    model_file::write(&mut bytes, &metadata, &tensors).unwrap();
    bytes.into_inner()
}

/// A tensor of a head with more rows: each mixes the rows that there are, in another proportion.
fn head(file: &ModelFile, known: &[f32], spec: &TensorSpec) -> Tensor {
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
