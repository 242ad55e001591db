//! What Hugging Face's checkpoints call our tensors. Our own names are the model file's ([`encoder::names`]).

use encoder::{Architecture, names};

/// What the names of the masked language model's head begin with; no model file has it.
pub const MASKED_HEAD: &str = "mlm.";

/// What both architectures call alike.
const SHARED: [(&str, &str); 6] = [
    ("token_embd_norm.", "embeddings.LayerNorm."),
    ("token_embd.", "embeddings.word_embeddings."),
    ("position_embd.", "embeddings.position_embeddings."),
    ("layer_output_norm.", "output.LayerNorm."),
    ("ffn_up.", "intermediate.dense."),
    ("ffn_down.", "output.dense."),
];

const BERT: [(&str, &str); 6] = [
    ("token_types.", "embeddings.token_type_embeddings."),
    ("attn_output_norm.", "attention.output.LayerNorm."),
    ("attn_q.", "attention.self.query."),
    ("attn_k.", "attention.self.key."),
    ("attn_v.", "attention.self.value."),
    ("attn_output.", "attention.output.dense."),
];

const MPNET: [(&str, &str); 6] = [
    ("attn_rel_b.", "encoder.relative_attention_bias."),
    ("attn_output_norm.", "attention.LayerNorm."),
    ("attn_q.", "attention.attn.q."),
    ("attn_k.", "attention.attn.k."),
    ("attn_v.", "attention.attn.v."),
    ("attn_output.", "attention.attn.o."),
];

/// `blk.3.attn_q.weight` → `encoder.layer.3.attention.self.query.weight`, and so on.
pub fn hugging_face(name: &str, architecture: Architecture) -> String {
    let own = match architecture {
        Architecture::Bert => &BERT,
        Architecture::MpNet { .. } => &MPNET,
    };
    let name = name.replacen(names::LAYER, "encoder.layer.", 1);
    match SHARED.iter().chain(own).find(|(ours, _)| name.contains(ours)) {
        Some((ours, theirs)) => name.replacen(ours, theirs, 1),
        None => name,
    }
}

/// What the names begin with in a checkpoint of the encoder with a head: `BertFor…`, `MPNetFor…`.
pub fn prefix(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Bert => "bert.",
        Architecture::MpNet { .. } => "mpnet.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_names_become_hugging_face_names() {
        let bert = [
            ("token_embd.weight", "embeddings.word_embeddings.weight"),
            ("token_embd_norm.bias", "embeddings.LayerNorm.bias"),
            ("blk.3.attn_q.weight", "encoder.layer.3.attention.self.query.weight"),
            ("blk.0.attn_output.bias", "encoder.layer.0.attention.output.dense.bias"),
            ("blk.0.attn_output_norm.weight", "encoder.layer.0.attention.output.LayerNorm.weight"),
            ("blk.11.layer_output_norm.bias", "encoder.layer.11.output.LayerNorm.bias"),
            ("blk.5.ffn_down.weight", "encoder.layer.5.output.dense.weight"),
        ];
        for (ours, theirs) in bert {
            assert_eq!(hugging_face(ours, Architecture::Bert), theirs);
        }
        let mpnet = [
            ("attn_rel_b.weight", "encoder.relative_attention_bias.weight"),
            ("blk.3.attn_q.weight", "encoder.layer.3.attention.attn.q.weight"),
            ("blk.0.attn_output.bias", "encoder.layer.0.attention.attn.o.bias"),
            ("blk.0.attn_output_norm.weight", "encoder.layer.0.attention.LayerNorm.weight"),
            ("blk.11.layer_output_norm.bias", "encoder.layer.11.output.LayerNorm.bias"),
            ("blk.5.ffn_up.weight", "encoder.layer.5.intermediate.dense.weight"),
        ];
        for (ours, theirs) in mpnet {
            let architecture = Architecture::MpNet { relative_attention_num_buckets: 32 };
            assert_eq!(hugging_face(ours, architecture), theirs);
        }
    }
}
