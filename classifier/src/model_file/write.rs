//! Writes a model file; the reader is `read.rs`.

use super::{ARCHITECTURE, Metadata, POOLING_TYPE_MEAN, keys, tensor_specs};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use std::collections::BTreeMap;
use std::io::{Seek, Write};

/// Writes `metadata` and `tensors` as GGUF version 2. The same input gives the same bytes.
///
/// # Errors
/// Another architecture than BERT, a tensor of it that is missing from `tensors`, an exit without [`Metadata::exit`] or the
/// other way round, or a writer that fails.
pub fn write<W: Write + Seek>(
    writer: &mut W,
    metadata: &Metadata,
    tensors: &BTreeMap<String, QTensor>,
) -> candle_core::Result<()> {
    if !metadata.encoder.architecture.is_bert() {
        candle_core::bail!(
            "expected a BERT to be written as a model file, found {:?}: there is no inference for it. Let it teach a BERT, \
             and write that",
            metadata.encoder.architecture
        );
    }
    if metadata.encoder.exit_layer.is_some() != metadata.exit.is_some() {
        let (layer, exit) = (metadata.encoder.exit_layer, metadata.exit);
        candle_core::bail!(
            "expected both or none of an exit's layer and its threshold, found {layer:?} and {exit:?}"
        );
    }
    let specs = tensor_specs(&metadata.encoder);
    let mut ordered = Vec::with_capacity(specs.len());
    for spec in &specs {
        match tensors.get(&spec.name) {
            Some(tensor) => ordered.push((spec.name.as_str(), tensor)),
            None => candle_core::bail!("tensor `{}` is missing from the model to be written", spec.name),
        }
    }
    let values = values(metadata, prevailing_dtype(&ordered));
    let values: Vec<(&str, &Value)> = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
    gguf_file::write(writer, &values, &ordered)
}

/// The format in which most values of the file are stored; it names the whole file.
fn prevailing_dtype(tensors: &[(&str, &QTensor)]) -> GgmlDType {
    let num_values = |dtype: &GgmlDType| {
        let stored = tensors.iter().filter(|(_, tensor)| tensor.dtype() == *dtype);
        stored.map(|(_, tensor)| tensor.shape().elem_count()).sum::<usize>()
    };
    let dtypes = [GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q4_0];
    dtypes.into_iter().max_by_key(num_values).unwrap_or(GgmlDType::F32)
}

/// `general.file_type` of the GGUF specification: the format that most of the file is stored in.
fn file_type(dtype: GgmlDType) -> u32 {
    match dtype {
        GgmlDType::Q4_0 => 2,
        GgmlDType::Q8_0 => 7,
        _ => 0,
    }
}

fn values(metadata: &Metadata, dtype: GgmlDType) -> Vec<(String, Value)> {
    let encoder = &metadata.encoder;
    let string = |text: &str| Value::String(text.to_owned());
    let strings =
        |texts: &[String]| Value::Array(texts.iter().map(|text| Value::String(text.clone())).collect());
    let size = |size: usize| Value::U32(u32::try_from(size).unwrap_or(u32::MAX));
    let mut values = vec![
        (keys::ARCHITECTURE, string(ARCHITECTURE)),
        (keys::NAME, string(&metadata.id)),
        (keys::QUANTIZATION_VERSION, Value::U32(2)),
        (keys::FILE_TYPE, Value::U32(file_type(dtype))),
        (keys::VOCAB_SIZE, size(encoder.vocab_size)),
        (keys::CONTEXT_LENGTH, size(encoder.max_position_embeddings)),
        (keys::EMBEDDING_LENGTH, size(encoder.hidden_size)),
        (keys::BLOCK_COUNT, size(encoder.num_hidden_layers)),
        (keys::FEED_FORWARD_LENGTH, size(encoder.intermediate_size)),
        (keys::HEAD_COUNT, size(encoder.num_attention_heads)),
        (keys::LAYER_NORM_EPSILON, Value::F32(encoder.layer_norm_eps as f32)),
        (keys::CAUSAL, Value::Bool(false)),
        (keys::POOLING_TYPE, Value::U32(POOLING_TYPE_MEAN)),
        (keys::OUTPUT_LABELS, strings(&metadata.labels)),
        (keys::TOKEN_TYPE_COUNT, size(encoder.type_vocab_size)),
        (keys::TOKENIZER_JSON, string(&metadata.tokenizer_json)),
        (keys::NORMALIZATION, strings(&metadata.normalization)),
        (keys::TEMPERATURE, Value::F32(metadata.temperature)),
        (keys::UNCERTAIN_THRESHOLD, Value::F32(metadata.uncertain_threshold)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect::<Vec<_>>();
    if let (Some(layer), Some(exit)) = (encoder.exit_layer, metadata.exit) {
        values.extend([
            (keys::EXIT_LAYER.to_owned(), size(layer)),
            (keys::EXIT_TEMPERATURE.to_owned(), Value::F32(exit.temperature)),
            (keys::EXIT_THRESHOLD.to_owned(), Value::F32(exit.threshold)),
        ]);
    }
    let provenance = metadata.provenance.iter();
    values.extend(provenance.map(|(key, value)| (format!("{}{key}", keys::PROVENANCE), string(value))));
    values
}
