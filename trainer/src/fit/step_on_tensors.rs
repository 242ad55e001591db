//! AdamW's arithmetic out of tensor operations: what a GPU does with gradients that never leave it.
//!
//! The same formulas as [`optimizer`](super::optimizer)'s loops, which the tests hold it to.

use super::optimizer::StepSize;
use candle_core::{D, Result, Tensor, Var};

/// The sum of the workers' gradients; on a GPU there is one worker.
///
/// # Errors
/// None of them, or shapes that differ.
pub fn sum(gradients: &[&Tensor]) -> Result<Tensor> {
    let Some((first, others)) = gradients.split_first() else {
        candle_core::bail!("expected at least one gradient, found none")
    };
    others.iter().try_fold((*first).clone(), |sum, gradient| sum + *gradient)
}

/// Σ g² of every gradient, all read back at once.
///
/// # Errors
/// Tensor operations.
pub fn sums_of_squares(gradients: &[Tensor]) -> Result<Vec<f32>> {
    let sums = gradients.iter().map(|gradient| {
        let squares = gradient.sqr()?;
        // Row by row first: a sum of everything at once is one block of threads' work.
        let rows = if squares.rank() > 1 { squares.sum(D::Minus1)? } else { squares };
        rows.sum_all()
    });
    Tensor::stack(&sums.collect::<Result<Vec<_>>>()?, 0)?.to_vec1()
}

/// One step of a parameter; `first` and `second` become the new moments.
///
/// # Errors
/// Tensor operations.
pub fn update(
    variable: &Var,
    gradient: &Tensor,
    first: &mut Tensor,
    second: &mut Tensor,
    size: StepSize,
) -> Result<()> {
    let (beta1, beta2) = (f64::from(size.beta1), f64::from(size.beta2));
    let scale = f64::from(size.gradient_scale);
    *first = (first.affine(beta1, 0.0)? + gradient.affine((1.0 - beta1) * scale, 0.0)?)?;
    *second = (second.affine(beta2, 0.0)? + gradient.sqr()?.affine((1.0 - beta2) * scale * scale, 0.0)?)?;
    let direction = (&*first / second.sqrt()?.affine(1.0, f64::from(size.epsilon))?)?;
    let kept = variable.as_tensor().detach().affine(f64::from(size.keep), 0.0)?;
    variable.set(&(kept - direction.affine(f64::from(size.rate), 0.0)?)?)
}
