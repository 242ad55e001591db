//! `trainer rebuild`: the stages of a recipe one after the other, from base weights to exported models.
//!
//! Every stage has its folder in the output; one that is finished is passed over, one that was interrupted goes on.

use super::adapt;
use super::stage;
use super::teach;
use super::train;
use crate::base::vocabulary;
use crate::config::recipe;
use crate::config::recipe::{ResolvedStage, Work};
use crate::export::manifest::Role;
use crate::export::publish;
use crate::output::standard_output::tell;
use crate::run::folder::Place;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `trainer rebuild`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer rebuild --recipe trainer/recipes/distilled.toml --set tweets=tweets.csv \\
    --set topics=topics.csv

A stage that is finished is passed over; one that was interrupted goes on. The same recipe, data and number of \
threads give the same bytes on the same machine.")]
pub struct Arguments {
    /// Recipe file (TOML)
    #[arg(long, value_name = "FILE")]
    pub recipe: PathBuf,
    /// Overrides one of the recipe's paths; may be given several times
    #[arg(long, value_name = "NAME=PATH")]
    pub set: Vec<String>,
    /// Only these stages, as where some want a GPU and others do not; what they use must be there
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Folder of the stages' folders
    #[arg(long, value_name = "DIR", default_value = "runs/rebuild")]
    pub output: PathBuf,
    /// Folder of the exported models and their manifest.json
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models: PathBuf,
}

/// Runs the subcommand.
///
/// # Errors
/// A recipe that cannot be used, before anything runs; whatever a stage refuses, with its name. What is finished until
/// then stays, and the same command goes on from there.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut stages = recipe::load(&arguments.recipe, &arguments.set, &arguments.output)?;
    if let Some(unknown) = arguments.only.iter().find(|name| !stages.iter().any(|stage| stage.name == **name))
    {
        let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
        bail!("--only: expected names among {}, found {unknown}", names.join(", "));
    }
    stages.retain(|stage| arguments.only.is_empty() || arguments.only.contains(&stage.name));
    std::fs::create_dir_all(&arguments.output)
        .with_context(|| format!("cannot create {}", arguments.output.display()))?;
    let count = stages.len();
    for (index, stage) in stages.into_iter().enumerate() {
        let start = Instant::now();
        let name = stage.name.clone();
        tell(format_args!("stage {} of {count}: {name}", index + 1));
        let is_new = run_stage(stage, &arguments.recipe, &arguments.models);
        match is_new.with_context(|| format!("stage {name}"))? {
            true => tell(format_args!("stage {name} took {}", duration(start))),
            false => tell(format_args!("stage {name} was finished already")),
        }
    }
    Ok(())
}

/// Runs the stage, or what is left of it; `false` where nothing is.
fn run_stage(resolved: ResolvedStage, recipe: &Path, models: &Path) -> anyhow::Result<bool> {
    let place = Place::At(resolved.folder.clone());
    let is_new = match &resolved.work {
        Work::Prune(config) => {
            let is_new = !resolved.folder.exists();
            vocabulary::prune(config)?;
            is_new
        }
        Work::Adapt(config) => {
            stage::ensure_free(&place, config, false)?;
            adapt::adapt(config, &place)?.is_some()
        }
        Work::Train(config) => {
            stage::ensure_free(&place, config, false)?;
            train::train(config, &place)?.is_some()
        }
        Work::Teach(config) => teach::teach(config, &resolved.folder)?.is_some(),
    };
    if let Some(export) = resolved.export {
        let published = publish::publish(&publish::Request {
            run: resolved.folder,
            models: models.to_owned(),
            id: export.id,
            quantization: None,
            tensors: Vec::new(),
            selective_accuracy: None,
            role: match (export.default, export.preview) {
                (true, _) => Role::Default,
                (_, true) => Role::Preview,
                _ => Role::Unchanged,
            },
            recipe: Some(recipe.to_owned()),
        })?;
        published.print()?;
    }
    Ok(is_new)
}

fn duration(start: Instant) -> String {
    let seconds = start.elapsed().as_secs();
    format!("{}:{:02}:{:02} h", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
