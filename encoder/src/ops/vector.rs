//! Loops over f32 for the CPU at hand: the dispatch, sums in lanes, and an exponential that vectorizes.

/// Partial sums of a reduction: as many as lanes of the widest vector, so that no order of additions must be kept.
const LANES: usize = 16;

/// Runs `work` compiled for this CPU's widest vectors (the crate itself is compiled for the oldest ones).
///
/// `work` must be a closure marked `#[inline(always)]`, as must be all that it calls: only what is inlined is
/// compiled for the instruction set.
#[inline(always)]
pub(crate) fn on_this_cpu<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Σ x.
#[inline(always)]
pub(crate) fn sum(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [0f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Σ a · b; both of the same length.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// The largest of `x`; −∞ of nothing.
#[inline(always)]
pub(crate) fn largest(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, b| if *b > a { *b } else { a })
}

/// The largest magnitude; 0 of nothing.
#[inline(always)]
pub(crate) fn largest_magnitude(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [0f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane].abs() > lanes[lane] { chunk[lane].abs() } else { lanes[lane] };
        }
    }
    rest.iter().map(|x| x.abs()).chain(lanes).fold(0f32, |a, b| if b > a { b } else { a })
}

/// The smallest and the largest; ∞ and −∞ of nothing.
#[inline(always)]
pub(crate) fn range(x: &[f32]) -> (f32, f32) {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [f32::INFINITY; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] < lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    let smallest = lanes.iter().chain(rest).fold(f32::INFINITY, |a, b| if *b < a { *b } else { a });
    (smallest, largest(x))
}

/// `a += b`; both of the same length.
#[inline(always)]
pub(crate) fn add(a: &mut [f32], b: &[f32]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
}

/// e^x for x ≤ 0; below −87 the value at −87. As the kernels have it (Moshier, Cephes, `expf`):
/// relative error at most 8.2e-8.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 leaves the nearest integer in the low bits of the mantissa; 127 is the exponent's bias.
    const ROUND: f32 = 12_582_912.0 + 127.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > -87.0 { x } else { -87.0 };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = p * r + coefficient;
    }
    (r * r * p + r + 1.0) * f32::from_bits(shifted.to_bits() << 23)
}
