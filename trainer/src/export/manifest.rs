//! `manifest.json`: which models there are, and which of them is the default and which the preview.
//!
//! What is written makes sense by itself: the default is one of the models, the preview is another one or absent.

use crate::output::file::write_atomically;
use crate::output::json;
use anyhow::{Context, ensure};
use messages::{Manifest, ManifestModel};
use std::path::{Path, PathBuf};

/// What an exported model shall be among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What it was before; the default where there is none.
    Unchanged,
    /// The model that is used where none is named.
    Default,
    /// The small model that answers first.
    Preview,
}

/// A manifest that waits for an entry.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    manifest: Manifest,
}

impl Place {
    /// Reads the manifest, where there is one, and refuses a role that the model cannot have: asked before the model is
    /// made and measured.
    ///
    /// # Errors
    /// A file that is no manifest; a preview without a default model that it could answer for.
    pub fn open(models: &Path, id: &str, role: Role) -> anyhow::Result<Self> {
        let path = models.join("manifest.json");
        let manifest = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice::<Manifest>(&bytes)
                .with_context(|| format!("{} is no manifest; mend or remove it", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Manifest::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let default = manifest.default_model().map(|model| model.id.as_str());
        ensure!(
            role != Role::Preview || default.is_some_and(|default| default != id),
            "a preview answers while the default model is on its way: expected another default model in {}, found {}. \
             Export that one first, with --default",
            path.display(),
            default.unwrap_or("none")
        );
        Ok(Self { path, manifest })
    }

    /// Adds or replaces the entry, keeps the others; a sentence for each role that this takes from a model.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn fill(self, entry: ManifestModel, role: Role) -> anyhow::Result<Vec<String>> {
        let Self { path, mut manifest } = self;
        let changes = add(&mut manifest, entry, role);
        write_atomically(&path, &json::pretty(&manifest)?)?;
        Ok(changes)
    }
}

fn add(manifest: &mut Manifest, entry: ManifestModel, role: Role) -> Vec<String> {
    let mut changes = Vec::new();
    let id = entry.id.clone();
    manifest.models.retain(|model| model.id != id);
    manifest.models.push(entry);
    manifest.models.sort_by(|a, b| a.id.cmp(&b.id));
    match role {
        Role::Default => manifest.default = id,
        Role::Preview => manifest.preview = Some(id),
        Role::Unchanged if manifest.default_model().is_none() => {
            if !manifest.default.is_empty() {
                changes
                    .push(format!("`{}`, the default, is not there any more: `{id}` is", manifest.default));
            }
            manifest.default = id;
        }
        Role::Unchanged => {}
    }
    if let Some(preview) = manifest.preview.take() {
        match (preview == manifest.default, manifest.find(&preview)) {
            (true, _) => {
                changes.push(format!("`{preview}` was the preview and is the default: no preview is left"))
            }
            (false, None) => {
                changes.push(format!("`{preview}`, the preview, is not there any more: no preview is left"))
            }
            (false, Some(_)) => manifest.preview = Some(preview),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::Metrics;

    fn model(id: &str) -> ManifestModel {
        ManifestModel {
            id: id.to_owned(),
            file: format!("{id}/model.gguf"),
            size_bytes: 1,
            sha256: String::new(),
            labels: Vec::new(),
            quantization: "F32".to_owned(),
            metrics: Metrics { rows: 1, accuracy: 1.0, macro_f1: 1.0, ece: 0.0, nll: 0.0 },
            quality: None,
        }
    }

    /// Models `big` and `nano`, in these roles, after an export of `id`; with what was said.
    fn after(
        default: &str,
        preview: Option<&str>,
        id: &str,
        role: Role,
    ) -> (String, Option<String>, Vec<String>) {
        let models = vec![model("big"), model("nano")];
        let mut manifest =
            Manifest { default: default.to_owned(), preview: preview.map(str::to_owned), models };
        let changes = add(&mut manifest, model(id), role);
        (manifest.default, manifest.preview, changes)
    }

    #[test]
    fn the_default_is_never_its_own_preview() {
        let (default, preview, changes) = after("big", Some("nano"), "nano", Role::Default);
        assert_eq!((default.as_str(), preview), ("nano", None));
        assert!(changes[0].contains("`nano` was the preview"), "{changes:?}");
        // As an older trainer could leave it.
        assert_eq!(after("big", Some("big"), "nano", Role::Unchanged).1, None);
        let (default, preview, changes) = after("big", Some("nano"), "big", Role::Unchanged);
        assert_eq!((default.as_str(), preview.as_deref(), changes.len()), ("big", Some("nano"), 0));
    }

    #[test]
    fn roles_of_models_that_were_removed_are_given_up() {
        let (default, preview, changes) = after("gone", Some("away"), "big", Role::Unchanged);
        assert_eq!((default.as_str(), preview), ("big", None));
        assert!(changes[0].contains("`gone`") && changes[1].contains("`away`"), "{changes:?}");
        assert_eq!(after("", None, "big", Role::Unchanged), ("big".to_owned(), None, Vec::new()));
    }

    #[test]
    fn a_preview_needs_another_model_to_answer_for() {
        let models = tempfile::tempdir().unwrap();
        let refused = |id: &str| Place::open(models.path(), id, Role::Preview).unwrap_err().to_string();
        assert!(refused("nano").contains("found none"), "{}", refused("nano"));
        let place = Place::open(models.path(), "big", Role::Unchanged).unwrap();
        assert_eq!(place.fill(model("big"), Role::Unchanged).unwrap(), Vec::<String>::new());
        assert!(
            refused("big").contains("found big") && refused("big").contains("--default"),
            "{}",
            refused("big")
        );
        Place::open(models.path(), "nano", Role::Preview)
            .unwrap()
            .fill(model("nano"), Role::Preview)
            .unwrap();
        let manifest = std::fs::read(models.path().join("manifest.json")).unwrap();
        let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!((manifest.default.as_str(), manifest.preview.as_deref()), ("big", Some("nano")));
    }
}
