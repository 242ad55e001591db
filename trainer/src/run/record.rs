//! `run.json`: where a run comes from: what `export` writes into the model file as provenance.

use super::answers::Answers;
use super::folder::{CHECKPOINT, CONFIG, Place, RunFolder};
use super::selection::{self, Selected};
use crate::base::base_model::{BaseModel, WEIGHTS};
use crate::base::origin::{Reading, Stage, TextFile};
use crate::config::schema::Config;
use crate::config::training::hugging_face_folder;
use crate::data::collection::{Collection, Source};
use crate::data::hash::sha256_hex;
use crate::data::held_out::HeldOut;
use anyhow::{Context, ensure};
use encoder::EncoderConfig;
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// File of the record in a run's folder.
pub const FILE: &str = "run.json";

/// A file that was learned from besides the labelled rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What it was.
    pub role: Role,
    /// Name of the file, or of the teacher's run folder: several may be called the same.
    pub name: String,
    /// SHA-256 of the file, or of the run's kept weights.
    pub sha256: String,
}

/// What a run learned from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Texts without their labels.
    Unlabelled,
    /// What another model says of the texts.
    Teacher,
    /// What teachers have said of them; these follow.
    Answers,
    /// The run from whose weights it went on.
    Start,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unlabelled => "texts without labels",
            Self::Teacher => "a teacher",
            Self::Answers => "answers of teachers",
            Self::Start => "the run whose weights it started from",
        })
    }
}

/// One of several labelled sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledSource {
    /// As the configuration calls it.
    pub name: String,
    /// File name.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// Hashes and versions of everything that decided a run, and the sizes of its encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of the trainer.
    pub trainer_version: String,
    /// Commit of the trainer that began the run, `-dirty` behind it where its code was changed, or `unknown`. A run may go
    /// on under another one.
    pub git_commit: String,
    /// Version of candle.
    pub candle_version: String,
    /// Name of the base model's folder.
    pub base_model: String,
    /// SHA-256 of the base model's weights.
    pub base_sha256: String,
    /// File name of the labelled data, of several sources all different ones; empty without any.
    pub data: String,
    /// SHA-256 of the labelled data ([`Collection::sha256`]).
    pub data_sha256: String,
    /// The sources of `data.sources` with labels; none where `data.train` is the only one.
    #[serde(default)]
    pub sources: Vec<LabelledSource>,
    /// Kinds of texts that are validated on, each by itself.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Every other file that was learned from, in the order of the configuration.
    pub inputs: Vec<Input>,
    /// SHA-256 of the resolved configuration but for its paths: what lies there has hashes of its own.
    pub config_sha256: String,
    /// The run's seed.
    pub seed: u64,
    /// Worker threads: they decide the order of the sums.
    pub num_threads: usize,
    /// Sizes of the encoder.
    pub encoder: EncoderConfig,
    /// Which texts decided the base's vocabulary and weights, as far as that is recorded.
    pub base_origin: Vec<Stage>,
    /// SHA-256 of the texts that the run holds out ([`HeldOut::sha256`]); empty without labelled data.
    pub held_out_sha256: String,
    /// What is chosen by the score on the validation rows; the rest is decided by the configuration.
    pub selected_on_validation: Vec<Selected>,
}

impl RunRecord {
    /// The record of a run that is about to start, on labelled data, of which `held_out` is kept, or on texts alone, and on
    /// these further inputs.
    ///
    /// # Errors
    /// A configuration that cannot be written as TOML, a file that cannot be read.
    pub fn new(
        config: &Config,
        data: Option<&Collection>,
        held_out: Option<&HeldOut>,
        inputs: &[(Role, &Path)],
        base: &BaseModel,
        num_threads: usize,
    ) -> anyhow::Result<Self> {
        let inputs = inputs.iter().map(|(role, path)| Input::read(*role, path));
        let inputs: Vec<Vec<Input>> = inputs.collect::<anyhow::Result<_>>()?;
        Ok(Self {
            trainer_version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: env!("GIT_COMMIT").to_owned(),
            candle_version: env!("CANDLE_VERSION").to_owned(),
            base_model: base.name.clone(),
            base_sha256: base.sha256.clone(),
            data: data.map(file_names).unwrap_or_default(),
            data_sha256: data.map(Collection::sha256).unwrap_or_default(),
            sources: match config.data.sources.is_empty() {
                true => Vec::new(),
                false => data.iter().flat_map(|data| &data.sources).map(LabelledSource::from).collect(),
            },
            domains: data.map(|data| data.domains(config)).unwrap_or_default(),
            inputs: inputs.into_iter().flatten().collect(),
            config_sha256: sha256_hex(config.without_paths().to_toml()?.as_bytes()),
            seed: config.seed,
            num_threads,
            encoder: base.config.clone(),
            base_origin: base.origin.clone(),
            held_out_sha256: held_out.map(HeldOut::sha256).unwrap_or_default(),
            selected_on_validation: selection::selected(&config.train),
        })
    }

    /// The files of texts that it reads, each once.
    pub fn texts(&self) -> Vec<TextFile> {
        let single =
            (!self.data.is_empty() && self.sources.is_empty()).then_some((&self.data, &self.data_sha256));
        let sources = self.sources.iter().map(|source| (&source.file, &source.sha256));
        let texts = self.inputs.iter().filter(|input| input.role == Role::Unlabelled);
        let texts = texts.map(|input| (&input.name, &input.sha256));
        let files: IndexSet<_> = single.into_iter().chain(sources).chain(texts).collect();
        let file =
            |(name, sha256): (&String, &String)| TextFile { name: name.clone(), sha256: sha256.clone() };
        files.into_iter().map(file).collect()
    }

    /// Whether a stage of the base has, or may have, read what the run holds out of its own data.
    pub fn has_read_held_out(&self, stage: &Stage) -> bool {
        matches!(self.reading_of(stage), Reading::Read | Reading::OtherSplit)
    }

    /// Whether a stage of the base has read what the run holds out.
    pub fn reading_of(&self, stage: &Stage) -> Reading {
        let sources = self.sources.iter().map(|source| source.sha256.as_str());
        let files: Vec<&str> = sources.chain([self.data_sha256.as_str()]).collect();
        stage.reading(&files, &self.held_out_sha256)
    }

    /// Writes the record and the configuration into the run folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &RunFolder, config: &Config) -> anyhow::Result<()> {
        folder.write(CONFIG, config.to_toml()?.as_bytes())?;
        folder.write(FILE, &serde_json::to_vec_pretty(self)?)
    }

    /// Whether this very run has begun at this place already; `false` for a folder without a run.
    ///
    /// # Errors
    /// A folder of another run.
    pub fn is_at(&self, place: &Place) -> anyhow::Result<bool> {
        let Some(folder) = place.existing().filter(|folder| folder.has(FILE)) else { return Ok(false) };
        let found = Self::read(folder.path())?;
        // Another commit is no other run: most of them change nothing that a run computes.
        let expected = Self { git_commit: found.git_commit.clone(), ..self.clone() };
        ensure!(
            found == expected,
            "{}: expected the run of this configuration, data and base, found another one{}. Choose another folder, \
             or remove this one",
            folder.path().display(),
            difference(&found, &expected)
        );
        Ok(true)
    }

    /// Reads the record of a run folder.
    ///
    /// # Errors
    /// A folder without one, or one that another version wrote.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let bytes = std::fs::read(&path).with_context(|| {
            format!("cannot read {}: expected a folder that `trainer train` wrote", path.display())
        })?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} was not written by this version of the trainer", path.display()))
    }
}

/// What `train` learns from besides the labelled rows: without teachers nothing.
pub fn distillation_inputs(config: &Config) -> Vec<(Role, &Path)> {
    let teachers = config.distillation.teachers.iter().map(|path| (Role::Teacher, path.as_path()));
    let answers = config.distillation.answers.iter().map(|path| (Role::Answers, path.as_path()));
    match config.distillation.is_on() {
        true => unlabelled_inputs(config).into_iter().chain(teachers).chain(answers).collect(),
        false => Vec::new(),
    }
}

/// What `adapt` learns from besides the labelled rows.
pub fn unlabelled_inputs(config: &Config) -> Vec<(Role, &Path)> {
    let texts = config.data.sources.iter().filter(|source| !source.is_labelled()).map(|source| &source.path);
    config.data.unlabelled.iter().chain(texts).map(|path| (Role::Unlabelled, path.as_path())).collect()
}

impl From<&Source> for LabelledSource {
    fn from(source: &Source) -> Self {
        let (name, file) = (source.config.name.clone(), file_name(&source.config.path));
        Self { name, file, sha256: source.sha256.clone() }
    }
}

/// Of all sources, each once.
fn file_names(data: &Collection) -> String {
    let names: IndexSet<String> = data.sources.iter().map(|source| file_name(&source.config.path)).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

impl Input {
    /// A file, or the weights in a folder; behind a file of answers the teachers that gave them.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(role: Role, path: &Path) -> anyhow::Result<Vec<Self>> {
        let file = match hugging_face_folder(path) {
            Some(folder) => folder.join(WEIGHTS),
            None if path.is_dir() => path.join(CHECKPOINT),
            None => PathBuf::from(path),
        };
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut inputs = vec![Self { role, name: file_name(path), sha256: sha256_hex(&bytes) }];
        if role == Role::Answers {
            inputs.extend(Answers::read(path)?.origin.teachers);
        }
        Ok(inputs)
    }
}

/// The last part of a path, `..` resolved.
fn file_name(path: &Path) -> String {
    let resolved = path.file_name().is_none().then(|| path.canonicalize().ok()).flatten();
    let path = resolved.as_deref().unwrap_or(path);
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// ` (its KEY is A, not B)` for the first key in which two records differ.
fn difference(found: &RunRecord, expected: &RunRecord) -> String {
    let table = |record: &RunRecord| serde_json::to_value(record).ok();
    let (Some(found), Some(expected)) = (table(found), table(expected)) else { return String::new() };
    let keys = expected.as_object().into_iter().flatten();
    let differing = keys.map(|(key, expected)| (key, expected, &found[key])).find(|(_, a, b)| a != b);
    differing
        .map_or(String::new(), |(key, expected, found)| format!(" (its {key} is {found}, not {expected})"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_build_knows_what_it_is_made_of() {
        let version = env!("CANDLE_VERSION");
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"candle-core\"\nversion = \"{version}\"\n")), "{version}");
        let commit = env!("GIT_COMMIT").trim_end_matches("-dirty");
        let is_hash = commit.len() >= 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
        assert!(is_hash || commit == "unknown", "{commit}");
    }
}
