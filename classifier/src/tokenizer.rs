//! Text to token ids, through the `tokenizers` crate and the `tokenizer.json` that the model file carries.
//!
//! Truncation and padding that the JSON may ask for are switched off: the length limit is the model's, the
//! classifier reports truncation, and batches are padded by whoever forms them.

use thiserror::Error;
use tokenizers::Tokenizer as HuggingFaceTokenizer;

/// The tokenizer's own words on what failed.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct TokenizerError(String);

impl From<tokenizers::Error> for TokenizerError {
    fn from(error: tokenizers::Error) -> Self {
        Self(error.to_string())
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
    num_special_tokens: usize,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// Anything that the `tokenizers` crate does not accept as one.
    pub fn from_json(json: &str) -> Result<Self, TokenizerError> {
        let mut inner: HuggingFaceTokenizer = json.parse().map_err(TokenizerError::from)?;
        inner.with_truncation(None)?;
        inner.with_padding(None);
        let num_special_tokens = inner.encode_fast("", true)?.len();
        Ok(Self { inner, num_special_tokens })
    }

    /// One more than the highest id: the rows that the embedding table must have.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab(true).values().max().map_or(0, |id| *id as usize + 1)
    }

    /// Tokens that are added to every text: 2 for BERT's `[CLS] … [SEP]`.
    pub fn num_special_tokens(&self) -> usize {
        self.num_special_tokens
    }

    /// The ids of `text`, at most `max_tokens` of them: what is too much goes from the end of the text, the
    /// closing special token stays, as Hugging Face's `truncation=True` does.
    ///
    /// # Errors
    /// Whatever the tokenizer's model cannot encode; WordPiece with an unknown token encodes everything.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Encoding, TokenizerError> {
        let encoded = self.inner.encode_fast(text, true)?;
        let mut input_ids = encoded.get_ids().to_vec();
        let is_truncated = input_ids.len() > max_tokens;
        if is_truncated {
            let closing = input_ids.pop();
            input_ids.truncate(max_tokens.saturating_sub(1));
            input_ids.extend(closing);
        }
        Ok(Encoding { input_ids, is_truncated })
    }
}
