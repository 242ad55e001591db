//! What the report tells: every way to store the checkpoint, measured; the mistakes; the edits.

use crate::config::storage_format::TensorFormat;
use crate::data::overlap::{Overlap, overlap};
use crate::export::storage::TensorStorage;
use crate::export::variant;
use crate::export::variant::{Challenged, Variant};
use crate::run::finished::{FinishedRun, TestRows};
use crate::run::log::{History, Log};
use crate::scoring::edits::{self, EditEffect};
use crate::scoring::predictions::most_probable;
use crate::scoring::predictions::progress_bar;
use crate::scoring::scored::Scored;
use anyhow::Context;
use classifier::model_file::StorageFormat;
use encoder::names;

/// Mistakes that are shown.
const NUM_MISTAKES: usize = 20;

/// Everything on the page.
pub struct Findings<'a> {
    /// What was trained.
    pub run: &'a FinishedRun,
    /// What it is scored on.
    pub test: &'a TestRows<'a>,
    /// How it went.
    pub history: History,
    /// The checkpoint in f32.
    pub checkpoint: Scored,
    /// Ways to store it, the configured one among them.
    pub variants: Vec<Stored>,
    /// Position of the configured one.
    pub configured: usize,
    /// What edits do to the configured one.
    pub edits: Vec<EditEffect>,
    /// What the configured one makes of the challenge set; none where its labels are not those of the set.
    pub challenge: Option<Challenged>,
    /// How much one domain has of another's words.
    pub overlap: Overlap,
}

/// One way to store the checkpoint.
pub struct Stored {
    /// For people.
    pub name: String,
    /// Size of the model file.
    pub size_bytes: usize,
    /// On the test rows.
    pub scored: Scored,
}

/// A wrong prediction of the configured variant.
pub struct Mistake<'a> {
    /// As the data has it.
    pub text: &'a str,
    /// The label that the data says.
    pub truth: &'a str,
    /// The label that the model says.
    pub predicted: &'a str,
    /// What the model believes of it, 0 ..= 1.
    pub probability: f32,
}

impl<'a> Findings<'a> {
    /// Measures all of it, behind a progress bar.
    ///
    /// # Errors
    /// A log that cannot be read, a text that cannot be classified.
    pub fn measure(test: &'a TestRows<'a>) -> anyhow::Result<Self> {
        let run = test.run;
        let history = Log::of(&run.weights.folder).read()?;
        let rule = variant::threshold_rule(&run.config().export, None)?;
        let configured = TensorStorage::configured(&run.config().export);
        let wanted = configured.formats(&run.record().encoder)?;
        let choices = choices(&configured, run)?;
        let (num_validation, num_test) = (run.split().validation.len(), test.indices().len());
        let scored_each = num_validation + num_test;
        let bar = progress_bar((choices.len() + 1) * scored_each + edits::num_texts(num_test));
        let checkpoint = variant::score_checkpoint(test, rule)?;
        bar.inc(scored_each as u64);
        let (mut variants, mut effects) = (Vec::new(), None);
        for (name, storage) in choices {
            let variant = Variant::new(test, "report", &storage, rule, &bar)?;
            if variant.formats == wanted {
                effects = Some((variants.len(), variant.edits(test, &bar)?, variant.challenge(run)?));
            }
            let size_bytes = variant.bytes.len();
            variants.push(Stored { name, size_bytes, scored: variant.scored });
        }
        bar.finish_and_clear();
        let (configured, edits, challenge) = effects.context("the configured storage was not measured")?;
        let overlap = overlap(&run.data, run.split(), &run.config().model.normalization)?;
        Ok(Self { run, test, history, checkpoint, variants, configured, edits, challenge, overlap })
    }

    /// The variant that the configuration asks for.
    pub fn chosen(&self) -> &Stored {
        &self.variants[self.configured]
    }

    /// The surest of the wrong predictions, the surest first.
    pub fn mistakes(&self) -> Vec<Mistake<'_>> {
        let labels = &self.run.config().data.labels;
        let scored = &self.chosen().scored;
        let examples = self.test.examples();
        let mut wrong: Vec<Mistake<'_>> = examples
            .into_iter()
            .zip(&scored.answers.probabilities)
            .filter(|(example, row)| most_probable(row) != example.label)
            .map(|(example, row)| {
                let predicted = most_probable(row);
                Mistake {
                    text: &example.text,
                    truth: &labels[example.label],
                    predicted: &labels[predicted],
                    probability: row[predicted],
                }
            })
            .collect();
        wrong.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        wrong.truncate(NUM_MISTAKES);
        wrong
    }
}

/// The storages that are worth a comparison and fit the model, and the configured one where it is none of them.
fn choices(configured: &TensorStorage, run: &FinishedRun) -> anyhow::Result<Vec<(String, TensorStorage)>> {
    let encoder = &run.record().encoder;
    let wanted = configured.formats(encoder)?;
    let as_q8_0 = |name: &str| TensorFormat { pattern: name.to_owned(), format: StorageFormat::Q8_0 };
    let embeddings =
        [names::TOKEN_EMBEDDINGS, names::POSITION_EMBEDDINGS, names::TOKEN_TYPES].map(as_q8_0).to_vec();
    let mut choices = Vec::new();
    let mut is_among = false;
    for (name, quantization, exceptions) in [
        ("F32", StorageFormat::F32, Vec::new()),
        ("Q8_0", StorageFormat::Q8_0, Vec::new()),
        ("Q4_0, embeddings Q8_0", StorageFormat::Q4_0, embeddings),
        ("Q4_0", StorageFormat::Q4_0, Vec::new()),
    ] {
        let storage = TensorStorage::new(quantization, exceptions);
        // Rows that are no whole blocks cannot be stored in this way: nothing to compare.
        if let Ok(formats) = storage.formats(encoder) {
            is_among |= formats == wanted;
            choices.push((name.to_owned(), storage));
        }
    }
    if !is_among {
        choices.push((configured.to_string(), configured.clone()));
    }
    Ok(choices)
}
