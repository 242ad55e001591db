//! What each word of a text does for its label.
//!
//! `cargo run --release -p classifier --example explain -- models/minilm-l4-q4_0/model.gguf "Shares plunge on record loss"`

use classifier::Classifier;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, text] = &arguments[..] else {
        return Err(format!("expected a model file and one text, found {} arguments", arguments.len()).into());
    };
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let explanation = Classifier::from_gguf(bytes)?.explain(text)?;
    println!("{}", explanation.prediction.label);
    for word in explanation.words {
        println!("{:+7.3}  {}", word.contribution, word.word);
    }
    Ok(())
}
