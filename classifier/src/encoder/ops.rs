//! The three operations that candle has no fused, differentiable form of: LayerNorm, softmax with mask, GELU.
//!
//! candle's own fused LayerNorm and `softmax_last_dim` have no backward and say nothing: gradients just stop
//! there. Each file here holds the plain composition of differentiable tensor operations (the specification,
//! and what runs on a GPU) and a fused CPU version with its own backward, held against it by test.

mod gelu;
mod layer_norm;
mod rows;
mod softmax;

pub use gelu::{gelu, gelu_composed};
pub use layer_norm::{layer_norm, layer_norm_composed};
pub use softmax::{masked_softmax, masked_softmax_composed};
