//! Texts that earlier models have learned or were selected on, by the lists that a file of teachers' answers carries.
//!
//! A run that learns from such teachers must not hold these rows out; `split.never_hold_out` has them stay among its
//! training rows.

use super::hash::hexadecimal;
use super::near_duplicates::NearDuplicates;
use anyhow::Context;
use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The first 64 bits of a near-duplicate key's SHA-256, in hexadecimal: one for all texts with the same words.
pub type Key = String;

/// The key of a text: the same for all runs, however they normalize, since the steps that this version knows are applied
/// anyway.
///
/// # Errors
/// None with the steps of this version.
pub fn key_of_texts() -> anyhow::Result<impl Fn(&str) -> Key> {
    let near_duplicates = NearDuplicates::new::<&str>(&[])?;
    Ok(move |text: &str| hexadecimal(&Sha256::digest(near_duplicates.key(text).as_bytes())[..8]))
}

/// What of a file of answers is read here.
#[derive(Deserialize)]
struct Origin {
    seen: Taught,
}

#[derive(Deserialize)]
struct Taught {
    taught: BTreeSet<Key>,
    selected: BTreeSet<Key>,
}

/// The keys of all texts that the teachers who gave these answers have learned, or were selected on.
///
/// # Errors
/// A file that is none of answers.
pub fn read(answers: &[PathBuf]) -> anyhow::Result<BTreeSet<Key>> {
    let mut learned = BTreeSet::new();
    for path in answers {
        let expected = || {
            format!(
                "`split.never_hold_out`, {}: expected a file of answers that `trainer teach` wrote, found another",
                path.display()
            )
        };
        let bytes = std::fs::read(path)
            .with_context(|| format!("`split.never_hold_out`: cannot read {}", path.display()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).with_context(expected)?;
        let origin =
            header.metadata().as_ref().and_then(|header| header.get("answers")).with_context(expected)?;
        let Origin { seen } = serde_json::from_str(origin).with_context(expected)?;
        learned.extend(seen.taught);
        learned.extend(seen.selected);
    }
    Ok(learned)
}
