//! Reads and validates a model file; the writer is `write.rs`.
//!
//! candle parses the container; every size is checked against the hyper-parameters before a tensor is read, so
//! that nothing later can be out of range.

use super::names::{UP, in_layer, weight};
use super::{
    ARCHITECTURE, Architecture, EncoderConfig, Exit, Metadata, POOLING_TYPE_MEAN, StoredMatrix, TensorSpec,
    keys, tensor_specs,
};
use crate::ModelError;
use crate::normalization::Normalization;
use crate::tokenizer::Tokenizer;
use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, Value};
use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

/// A parsed model file: its metadata, and its tensors on demand.
#[derive(Debug)]
pub struct ModelFile {
    bytes: Vec<u8>,
    content: Content,
    metadata: Metadata,
    tokenizer: Arc<Tokenizer>,
    specs: HashMap<String, TensorSpec>,
}

impl ModelFile {
    /// Parses `bytes` and validates everything but the tensors' values.
    ///
    /// # Errors
    /// Bytes that are no GGUF, another architecture, missing or contradictory metadata, tensors of other shapes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ModelError> {
        if let Some(found) = super::something_else(&bytes) {
            return Err(ModelError::SomethingElse { found });
        }
        check_alignment(&bytes)?;
        let content = Content::read(&mut Cursor::new(&bytes)).map_err(|error| malformed(&bytes, error))?;
        let (metadata, tokenizer) = read_metadata(&content)?;
        let specs = tensor_specs(&metadata.encoder);
        for spec in &specs {
            check_tensor(&content, spec)?;
        }
        let specs = specs.into_iter().map(|spec| (spec.name.clone(), spec)).collect();
        Ok(Self { bytes, content, metadata, tokenizer, specs })
    }

    /// Hyper-parameters, tokenizer, labels and the rest.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The tokenizer of [`Metadata::tokenizer_json`].
    pub fn tokenizer(&self) -> Arc<Tokenizer> {
        self.tokenizer.clone()
    }

    /// Storage type of the big matrices.
    pub fn dtype(&self) -> GgmlDType {
        let matrix = self.content.tensor_infos.get(&weight(&in_layer(0, UP)));
        matrix.map_or(GgmlDType::F32, |info| info.ggml_dtype)
    }

    /// A tensor as a matrix; one of a single dimension is a row.
    ///
    /// # Errors
    /// A name that the architecture does not have, a file that ends before the tensor does, values that are not
    /// finite.
    pub fn matrix(&self, name: &str) -> Result<StoredMatrix<&[u8]>, ModelError> {
        let matrix = self.locate(name)?.map(|range| &self.bytes[range]);
        match matrix.is_finite() {
            true => Ok(matrix),
            false => Err(refuse_tensor(name, "finite numbers", "infinity or what is not a number")),
        }
    }

    /// A tensor as a matrix, in the memory that held the file; the rest of that is freed.
    ///
    /// # Errors
    /// As [`ModelFile::matrix`].
    pub fn into_matrix(mut self, name: &str) -> Result<StoredMatrix<Vec<u8>>, ModelError> {
        self.matrix(name)?;
        Ok(self.locate(name)?.map(|range| {
            let len = range.len();
            self.bytes.copy_within(range, 0);
            self.bytes.truncate(len);
            self.bytes.shrink_to_fit();
            self.bytes
        }))
    }

    /// The shape of a tensor of this architecture.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.specs.get(name).map(|spec| spec.shape.as_slice())
    }

    fn locate(&self, name: &str) -> Result<StoredMatrix<Range<usize>>, ModelError> {
        let (Some(spec), Some(info)) = (self.specs.get(name), self.content.tensor_infos.get(name)) else {
            return Err(refuse_tensor(name, "a tensor of the bert architecture", "another name"));
        };
        let (rows, columns) = match spec.shape[..] {
            [rows, columns] => (rows, columns),
            _ => (1, spec.shape.iter().product()),
        };
        let start = self.content.tensor_data_offset.saturating_add(info.offset);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let matrix = StoredMatrix::locate(info.ggml_dtype, rows, columns, start, self.bytes.len());
        matrix.ok_or_else(|| ModelError::Malformed {
            reason: format!("it ends within the tensor `{name}`, or the tensor's rows are no whole blocks"),
            found_bytes: self.bytes.len(),
        })
    }

    /// All values of a tensor, row by row.
    ///
    /// # Errors
    /// As [`ModelFile::matrix`].
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, ModelError> {
        let matrix = self.matrix(name)?;
        let mut values = vec![0f32; matrix.rows() * matrix.columns()];
        for (row, values) in values.chunks_exact_mut(matrix.columns()).enumerate() {
            matrix.read_row(row, values);
        }
        Ok(values)
    }
}

fn refuse_tensor(name: &str, expected: &str, found: &str) -> ModelError {
    ModelError::Tensor { name: name.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

fn malformed(bytes: &[u8], error: candle_core::Error) -> ModelError {
    // candle's errors carry a backtrace after the first line where RUST_BACKTRACE is set.
    let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
    ModelError::Malformed { reason, found_bytes: bytes.len() }
}

/// candle divides by `general.alignment` unchecked; a file that sets it must set it to something sensible.
fn check_alignment(bytes: &[u8]) -> Result<(), ModelError> {
    const U32: [u8; 4] = 4u32.to_le_bytes();
    for at in memchr::memmem::find_iter(bytes, keys::ALIGNMENT) {
        let value = &bytes[at + keys::ALIGNMENT.len()..];
        let is_valid = match value.split_first_chunk::<4>() {
            Some((&U32, rest)) => rest
                .first_chunk::<4>()
                .is_some_and(|value| matches!(u32::from_le_bytes(*value), 8 | 16 | 32 | 64 | 128 | 256)),
            _ => false,
        };
        if !is_valid {
            return Err(ModelError::Metadata {
                key: keys::ALIGNMENT.to_owned(),
                expected: "a u32 power of two from 8 to 256".to_owned(),
                found: "another value".to_owned(),
            });
        }
    }
    Ok(())
}

fn check_tensor(content: &Content, spec: &TensorSpec) -> Result<(), ModelError> {
    let accepted: &[GgmlDType] = match spec.is_quantizable {
        true => &[GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q4_0],
        false => &[GgmlDType::F32],
    };
    let found = match content.tensor_infos.get(&spec.name) {
        Some(info) if info.shape.dims() == spec.shape && accepted.contains(&info.ggml_dtype) => return Ok(()),
        Some(info) => format!("{:?} of {:?}", info.ggml_dtype, info.shape.dims()),
        None => "no such tensor".to_owned(),
    };
    let expected = format!("one of {accepted:?} of {:?}", spec.shape);
    Err(ModelError::Tensor { name: spec.name.clone(), expected, found })
}

fn read_metadata(content: &Content) -> Result<(Metadata, Arc<Tokenizer>), ModelError> {
    let reader = Reader { values: &content.metadata };
    let architecture = reader.string(keys::ARCHITECTURE)?;
    if architecture != ARCHITECTURE {
        return Err(reader.refuse(
            keys::ARCHITECTURE,
            &format!("`{ARCHITECTURE}`"),
            &format!("`{architecture}`"),
        ));
    }
    let pooling_type = reader.u32(keys::POOLING_TYPE)?;
    if pooling_type != POOLING_TYPE_MEAN {
        let expected = format!("{POOLING_TYPE_MEAN} (mean)");
        return Err(reader.refuse(keys::POOLING_TYPE, &expected, &pooling_type.to_string()));
    }
    let labels = reader.strings(keys::OUTPUT_LABELS)?;
    let (exit_layer, exit) = reader.exit()?.unzip();
    let metadata = Metadata {
        id: reader.string(keys::NAME)?,
        encoder: EncoderConfig {
            architecture: Architecture::Bert,
            vocab_size: reader.size(keys::VOCAB_SIZE)?,
            hidden_size: reader.size(keys::EMBEDDING_LENGTH)?,
            num_hidden_layers: reader.size(keys::BLOCK_COUNT)?,
            num_attention_heads: reader.size(keys::HEAD_COUNT)?,
            intermediate_size: reader.size(keys::FEED_FORWARD_LENGTH)?,
            max_position_embeddings: reader.size(keys::CONTEXT_LENGTH)?,
            type_vocab_size: reader.size(keys::TOKEN_TYPE_COUNT)?,
            layer_norm_eps: f64::from(reader.f32(keys::LAYER_NORM_EPSILON)?),
            num_labels: labels.len(),
            exit_layer,
        },
        labels,
        normalization: reader.strings(keys::NORMALIZATION)?,
        temperature: reader.f32(keys::TEMPERATURE)?,
        uncertain_threshold: reader.f32(keys::UNCERTAIN_THRESHOLD)?,
        exit,
        tokenizer_json: reader.string(keys::TOKENIZER_JSON)?,
        provenance: reader.provenance(),
    };
    // Before every tensor of every layer is listed, to be looked for.
    let (layers, tensors) = (metadata.encoder.num_hidden_layers, content.tensor_infos.len());
    if layers > tensors {
        let expected = format!("no more layers than the file has tensors, {tensors}");
        return Err(reader.refuse(keys::BLOCK_COUNT, &expected, &layers.to_string()));
    }
    let tokenizer = check_metadata(&reader, &metadata)?;
    Ok((metadata, tokenizer.into()))
}

/// Refuses what contradicts itself; returns the tokenizer, which must be made for that.
fn check_metadata(reader: &Reader<'_>, metadata: &Metadata) -> Result<Tokenizer, ModelError> {
    if let Some((name, expected, found)) = metadata.encoder.contradiction() {
        let key = match name {
            "exit_layer" => keys::EXIT_LAYER.to_owned(),
            _ => format!("bert.* ({name})"),
        };
        return Err(reader.refuse(&key, &expected, &found));
    }
    if !(metadata.temperature.is_finite() && metadata.temperature > 0.0) {
        return Err(reader.refuse(keys::TEMPERATURE, "a number above 0", &metadata.temperature.to_string()));
    }
    if !(0.0..=1.0).contains(&metadata.uncertain_threshold) {
        let found = metadata.uncertain_threshold.to_string();
        return Err(reader.refuse(keys::UNCERTAIN_THRESHOLD, "0 to 1", &found));
    }
    if let Some(Exit { temperature, threshold }) = metadata.exit {
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(reader.refuse(keys::EXIT_TEMPERATURE, "a number above 0", &temperature.to_string()));
        }
        if !(threshold > 0.0 && threshold <= 1.0) {
            return Err(reader.refuse(keys::EXIT_THRESHOLD, "above 0, at most 1", &threshold.to_string()));
        }
    }
    Normalization::new(&metadata.normalization)?;
    let tokenizer = Tokenizer::from_json(&metadata.tokenizer_json);
    let tokenizer = tokenizer.map_err(|error| ModelError::Tokenizer(error.to_string()))?;
    if tokenizer.vocab_size() > metadata.encoder.vocab_size {
        let (ids, rows) = (tokenizer.vocab_size(), metadata.encoder.vocab_size);
        return Err(ModelError::Tokenizer(format!("it has {ids} ids, the embedding table {rows} rows")));
    }
    Ok(tokenizer)
}

/// Typed access to the metadata values.
struct Reader<'a> {
    values: &'a HashMap<String, Value>,
}

impl Reader<'_> {
    fn refuse(&self, key: &str, expected: &str, found: &str) -> ModelError {
        ModelError::Metadata { key: key.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
    }

    fn get<T>(&self, key: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, ModelError> {
        match self.values.get(key) {
            None => Err(self.refuse(key, expected, "no such key")),
            Some(value) => read(value).ok_or_else(|| {
                self.refuse(key, expected, &format!("a value of type {:?}", value.value_type()))
            }),
        }
    }

    fn string(&self, key: &str) -> Result<String, ModelError> {
        self.get(key, "a string", |value| value.to_string().ok().cloned())
    }

    fn u32(&self, key: &str) -> Result<u32, ModelError> {
        self.get(key, "a u32", |value| value.to_u32().ok())
    }

    fn size(&self, key: &str) -> Result<usize, ModelError> {
        Ok(self.u32(key)? as usize)
    }

    fn f32(&self, key: &str) -> Result<f32, ModelError> {
        self.get(key, "an f32", |value| value.to_f32().ok())
    }

    fn strings(&self, key: &str) -> Result<Vec<String>, ModelError> {
        self.get(key, "an array of strings", |value| {
            value.to_vec().ok()?.iter().map(|item| item.to_string().ok().cloned()).collect()
        })
    }

    /// Layers before the exit, and when it answers. Files without one have none of its keys.
    fn exit(&self) -> Result<Option<(usize, Exit)>, ModelError> {
        let all = [keys::EXIT_LAYER, keys::EXIT_TEMPERATURE, keys::EXIT_THRESHOLD];
        if all.iter().all(|key| !self.values.contains_key(*key)) {
            return Ok(None);
        }
        let (temperature, threshold) = (self.f32(keys::EXIT_TEMPERATURE)?, self.f32(keys::EXIT_THRESHOLD)?);
        Ok(Some((self.size(keys::EXIT_LAYER)?, Exit { temperature, threshold })))
    }

    /// Sorted by key: candle keeps metadata in a hash map.
    fn provenance(&self) -> Vec<(String, String)> {
        let entry = |(key, value): (&String, &Value)| {
            Some((key.strip_prefix(keys::PROVENANCE)?.to_owned(), value.to_string().ok()?.clone()))
        };
        let mut provenance: Vec<_> = self.values.iter().filter_map(entry).collect();
        provenance.sort();
        provenance
    }
}
