//! `models/`: reads the manifest and the files it names, checks them, loads the default model.
//!
//! In two steps: [`ModelStore::read`] (reading, hashing) before the socket opens, since the files go out under the
//! manifest's hashes to be kept for ever; then [`ModelStore::load`] in the background. Both fail with the path, what
//! was expected, what was found, and what to do; a server with a damaged model does not run.

use crate::static_files::{StaticFile, last_modified, sha256_hex};
use anyhow::{Context, anyhow, bail, ensure};
use axum::body::Bytes;
use classifier::Classifier;
use messages::{Manifest, ManifestModel};
use std::path::{Component, Path, PathBuf};

/// What to do about a model that is not what the manifest says.
const EXPORT_AGAIN: &str = "write the model and its manifest entry again with `trainer export`";

/// The models of a folder, in memory.
#[derive(Debug)]
pub struct ModelStore {
    manifest_path: PathBuf,
    manifest_bytes: Bytes,
    models: Vec<Model>,
    default_id: String,
}

/// One model of the manifest and the bytes of its file.
#[derive(Debug)]
struct Model {
    entry: ManifestModel,
    path: PathBuf,
    bytes: Bytes,
}

impl ModelStore {
    /// Reads `manifest.json` and every model file that it names, and checks the files' sizes and SHA-256.
    ///
    /// # Errors
    /// A folder, manifest or file that is missing or unreadable; a manifest of another shape, without the
    /// model that it calls default or preview, or with a file outside the folder; a file of another size or hash.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("manifest.json");
        let manifest_bytes = std::fs::read(&path).with_context(|| {
            format!(
                "models folder: could not read {}. Expected the manifest that `trainer export` writes; name another folder with --models",
                path.display()
            )
        })?;
        let manifest: Manifest = serde_json::from_slice(&manifest_bytes).with_context(|| {
            format!(
                "{}: expected a manifest as `trainer export` writes it, found something else",
                path.display()
            )
        })?;
        let named = [("default", Some(&manifest.default)), ("preview", manifest.preview.as_ref())];
        for (role, id) in named.into_iter().filter_map(|(role, id)| Some((role, id?))) {
            if manifest.find(id).is_none() {
                let ids: Vec<&str> = manifest.models.iter().map(|model| model.id.as_str()).collect();
                bail!(
                    "{}: expected the {role} model `{id}` among the models, found {ids:?}; {EXPORT_AGAIN}",
                    path.display()
                );
            }
        }
        let models = manifest.models.into_iter().map(|entry| Model::read(folder, &path, entry));
        let models = models.collect::<anyhow::Result<_>>()?;
        let (manifest_bytes, default_id) = (Bytes::from(manifest_bytes), manifest.default);
        Ok(Self { manifest_path: path, manifest_bytes, models, default_id })
    }

    /// The manifest and the model files, each with its URL path. Nothing else of the folder is served.
    pub fn files(&self) -> Vec<(String, StaticFile)> {
        let mut manifest =
            StaticFile::new("manifest.json", self.manifest_bytes.clone(), sha256_hex(&self.manifest_bytes));
        manifest.modified = last_modified(&self.manifest_path);
        let models = self.models.iter().map(|Model { entry, path, bytes }| {
            let mut file = StaticFile::new(&entry.file, bytes.clone(), entry.sha256.clone());
            file.modified = last_modified(path);
            (format!("/models/{}", entry.file), file)
        });
        models.chain([("/models/manifest.json".to_owned(), manifest)]).collect()
    }

    /// Loads the default model. Takes up to some seconds.
    ///
    /// # Errors
    /// A default model that cannot be loaded, or that says another id or other labels than the manifest.
    pub fn load(&self) -> anyhow::Result<Classifier> {
        let default = self.models.iter().find(|model| model.entry.id == self.default_id);
        default.context("the manifest has no default model")?.load()
    }
}

impl Model {
    fn read(folder: &Path, manifest: &Path, entry: ManifestModel) -> anyhow::Result<Self> {
        let is_inside = Path::new(&entry.file).components().all(|component| match component {
            Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
            _ => false,
        });
        ensure!(
            is_inside && !entry.file.is_empty(),
            "{}: model `{}`: expected a file inside the folder, found `{}`; {EXPORT_AGAIN}",
            manifest.display(),
            entry.id,
            entry.file
        );
        let path = folder.join(&entry.file);
        let bytes = std::fs::read(&path).with_context(|| {
            format!("model `{}`: could not read {}. {EXPORT_AGAIN}", entry.id, path.display())
        })?;
        ensure!(
            bytes.len() as u64 == entry.size_bytes,
            "model file {}: expected {} bytes as the manifest says, found {}; fetch the file again, or {EXPORT_AGAIN}",
            path.display(),
            entry.size_bytes,
            bytes.len()
        );
        let found = sha256_hex(&bytes);
        ensure!(
            found == entry.sha256,
            "model file {}: expected SHA-256 {} as the manifest says, found {found}; fetch the file again, or {EXPORT_AGAIN}",
            path.display(),
            entry.sha256
        );
        Ok(Self { entry, path, bytes: Bytes::from(bytes) })
    }

    fn load(&self) -> anyhow::Result<Classifier> {
        let classifier = Classifier::from_gguf(self.bytes.to_vec());
        let classifier =
            classifier.map_err(|error| anyhow!("model file {}: {error}", self.path.display()))?;
        let expected = (self.entry.id.as_str(), self.entry.labels.as_slice());
        let found = (classifier.model_id(), classifier.labels());
        ensure!(
            found == expected,
            "model file {}: expected id and labels {expected:?} as the manifest says, found {found:?}; {EXPORT_AGAIN}",
            self.path.display()
        );
        Ok(classifier)
    }
}
