//! The scalar kernel against the formulas in f64.

use classifier::testing::{
    Activation, AttentionScratch, Heads, LayerNorm, PackedMatrix, RowScale, row_bytes, scalar,
};

/// Numbers between −1 and 1 that do not repeat soon.
fn wave(len: usize, frequency: f64) -> Vec<f32> {
    (0..len).map(|at| (at as f64 * frequency).sin() as f32).collect()
}

#[test]
fn exp_and_softmax_are_exact_to_two_units_in_the_last_place() {
    // Of two elements the first is the largest: the ratio is the exponential itself.
    for step in 0..=86_000 {
        let x = -f64::from(step) / 1000.0;
        let mut row = [0.0, x as f32];
        scalar().softmax(&mut row);
        let exact = f64::from(x as f32).exp();
        let ratio = f64::from(row[1]) / f64::from(row[0]);
        assert!((ratio / exact - 1.0).abs() < 4e-7, "e^{x}: {ratio} and {exact}");
    }
    let mut row = wave(37, 1.3);
    let sum: f64 = row.iter().map(|x| f64::from(*x).exp()).sum();
    let exact: Vec<f64> = row.iter().map(|x| f64::from(*x).exp() / sum).collect();
    scalar().softmax(&mut row);
    for (ours, exact) in row.iter().zip(exact) {
        assert!((f64::from(*ours) - exact).abs() < 1e-7);
    }
}

#[test]
fn gelu_is_exact_to_one_millionth() {
    // A product with the weight 1 of values whose quantization is known.
    let mut matrix = PackedMatrix::zeros(scalar(), 1, 1);
    matrix.set_column(0, &[127.0], 0.0, 1.0);
    for step in -16_000..=16_000 {
        let x = step as f32 / 1000.0;
        let (lhs, scale) = ([64, 0, 0, 0], RowScale { scale: 0.0, midpoint: x / 127.0 });
        let mut out = [0f32; 2];
        matrix.multiply(&lhs, &[scale], Activation::None, &mut out[..1]);
        matrix.multiply(&lhs, &[scale], Activation::Gelu, &mut out[1..]);
        let exact = f64::from(out[0]) * 0.5 * erfc(-f64::from(out[0]) / std::f64::consts::SQRT_2);
        assert!((f64::from(out[1]) - exact).abs() < 1e-6, "gelu({x}): {} and {exact}", out[1]);
    }
}

/// erfc by its continued fraction (Abramowitz & Stegun 1964, 7.1.14) and its series (7.1.6).
fn erfc(x: f64) -> f64 {
    let z = x.abs();
    let positive = match z < 2.5 {
        true => {
            let mut term = z;
            let mut sum = z;
            for n in 1..120 {
                term *= 2.0 * z * z / f64::from(2 * n + 1);
                sum += term;
            }
            1.0 - 2.0 / std::f64::consts::PI.sqrt() * (-z * z).exp() * sum
        }
        false => {
            let fraction = (1..200).rev().fold(z, |fraction, n| z + f64::from(n) / 2.0 / fraction);
            (-z * z).exp() / std::f64::consts::PI.sqrt() / fraction
        }
    };
    if x < 0.0 { 2.0 - positive } else { positive }
}

#[test]
fn layer_norm_is_exact_to_one_millionth() {
    for len in [2, 17, 384] {
        let (x, residual) = (wave(len, 0.7), wave(len, 1.9));
        let norm = LayerNorm { weight: wave(len, 0.3), bias: wave(len, 2.3), eps: 1e-5 };
        let sum: Vec<f64> = x.iter().zip(&residual).map(|(a, b)| f64::from(a + b)).collect();
        let mean = sum.iter().sum::<f64>() / len as f64;
        let variance = sum.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / len as f64;
        let mut ours = x;
        scalar().add_layer_norm(&mut ours, &residual, &norm);
        for at in 0..len {
            let normalized = (sum[at] - mean) / (variance + 1e-5).sqrt();
            let exact = normalized * f64::from(norm.weight[at]) + f64::from(norm.bias[at]);
            assert!((f64::from(ours[at]) - exact).abs() < 2e-6, "{len}: {} and {exact}", ours[at]);
        }
    }
}

#[test]
fn a_quantized_row_is_half_a_step_off_at_most() {
    for len in [1, 5, 384] {
        let x: Vec<f32> = wave(len, 0.9).iter().map(|x| 5.0 * x + 3.0).collect();
        let mut out = vec![0; row_bytes(4, len)];
        let RowScale { scale, midpoint } = scalar().quantize(&x, &mut out);
        for (x, q) in x.iter().zip(&out) {
            assert!((1..=127).contains(q));
            let back = midpoint + (f32::from(*q) - 64.0) * scale;
            assert!((x - back).abs() <= scale * 0.500_01 + 1e-6, "{x} and {back}");
        }
        assert!(out[len..].iter().all(|byte| *byte == 0));
    }
}

/// A row's range may be as narrow as the distance of two f32, as wide as all of them, or smaller than 126 / f32::MAX.
#[test]
fn a_row_of_any_range_keeps_to_seven_bits() {
    let next = 1.0 + f32::EPSILON;
    let rows: [&[f32]; 8] = [
        &[1.0, next],
        &[-next, -1.0, -1.0],
        &[1.0, next, next + f32::EPSILON, 1.0 + 90.0 * f32::EPSILON],
        &[16_777_216.0, 16_777_218.0],
        &[f32::MAX, f32::MIN],
        &[f32::MAX, f32::MAX / 3.0],
        &[1e-45, -1e-45, 1e-40],
        &[f32::MIN_POSITIVE, 0.0],
    ];
    for row in rows {
        let mut out = vec![0; row_bytes(4, row.len())];
        let RowScale { scale, midpoint } = scalar().quantize(row, &mut out);
        for (x, q) in row.iter().zip(&out) {
            assert!((1..=127).contains(q), "{row:?}: {q}");
            let back = f64::from(midpoint) + (f64::from(*q) - 64.0) * f64::from(scale);
            let tolerance = 0.500_01 * f64::from(scale) + 1.3e-7 * f64::from(x.abs()) + 2e-38;
            assert!((f64::from(*x) - back).abs() <= tolerance, "{row:?}: {x} and {back}");
        }
    }
}

#[test]
fn the_int8_product_is_that_of_the_rounded_numbers() {
    let (rows, n, k) = (5, 11, 70);
    let mut matrix = PackedMatrix::zeros(scalar(), n, k);
    let weights: Vec<Vec<f32>> = (0..n).map(|column| wave(k, 0.37 + column as f64)).collect();
    for (column, weights) in weights.iter().enumerate() {
        matrix.set_column(column, weights, column as f32, 2.0);
    }
    let x: Vec<Vec<f32>> = (0..rows).map(|row| wave(k, 0.11 + 0.2 * row as f64)).collect();
    let mut lhs = vec![0; rows * matrix.row_bytes()];
    let quantized = x.iter().zip(lhs.chunks_exact_mut(matrix.row_bytes()));
    let scales: Vec<RowScale> = quantized.map(|(x, out)| scalar().quantize(x, out)).collect();
    let mut out = vec![0f32; rows * n];
    matrix.multiply(&lhs, &scales, Activation::None, &mut out);
    for (column, weights) in weights.iter().enumerate() {
        let largest = f64::from(weights.iter().fold(0f32, |a, b| a.max(b.abs())));
        let rounded: Vec<f64> =
            weights.iter().map(|w| (f64::from(*w) * 16.0 / largest).round() * largest / 16.0).collect();
        for row in 0..rows {
            let x = lhs[row * matrix.row_bytes()..].iter().map(|q| {
                f64::from(scales[row].midpoint) + (f64::from(*q) - 64.0) * f64::from(scales[row].scale)
            });
            let exact: f64 = x.zip(&rounded).map(|(x, w)| x * w).sum();
            let exact = 2.0 * (exact + column as f64);
            let found = f64::from(out[row * n + column]);
            assert!((found - exact).abs() < 1e-5, "{row}, {column}: {found} and {exact}");
        }
    }
}

#[test]
fn attention_is_exact_to_one_millionth() {
    let (tokens, heads) = (9, Heads { num_heads: 2, head_size: 5 });
    let hidden = 10;
    let qkv = wave(tokens * 3 * hidden, 0.77);
    let at = |token: usize, part: usize, column: usize| f64::from(qkv[token * 30 + part * 10 + column]);
    let mut out = vec![0f32; 4 * hidden];
    scalar().attention(&qkv, 3..7, heads, &mut AttentionScratch::default(), &mut out);
    for (row, query) in (3..7).enumerate() {
        for column in 0..hidden {
            let head = column / 5 * 5;
            let score =
                |key: usize| (head..head + 5).map(|c| at(query, 0, c) * at(key, 1, c)).sum::<f64>().exp();
            let sum: f64 = (0..tokens).map(score).sum();
            let exact: f64 = (0..tokens).map(|key| score(key) / sum * at(key, 2, column)).sum();
            let ours = f64::from(out[row * hidden + column]);
            assert!((ours - exact).abs() < 1e-6, "{query}, {column}: {ours} and {exact}");
        }
    }
}
