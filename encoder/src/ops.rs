//! What the fused layer is made of, over slices of f32: products, attention, LayerNorm, GELU, forward and backward.
//!
//! Rows of all texts lie behind each other without padding. Loops are written so that the compiler vectorizes them,
//! and compiled for the CPU at hand by [`vector::on_this_cpu`]. None of it knows tensors or gradients' owners.

pub(crate) mod attention;
pub(crate) mod gelu;
pub(crate) mod matmul;
pub(crate) mod norm;
pub(crate) mod vector;
