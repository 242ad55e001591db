//! What the run was made of: hashes, versions, the resolved configuration. Folded away until asked for.

use crate::report::findings::Findings;
use crate::run::record::{Input, LabelledSource};
use maud::{Markup, html};

/// Both, collapsed.
///
/// # Errors
/// A configuration that is no TOML.
pub fn section(findings: &Findings<'_>) -> anyhow::Result<Markup> {
    let (run, record) = (&findings.run, findings.run.record());
    let encoder = &record.encoder;
    let facts = [
        ("Data", record.data.clone()),
        (
            "Its source and licence",
            match run.config().data.source.as_str() {
                "" => "not stated: that is for `data.source` to say".to_owned(),
                source => source.to_owned(),
            },
        ),
        ("SHA-256 of the data", record.data_sha256.clone()),
        (
            "Rows",
            format!(
                "{} training, {} validation, {} test",
                run.split().train.len(),
                run.split().validation.len(),
                run.split().test.len()
            ),
        ),
        ("Base model", record.base_model.clone()),
        ("SHA-256 of its weights", record.base_sha256.clone()),
        (
            "Encoder",
            format!(
                "layers: {}, width: {}, heads: {}, width between: {}, word pieces: {}",
                encoder.num_hidden_layers,
                encoder.hidden_size,
                encoder.num_attention_heads,
                encoder.intermediate_size,
                encoder.vocab_size
            ),
        ),
        ("Seed", record.seed.to_string()),
        ("Threads", record.num_threads.to_string()),
        ("SHA-256 of the configuration", record.config_sha256.clone()),
        ("Trainer", format!("{}, commit {}", record.trainer_version, record.git_commit)),
        ("candle", record.candle_version.clone()),
    ];
    let inputs = record.inputs.iter().map(|Input { role, name, sha256 }| {
        ("Also learned from", format!("{name}, {role}, SHA-256 {sha256}"))
    });
    let unknown = run.weights.seen.unknown_teachers().iter();
    let unknown = unknown.map(|name| ("Teacher that may have seen held-out rows", name.clone()));
    let sources = record.sources.iter().zip(&run.data.sources).map(
        |(LabelledSource { name, file, sha256 }, source)| {
            let conditions = source.config.read_options(&run.config().data).conditions_in_words();
            let what = match source.config.description.as_str() {
                "" => "what it is and under which licence is not stated",
                words => words,
            };
            let rows = source.rows.len();
            ("Source", format!("{name}: {rows} rows of {file}{conditions}, SHA-256 {sha256}; {what}"))
        },
    );
    let facts = facts.into_iter().chain(sources).chain(inputs).chain(unknown);
    Ok(html! {
        details {
            summary { "Provenance" }
            dl class="facts" {
                @for (name, value) in facts {
                    dt { (name) }
                    dd { (value) }
                }
            }
        }
        details {
            summary { "Resolved configuration" }
            pre { code { (run.config().to_toml()?) } }
        }
    })
}
