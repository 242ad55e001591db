//! The encoder's hyper-parameters.

use serde::{Deserialize, Serialize};

/// What the sizes are sizes of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Positions and token types are embedded (Devlin et al. 2019). The one that model files hold.
    #[default]
    Bert,
    /// Positions are embedded, and attention sees how far two tokens are apart, by a bias that all layers share; there
    /// are no token types (Song et al. 2020, "MPNet"). For teachers: it is trained, and has no inference in int8.
    MpNet {
        /// Rows of the table of biases; half of them for what lies behind.
        relative_attention_num_buckets: usize,
    },
}

impl Architecture {
    /// Whether model files hold it.
    pub fn is_bert(&self) -> bool {
        *self == Self::Bert
    }
}

/// Sizes of an encoder with a classification head. Names as in Hugging Face's `BertConfig`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// Which network it is.
    #[serde(default, skip_serializing_if = "Architecture::is_bert")]
    pub architecture: Architecture,
    /// Rows of the token embedding table.
    pub vocab_size: usize,
    /// Width of the hidden states.
    pub hidden_size: usize,
    /// Number of transformer layers.
    pub num_hidden_layers: usize,
    /// Attention heads a layer; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Width inside the feed-forward block.
    pub intermediate_size: usize,
    /// Rows of the position embedding table: the longest input in tokens.
    pub max_position_embeddings: usize,
    /// Rows of the token type table; only row 0 is used. 0 where the architecture has none.
    pub type_vocab_size: usize,
    /// ε inside LayerNorm's square root.
    pub layer_norm_eps: f64,
    /// Number of labels: width of the logits.
    pub num_labels: usize,
    /// Layers after which a second head answers where it is sure enough: at least 1 and fewer than all. `None`: no
    /// such head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_layer: Option<usize>,
}

impl EncoderConfig {
    /// Width of one attention head.
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// The first contradiction among the sizes, as `(name, expected, found)`.
    pub fn contradiction(&self) -> Option<(&'static str, String, String)> {
        // Far above any encoder that fits a browser; keeps products of sizes from overflowing.
        const LARGEST: usize = 1 << 20;
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
            ("num_labels", self.num_labels),
        ];
        for (name, size) in sizes {
            if size == 0 || size > LARGEST {
                return Some((name, format!("1 to {LARGEST}"), size.to_string()));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let expected = format!("a divisor of hidden_size {}", self.hidden_size);
            return Some(("num_attention_heads", expected, self.num_attention_heads.to_string()));
        }
        if self.max_position_embeddings < 4 {
            let found = self.max_position_embeddings.to_string();
            return Some(("max_position_embeddings", "at least 4".to_owned(), found));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return Some(("layer_norm_eps", "above 0, below 1".to_owned(), self.layer_norm_eps.to_string()));
        }
        if let Some(layer) = self.exit_layer.filter(|layer| !(1..self.num_hidden_layers).contains(layer)) {
            let expected = format!("at least 1 and below num_hidden_layers {}", self.num_hidden_layers);
            return Some(("exit_layer", expected, layer.to_string()));
        }
        None
    }
}
