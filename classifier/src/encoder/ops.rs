//! What the fused layer is made of, over slices of f32: products, attention, LayerNorm, GELU, forward and backward.
//!
//! Rows of all texts lie behind each other without padding. Loops are written so that the compiler vectorizes them,
//! and compiled for the CPU at hand by [`vector::on_this_cpu`]. None of it knows tensors or gradients' owners.

pub(super) mod attention;
pub(super) mod gelu;
pub(super) mod matmul;
pub(super) mod norm;
pub(super) mod vector;
