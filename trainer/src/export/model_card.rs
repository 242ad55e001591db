//! `MODEL_CARD.md`: what a model is, how it was made, how good it is, where it fails.
//!
//! Every figure in it is measured by the export that writes it. Sections after Mitchell et al. 2019.

use super::Run;
use crate::metrics::Evaluation;
use classifier::Classifier;
use messages::ManifestModel;
use std::fmt::Write;

/// Normal quantile of a 95 % interval.
const Z: f64 = 1.96;

/// Half the width of the 95 % Wilson interval of a share, and its centre (Wilson 1927).
fn wilson(share: f64, rows: usize) -> (f64, f64) {
    let n = rows as f64;
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    (centre, Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / scale)
}

/// The text with a full stop, or nothing.
fn sentence(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{}.", text.trim_end_matches('.')) }
}

/// The card as Markdown.
pub fn markdown(run: &Run, entry: &ManifestModel, exported: &Evaluation, classifier: &Classifier) -> String {
    let (config, record) = (&run.config, &run.record);
    let encoder = &record.encoder;
    let (centre, half) = wilson(exported.accuracy, exported.rows);
    let train = &config.train;
    let limitations: String = config.export.limitations.iter().map(|text| format!("- {text}\n")).collect();
    let mut card = format!(
        "# {id}\n\n\
         Finance-tweet sentiment: {labels}. A BERT encoder ({layers} layers, {hidden} wide, {heads} heads, \
         {vocab} word pieces) with mean pooling and a linear head, fine-tuned from `{base}`, its matrices stored \
         as {quantization}. One GGUF file of {size} bytes holds weights, tokenizer, text normalization, labels \
         and calibration.\n\n",
        id = entry.id,
        labels = entry.labels.join(" / "),
        layers = encoder.num_hidden_layers,
        hidden = encoder.hidden_size,
        heads = encoder.num_attention_heads,
        vocab = encoder.vocab_size,
        base = record.base_model,
        quantization = entry.quantization,
        size = entry.size_bytes,
    );
    let _ = write!(
        card,
        "## Quality\n\n\
         On the run's {rows} held-out test rows, which neither training nor selection saw; near-duplicates are \
         kept on one side of the split. The 95 % interval of the accuracy (Wilson) is {low:.3} to {high:.3}: \
         the split is small.\n\n\
         | | accuracy | macro-F1 | ECE | NLL |\n|---|---|---|---|---|\n\
         | {quantization}, this file | {:.4} | {:.4} | {:.4} | {:.4} |\n\
         | f32, the checkpoint it was made from | {:.4} | {:.4} | {:.4} | {:.4} |\n\n\
         | label | precision | recall | F1 | rows |\n|---|---|---|---|---|\n",
        exported.accuracy,
        exported.macro_f1,
        exported.ece,
        exported.nll,
        run.evaluation.accuracy,
        run.evaluation.macro_f1,
        run.evaluation.ece,
        run.evaluation.nll,
        rows = exported.rows,
        low = centre - half,
        high = centre + half,
        quantization = entry.quantization,
    );
    for (label, class) in &exported.per_class {
        let (precision, recall, f1) = (class.precision, class.recall, class.f1);
        let _ = writeln!(card, "| {label} | {precision:.3} | {recall:.3} | {f1:.3} | {} |", class.support);
    }
    let _ = write!(card, "\nConfusion (rows: true label, columns: predicted):\n\n| |");
    for label in &entry.labels {
        let _ = write!(card, " {label} |");
    }
    let _ = writeln!(card, "\n|---|{}", "---|".repeat(entry.labels.len()));
    for (label, row) in entry.labels.iter().zip(&exported.confusion) {
        let counts = row.iter().map(usize::to_string).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(card, "| **{label}** | {counts} |");
    }
    let _ = write!(
        card,
        "\n## Calibration\n\n\
         Logits are divided by the temperature {temperature:.3}, fitted on the {validation} validation rows. A \
         prediction whose highest probability lies below {threshold} is called uncertain.\n\n\
         ## How it was made\n\n\
         - Data: `{data}` (SHA-256 `{data_sha}`): {train_rows} training, {validation} validation, {test} test \
         rows. {source}\n\
         - Base: `{base}` (SHA-256 of its weights `{base_sha}`).\n\
         - Text normalization: {normalization}.\n\
         - All weights trained: AdamW, {epochs} epochs, batches of {batch} rows, peak learning rate {rate:e}, \
         linear warm-up over {warmup} of the steps and linear decay, weight decay {decay}, label smoothing \
         {smoothing}, dropout {dropout}, gradient norm clipped at {clip}; the epoch with the best macro-F1 on \
         the validation rows. Seed {seed}, {threads} threads.\n\
         - Trainer {trainer}, candle {candle}; SHA-256 of the configuration `{config_sha}`.\n\n\
         ```\n\
         trainer train --config trainer/configs/{name}.toml --set data.train=tweets.csv\n\
         trainer export --run runs/RUN --id {id} --quantization {quantization} --default\n\
         ```\n\n\
         ## Limits\n\n\
         - It reads {max_tokens} tokens and says so when a text was longer; it was trained on at most \
         {train_tokens}.\n\
         {limitations}",
        temperature = run.temperature,
        threshold = config.export.uncertain_threshold,
        validation = run.split.validation.len(),
        test = run.split.test.len(),
        train_rows = run.split.train.len(),
        data = record.data,
        source = sentence(&config.data.source),
        limitations = limitations,
        data_sha = record.data_sha256,
        base = record.base_model,
        base_sha = record.base_sha256,
        normalization = config.model.normalization.join(", "),
        epochs = train.epochs,
        batch = train.batch_size,
        rate = train.learning_rate,
        warmup = train.warmup_fraction,
        decay = train.weight_decay,
        smoothing = config.loss.label_smoothing,
        dropout = config.model.hidden_dropout,
        clip = train.max_gradient_norm,
        seed = record.seed,
        threads = record.num_threads,
        trainer = record.trainer_version,
        candle = record.candle_version,
        config_sha = record.config_sha256,
        name = config.name,
        id = entry.id,
        quantization = entry.quantization,
        max_tokens = classifier.max_tokens(),
        train_tokens = train.max_tokens,
    );
    card
}
