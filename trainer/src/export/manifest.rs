//! `manifest.json`: which models there are.

use crate::output::file::write_atomically;
use crate::output::json;
use anyhow::Context;
use messages::{Manifest, ManifestModel};
use std::path::Path;

/// Adds or replaces the entry, keeps the others.
///
/// # Errors
/// A file that is no manifest, or cannot be written.
pub fn update(models: &Path, entry: ManifestModel, is_default: bool, is_preview: bool) -> anyhow::Result<()> {
    let path = models.join("manifest.json");
    let mut manifest = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice::<Manifest>(&bytes)
            .with_context(|| format!("{} is no manifest; mend or remove it", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Manifest::default(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    if is_default || manifest.default.is_empty() {
        manifest.default = entry.id.clone();
    }
    if is_preview {
        manifest.preview = Some(entry.id.clone());
    }
    manifest.models.retain(|model| model.id != entry.id);
    manifest.models.push(entry);
    manifest.models.sort_by(|a, b| a.id.cmp(&b.id));
    write_atomically(&path, &json::pretty(&manifest)?)
}
