//! f32 products on one thread, without candle's copies: through the `gemm` crate, which candle uses too, and where the CPU
//! has AVX-512 the large ones through `matrixmultiply`, whose kernels for it do twice as much in the same time.
#![expect(unsafe_code, reason = "both take pointers")]

/// Multiplications from which on a product is large: those of attention are not, and packing them would be half the work.
const SMALLEST_FOR_AVX512: usize = 1 << 19;

/// A matrix somewhere in a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    elements: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` rows of `columns`, one behind the other.
    pub(crate) fn new(elements: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::with_stride(elements, rows, columns, columns)
    }

    /// Rows at a distance of `stride`.
    pub(crate) fn with_stride(elements: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(is_inside(elements.len(), rows, columns, stride), "a matrix that ends beyond its elements");
        Self { elements, rows, columns, row_stride: stride, column_stride: 1 }
    }

    /// Transposed, without moving anything.
    pub(crate) fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

fn is_inside(len: usize, rows: usize, columns: usize, stride: usize) -> bool {
    rows == 0 || columns == 0 || (columns <= stride && (rows - 1) * stride + columns <= len)
}

/// `lhs · rhs`, a row behind the other.
pub(crate) fn product(lhs: Matrix<'_>, rhs: Matrix<'_>) -> Vec<f32> {
    let count = lhs.rows * rhs.columns;
    let mut out = Vec::with_capacity(count);
    if lhs.columns == 0 {
        out.resize(count, 0.0);
        return out;
    }
    // SAFETY: room for `rows · columns` elements, and without `is_added` each of them is written, none read.
    unsafe {
        multiply(lhs, rhs, out.as_mut_ptr(), rhs.columns, false);
        out.set_len(count);
    }
    out
}

/// `out = lhs · rhs`, its rows at a distance of `stride`.
pub(crate) fn product_to(lhs: Matrix<'_>, rhs: Matrix<'_>, out: &mut [f32], stride: usize) {
    assert!(is_inside(out.len(), lhs.rows, rhs.columns, stride), "a product that ends beyond its place");
    // SAFETY: the product lies inside `out`.
    unsafe { multiply(lhs, rhs, out.as_mut_ptr(), stride, false) }
}

/// `out += lhs · rhs`, its rows at a distance of `stride`.
pub(crate) fn add_product_to(lhs: Matrix<'_>, rhs: Matrix<'_>, out: &mut [f32], stride: usize) {
    assert!(is_inside(out.len(), lhs.rows, rhs.columns, stride), "a product that ends beyond its place");
    // SAFETY: the product lies inside `out`.
    unsafe { multiply(lhs, rhs, out.as_mut_ptr(), stride, true) }
}

/// # Safety
/// `out` has room for the product; with `is_added` it holds numbers already.
unsafe fn multiply(lhs: Matrix<'_>, rhs: Matrix<'_>, out: *mut f32, stride: usize, is_added: bool) {
    assert_eq!(lhs.columns, rhs.rows, "a product of matrices that do not fit");
    if lhs.rows * lhs.columns * rhs.columns >= SMALLEST_FOR_AVX512 && has_avx512() {
        // SAFETY: as below; with a factor of 0 for what is there, it is not read.
        return unsafe {
            matrixmultiply::sgemm(
                lhs.rows,
                lhs.columns,
                rhs.columns,
                1.0,
                lhs.elements.as_ptr(),
                lhs.row_stride as isize,
                lhs.column_stride as isize,
                rhs.elements.as_ptr(),
                rhs.row_stride as isize,
                rhs.column_stride as isize,
                if is_added { 1.0 } else { 0.0 },
                out,
                stride as isize,
                1,
            );
        };
    }
    // SAFETY: both matrices were found inside their slices when they were made, and the caller vouches for `out`.
    unsafe {
        gemm::gemm(
            lhs.rows,
            rhs.columns,
            lhs.columns,
            out,
            1,
            stride as isize,
            is_added,
            lhs.elements.as_ptr(),
            lhs.column_stride as isize,
            lhs.row_stride as isize,
            rhs.elements.as_ptr(),
            rhs.column_stride as isize,
            rhs.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

fn has_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}
