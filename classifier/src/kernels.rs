//! What the encoder computes with at inference: one [`Kernel`] for each instruction set, all with the same bits.
//!
//! The int8 product has weights of 33 steps (−16 ..= 16), packed once when a model is loaded, and activations of 7
//! unsigned bits (zero point 64), quantized row by row. So few, because then the sum of sixteen products fits the
//! 16 bits that x86 and WebAssembly's relaxed SIMD keep between (127 · 16 · 16 < 2^15): every instruction set
//! gives the same i32, which the scalar kernel specifies. Everything else is f32 in a fixed order (`simd`).
//! Kernels take slices, check their lengths once, and know nothing of tensors.

mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512_vnni;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
mod math;
mod matmul_i8;
#[cfg(target_arch = "aarch64")]
mod neon_dot;
#[cfg(any(target_arch = "x86_64", all(target_arch = "wasm32", feature = "relaxed-simd")))]
mod pair_tile;
mod rows;
mod scalar;
mod simd;
mod tile;
#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
mod wasm_relaxed;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm_simd128;

pub use attention::{AttentionScratch, Heads};
pub use matmul_i8::{Activation, Layout, MAX_K, PackedMatrix, Panels, WEIGHT_STEPS, row_bytes};
pub use rows::{LayerNorm, RowScale, inverse};

use std::fmt::Debug;
use std::ops::Range;

/// The operations of the encoder on one instruction set. Every kernel returns the same bits for the same input.
pub trait Kernel: Debug + Send + Sync {
    /// As `info` shows it, e.g. `avx512-vnni`.
    fn name(&self) -> &'static str;

    /// How this kernel reads weights.
    fn layout(&self) -> Layout;

    /// Quantizes a row of numbers (not empty, none infinite or NaN) to unsigned 7 bits, 0 ..= 127 whatever they are;
    /// `out` has [`row_bytes`] bytes.
    fn quantize(&self, x: &[f32], out: &mut [u8]) -> RowScale;

    /// `x = LayerNorm(x + residual)` for one row; all slices of the same length.
    fn add_layer_norm(&self, x: &mut [f32], residual: &[f32], norm: &LayerNorm);

    /// `x = softmax(x)`, one row.
    fn softmax(&self, x: &mut [f32]);

    /// What [`PackedMatrix::multiply`] calls.
    fn matmul_i8(
        &self,
        lhs: &[u8],
        lhs_scales: &[RowScale],
        rhs: &Panels,
        activation: Activation,
        out: &mut [f32],
    );

    /// The context vectors `[queries][hidden]` of some tokens of one text, whose `qkv` is
    /// `[tokens][3 · hidden]`: queries divided by √head_size, keys, values.
    fn attention(
        &self,
        qkv: &[f32],
        queries: Range<usize>,
        heads: Heads,
        scratch: &mut AttentionScratch,
        out: &mut [f32],
    );
}

/// Every kernel that this machine can run, fastest first; the scalar one is the last.
pub fn available() -> Vec<&'static dyn Kernel> {
    let mut kernels: Vec<&'static dyn Kernel> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        kernels.extend(avx512_vnni::Avx512Vnni::get());
        kernels.extend(avx_vnni::AvxVnni::get());
        kernels.extend(avx2::Avx2::get());
    }
    #[cfg(target_arch = "aarch64")]
    kernels.extend(neon_dot::NeonDot::get());
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    kernels.extend([&wasm_relaxed::FourWay as &dyn Kernel, &wasm_relaxed::TwoWay]);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    kernels.extend([&wasm_simd128::Simd128 as &dyn Kernel]);
    kernels.extend([scalar()]);
    kernels
}

/// The specification.
pub fn scalar() -> &'static dyn Kernel {
    &scalar::Scalar
}

/// The fastest kernel of this machine.
pub fn best() -> &'static dyn Kernel {
    available().first().copied().unwrap_or(scalar())
}

/// The fastest kernel by the clock where the machine cannot be asked, [`best`] elsewhere. `now_ms` is a clock in
/// milliseconds; some ten of them pass.
pub fn fastest(now_ms: impl FnMut() -> f64) -> &'static dyn Kernel {
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    return wasm_relaxed::fastest(now_ms);
    #[cfg(not(all(target_arch = "wasm32", feature = "relaxed-simd")))]
    {
        let _ = now_ms;
        best()
    }
}

/// Calls a function of a kernel that is compiled for an instruction set, or for none but the crate's.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! call {
    ($call:expr) => {
        $call
    };
    ($call:expr, $feature:literal) => {
        // SAFETY: a value of the kernel's type exists only where the CPU has the instructions.
        unsafe { $call }
    };
}
/// The same where it needs no proof: an engine that lacks an instruction refuses the module as a whole.
#[cfg(target_arch = "wasm32")]
macro_rules! call {
    ($call:expr $(, $feature:literal)?) => {
        $call
    };
}
use call;

/// Implements [`Kernel`] for a type that is [`simd::Int8`], compiling each operation for the instruction set.
///
/// `$feature` is empty where the whole crate is compiled for it.
macro_rules! implement_kernel {
    ($kernel:ty, $name:expr $(, $feature:literal)?) => {
        impl crate::kernels::Kernel for $kernel {
            fn name(&self) -> &'static str {
                $name
            }

            fn layout(&self) -> crate::kernels::Layout {
                crate::kernels::Layout {
                    tile_columns: <Self as crate::kernels::simd::Int8>::TILE_COLUMNS,
                    k_group: <Self as crate::kernels::simd::Int8>::K_GROUP,
                }
            }

            fn quantize(&self, x: &[f32], out: &mut [u8]) -> crate::kernels::RowScale {
                $(#[target_feature(enable = $feature)])?
                fn run(kernel: $kernel, x: &[f32], out: &mut [u8]) -> crate::kernels::RowScale {
                    crate::kernels::rows::quantize(kernel, x, out)
                }
                crate::kernels::call!(run(*self, x, out) $(, $feature)?)
            }

            fn add_layer_norm(&self, x: &mut [f32], residual: &[f32], norm: &crate::kernels::LayerNorm) {
                $(#[target_feature(enable = $feature)])?
                fn run(kernel: $kernel, x: &mut [f32], residual: &[f32], norm: &crate::kernels::LayerNorm) {
                    crate::kernels::rows::add_layer_norm(crate::kernels::simd::Int8::simd(kernel), x, residual, norm);
                }
                crate::kernels::call!(run(*self, x, residual, norm) $(, $feature)?)
            }

            fn softmax(&self, x: &mut [f32]) {
                $(#[target_feature(enable = $feature)])?
                fn run(kernel: $kernel, x: &mut [f32]) {
                    crate::kernels::rows::softmax(crate::kernels::simd::Int8::simd(kernel), x);
                }
                crate::kernels::call!(run(*self, x) $(, $feature)?)
            }

            fn matmul_i8(
                &self,
                lhs: &[u8],
                lhs_scales: &[crate::kernels::RowScale],
                rhs: &crate::kernels::Panels,
                activation: crate::kernels::Activation,
                out: &mut [f32],
            ) {
                $(#[target_feature(enable = $feature)])?
                fn run(
                    kernel: $kernel,
                    lhs: &[u8],
                    lhs_scales: &[crate::kernels::RowScale],
                    rhs: &crate::kernels::Panels,
                    activation: crate::kernels::Activation,
                    out: &mut [f32],
                ) {
                    crate::kernels::matmul_i8::matmul_i8(kernel, lhs, lhs_scales, rhs, activation, out);
                }
                crate::kernels::call!(run(*self, lhs, lhs_scales, rhs, activation, out) $(, $feature)?)
            }

            fn attention(
                &self,
                qkv: &[f32],
                queries: std::ops::Range<usize>,
                heads: crate::kernels::Heads,
                scratch: &mut crate::kernels::AttentionScratch,
                out: &mut [f32],
            ) {
                $(#[target_feature(enable = $feature)])?
                fn run(
                    kernel: $kernel,
                    qkv: &[f32],
                    queries: std::ops::Range<usize>,
                    heads: crate::kernels::Heads,
                    scratch: &mut crate::kernels::AttentionScratch,
                    out: &mut [f32],
                ) {
                    crate::kernels::attention::attention(crate::kernels::simd::Int8::simd(kernel), qkv, queries, heads, scratch, out);
                }
                crate::kernels::call!(run(*self, qkv, queries, heads, scratch, out) $(, $feature)?)
            }
        }
    };
}
use implement_kernel;
