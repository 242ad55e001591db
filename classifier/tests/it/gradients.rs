//! The fused operations against their plain compositions and against finite differences: candle's own fused
//! LayerNorm and softmax stop gradients silently, so ours must be shown not to.

use crate::fixture::Numbers;
use candle_core::{Tensor, Var};
use classifier::encoder::ops;

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn assert_close(actual: &Tensor, expected: &Tensor, tolerance: f32, what: &str) {
    assert_eq!(actual.dims(), expected.dims(), "{what}");
    for (at, (a, b)) in values(actual).iter().zip(values(expected)).enumerate() {
        assert!((a - b).abs() <= tolerance, "{what}[{at}]: {a} and {b}");
    }
}

/// Forward and every gradient of two forms of the same operation, under a random upstream gradient.
fn compare(
    inputs: &[Var],
    fused: impl Fn(&[Var]) -> Tensor,
    composed: impl Fn(&[Var]) -> Tensor,
    tolerance: f32,
) {
    let (actual, expected) = (fused(inputs), composed(inputs));
    assert_close(&actual, &expected, tolerance, "forward");
    let upstream = Numbers(99).tensor(actual.dims(), 1.0);
    let backward = |y: &Tensor| (y * &upstream).unwrap().sum_all().unwrap().backward().unwrap();
    let (actual, expected) = (backward(&actual), backward(&expected));
    for (index, input) in inputs.iter().enumerate() {
        let actual = actual.get(input.as_tensor()).unwrap_or_else(|| panic!("input {index} got no gradient"));
        assert_close(
            actual,
            expected.get(input.as_tensor()).unwrap(),
            tolerance,
            &format!("gradient {index}"),
        );
    }
}

fn variables(shapes: &[&[usize]], scale: f32) -> Vec<Var> {
    let mut numbers = Numbers(3);
    shapes.iter().map(|shape| Var::from_tensor(&numbers.tensor(shape, scale)).unwrap()).collect()
}

#[test]
fn layer_norm_equals_its_composition() {
    let inputs = variables(&[&[2, 5, 48], &[48], &[48]], 2.0);
    compare(
        &inputs,
        |v| ops::layer_norm(&v[0], &v[1], &v[2], 1e-12).unwrap(),
        |v| ops::layer_norm_composed(&v[0], &v[1], &v[2], 1e-12).unwrap(),
        2e-5,
    );
}

#[test]
fn layer_norm_of_a_transposed_input_equals_its_composition() {
    let inputs = variables(&[&[5, 2, 16], &[16], &[16]], 2.0);
    let x = |v: &[Var]| v[0].transpose(0, 1).unwrap();
    compare(
        &inputs,
        |v| ops::layer_norm(&x(v), &v[1], &v[2], 1e-5).unwrap(),
        |v| ops::layer_norm_composed(&x(v), &v[1], &v[2], 1e-5).unwrap(),
        2e-5,
    );
}

#[test]
fn masked_softmax_equals_its_composition() {
    let scores = variables(&[&[2, 3, 4, 6]], 8.0);
    let (open, shut) = ([0f32; 6], [0f32, 0.0, 0.0, f32::MIN, f32::MIN, f32::MIN]);
    let bias = Tensor::new(&[open, shut], &candle_core::Device::Cpu).unwrap().reshape((2, 1, 1, 6)).unwrap();
    compare(
        &scores,
        |v| ops::masked_softmax(&v[0], &bias).unwrap(),
        |v| ops::masked_softmax_composed(&v[0], &bias).unwrap(),
        1e-6,
    );
    let masked = values(&ops::masked_softmax(&scores[0], &bias).unwrap());
    assert!(masked[72..].chunks(6).all(|row| row[3..] == [0.0; 3]), "padding must get exactly no attention");
}

#[test]
fn gelu_equals_its_composition() {
    let inputs = variables(&[&[64, 33]], 6.0);
    // candle's own derivative uses 0.398942 for 1/√(2π): six digits.
    compare(&inputs, |v| ops::gelu(&v[0]).unwrap(), |v| ops::gelu_composed(&v[0]).unwrap(), 1e-5);
}

/// d/dx of Σ upstream · y by central differences, in f64 sums: independent of any backward pass.
#[test]
fn layer_norm_gradients_equal_finite_differences() {
    let inputs = variables(&[&[2, 8], &[8], &[8]], 1.0);
    let upstream = Numbers(5).tensor(&[2, 8], 1.0);
    let objective = |v: &[Tensor]| -> f64 {
        let y = ops::layer_norm(&v[0], &v[1], &v[2], 1e-5).unwrap();
        values(&y).iter().zip(values(&upstream)).map(|(y, u)| f64::from(*y) * f64::from(u)).sum()
    };
    let y = ops::layer_norm(&inputs[0], &inputs[1], &inputs[2], 1e-5).unwrap();
    let gradients = (y * &upstream).unwrap().sum_all().unwrap().backward().unwrap();
    let originals: Vec<Tensor> = inputs.iter().map(|v| v.as_tensor().copy().unwrap()).collect();
    for (index, input) in inputs.iter().enumerate() {
        let analytic = values(gradients.get(input.as_tensor()).unwrap());
        for (at, analytic) in analytic.iter().enumerate() {
            let moved = |by: f32| {
                let mut tensors = originals.clone();
                let mut elements = values(&originals[index]);
                elements[at] += by;
                tensors[index] =
                    Tensor::from_vec(elements, originals[index].shape(), originals[index].device()).unwrap();
                objective(&tensors)
            };
            let numeric = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!(
                (f64::from(*analytic) - numeric).abs() < 5e-3,
                "input {index}[{at}]: {analytic} and {numeric}"
            );
        }
    }
}
