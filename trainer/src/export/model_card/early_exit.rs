//! The card's section on the exit: when it answers, how often, how well, and what that saves.

use super::{Facts, share};
use crate::scoring::exit::ExitUse;
use std::fmt::Write;

/// The section behind a blank line; nothing for a model without an exit.
pub fn section(facts: &Facts<'_>) -> String {
    let (run, scored) = (facts.run, &facts.exported.scored);
    let encoder = &run.record().encoder;
    let (Some(layer), Some(exit)) = (encoder.exit_layer, scored.calibration.exit) else {
        return String::new();
    };
    let mut text = format!(
        "\n## Early exit\n\n\
         After layer {layer} of {layers} a second head reads the text (after Xin et al. 2020, \"DeeBERT\", and Liu et al. \
         2020, \"FastBERT\"). Its logits are divided by the temperature {temperature:.3}; where its highest probability is \
         {threshold:.3} or more it answers, and the layers behind it do not run. That is the lowest threshold at which \
         accuracy and macro-F1 on the validation rows are at most {tolerance:.2} points below those of all layers. On the \
         test rows:\n\n\
         | rows | answered early | right of these | layers a text |\n|---|---|---|---|\n",
        layers = encoder.num_hidden_layers,
        temperature = exit.temperature,
        threshold = exit.threshold,
        tolerance = run.config().export.exit_tolerance * 100.0,
    );
    for (name, rows) in groups(facts) {
        if let Some(ExitUse { share: early, accuracy, mean_layers }) = scored.exit_use(&rows, encoder) {
            let accuracy = share(accuracy, 3);
            let _ = writeln!(
                text,
                "| {name} ({}) | {:.1} % | {accuracy} | {mean_layers:.2} of {} |",
                rows.len(),
                early * 100.0,
                encoder.num_hidden_layers
            );
        }
    }
    text
}

/// Kinds of test rows that are told apart, each with its positions among them.
fn groups(facts: &Facts<'_>) -> Vec<(String, Vec<usize>)> {
    vec![("all".to_owned(), (0..facts.test.indices().len()).collect())]
}
