//! Classifies the texts of the command line, and says how sure the model is.
//!
//! `cargo run --release -p classifier --example classify -- models/minilm-l4-q4_0/model.gguf "Shares plunge" "Buy!"`

use classifier::Classifier;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("expected the path of a model file and texts, found no argument")?;
    let texts: Vec<String> = arguments.collect();
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let classifier = Classifier::from_gguf(bytes)?;
    // One batch, not a loop: the threads share it.
    for (text, prediction) in texts.iter().zip(classifier.classify_batch(&texts)?) {
        let best = prediction.probabilities.iter().copied().fold(0.0, f32::max);
        let doubt = if prediction.is_uncertain { ", uncertain" } else { "" };
        println!("{} ({:.1} %{doubt}): {text}", prediction.label, 100.0 * best);
    }
    Ok(())
}
