//! What `trainer train` and `trainer adapt` have in common: a configuration, and a folder in which a run starts or goes
//! on.

use crate::config::Override;
use crate::config::schema::Config;
use crate::output::standard_output::print;
use crate::run::folder::Place;
use anyhow::Context;
use std::path::PathBuf;

/// Arguments of `trainer train` and `trainer adapt`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer train --config trainer/configs/minilm-l6.toml --set data.train=tweets.csv
  trainer train --config trainer/configs/minilm-l6.toml --set train.epochs=3 \\
    --set 'data.labels=[\"Down\", \"Up\"]'
  trainer train --resume runs/20260101-120000-minilm-l6
  trainer adapt --config trainer/configs/minilm-l6.toml --set 'data.unlabelled=[\"texts.txt\"]' \\
    --output base/adapted

Every key and its meaning stands in the configuration file; a value is TOML, anything else is taken as text.
Ctrl-C finishes the step, writes a checkpoint and ends; --resume goes on from there, to the same bytes.")]
pub struct Arguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Overrides one key of the configuration; may be given several times, the last one wins
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
    /// Folder in which the run's folder is created, named after the time
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,
    /// The run's folder itself, instead of a new one in --runs; goes on with a run that was interrupted there
    #[arg(long, value_name = "DIR", conflicts_with = "runs")]
    pub output: Option<PathBuf>,
    /// Goes on with the interrupted run in this folder, by the configuration that it holds
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "set", "runs", "output"])]
    pub resume: Option<PathBuf>,
}

impl Arguments {
    /// The configuration of the run and where its folder is.
    ///
    /// # Errors
    /// A configuration that cannot be used.
    pub fn stage(&self) -> anyhow::Result<(Config, Place)> {
        let (path, place) = match (&self.resume, &self.output) {
            (Some(folder), _) => (folder.join("config.toml"), Some(folder)),
            (None, output) => (self.config.clone().context("--config: expected a file")?, output.as_ref()),
        };
        let config = Config::load(&path, &Override::parse_all(&self.set)?)?;
        let place = match place {
            Some(folder) => Place::At(folder.clone()),
            None => Place::NewIn(self.runs.clone(), config.name.clone()),
        };
        Ok((config, place))
    }
}

/// Says that nothing was left to do.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_finished(place: &Place) -> anyhow::Result<()> {
    let folder = place.existing().map(|folder| folder.path().display().to_string()).unwrap_or_default();
    print(&format!("{folder} is finished already\n"))
}
