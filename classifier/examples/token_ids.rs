//! What a model reads of texts: one JSON string a line in, `{"text", "input_ids"}` a line out: the normalized text, and
//! its token ids.
//!
//! `tests/it/compare_token_ids.py` holds them against Hugging Face's over whole data sets:
//! `cargo run --release --workspace --example token_ids -- models/ID/model.gguf < texts > ids`

use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
use serde_json::json;
use std::error::Error;
use std::io::{BufRead, BufWriter, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("expected the path of a model file, found no argument")?;
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let file = ModelFile::parse(bytes)?;
    let tokenizer = file.tokenizer();
    let normalization = Normalization::new(&file.metadata().normalization)?;
    let max_tokens = file.metadata().encoder.max_position_embeddings;
    let mut output = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let normalized = normalization.apply(&text);
        let input_ids = tokenizer.encode(&normalized, max_tokens)?.input_ids;
        writeln!(output, "{}", json!({ "text": normalized, "input_ids": input_ids }))?;
    }
    Ok(output.flush()?)
}
