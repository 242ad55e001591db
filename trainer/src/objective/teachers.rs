//! Soft targets: what the teachers say of every training text (Hinton et al. 2015).
//!
//! The logits of several teachers are averaged. They are asked where the student learns, and their answers kept in its
//! run folder until the run is done, so that going on after an interruption does not ask them again; or they were asked
//! elsewhere, by `trainer teach`, and a file of [`Answers`] stands in their place.

mod hugging_face;
pub mod leaks;
mod teacher;

use crate::config::schema::Config;
use crate::data::collection::Collection;
use crate::data::split::Split;
use crate::fit::workers::Workers;
use crate::output::file::write_atomically;
use crate::run::answers::Answers;
use crate::run::folder::RunFolder;
use crate::run::seen::SeenRows;
use crate::scoring::predictions::progress_bar;
use anyhow::{Context, ensure};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;
use std::path::Path;
pub use teacher::{Student, Teacher};

/// File of the targets in a run folder.
pub const TARGETS: &str = "targets.safetensors";

/// What the teachers say of the training texts, labelled ones first.
#[derive(Clone, Debug)]
pub struct SoftTargets {
    /// softmax(mean logits / temperature), in label order.
    pub probabilities: Vec<Vec<f32>>,
    /// The first teacher's pooled hidden states, where they are to be learned.
    pub pooled: Option<Vec<Vec<f32>>>,
}

/// What is learned from besides labels.
pub enum Teachers {
    /// Models that can be asked; maybe none.
    Here(Vec<Teacher>),
    /// What others have said of the training texts: mean logits, a row a text.
    Elsewhere(Vec<Vec<f32>>),
}

/// The texts that teachers are asked about: the labelled training rows, then the texts without labels. Never a row that is
/// held out.
pub fn training_texts<'a>(data: &'a Collection, split: &'a Split, unlabelled: &'a [String]) -> Vec<&'a str> {
    let labelled = split.train.iter().map(|&index| &data.examples[index].text);
    labelled.chain(unlabelled).map(String::as_str).collect()
}

/// Loads the teachers of the student's configuration, or reads their answers to these texts; adds to what the student has
/// `seen` what they have.
///
/// # Errors
/// A teacher that cannot be loaded, with other labels or another tokenizer than the student, one that has been
/// trained on rows that the student holds out or does not tell, hidden states of another width; answers of such teachers,
/// or to other texts.
pub fn open(student: &Student<'_>, texts: &[&str], seen: &mut SeenRows) -> anyhow::Result<Teachers> {
    let distillation = &student.config.distillation;
    if !distillation.answers.is_empty() {
        return Ok(Teachers::Elsewhere(answers(student.config, texts, seen)?));
    }
    let mut teachers = Vec::new();
    for (index, path) in distillation.teachers.iter().enumerate() {
        let teacher = Teacher::open(student, seen, path, index == 0);
        teachers.push(teacher.with_context(|| format!("teacher {}", path.display()))?);
    }
    Ok(Teachers::Here(teachers))
}

/// Mean logits of the files of answers.
fn answers(config: &Config, texts: &[&str], seen: &mut SeenRows) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut sums = vec![vec![0f32; config.data.labels.len()]; texts.len()];
    for path in &config.distillation.answers {
        let answers = Answers::read(path)?;
        add_answers(config, &answers, texts, seen, path, &mut sums)
            .with_context(|| format!("the answers {}", path.display()))?;
    }
    Ok(mean(sums, config.distillation.answers.len()))
}

fn add_answers(
    config: &Config,
    answers: &Answers,
    texts: &[&str],
    seen: &mut SeenRows,
    path: &Path,
    sums: &mut [Vec<f32>],
) -> anyhow::Result<()> {
    let name = path.display().to_string();
    leaks::check_listed(&answers.origin.seen, seen, name, config.distillation.allow_unknown_teacher_data)?;
    check_labels(config, &answers.origin.labels)?;
    sums.iter_mut().zip(answers.of(texts)?).for_each(|(sum, logits)| add(sum, logits));
    Ok(())
}

/// What is learned has the student's labels.
fn check_labels(config: &Config, found: &[String]) -> anyhow::Result<()> {
    let expected = &config.data.labels;
    ensure!(
        expected == found,
        "expected the labels of `data.labels`, {expected:?}, found {found:?}. Take a teacher of the same task"
    );
    Ok(())
}

impl Teachers {
    /// The targets of the texts; `None` without teachers.
    ///
    /// # Errors
    /// A text that a teacher cannot read, a file that cannot be written.
    pub fn targets(
        &self,
        config: &Config,
        texts: &[&str],
        folder: &RunFolder,
        workers: &Workers,
    ) -> anyhow::Result<Option<SoftTargets>> {
        let (logits, pooled) = match self {
            Self::Here(teachers) if teachers.is_empty() => return Ok(None),
            Self::Here(teachers) => asked_once(teachers, texts, folder, workers)?,
            Self::Elsewhere(answers) => (answers.clone(), None),
        };
        let temperature = config.distillation.temperature as f32;
        let probabilities = logits.iter().map(|logits| classifier::softmax(logits, temperature)).collect();
        Ok(Some(SoftTargets { probabilities, pooled }))
    }

    /// Mean logits of the texts, a row a text.
    ///
    /// # Errors
    /// A text that a teacher cannot read.
    pub fn logits(self, texts: &[&str], workers: &Workers) -> anyhow::Result<Vec<Vec<f32>>> {
        match self {
            Self::Here(teachers) => mean_logits(&teachers, texts, workers),
            Self::Elsewhere(answers) => Ok(answers),
        }
    }
}

type Rows = Vec<Vec<f32>>;

/// Mean logits and pooled hidden states, from the run folder where the teachers have been asked before.
fn asked_once(
    teachers: &[Teacher],
    texts: &[&str],
    folder: &RunFolder,
    workers: &Workers,
) -> anyhow::Result<(Rows, Option<Rows>)> {
    let path = folder.path().join(TARGETS);
    if !path.exists() {
        let mut tensors = BTreeMap::from([("logits", matrix(mean_logits(teachers, texts, workers)?)?)]);
        if let Some(pooled) =
            teachers.first().map(|first| first.pooled(texts, workers)).transpose()?.flatten()
        {
            tensors.insert("pooled", matrix(pooled)?);
        }
        write_atomically(&path, &safetensors::serialize(&tensors, None)?)?;
    }
    let stored = candle_core::safetensors::load(&path, &Device::Cpu)
        .with_context(|| format!("cannot read {}. Remove it to ask the teachers again", path.display()))?;
    let rows = |name: &str| stored.get(name).map(Tensor::to_vec2::<f32>).transpose();
    let logits = rows("logits")?.unwrap_or_default();
    ensure!(
        logits.len() == texts.len(),
        "{}: expected targets of {} texts, found {}. Remove it to ask the teachers again",
        path.display(),
        texts.len(),
        logits.len()
    );
    Ok((logits, rows("pooled")?))
}

fn matrix(rows: Rows) -> candle_core::Result<Tensor> {
    Tensor::new(rows, &Device::Cpu)
}

/// Behind a line that says so and a progress bar. What a teacher says of a row that it learned is the row's label again:
/// where others have not learned it, only they count (cross-fitting: Chernozhukov et al. 2018, definition 3.1), if every
/// teacher tells what it has learned.
fn mean_logits(teachers: &[Teacher], texts: &[&str], workers: &Workers) -> anyhow::Result<Rows> {
    eprintln!("asking the teachers ({}) about {} texts", teachers.len(), texts.len());
    let bar = progress_bar(texts.len() * teachers.len());
    let asked = teachers.iter().map(|teacher| teacher.logits(texts, workers, &bar));
    let said = asked.collect::<anyhow::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let learned =
        teachers.iter().map(|teacher| teacher.learned(texts)).collect::<anyhow::Result<Vec<_>>>()?;
    let learned: Option<Vec<_>> = learned.into_iter().collect();
    let learned = learned.unwrap_or_else(|| vec![vec![false; texts.len()]; teachers.len()]);
    Ok((0..texts.len()).map(|text| mean_of_impartial(&said, &learned, text)).collect())
}

/// Mean logits of a text: of the teachers that have not learned it, or of all where there are none of these.
fn mean_of_impartial(said: &[Rows], learned: &[Vec<bool>], text: usize) -> Vec<f32> {
    let has_all = learned.iter().all(|learned| learned[text]);
    let counted = said.iter().zip(learned).filter(|(_, learned)| has_all || !learned[text]);
    let rows: Vec<&Vec<f32>> = counted.map(|(said, _)| &said[text]).collect();
    let mut sum = vec![0f32; rows.first().map_or(0, |row| row.len())];
    rows.iter().for_each(|row| add(&mut sum, row));
    sum.iter_mut().for_each(|sum| *sum /= rows.len() as f32);
    sum
}

fn add(sum: &mut [f32], logits: &[f32]) {
    sum.iter_mut().zip(logits).for_each(|(sum, logit)| *sum += logit);
}

fn mean(mut sums: Rows, count: usize) -> Rows {
    sums.iter_mut().flatten().for_each(|sum| *sum /= count as f32);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_learned_a_text_says_nothing_of_it_unless_all_have() {
        let said = [vec![vec![1.0, 0.0]; 3], vec![vec![3.0, 2.0]; 3]];
        let learned = [vec![true, true, false], vec![false, true, false]];
        let mean = |text| mean_of_impartial(&said, &learned, text);
        assert_eq!([mean(0), mean(1), mean(2)], [[3.0, 2.0], [2.0, 1.0], [2.0, 1.0]]);
    }
}
