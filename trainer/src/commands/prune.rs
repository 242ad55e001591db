//! `trainer prune`: a base model without the word pieces that a corpus does not use.

use super::reading::TextArguments;
use crate::base::vocabulary;
use crate::config::Override;
use crate::config::pruning;
use crate::config::pruning::{Alphabet, PruneConfig};
use crate::config::schema::Config;
use crate::output::standard_output::print;
use clap::ValueEnum;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The default of `--normalization` as it can be typed.
static NORMALIZATION: LazyLock<String> = LazyLock::new(|| pruning::default_normalization().join(","));

/// Arguments of `trainer prune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer prune --base base/minilm --corpus tweets.csv topics.csv --output base/minilm-pruned \\
    --config trainer/configs/minilm-l6.toml --set data.train=tweets.csv
  trainer prune --base base/minilm --corpus tweets.csv --min-count 1 --max-pieces 8000 \\
    --output base/minilm-8k \\
    --normalization decode_html_entities,remove_urls,collapse_whitespace")]
pub struct Arguments {
    /// Hugging Face folder of a BERT: config.json, tokenizer.json, model.safetensors
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// Texts whose pieces are counted, labelled or not: CSV, TSV or Parquet with a column text, JSONL with this key, the
    /// lines of a .txt
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub corpus: Vec<PathBuf>,
    /// A piece that the corpus has less often is dropped; its words are spelled with other pieces
    #[arg(long, value_name = "N", default_value_t = pruning::default_min_count())]
    pub min_count: u64,
    /// Keeps only the most frequent pieces, special tokens and alphabet included
    #[arg(long, value_name = "N")]
    pub max_pieces: Option<usize>,
    /// Configuration of the run that will start from the result: its validation and test rows are left out of the corpus,
    /// with their near-duplicates, and its normalization is used. Without it whoever trains on a file of the corpus has
    /// the test rows' words in the vocabulary, and the model card says so
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Overrides one key of that configuration
    #[arg(long, value_name = "KEY.PATH=VALUE", requires = "config")]
    pub set: Vec<String>,
    /// Steps before tokenization, as the model will be trained with
    #[arg(long, value_name = "STEPS", conflicts_with = "config", value_delimiter = ',', default_value = NORMALIZATION.as_str())]
    pub normalization: Vec<String>,
    /// Texts are cut to this many tokens before their pieces are counted
    #[arg(long, value_name = "N", default_value_t = pruning::default_max_tokens())]
    pub max_tokens: usize,
    /// How the texts are read.
    #[command(flatten)]
    pub reading: TextArguments,
    /// Characters that stay readable: the base's, or the corpus's and all of ASCII
    #[arg(long, value_enum, default_value_t = AlphabetArgument::Corpus)]
    pub alphabet: AlphabetArgument,
    /// Folder to write; it must not exist, unless as the result of the same call
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
}

/// The characters of which every word can still be spelled.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AlphabetArgument {
    /// Every character that the base has: no text gets an `[UNK]` that it did not have.
    Base,
    /// Characters that the corpus uses, and ASCII letters, digits and punctuation.
    Corpus,
}

/// Runs the subcommand.
///
/// # Errors
/// A configuration that cannot be used; see [`vocabulary::prune`]; standard output cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut settings = PruneConfig {
        base: arguments.base.clone(),
        corpus: arguments.corpus.clone(),
        min_count: arguments.min_count,
        max_pieces: arguments.max_pieces,
        normalization: arguments.normalization.clone(),
        max_tokens: arguments.max_tokens,
        text_column: arguments.reading.text_column.clone(),
        delimiter: arguments.reading.delimiter,
        encoding: arguments.reading.encoding,
        alphabet: match arguments.alphabet {
            AlphabetArgument::Base => Alphabet::Base,
            AlphabetArgument::Corpus => Alphabet::Corpus,
        },
        held_out: None,
        output: arguments.output.clone(),
    };
    if let Some(config) = &arguments.config {
        settings.set_held_out(Box::new(Config::load(config, &Override::parse_all(&arguments.set)?)?));
    }
    let report = vocabulary::prune(&settings)?;
    print(&format!("{}\n{}\n", report.table(), arguments.output.display()))
}
