//! `vocabulary.json` of a pruned folder, and the table that a person sees.

use super::corpus::{Corpus, Counts};
use super::selection::Selection;
use crate::config::pruning::{Alphabet, PruneConfig};
use crate::output::json;
use crate::output::tables::{new_table, numbers};
use candle_core::quantized::GgmlDType;
use comfy_table::Cell;
use serde::Serialize;

/// A number in the base and in what was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change<T> {
    /// In the base.
    pub before: T,
    /// In the pruned folder.
    pub after: T,
}

/// What pruning saved and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// SHA-256 of the base's `model.safetensors`.
    pub base_sha256: String,
    /// As in [`PruneConfig`].
    pub min_count: u64,
    /// As in [`PruneConfig`].
    pub max_pieces: Option<usize>,
    /// As in [`PruneConfig`].
    pub normalization: Vec<String>,
    /// As in [`PruneConfig`].
    pub max_tokens: usize,
    /// As in [`PruneConfig`].
    pub alphabet: Alphabet,
    /// Word pieces, special tokens included.
    pub pieces: Change<usize>,
    /// Special tokens and alphabet: the least that `max_pieces` can be.
    pub required_pieces: usize,
    /// Characters that the base could read; a word with one of them is now `[UNK]`.
    pub num_dropped_characters: usize,
    /// These characters, in the order of their code points.
    pub dropped_characters: String,
    /// Size of the embedding table in a model file, bytes, by storage type.
    pub table_bytes: TableBytes,
    /// Each file of the corpus.
    pub corpora: Vec<CorpusReport>,
}

/// Size of the embedding table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(non_snake_case, reason = "the names that GGUF gives the storage types")]
pub struct TableBytes {
    /// 34 bytes for 32 values.
    pub Q8_0: Change<usize>,
    /// 18 bytes for 32 values.
    pub Q4_0: Change<usize>,
}

/// One file of the corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CorpusReport {
    /// File name, with its folder's.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Texts with anything to read, but for those that are held out.
    pub texts: usize,
    /// Texts that were left out because a run holds them or near-duplicates of them out.
    pub held_out_texts: usize,
    /// Tokens a text, `[CLS]` and `[SEP]` included.
    pub mean_tokens: Change<f64>,
    /// Share of texts with at least one `[UNK]`, 0 ..= 1.
    pub texts_with_unknown: Change<f64>,
}

impl Report {
    /// The report on a selection; `width` is the number of values a row of the table.
    pub fn new(
        settings: &PruneConfig,
        selection: &Selection,
        corpora: &[Corpus],
        width: usize,
        base_sha256: String,
    ) -> Self {
        let pieces = Change { before: selection.before[0].pieces.len(), after: selection.kept.len() };
        let bytes = |dtype: GgmlDType| {
            let row = width.div_ceil(dtype.block_size()) * dtype.type_size();
            Change { before: pieces.before * row, after: pieces.after * row }
        };
        let counts = selection.before.iter().zip(&selection.after);
        Self {
            base_sha256,
            min_count: settings.min_count,
            max_pieces: settings.max_pieces,
            normalization: settings.normalization.clone(),
            max_tokens: settings.max_tokens,
            alphabet: settings.alphabet,
            pieces,
            required_pieces: selection.num_required,
            num_dropped_characters: selection.dropped_characters.len(),
            dropped_characters: selection.dropped_characters.iter().collect(),
            table_bytes: TableBytes { Q8_0: bytes(GgmlDType::Q8_0), Q4_0: bytes(GgmlDType::Q4_0) },
            corpora: corpora
                .iter()
                .zip(counts)
                .map(|(corpus, counts)| CorpusReport::new(corpus, counts))
                .collect(),
        }
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// Never for a report of [`Report::new`].
    pub fn to_json(&self) -> anyhow::Result<Vec<u8>> {
        json::pretty(self)
    }

    /// The whole report, ready to print.
    pub fn table(&self) -> String {
        let mut totals = new_table(vec!["", "before", "after"]);
        let mebibytes = |bytes: usize| format!("{:.2} MiB", bytes as f64 / 1024.0 / 1024.0);
        for (name, before, after) in [
            ("pieces", self.pieces.before.to_string(), self.pieces.after.to_string()),
            (
                "table in Q8_0",
                mebibytes(self.table_bytes.Q8_0.before),
                mebibytes(self.table_bytes.Q8_0.after),
            ),
            (
                "table in Q4_0",
                mebibytes(self.table_bytes.Q4_0.before),
                mebibytes(self.table_bytes.Q4_0.after),
            ),
            ("characters dropped", String::new(), self.num_dropped_characters.to_string()),
        ] {
            totals.add_row([Cell::new(name)].into_iter().chain(numbers([before, after])));
        }
        let header =
            vec!["corpus", "texts", "held out", "tokens a text", "after", "texts with [UNK]", "after"];
        let mut corpora = new_table(header);
        for corpus in &self.corpora {
            let row = numbers([
                corpus.texts.to_string(),
                corpus.held_out_texts.to_string(),
                format!("{:.3}", corpus.mean_tokens.before),
                format!("{:.3}", corpus.mean_tokens.after),
                format!("{:.4}", corpus.texts_with_unknown.before),
                format!("{:.4}", corpus.texts_with_unknown.after),
            ]);
            corpora.add_row([Cell::new(&corpus.file)].into_iter().chain(row));
        }
        format!("{totals}\n{corpora}")
    }
}

impl CorpusReport {
    fn new(corpus: &Corpus, (before, after): (&Counts, &Counts)) -> Self {
        let a_text = |count: u64| count as f64 / corpus.len() as f64;
        Self {
            file: corpus.name.clone(),
            sha256: corpus.sha256.clone(),
            texts: corpus.len(),
            held_out_texts: corpus.num_held_out,
            mean_tokens: Change { before: a_text(before.tokens), after: a_text(after.tokens) },
            texts_with_unknown: Change {
                before: a_text(before.texts_with_unknown),
                after: a_text(after.texts_with_unknown),
            },
        }
    }
}
