//! What a kernel asks of an instruction set: vectors of f32 ([`Simd`]), and the tile of the int8 product ([`Int8`]).
//!
//! The operations beside this file are written once over these traits and compiled once for each instruction
//! set. Every operation of `Simd` is a single IEEE 754 operation on each lane, none is a fused multiply-add, and sums
//! over lanes have one order ([`Simd::sum`]): that is why all kernels return the same bits. What instruction sets
//! disagree about, the larger of two zeros and of a NaN, no result may depend on.

/// Lanes of a sum, whatever the width of the vectors: element i is added to lane i mod 16.
pub(crate) const SUM_LANES: usize = 16;

/// Vector registers that hold [`SUM_LANES`] lanes in the narrowest instruction set.
const MAX_PARTS: usize = SUM_LANES;

/// Vectors of f32. A value is the proof that the CPU has the instructions.
pub(crate) trait Simd: Copy {
    /// f32 lanes of a vector: 1, 4, 8 or 16.
    const WIDTH: usize;

    /// [`Simd::WIDTH`] lanes of f32.
    type F32: Copy;

    fn splat(self, x: f32) -> Self::F32;
    /// The first [`Simd::WIDTH`] of `x`.
    fn load(self, x: &[f32]) -> Self::F32;
    /// The first [`Simd::WIDTH`] of `x`, each converted to the nearest f32, ties to even.
    fn load_i32(self, x: &[i32]) -> Self::F32;
    /// To the first [`Simd::WIDTH`] of `out`.
    fn store(self, x: Self::F32, out: &mut [f32]);
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// The larger of two numbers, neither a NaN. Of 0 and −0 either may come out, and compilers choose anew: LLVM 22
    /// makes any vectorized `if a > b { a } else { b }` WebAssembly's relaxed maximum where it may use that.
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// The smaller of two numbers; as [`Simd::max`].
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn abs(self, x: Self::F32) -> Self::F32;
    /// The f32 whose bits are those of `x` shifted left by 23: integer to exponent field.
    fn shift_to_exponent(self, x: Self::F32) -> Self::F32;

    /// Σ over the lanes of a sum: neighbours at distance 8, then 4, 2, 1 are added.
    #[inline(always)]
    fn sum(self, parts: Parts<Self>) -> f32 {
        let mut lanes = [0f32; SUM_LANES];
        for part in 0..SUM_LANES / Self::WIDTH {
            self.store(parts.0[part], &mut lanes[part * Self::WIDTH..]);
        }
        let mut half = SUM_LANES / 2;
        while half > 0 {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
            half /= 2;
        }
        lanes[0]
    }

    /// The first `x.len()` lanes from `x`, the others from `fill`; at most [`Simd::WIDTH`].
    #[inline(always)]
    fn load_partial(self, x: &[f32], fill: f32) -> Self::F32 {
        let mut lanes = [fill; SUM_LANES];
        lanes[..x.len()].copy_from_slice(x);
        self.load(&lanes)
    }

    /// The first `out.len()` lanes to `out`; at most [`Simd::WIDTH`].
    #[inline(always)]
    fn store_partial(self, x: Self::F32, out: &mut [f32]) {
        let mut lanes = [0f32; SUM_LANES];
        self.store(x, &mut lanes);
        out.copy_from_slice(&lanes[..out.len()]);
    }
}

/// The [`SUM_LANES`] lanes of a running sum, as vectors.
#[derive(Clone, Copy)]
pub(crate) struct Parts<S: Simd>([S::F32; MAX_PARTS]);

impl<S: Simd> Parts<S> {
    #[inline(always)]
    pub(crate) fn zero(simd: S) -> Self {
        Self([simd.splat(0.0); MAX_PARTS])
    }

    /// Adds elements `at ..` of a row; `at` is a multiple of [`Simd::WIDTH`].
    #[inline(always)]
    pub(crate) fn add(&mut self, simd: S, at: usize, x: S::F32) {
        let part = at / S::WIDTH % (SUM_LANES / S::WIDTH);
        self.0[part] = simd.add(self.0[part], x);
    }
}

/// The int8 product. A value is the proof that the CPU has the instructions.
pub(crate) trait Int8: Copy {
    /// Most rows of a tile.
    const TILE_ROWS: usize;
    /// Output columns of a tile: the width of a packed panel.
    const TILE_COLUMNS: usize;
    /// Values of k that one instruction takes at a time, and that lie together in a packed panel.
    const K_GROUP: usize;

    /// The vectors of f32 around the product.
    type Simd: Simd;

    fn simd(self) -> Self::Simd;

    /// Stores the lowest 8 bits of each lane's bit pattern as one activation each: as u8, or as i16 where the
    /// instruction multiplies those. Writes the first `WIDTH` × 4 / [`Int8::K_GROUP`] bytes of `out`.
    fn store_quantized(self, x: <Self::Simd as Simd>::F32, out: &mut [u8]);

    /// One tile: `acc[r][c] = init[c] + Σ_k lhs[r][k] · panel[k][c]`.
    ///
    /// `lhs` holds `rows` rows (1 ..= [`Int8::TILE_ROWS`]) at a distance of `lhs_stride` bytes, each as
    /// [`Int8::store_quantized`] wrote it; `panel` is `[k / K_GROUP][TILE_COLUMNS][K_GROUP]`, so that both
    /// advance by whole groups, one group of a row being 4 bytes. `acc` is `[rows][TILE_COLUMNS]`.
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]);
}
