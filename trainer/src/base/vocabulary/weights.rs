//! `model.safetensors` with the rows of the kept pieces; every other tensor byte for byte as it was.

use anyhow::{Context, bail, ensure};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::borrow::Cow;
use std::collections::HashMap;

/// The embedding table, which must be there.
const TABLE: &str = "embeddings.word_embeddings.weight";

/// Tensors with one row a piece, perhaps under `bert.`; the last three are the head of masked-language modelling.
const BY_PIECE: [&str; 4] =
    [TABLE, "cls.predictions.bias", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias"];

/// The file with fewer rows.
pub struct Selected {
    /// The whole file.
    pub safetensors: Vec<u8>,
    /// Values a row of the embedding table.
    pub width: usize,
}

/// Keeps the rows `kept` of every tensor that has one a piece, in this order.
///
/// # Errors
/// Bytes that are no safetensors file, no embedding table, a table with fewer rows than `num_pieces`.
pub fn select_rows(bytes: &[u8], kept: &[u32], num_pieces: usize) -> anyhow::Result<Selected> {
    let file = SafeTensors::deserialize(bytes).context("expected a whole safetensors file")?;
    let mut width = None;
    let mut tensors = Vec::new();
    // By name, so that of several errors the same one is told each time.
    let mut found = file.tensors();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, tensor) in found {
        let plain = name.strip_prefix("bert.").unwrap_or(&name);
        let mut shape = tensor.shape().to_vec();
        let mut data = Cow::Borrowed(tensor.data());
        if BY_PIECE.contains(&plain) {
            let rows = shape.first().copied().unwrap_or_default();
            ensure!(
                rows >= num_pieces,
                "tensor `{name}`: expected a row for each of the tokenizer's {num_pieces} pieces, found {rows}"
            );
            let row_bytes = data.len() / rows;
            let row = |id: &u32| &tensor.data()[*id as usize * row_bytes..][..row_bytes];
            data = Cow::Owned(kept.iter().flat_map(row).copied().collect());
            shape[0] = kept.len();
            width = if plain == TABLE { shape.get(1).copied() } else { width };
        }
        tensors.push((name, tensor.dtype(), shape, data));
    }
    let Some(width) = width else { bail!("expected a tensor `{TABLE}` with rows and columns, found none") };
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), data).with_context(|| name.clone())?))
    });
    let views = views.collect::<anyhow::Result<Vec<_>>>()?;
    // Hugging Face's loader asks which library's layout the tensors have.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    Ok(Selected { safetensors: safetensors::serialize(views, Some(metadata))?, width })
}
