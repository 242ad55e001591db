//! What the report tells: every way to store the checkpoint, measured; the mistakes; the edits.

use crate::classification::progress_bar;
use crate::edits::{self, EditEffect};
use crate::finished_run::{Run, Scored};
use crate::history::History;
use crate::metrics::most_probable;
use crate::tensor_storage::TensorStorage;
use anyhow::Context;
use indexmap::IndexMap;

/// Mistakes that are shown.
const NUM_MISTAKES: usize = 20;

/// Everything on the page.
pub struct Findings {
    /// What was trained.
    pub run: Run,
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

impl Findings {
    /// Measures all of it, behind a progress bar.
    ///
    /// # Errors
    /// A log that cannot be read, a text that cannot be classified.
    pub fn measure(run: Run) -> anyhow::Result<Self> {
        let history = History::read(&run.folder)?;
        let rule = run.threshold_rule(None)?;
        let configured = run.storage(None, &[])?;
        let wanted = configured.formats(&run.record.encoder)?;
        let choices = choices(&configured, &run)?;
        let (num_validation, num_test) = (run.split.validation.len(), run.split.test.len());
        let scored_each = num_validation + num_test;
        let bar = progress_bar((choices.len() + 1) * scored_each + edits::num_texts(num_test));
        let checkpoint = run.score_checkpoint(rule)?;
        bar.inc(scored_each as u64);
        let (mut variants, mut effects) = (Vec::new(), None);
        for (name, storage) in choices {
            let variant = run.variant("report", &storage, rule, &bar)?;
            if variant.formats == wanted {
                effects = Some((variants.len(), edits::measure_run(&run, &variant.classifier, &bar)?));
            }
            let size_bytes = variant.bytes.len();
            variants.push(Stored { name, size_bytes, scored: variant.scored });
        }
        bar.finish_and_clear();
        let (configured, edits) = effects.context("the configured storage was not measured")?;
        Ok(Self { run, history, checkpoint, variants, configured, edits })
    }

    /// The variant that the configuration asks for.
    pub fn chosen(&self) -> &Stored {
        &self.variants[self.configured]
    }

    /// The surest of the wrong predictions, the surest first.
    pub fn mistakes(&self) -> Vec<Mistake<'_>> {
        let labels = &self.run.config.data.labels;
        let scored = &self.chosen().scored;
        let examples = self.run.test_examples();
        let mut wrong: Vec<Mistake<'_>> = examples
            .into_iter()
            .zip(&scored.probabilities)
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
fn choices(configured: &TensorStorage, run: &Run) -> anyhow::Result<Vec<(String, TensorStorage)>> {
    let encoder = &run.record.encoder;
    let wanted = configured.formats(encoder)?;
    let none = IndexMap::new();
    let names = ["token_embd.weight", "position_embd.weight", "token_types.weight"];
    let embeddings = names.into_iter().map(|name| (name.to_owned(), "Q8_0".to_owned())).collect();
    let mut choices = Vec::new();
    let mut is_among = false;
    for (name, quantization, exceptions) in [
        ("F32", "F32", &none),
        ("Q8_0", "Q8_0", &none),
        ("Q4_0, embeddings Q8_0", "Q4_0", &embeddings),
        ("Q4_0", "Q4_0", &none),
    ] {
        let storage = TensorStorage::new(quantization, exceptions)?;
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
