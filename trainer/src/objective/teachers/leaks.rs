//! No teacher has seen a row that its student holds out; where that is not known, somebody has to allow it, and the model
//! card says so.

use crate::run::seen::SeenRows;
use crate::run::weights::{DATA, SPLIT_SHA256};
use anyhow::ensure;
use classifier::model_file::Metadata;

/// What is said of a teacher that may have seen anything.
const UNKNOWN: &str = "expected a teacher of which is known that it has not seen the rows that this run holds out, found one \
    that does not tell, or has a teacher that does not. Give its run folder instead, train it with the same data and [split], \
    or set `distillation.allow_unknown_teacher_data`: the model card will say so";

/// A run, and whoever has asked one, lists what was seen: none of it may be held out.
pub fn check_listed(
    teacher: &SeenRows,
    seen: &mut SeenRows,
    name: String,
    is_allowed: bool,
) -> anyhow::Result<()> {
    let leaked = seen.leaked_by(teacher);
    ensure!(
        leaked == 0,
        "it, or a teacher of its own, has seen {leaked} of the rows that this run holds out. Train it with the same \
         data and [split]"
    );
    let is_known = seen.knows_all_of(teacher);
    ensure!(is_known || is_allowed, "{UNKNOWN}");
    seen.add_teacher(teacher);
    if !is_known {
        seen.add_unknown_teacher(name);
    }
    Ok(())
}

/// A model file says which rows were held out from it, if anything.
pub fn check_file(
    metadata: &Metadata,
    data_sha256: &str,
    seen: &mut SeenRows,
    name: String,
    is_allowed: bool,
) -> anyhow::Result<()> {
    let provenance = |wanted: &str| {
        let entry = metadata.provenance.iter().find(|(key, _)| key == wanted);
        entry.map(|(_, value)| value.as_str())
    };
    let held_out = provenance(SPLIT_SHA256);
    if held_out == Some(&seen.split_sha256()) {
        seen.add_unlisted_teacher(name);
        return Ok(());
    }
    ensure!(
        held_out.is_none() || provenance(DATA) != Some(data_sha256),
        "it has seen rows that this run holds out: it was trained on the same data with another [split]. Train it with \
         the same one"
    );
    check_unknown(seen, name, is_allowed)
}

/// Of the others nothing is known.
pub fn check_unknown(seen: &mut SeenRows, name: String, is_allowed: bool) -> anyhow::Result<()> {
    ensure!(is_allowed, "{UNKNOWN}");
    seen.add_unknown_teacher(name);
    Ok(())
}
