//! The beginning of a long text: a model reads no more of it, and a mebibyte takes seconds to tokenize.
//!
//! Where BERT's own splitting is used, no token crosses whitespace or ASCII punctuation: the tokens of a text that is
//! cut there are the first tokens of the whole.

use tokenizers::{NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// Bytes a token, roughly; what holds more of them is looked at further.
const BYTES_PER_TOKEN: usize = 16;

/// Whether the tokenizer splits as BERT does, and adds no words of its own that may hold a space.
pub(super) fn splits_as_bert_does(tokenizer: &Tokenizer) -> bool {
    matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
        && matches!(tokenizer.get_normalizer(), None | Some(NormalizerWrapper::BertNormalizer(_)))
        && tokenizer.get_added_tokens_decoder().values().all(|token| token.special)
}

/// Ever longer beginnings of a text; the first is likely to have `max_tokens` tokens.
pub(super) fn beginnings(text: &str, max_tokens: usize) -> impl Iterator<Item = &str> {
    let lengths = std::iter::successors(Some(max_tokens.saturating_mul(BYTES_PER_TOKEN)), |length| {
        length.checked_mul(4)
    });
    let cuts = lengths.take_while(|&length| length < text.len()).filter_map(|length| {
        let is_apart = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_punctuation();
        // ASCII is never a part of another character.
        text.as_bytes()[..=length].iter().rposition(is_apart).filter(|&cut| cut > 0)
    });
    cuts.map(|cut| &text[..cut])
}
