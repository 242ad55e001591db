//! `trainer teach`: what teachers say of a configuration's training texts, in a file that a student learns from elsewhere.

use crate::config::Override;
use crate::config::schema::Config;
use crate::data::collection::Collection;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::split;
use crate::data::unlabelled;
use crate::fit::resources;
use crate::fit::workers::Workers;
use crate::objective::teachers;
use crate::objective::teachers::Student;
use crate::output::file::folder_of;
use crate::output::standard_output::print;
use crate::run::answers::{Answers, Origin};
use crate::run::record::{Input, Role};
use crate::run::seen::SeenRows;
use anyhow::ensure;
use std::path::{Path, PathBuf};

/// Arguments of `trainer teach`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Why: large teachers want a GPU, their student may learn on a CPU, and several students may learn from one file. It holds the \
teachers' mean logits of every training text, labelled or not, under the text's hash, never those of a row that is held \
out; and what the teachers have seen, so that a student is refused answers of teachers who know its held-out rows.

Example:
  trainer teach --config student.toml --set 'distillation.teachers=[\"runs/a\", \"runs/b\"]' \\
    --output answers.safetensors
  trainer train --config student.toml --set 'distillation.answers=[\"answers.safetensors\"]'

Both read the same data and [split]; the student's base need not be there to teach."
)]
pub struct Arguments {
    /// Configuration file (TOML) of the student
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Overrides one key of the configuration; may be given several times, the last one wins
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
    /// File of the answers (.safetensors); one that holds these very answers already is left as it is
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Runs the subcommand.
///
/// # Errors
/// See [`teach`].
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments.config, &Override::parse_all(&arguments.set)?)?;
    let output = arguments.output.display();
    match teach(&config, &arguments.output)? {
        Some(answers) => print(&format!(
            "{output}: teachers ({}), texts ({})\n",
            config.distillation.teachers.len(),
            answers.len()
        )),
        None => print(&format!("{output} is finished already\n")),
    }
}

/// Asks the teachers of the configuration about its training texts; `None` where the file holds their answers already.
///
/// # Errors
/// Data, teachers or configuration that cannot be used, each named; another file in its place.
pub fn teach(config: &Config, output: &Path) -> anyhow::Result<Option<Answers>> {
    let distillation = &config.distillation;
    ensure!(
        !distillation.teachers.is_empty(),
        "`distillation.teachers`: expected at least one teacher to ask, found none"
    );
    ensure!(
        distillation.hidden_weight == 0.0,
        "`distillation.hidden_weight`: expected 0, found {}: answers hold no hidden states",
        distillation.hidden_weight
    );
    let folder = folder_of(output);
    ensure!(
        folder.is_dir(),
        "--output {}: expected a file in a folder that is there, found none: create {}",
        output.display(),
        folder.display()
    );
    let device = resources::device(config)?;
    let workers = Workers::new(resources::num_threads(config), &device)?;
    let data = Collection::read(&config.data, true)?;
    let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
    let split = split(&data, &config.data.labels, &near_duplicates, &config.split)?;
    let unlabelled = unlabelled::read(config, Some((&data, &split)))?;
    let mut seen = SeenRows::new(&data, &split, &unlabelled.texts)?;
    let texts = teachers::training_texts(&data, &split, &unlabelled.texts);
    let data_sha256 = data.sha256();
    let student = Student { config, base: None, data_sha256: &data_sha256, device: &device };
    let teachers = teachers::open(&student, &texts, &mut seen)?;
    let inputs = distillation.teachers.iter().map(|path| Input::read(Role::Teacher, path));
    let origin = Origin {
        labels: config.data.labels.clone(),
        teachers: inputs.collect::<anyhow::Result<Vec<_>>>()?.concat(),
        seen: seen.through_teachers(),
    };
    if output.exists() {
        let found = Answers::read(output)?;
        ensure!(
            found.origin == origin && found.are_of(&texts),
            "--output {}: expected a new file or one with these teachers' answers to these texts, found those of other \
             teachers or to other texts. Name another one, or remove it",
            output.display()
        );
        return Ok(None);
    }
    let answers = Answers::new(origin, &texts, teachers.logits(&texts, &workers)?)?;
    answers.write(output)?;
    Ok(Some(answers))
}
