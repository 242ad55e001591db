//! What `trainer train` and `trainer adapt` have in common: a configuration, and a folder in which a run starts or goes
//! on.

use crate::config::Override;
use crate::config::differences::differences;
use crate::config::schema::Config;
use crate::output::overwriting;
use crate::output::standard_output::print;
use crate::run::folder::{CONFIG, Place, SPLIT, TOKENIZER};
use crate::run::record;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

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
    /// Configuration file (TOML) [required, unless with --resume]
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
    /// Takes the folder of --output also where it holds other things; files of the run's names are written over
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Goes on with the interrupted run in this folder, by the configuration that it holds
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "set", "runs", "output"])]
    pub resume: Option<PathBuf>,
}

impl Arguments {
    /// The configuration of the run and where its folder is.
    ///
    /// # Errors
    /// A configuration or a place that cannot be used.
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
        if let Some(folder) = place.existing().filter(|folder| !folder.has(record::FILE)) {
            let resolved = folder.path().join(CONFIG);
            overwriting::refuse(("--output", &resolved), &[("--config", &path)])?;
        }
        ensure_free(&place, &config, self.force)?;
        Ok((config, place))
    }
}

/// Refuses a folder where this run cannot be, before anything long begins: one that holds something else, unless that is
/// wanted, or a run with other settings.
///
/// # Errors
/// The first entry of another kind, or every setting that differs.
pub fn ensure_free(place: &Place, config: &Config, is_forced: bool) -> anyhow::Result<()> {
    let Some(folder) = place.existing() else { return Ok(()) };
    let path = folder.path();
    if !folder.has(record::FILE) {
        return match foreign_entry(path)?.filter(|_| !is_forced) {
            Some(entry) => bail!(
                "{}: expected a new folder, an empty one or that of a run, found one that holds {entry}. Name another \
                 --output; train and adapt take it as it is with --force",
                path.display()
            ),
            None => Ok(()),
        };
    }
    // What another version wrote cannot be compared key by key; its record tells.
    let Ok(there) = Config::load(&path.join(CONFIG), &[]) else { return Ok(()) };
    let differences = differences(&there, config)?;
    if differences.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let epochs = match differences.iter().any(|difference| difference.key == "train.epochs") {
        true => {
            " The learning rate falls over all steps of a run: with other epochs it is another one from its first step."
        }
        false => "",
    };
    bail!(
        "{}: expected the run with these settings, found one with others: {}.{epochs} Name another folder, or remove this \
         one",
        path.display(),
        keys.join("; ")
    )
}

/// The name of something that is there, but for hidden files and for what a run writes before its record.
fn foreign_entry(folder: &Path) -> anyhow::Result<Option<String>> {
    let cannot_read = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(cannot_read)? {
        let name = entry.with_context(cannot_read)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && ![CONFIG, TOKENIZER, SPLIT].contains(&name.as_str()) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Says that nothing was left to do.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_finished(place: &Place) -> anyhow::Result<()> {
    let folder = place.existing().map(|folder| folder.path().display().to_string()).unwrap_or_default();
    print(&format!("{folder} is finished already\n"))
}
