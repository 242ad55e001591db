//! Which pieces stay.
//!
//! A word whose piece is dropped falls into other pieces, whose counts rise; so pieces are dropped, the corpus is
//! divided and counted anew, until every piece that is left and need not be there occurs often enough. What must
//! stay are special tokens and the alphabet: WordPiece turns a whole word into `[UNK]` where one character has no
//! piece, so each character keeps its form at the beginning of a word and the one inside.

use super::corpus::{Corpus, Counts};
use super::tokenizer_file::TokenizerFile;
use crate::config::pruning::{Alphabet, PruneConfig};
use anyhow::{Context, ensure};
use classifier::tokenizer::Tokenizer;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The result.
pub struct Selection {
    /// Ids of the base that stay, ascending: their positions are the new ids.
    pub kept: BTreeSet<u32>,
    /// How many of them are special tokens and alphabet.
    pub num_required: usize,
    /// Characters that the base could read and that are in no piece any more.
    pub dropped_characters: BTreeSet<char>,
    /// Each corpus as the base divides it.
    pub before: Vec<Counts>,
    /// Each corpus as what stays divides it.
    pub after: Vec<Counts>,
}

/// Chooses the pieces that stay.
///
/// # Errors
/// `max_pieces` below what must stay, `max_tokens` without room for a word, a text that cannot be tokenized.
pub fn select(file: &TokenizerFile, corpora: &[Corpus], settings: &PruneConfig) -> anyhow::Result<Selection> {
    let all: BTreeSet<u32> = (0..).take(file.pieces().len()).collect();
    let before = count(file, &all, corpora, settings)?;
    let base_characters: BTreeSet<char> = file.words().flat_map(|(_, piece)| letters(file, piece)).collect();
    let alphabet = alphabet(file, &sum(&before), &base_characters, settings.alphabet);
    let required = required(file, &alphabet);
    let max_pieces = settings.max_pieces.unwrap_or(usize::MAX);
    ensure!(
        max_pieces >= required.len(),
        "`max_pieces`: expected at least {}, for special tokens and alphabet, found {max_pieces}. Raise it, or take `alphabet` corpus instead of base",
        required.len()
    );

    let mut kept = all;
    let after = loop {
        let counts = count(file, &kept, corpora, settings)?;
        let total = sum(&counts);
        // Most frequent first; pieces that nothing uses yet wait for the words of those that are dropped.
        let mut used: Vec<u32> =
            kept.difference(&required).copied().filter(|id| total[*id as usize] > 0).collect();
        used.sort_by_key(|id| (Reverse(total[*id as usize]), *id));
        let num_frequent = used.partition_point(|id| total[*id as usize] >= settings.min_count);
        let dropped = match num_frequent < used.len() {
            true => &used[num_frequent..],
            false => &used[used.len().min(max_pieces - required.len())..],
        };
        if dropped.is_empty() {
            kept = required.iter().chain(&used).copied().collect();
            break counts;
        }
        for id in dropped {
            kept.remove(id);
        }
    };
    let dropped_characters = base_characters.difference(&alphabet).copied().collect();
    Ok(Selection { kept, num_required: required.len(), dropped_characters, before, after })
}

/// Counts by ids of the base, of each corpus divided into the kept pieces.
fn count(
    file: &TokenizerFile,
    kept: &BTreeSet<u32>,
    corpora: &[Corpus],
    settings: &PruneConfig,
) -> anyhow::Result<Vec<Counts>> {
    let tokenizer = Tokenizer::from_json(&file.with_pieces(kept)?).context("tokenizer.json")?;
    ensure!(
        settings.max_tokens > tokenizer.num_special_tokens(),
        "`max_tokens`: expected more than the {} special tokens of every text, found {}",
        tokenizer.num_special_tokens(),
        settings.max_tokens
    );
    let unknown = kept.iter().take_while(|id| **id < file.unknown()).count() as u32;
    corpora
        .iter()
        .map(|corpus| {
            let mut counts = corpus.count(&tokenizer, kept.len(), unknown)?;
            let mut by_base_id = vec![0; file.pieces().len()];
            for (id, count) in kept.iter().zip(&counts.pieces) {
                by_base_id[*id as usize] = *count;
            }
            counts.pieces = by_base_id;
            Ok(counts)
        })
        .collect()
}

fn sum(counts: &[Counts]) -> Vec<u64> {
    counts.iter().fold(Counts::default(), Counts::plus).pieces
}

/// The characters of a piece, without the mark of a continuation.
fn letters<'a>(file: &TokenizerFile, piece: &'a str) -> std::str::Chars<'a> {
    piece.strip_prefix(file.continuation()).unwrap_or(piece).chars()
}

fn alphabet(
    file: &TokenizerFile,
    counts: &[u64],
    base_characters: &BTreeSet<char>,
    alphabet: Alphabet,
) -> BTreeSet<char> {
    let used = || file.words().filter(|(id, _)| counts[*id as usize] > 0);
    match alphabet {
        Alphabet::Base => base_characters.clone(),
        Alphabet::Corpus => {
            let in_corpus: BTreeSet<char> = used().flat_map(|(_, piece)| letters(file, piece)).collect();
            let stays = |c: &char| c.is_ascii_graphic() || in_corpus.contains(c);
            base_characters.iter().copied().filter(stays).collect()
        }
    }
}

/// Special tokens, every character in the base's forms, and every piece with a character that lacks one of its
/// forms: such a piece cannot be spelled with others.
fn required(file: &TokenizerFile, alphabet: &BTreeSet<char>) -> BTreeSet<u32> {
    let pieces: BTreeSet<&str> = file.words().map(|(_, piece)| piece).collect();
    let has_both_forms = |c: char| {
        pieces.contains(c.to_string().as_str())
            && pieces.contains(format!("{}{c}", file.continuation()).as_str())
    };
    let spellable: BTreeSet<char> = alphabet.iter().copied().filter(|c| has_both_forms(*c)).collect();
    let stays = |piece: &str| {
        let letters = || letters(file, piece);
        letters().all(|c| alphabet.contains(&c))
            && (letters().count() == 1 || !letters().all(|c| spellable.contains(&c)))
    };
    let words = file.words().filter(|(_, piece)| stays(piece)).map(|(id, _)| id);
    words.chain(file.special().iter().copied()).collect()
}
