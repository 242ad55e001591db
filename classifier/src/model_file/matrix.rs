//! A matrix as the file stores it: f32, or blocks of 32 values with a scale, read row by row.
//!
//! Formats: ggml's `block_q8_0` (scale, 32 × i8) and `block_q4_0` (scale, 16 bytes with elements i in the low and
//! i + 16 in the high half, offset 8), scales in IEEE 754 binary16. Rows of blocks are multiples of 32 long.

use super::{BLOCK, StorageFormat};
use candle_core::quantized::GgmlDType;
use half::f16;
use std::ops::Range;

/// Bytes of a block's scale.
const SCALE_BYTES: usize = 2;

/// A matrix in its storage format; `B` holds the bytes.
#[derive(Clone, Debug)]
pub struct StoredMatrix<B> {
    format: StorageFormat,
    rows: usize,
    columns: usize,
    bytes: B,
}

/// Bytes of a row.
fn row_bytes(format: StorageFormat, columns: usize) -> usize {
    match format {
        StorageFormat::F32 => columns * 4,
        StorageFormat::Q8_0 => columns / BLOCK * (SCALE_BYTES + BLOCK),
        StorageFormat::Q4_0 => columns / BLOCK * (SCALE_BYTES + BLOCK / 2),
    }
}

impl StoredMatrix<Range<usize>> {
    /// Where a matrix lies that starts at `start` of a file of `len` bytes; `None` if it ends beyond the file, or
    /// its format is not one of the three.
    pub(super) fn locate(
        dtype: GgmlDType,
        rows: usize,
        columns: usize,
        start: usize,
        len: usize,
    ) -> Option<Self> {
        let mut formats = StorageFormat::ALL.into_iter();
        let format = formats.find(|format| format.dtype() == dtype && format.fits(columns))?;
        let end = start.checked_add(row_bytes(format, columns).checked_mul(rows)?)?;
        (end <= len).then_some(Self { format, rows, columns, bytes: start..end })
    }
}

impl<B> StoredMatrix<B> {
    /// The same matrix, its bytes elsewhere.
    pub(super) fn map<C>(self, place: impl FnOnce(B) -> C) -> StoredMatrix<C> {
        StoredMatrix { format: self.format, rows: self.rows, columns: self.columns, bytes: place(self.bytes) }
    }
}

impl<B: AsRef<[u8]>> StoredMatrix<B> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Length of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Whether every value, or the scale of every block, is a finite number.
    pub(super) fn is_finite(&self) -> bool {
        let bytes = self.bytes.as_ref();
        match self.format {
            StorageFormat::F32 => f32s(bytes).all(f32::is_finite),
            _ => bytes.chunks_exact(row_bytes(self.format, BLOCK)).all(|block| scale(block).is_finite()),
        }
    }

    /// Unpacks one row (below [`StoredMatrix::rows`]) to `out` (of [`StoredMatrix::columns`]).
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        let row_bytes = row_bytes(self.format, self.columns);
        let bytes = &self.bytes.as_ref()[row * row_bytes..][..row_bytes];
        match self.format {
            StorageFormat::F32 => out.iter_mut().zip(f32s(bytes)).for_each(|(out, x)| *out = x),
            StorageFormat::Q8_0 => {
                let blocks = bytes.chunks_exact(SCALE_BYTES + BLOCK);
                for (out, block) in out.chunks_exact_mut(BLOCK).zip(blocks) {
                    let scale = scale(block).to_f32();
                    for (out, x) in out.iter_mut().zip(&block[SCALE_BYTES..]) {
                        *out = f32::from(*x as i8) * scale;
                    }
                }
            }
            StorageFormat::Q4_0 => {
                let blocks = bytes.chunks_exact(SCALE_BYTES + BLOCK / 2);
                for (out, block) in out.chunks_exact_mut(BLOCK).zip(blocks) {
                    let scale = scale(block).to_f32();
                    let (low, high) = out.split_at_mut(BLOCK / 2);
                    for ((low, high), x) in low.iter_mut().zip(high).zip(&block[SCALE_BYTES..]) {
                        *low = (f32::from(x & 15) - 8.0) * scale;
                        *high = (f32::from(x >> 4) - 8.0) * scale;
                    }
                }
            }
        }
    }
}

fn f32s(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

fn scale(block: &[u8]) -> f16 {
    f16::from_le_bytes([block[0], block[1]])
}
