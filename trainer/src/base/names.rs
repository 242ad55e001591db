//! What Hugging Face's checkpoints call our tensors. Our own names are the model file's ([`encoder::names`]).

use encoder::names;

/// What the names of the masked language model's head begin with; no model file has it.
pub const MASKED_HEAD: &str = "mlm.";

/// `blk.3.attn_q.weight` → `encoder.layer.3.attention.self.query.weight`, and so on.
pub fn hugging_face(name: &str) -> String {
    const NAMES: [(&str, &str); 12] = [
        ("token_embd_norm.", "embeddings.LayerNorm."),
        ("token_embd.", "embeddings.word_embeddings."),
        ("position_embd.", "embeddings.position_embeddings."),
        ("token_types.", "embeddings.token_type_embeddings."),
        ("attn_output_norm.", "attention.output.LayerNorm."),
        ("layer_output_norm.", "output.LayerNorm."),
        ("attn_q.", "attention.self.query."),
        ("attn_k.", "attention.self.key."),
        ("attn_v.", "attention.self.value."),
        ("attn_output.", "attention.output.dense."),
        ("ffn_up.", "intermediate.dense."),
        ("ffn_down.", "output.dense."),
    ];
    let name = name.replacen(names::LAYER, "encoder.layer.", 1);
    match NAMES.iter().find(|(ours, _)| name.contains(ours)) {
        Some((ours, theirs)) => name.replacen(ours, theirs, 1),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_names_become_hugging_face_names() {
        let cases = [
            ("token_embd.weight", "embeddings.word_embeddings.weight"),
            ("token_embd_norm.bias", "embeddings.LayerNorm.bias"),
            ("blk.3.attn_q.weight", "encoder.layer.3.attention.self.query.weight"),
            ("blk.0.attn_output.bias", "encoder.layer.0.attention.output.dense.bias"),
            ("blk.0.attn_output_norm.weight", "encoder.layer.0.attention.output.LayerNorm.weight"),
            ("blk.11.layer_output_norm.bias", "encoder.layer.11.output.LayerNorm.bias"),
            ("blk.5.ffn_down.weight", "encoder.layer.5.output.dense.weight"),
        ];
        for (ours, theirs) in cases {
            assert_eq!(hugging_face(ours), theirs);
        }
    }
}
