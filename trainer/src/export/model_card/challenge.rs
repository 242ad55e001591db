//! The card's words about the challenge set: every kind, and the failures that the model is surest of.

use crate::export::variant::Challenged;
use crate::scoring::challenge::{Failure, Share};
use std::fmt::Write;

/// Failures that the card shows; the command shows all.
const NUM_FAILURES: usize = 10;

/// The section, with an empty line before it; nothing for a model whose labels are not those of the set.
pub fn section(challenged: Option<&Challenged>) -> String {
    let Some(Challenged { scores, num_learned }) = challenged else { return String::new() };
    let Share { texts, right, wrong_and_sure } = scores.total;
    let mut text = format!(
        "\n## Challenge set\n\n\
         {texts} short texts in {kinds} kinds, written by hand for this project to be hard; a label is what the author \
         expects of the price. This is no benchmark: it shows what the model stumbles over, not how often it errs. \
         {num_learned} of them have the words, punctuation and tickers apart, of a text that the run, or a teacher that \
         lists its rows, learned from. It gets {right} of them right ({accuracy}); of the others it calls {uncertain} uncertain \
         and is sure of {wrong_and_sure}. In brackets 95 % intervals (Wilson).\n\n\
         | kind | texts | right | accuracy | wrong and sure |\n|---|---|---|---|---|\n",
        kinds = scores.kinds.len(),
        accuracy = accuracy(&scores.total),
        uncertain = texts - right - wrong_and_sure,
    );
    for (kind, share) in &scores.kinds {
        let Share { texts, right, wrong_and_sure } = share;
        let _ = writeln!(text, "| {kind} | {texts} | {right} | {} | {wrong_and_sure} |", accuracy(share));
    }
    let surest = scores.surest(NUM_FAILURES);
    if !surest.is_empty() {
        let _ = writeln!(
            text,
            "\nThe {} surest of its {} failures (`trainer challenge --failures` lists all):\n",
            surest.len(),
            scores.failures.len()
        );
    }
    for Failure { kind, text: quoted, expected, reason, found, confidence, .. } in surest {
        let found = match found.as_ref().zip(*confidence) {
            Some((label, confidence)) => format!("found {label} with {:.0} %", confidence * 100.0),
            None => "found nothing to read".to_owned(),
        };
        let _ = writeln!(text, "- `{quoted}` ({kind}): {found}, expected {expected}: {reason}.");
    }
    text
}

fn accuracy(share: &Share) -> String {
    let interval = share.interval();
    format!("{:.3} ({:.2}–{:.2})", share.accuracy(), interval.low, interval.high)
}
