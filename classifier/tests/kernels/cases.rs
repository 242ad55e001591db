//! What every kernel must compute to the same bits: sizes around the tile edges, all tails, extreme values,
//! unaligned slices. No dependencies, so that the same file is compiled for WebAssembly and aarch64.

use crate::kernels::{Activation, AttentionScratch, Heads, Kernel, LayerNorm, PackedMatrix, RowScale};

/// One computation; the numbers that it is made of come from a generator with a fixed seed.
#[derive(Debug)]
pub enum Case {
    Quantize { len: usize, kind: Values },
    AddLayerNorm { len: usize, kind: Values },
    Softmax { len: usize, kind: Values },
    MatmulI8 { rows: usize, n: usize, k: usize, kind: Values, activation: Activation },
    Attention { tokens: usize, first: usize, queries: usize, num_heads: usize, head_size: usize },
}

/// What numbers a case is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values {
    /// Between −3 and 3.
    Ordinary,
    /// Only the largest and the smallest that are possible.
    Extreme,
    /// The largest in one half, the smallest in the other: of weights and activations alike, products add up to the
    /// largest sums that there are.
    Halves,
    /// All the same.
    Constant,
    /// 0 and −0.
    Zeros,
    /// A few neighbouring f32 at 1: the range is a few units in the last place.
    Neighbours,
    /// Between −1e-40 and 1e-40: a range whose reciprocal overflows.
    Subnormal,
    /// Only the largest and the smallest f32: a range that overflows.
    Largest,
}

/// All cases.
pub fn cases() -> Vec<Case> {
    use Values::{Constant, Extreme, Halves, Largest, Neighbours, Ordinary, Subnormal, Zeros};
    let mut cases = Vec::new();
    for kind in [Ordinary, Extreme, Constant] {
        for len in (1..=70).chain([127, 128, 384, 1536]) {
            cases.push(Case::Quantize { len, kind });
            cases.push(Case::AddLayerNorm { len, kind });
            cases.push(Case::Softmax { len, kind });
        }
    }
    for rows in 1..=13 {
        for n in [1, 3, 4, 7, 8, 9, 15, 16, 17, 63, 64, 65, 130] {
            for k in [1, 2, 3, 4, 5, 7, 8, 31, 66] {
                cases.push(Case::MatmulI8 { rows, n, k, kind: Ordinary, activation: Activation::None });
            }
        }
        cases.push(Case::MatmulI8 { rows, n: 70, k: 33, kind: Ordinary, activation: Activation::Gelu });
        cases.push(Case::MatmulI8 { rows, n: 33, k: 100, kind: Extreme, activation: Activation::None });
    }
    for (rows, n, k) in [(3, 17, 65), (7, 9, 384)] {
        cases.push(Case::MatmulI8 { rows, n, k, kind: Halves, activation: Activation::None });
    }
    // The longest sums that are possible.
    let k = crate::kernels::MAX_K;
    cases.push(Case::MatmulI8 { rows: 2, n: 3, k, kind: Extreme, activation: Activation::None });
    for tokens in (1..=35).chain([64, 100]) {
        for (num_heads, head_size) in [(1, 1), (2, 7), (3, 16), (2, 32), (1, 40)] {
            let first = tokens / 3;
            cases.push(Case::Attention { tokens, first, queries: tokens - first, num_heads, head_size });
        }
    }
    for kind in [Zeros, Neighbours, Subnormal, Largest] {
        for len in (1..=35).chain([127, 128, 384, 1536]) {
            cases.push(Case::Quantize { len, kind });
            cases.push(Case::Softmax { len, kind });
            if kind != Largest {
                cases.push(Case::AddLayerNorm { len, kind });
            }
        }
        for (rows, n, k) in [(1, 1, 1), (5, 17, 7), (13, 70, 384)] {
            // What overflows is a NaN, whose bits instruction sets differ in.
            if kind != Largest {
                cases.push(Case::MatmulI8 { rows, n, k, kind, activation: Activation::None });
                cases.push(Case::MatmulI8 { rows, n, k, kind, activation: Activation::Gelu });
            }
        }
    }
    cases
}

impl Case {
    /// The bits of everything that `kernel` returns.
    pub fn run(&self, kernel: &'static dyn Kernel) -> Vec<u32> {
        let mut numbers = Numbers(2_463_534_242);
        match *self {
            Self::Quantize { len, kind } => {
                let x = numbers.floats(len + 1, kind);
                let layout = kernel.layout();
                let mut out = vec![0xaa; crate::kernels::row_bytes(layout.k_group, len) + 1];
                // From the second element on: no kernel may rely on alignment.
                let RowScale { scale, midpoint } = kernel.quantize(&x[1..], &mut out[1..]);
                let bytes_each = 4 / layout.k_group;
                let values = out[1..].chunks_exact(bytes_each).take(len);
                let values = values.map(|bytes| match *bytes {
                    [low, high] => u32::from(u16::from_le_bytes([low, high])),
                    _ => u32::from(bytes[0]),
                });
                [scale.to_bits(), midpoint.to_bits()].into_iter().chain(values).collect()
            }
            Self::AddLayerNorm { len, kind } => {
                let mut x = numbers.floats(len + 1, kind);
                let residual = numbers.floats(len, Values::Ordinary);
                let norm = LayerNorm {
                    weight: numbers.floats(len, Values::Ordinary),
                    bias: numbers.floats(len, Values::Ordinary),
                    eps: 1e-12,
                };
                kernel.add_layer_norm(&mut x[1..], &residual, &norm);
                bits(&x)
            }
            Self::Softmax { len, kind } => {
                let mut x = numbers.floats(len + 1, kind);
                kernel.softmax(&mut x[1..]);
                bits(&x)
            }
            Self::MatmulI8 { rows, n, k, kind, activation } => {
                let mut rhs = PackedMatrix::zeros(kernel, n, k);
                for column in 0..n {
                    let weights = numbers.floats(k, kind);
                    let bias = if kind == Values::Zeros { weights[0] } else { numbers.next() };
                    rhs.set_column(column, &weights, bias, 0.75);
                }
                let row_bytes = rhs.row_bytes();
                let mut lhs = vec![0; rows * row_bytes + 1];
                let mut scales = Vec::new();
                for row in lhs[1..].chunks_exact_mut(row_bytes) {
                    scales.push(kernel.quantize(&numbers.floats(k, kind), row));
                }
                let mut out = vec![0f32; rows * n + 1];
                rhs.multiply(&lhs[1..], &scales, activation, &mut out[1..]);
                bits(&out)
            }
            Self::Attention { tokens, first, queries, num_heads, head_size } => {
                let hidden = num_heads * head_size;
                let qkv = numbers.floats(tokens * 3 * hidden, Values::Ordinary);
                let mut out = vec![0f32; queries * hidden];
                let heads = Heads { num_heads, head_size };
                let mut scratch = AttentionScratch::default();
                // Twice: what a longer text has left in the memory must not matter.
                for tokens in [tokens, tokens.div_ceil(2), tokens] {
                    let queries = first.min(tokens)..(first + queries).min(tokens);
                    let out = &mut out[..queries.len() * hidden];
                    kernel.attention(&qkv[..tokens * 3 * hidden], queries, heads, &mut scratch, out);
                }
                bits(&out)
            }
        }
    }
}

/// FNV-1a over the bits of every case (Fowler, Noll, Vo): one number for all that a kernel computes.
pub fn digest(kernel: &'static dyn Kernel) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for case in cases() {
        for byte in case.run(kernel).into_iter().flat_map(u32::to_le_bytes) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// Reproducible numbers (xorshift32, Marsaglia 2003).
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) as f32 / (1 << 24) as f32 * 6.0 - 3.0
    }

    fn floats(&mut self, len: usize, kind: Values) -> Vec<f32> {
        let sign = if kind == Values::Halves { self.next() } else { 1.0 };
        let float = |numbers: &mut Self, at: usize| match kind {
            Values::Ordinary => numbers.next(),
            Values::Extreme => 1e4f32.copysign(numbers.next()),
            Values::Halves => 1e4f32.copysign(if at < len / 2 { sign } else { -sign }),
            Values::Constant => -1.5,
            Values::Zeros => 0f32.copysign(numbers.next()),
            Values::Neighbours => 1.0 + (numbers.next() > 0.0) as u8 as f32 * f32::EPSILON,
            Values::Subnormal => numbers.next() * 3e-41,
            Values::Largest => f32::MAX.copysign(numbers.next()),
        };
        (0..len).map(|at| float(self, at)).collect()
    }
}
