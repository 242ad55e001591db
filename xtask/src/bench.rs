//! `cargo xtask bench`: how long a classification takes, natively and in the browser, as one table.
//!
//! Both sides classify the same invented tweets ([`texts`]) with the default model, in the same three cases:
//! one tweet of 20 tokens, one of 64, and 32 of 20 in one call.

mod browser;
mod native;
mod table;
mod texts;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{Place, build};
use anyhow::{Context, Result};
use messages::{Manifest, ManifestModel};
use serde::Serialize;
use std::path::Path;

use crate::tools::browser::find_or_install;

/// Everything that was measured; a place that was not asked for is left out.
#[derive(Default, Serialize)]
struct Figures {
    model: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    native: Vec<native::Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<browser::Figures>,
}

/// Builds what is measured, measures it and prints the table.
///
/// # Errors
/// Something does not build or run, or the file cannot be written.
pub fn bench(
    workspace: &Workspace,
    steps: &mut Steps,
    place: Option<Place>,
    json: Option<&Path>,
) -> Result<()> {
    let model = default_model(workspace)?;
    let texts = texts::read(workspace)?;
    let mut figures = Figures { model: model.id.clone(), ..Figures::default() };
    if place != Some(Place::Browser) {
        figures.native = native::measure(workspace, steps, &model)?;
    }
    if place != Some(Place::Native) {
        let chromium = find_or_install(workspace, steps)?;
        build::everything(workspace, steps)?;
        figures.browser = Some(
            steps
                .take("measure in the browser", || browser::measure(workspace, &chromium, &model, &texts))?,
        );
    }
    print!("{}", table::render(&figures));
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(file, text + "\n")
            .with_context(|| format!("{} could not be written", file.display()))?;
    }
    Ok(())
}

fn default_model(workspace: &Workspace) -> Result<ManifestModel> {
    let file = workspace.root.join("models/manifest.json");
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!("expected the models' manifest at {}: `trainer export` writes it", file.display())
    })?;
    let manifest: Manifest =
        serde_json::from_str(&text).with_context(|| format!("{} is no manifest", file.display()))?;
    let model = manifest.default_model().cloned();
    model.with_context(|| {
        format!("{}: expected a model named {}, found none", file.display(), manifest.default)
    })
}
