//! Names of the tensors, as the GGUF specification has them for `bert`.
//!
//! A linear layer or a norm is a pair of tensors, [`weight`] and [`bias`] of one name; a layer's parts are
//! [`in_layer`]. Training, checkpoints and model files speak of the same tensor by the same name.

/// Token embedding table.
pub const TOKEN_EMBEDDINGS: &str = "token_embd.weight";
/// Position embedding table.
pub const POSITION_EMBEDDINGS: &str = "position_embd.weight";
/// Token type embedding table.
pub const TOKEN_TYPES: &str = "token_types.weight";
/// What attention adds to its scores by how far two tokens are apart: a table that all layers share.
pub const RELATIVE_ATTENTION_BIAS: &str = "attn_rel_b.weight";
/// The embeddings' LayerNorm, a pair.
pub const EMBEDDINGS_NORM: &str = "token_embd_norm";
/// The classification head, a pair.
pub const CLASSIFIER: &str = "cls.output";
/// The head of the exit after some of the layers, a pair; the GGUF specification has none.
pub const EXIT: &str = "cls.exit";

/// Queries of a layer's attention, a pair.
pub const QUERY: &str = "attn_q";
/// Keys of a layer's attention, a pair.
pub const KEY: &str = "attn_k";
/// Values of a layer's attention, a pair.
pub const VALUE: &str = "attn_v";
/// Output projection of a layer's attention, a pair.
pub const ATTENTION_OUTPUT: &str = "attn_output";
/// LayerNorm after a layer's attention, a pair.
pub const ATTENTION_NORM: &str = "attn_output_norm";
/// First half of a layer's feed-forward block, a pair.
pub const UP: &str = "ffn_up";
/// Second half of a layer's feed-forward block, a pair.
pub const DOWN: &str = "ffn_down";
/// LayerNorm at a layer's end, a pair.
pub const OUTPUT_NORM: &str = "layer_output_norm";

/// What the names of all layers' tensors begin with.
pub const LAYER: &str = "blk.";

/// The name of a part of the layer with this index: `blk.3.attn_q`.
pub fn in_layer(index: usize, part: &str) -> String {
    format!("{LAYER}{index}.{part}")
}

/// The layer's index and what follows it: `blk.3.attn_q.weight` → 3 and `attn_q.weight`; none of other tensors.
pub fn layer_of(name: &str) -> Option<(usize, &str)> {
    let (index, part) = name.strip_prefix(LAYER)?.split_once('.')?;
    Some((index.parse().ok()?, part))
}

/// Whether a tensor is of a classification head, which no base model has.
pub fn is_head(name: &str) -> bool {
    let pair = name.rsplit_once('.').map_or(name, |(pair, _)| pair);
    [CLASSIFIER, EXIT].contains(&pair)
}

/// The matrix or scale of a pair.
pub fn weight(pair: &str) -> String {
    format!("{pair}.weight")
}

/// The bias or shift of a pair.
pub fn bias(pair: &str) -> String {
    format!("{pair}.bias")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_from_layers() {
        assert!(is_head(&weight(CLASSIFIER)) && is_head(&bias(EXIT)));
        assert!(!is_head(TOKEN_EMBEDDINGS) && !is_head(&bias(&in_layer(0, ATTENTION_OUTPUT))));
    }

    #[test]
    fn a_layers_tensors_are_found_by_name() {
        assert_eq!(layer_of(&weight(&in_layer(11, QUERY))), Some((11, "attn_q.weight")));
        for other in [TOKEN_EMBEDDINGS, "blk.x.attn_q.weight", "blk.3", ""] {
            assert_eq!(layer_of(other), None, "{other}");
        }
    }
}
