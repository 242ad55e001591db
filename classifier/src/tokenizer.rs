//! Text to token ids, through the `tokenizers` crate and the `tokenizer.json` that the model file carries.
//!
//! Truncation and padding that the JSON may ask for are switched off: the length limit is the model's, the
//! classifier reports truncation, and nothing pads: the texts of a batch lie behind each other, each as long as it is.
//! `[SEP]` in a text is brackets and letters: a text does not end where its author says so.

mod beginning;
mod known_words;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::HashMap;
use thiserror::Error;
use tokenizers::{ModelWrapper, Tokenizer as HuggingFaceTokenizer};

/// The tokenizer's own words on what failed.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct TokenizerError(String);

impl From<tokenizers::Error> for TokenizerError {
    fn from(error: tokenizers::Error) -> Self {
        Self(error.to_string())
    }
}

/// The `tokenizers` crate panics over a template that names a special token or a text which is not there.
fn check_template(json: &str) -> Result<(), TokenizerError> {
    #[derive(Deserialize)]
    struct File {
        post_processor: Option<PostProcessor>,
    }
    #[derive(Deserialize)]
    struct PostProcessor {
        #[serde(default)]
        single: Vec<HashMap<String, Piece>>,
        #[serde(default)]
        pair: Vec<HashMap<String, Piece>>,
        #[serde(default)]
        special_tokens: HashMap<String, IgnoredAny>,
    }
    #[derive(Deserialize)]
    struct Piece {
        id: String,
    }
    let file: File = serde_json::from_str(json).map_err(|error| TokenizerError(error.to_string()))?;
    let Some(PostProcessor { single, pair, special_tokens }) = file.post_processor else { return Ok(()) };
    for (kind, piece) in single.iter().chain(&pair).flatten() {
        if kind == "SpecialToken" && !special_tokens.contains_key(&piece.id) {
            return Err(TokenizerError(format!(
                "its template names the undefined special token `{}`",
                piece.id
            )));
        }
    }
    // A single text is sequence A; there is no B to index.
    match single.iter().flatten().find(|(kind, piece)| *kind == "Sequence" && piece.id != "A") {
        Some((_, piece)) => {
            Err(TokenizerError(format!("its template for one text names sequence `{}`", piece.id)))
        }
        None => Ok(()),
    }
}

/// The ids of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Token ids with `[CLS]` and `[SEP]`; at most the limit that was asked for.
    pub input_ids: Vec<u32>,
    /// Ids were left out to keep the limit.
    pub is_truncated: bool,
}

/// A Hugging Face tokenizer.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: HuggingFaceTokenizer,
    /// The beginning of a text tells its first tokens.
    splits_as_bert_does: bool,
    /// What is added to every text. Its ids are the post-processor's own and need not be in the vocabulary.
    special_ids: Vec<u32>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// Anything that the `tokenizers` crate does not accept as one.
    pub fn from_json(json: &str) -> Result<Self, TokenizerError> {
        check_template(json)?;
        // The `tokenizers` crate panics over a decoder that is no JSON.
        serde_json::from_str::<Value>(json).map_err(|error| TokenizerError(error.to_string()))?;
        let mut inner: HuggingFaceTokenizer = json.parse().map_err(TokenizerError::from)?;
        inner.with_truncation(None)?;
        inner.with_padding(None);
        inner.set_encode_special_tokens(true);
        let special_ids = inner.encode_fast("", true)?.get_ids().to_vec();
        Ok(Self { splits_as_bert_does: beginning::splits_as_bert_does(&inner), inner, special_ids })
    }

    /// One more than the highest id: the rows that the embedding table must have.
    pub fn vocab_size(&self) -> usize {
        let vocab = self.inner.get_vocab(true);
        vocab.values().chain(&self.special_ids).max().map_or(0, |id| *id as usize + 1)
    }

    /// The id of a token, if there is one of this name.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// Tokens that are added to every text: 2 for BERT's `[CLS] … [SEP]`.
    pub fn num_special_tokens(&self) -> usize {
        self.special_ids.len()
    }

    /// The ids of `text`, at most `max_tokens` of them: what is too much goes from the end of the text, the
    /// closing special token stays, as Hugging Face's `truncation=True` does.
    ///
    /// # Errors
    /// Whatever the tokenizer's model cannot encode; WordPiece with an unknown token encodes everything.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Encoding, TokenizerError> {
        let mut input_ids = Vec::new();
        let beginnings = self.splits_as_bert_does.then(|| beginning::beginnings(text, max_tokens));
        for part in beginnings.into_iter().flatten().chain(std::iter::once(text)) {
            input_ids = self.inner.encode_fast(part, true)?.get_ids().to_vec();
            if input_ids.len() > max_tokens {
                break;
            }
        }
        let is_truncated = input_ids.len() > max_tokens;
        if is_truncated {
            let closing = input_ids.pop();
            input_ids.truncate(max_tokens.saturating_sub(1));
            input_ids.extend(closing);
        }
        Ok(Encoding { input_ids, is_truncated })
    }

    /// Whether the vocabulary has nearly none of the words of an encoded text: at most a quarter.
    ///
    /// Of other models than WordPiece, whose pieces do not tell where a word goes on, never.
    pub fn knows_few_words(&self, input_ids: &[u32]) -> bool {
        let ModelWrapper::WordPiece(model) = self.inner.get_model() else { return false };
        let of_text = input_ids.iter().filter(|id| !self.special_ids.contains(id));
        let pieces = of_text.filter_map(|id| self.inner.id_to_token(*id));
        known_words::are_few(pieces, &model.unk_token, &model.continuing_subword_prefix)
    }
}
