//! What the logits of a batch are held to: labels, what teachers say, and each other; and the loss of any such logits.
//!
//! For a row with target distribution q and logits z the loss is −Σ q · log softmax(z); several such terms, each with its
//! share, add up. Shares and weights are folded into the targets, so that a worker's loss is a sum. A row that tells only
//! some labels apart is held to the softmax over these: of the others it says nothing, neither yes nor no.

use super::cross_entropy::{cross_entropy, log_softmax};
use candle_core::{Device, Result, Tensor};

/// Added to a logit that shall not count: no probability is left of it in f32, and yet it is a number.
const SILENT: f32 = -1e6;

/// A label as the rows of a source tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Label id.
    pub label: usize,
    /// The labels that are told apart, this one among them; none: all.
    pub among: Option<Vec<usize>>,
}

impl Told {
    /// Appends the smoothed distribution (Szegedy et al. 2016, section 7) over the labels that are told apart, times a
    /// weight.
    pub fn append_distribution(
        &self,
        num_labels: usize,
        smoothing: f64,
        weight: f64,
        targets: &mut Vec<f32>,
    ) {
        let start = targets.len();
        let told_apart = self.among.as_ref().map_or(num_labels, Vec::len);
        let spread = (smoothing / told_apart as f64 * weight) as f32;
        match &self.among {
            None => targets.resize(start + num_labels, spread),
            Some(among) => {
                targets.resize(start + num_labels, 0.0);
                among.iter().for_each(|&label| targets[start + label] = spread);
            }
        }
        targets[start + self.label] += ((1.0 - smoothing) * weight) as f32;
    }
}

/// What is added to each row's logits so that only the labels count that it tells apart; nothing where all rows tell all.
///
/// # Errors
/// Tensor operations.
pub fn silenced(told: &[Option<&Told>], num_labels: usize, device: &Device) -> Result<Option<Tensor>> {
    let among = |told: &Option<&Told>| told.and_then(|told| told.among.clone());
    if told.iter().all(|told| among(told).is_none()) {
        return Ok(None);
    }
    let row = |told: &Option<&Told>| {
        let among = among(told);
        let value = move |label: usize| match &among {
            Some(among) if !among.contains(&label) => SILENT,
            _ => 0.0,
        };
        (0..num_labels).map(value).collect::<Vec<_>>()
    };
    let values: Vec<f32> = told.iter().flat_map(row).collect();
    Ok(Some(Tensor::from_vec(values, (told.len(), num_labels), device)?))
}

/// What the logits of a batch, `[rows, labels]`, are held to.
#[derive(Debug)]
pub struct Targets {
    /// Distributions by the labels, times their weights, `[rows, labels]`.
    pub hard: Tensor,
    /// Added to the logits before `hard` is asked for; see [`silenced`].
    pub silenced: Option<Tensor>,
    /// Distributions of the teachers, times their weights, where there are some.
    pub soft: Option<Tensor>,
    /// Softens both sides of `soft`.
    pub temperature: f64,
    /// Weights of the items, `[rows / 2, 1]`, whose two passes must agree, where R-Drop is wanted: the second half of the
    /// rows are the items of the first.
    pub agreement: Option<Tensor>,
    /// Weight of that agreement.
    pub r_drop: f64,
}

/// The loss of these logits: a scalar. Every head of a model that answers the same question has this one.
///
/// # Errors
/// Shapes that differ.
pub fn loss_of(logits: &Tensor, targets: &Targets) -> Result<Tensor> {
    let mut total = match &targets.silenced {
        None => cross_entropy(logits, &targets.hard, 1.0)?,
        Some(silenced) => cross_entropy(&(logits + silenced)?, &targets.hard, 1.0)?,
    };
    if let Some(soft) = &targets.soft {
        let temperature = targets.temperature;
        // T² keeps the gradient's size (Hinton et al. 2015, section 2).
        total = (total + (cross_entropy(logits, soft, temperature)? * temperature.powi(2))?)?;
    }
    if let Some(weights) = &targets.agreement {
        let items = weights.dim(0)?;
        let first = log_softmax(&logits.narrow(0, 0, items)?)?;
        let second = log_softmax(&logits.narrow(0, items, items)?)?;
        // ½ (KL(p‖q) + KL(q‖p)) = ½ Σ (p − q) (log p − log q), beside the mean of both cross-entropies: all of it is
        // half of Liang et al. 2021, equation 4, with α = 2 · `r_drop`.
        let difference = ((first.exp()? - second.exp()?)? * (first - second)?)?;
        total = (total + (difference.broadcast_mul(weights)?.sum_all()? * (0.5 * targets.r_drop))?)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Var;

    /// −Σ target · log softmax by hand, weighted.
    #[test]
    fn cross_entropy_is_smoothed_and_weighted() {
        let logits = [[2.0f32, -1.0], [0.5, 3.0]];
        let (mut targets, mut expected) = (Vec::new(), 0.0);
        for (label, logits) in logits.iter().enumerate() {
            let weight = 0.5 * [1.0, 2.0][label];
            Told { label, among: None }.append_distribution(2, 0.3, weight, &mut targets);
            let log_sum = logits.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            for (class, logit) in logits.iter().enumerate() {
                let target = if class == label { 0.15 + 0.7 } else { 0.15 };
                expected -= weight * target * (f64::from(*logit) - log_sum);
            }
        }
        let device = &Device::Cpu;
        let targets = Tensor::from_vec(targets, (2, 2), device).unwrap();
        let found = cross_entropy(&Tensor::new(&logits, device).unwrap(), &targets, 1.0).unwrap();
        let found = f64::from(found.to_scalar::<f32>().unwrap());
        assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
    }

    /// A row of two of three labels: the loss is that of the softmax over these two, by hand, and whatever the third logit
    /// is changes nothing and gets no gradient. A row of all labels beside it is as it would be alone.
    #[test]
    fn a_row_says_nothing_of_labels_that_it_does_not_tell_apart() {
        let device = &Device::Cpu;
        let told = [Told { label: 1, among: Some(vec![0, 1]) }, Told { label: 2, among: None }];
        let loss = |third: f32| {
            let logits = Var::new(&[[1.0f32, -0.5, third], [0.2, 0.1, -0.3]], device).unwrap();
            let mut hard = Vec::new();
            told.iter().for_each(|told| told.append_distribution(3, 0.2, 0.5, &mut hard));
            let targets = Targets {
                hard: Tensor::from_vec(hard, (2, 3), device).unwrap(),
                silenced: silenced(&[Some(&told[0]), Some(&told[1])], 3, device).unwrap(),
                soft: None,
                temperature: 1.0,
                agreement: None,
                r_drop: 0.0,
            };
            let loss = loss_of(logits.as_tensor(), &targets).unwrap();
            let gradient = loss.backward().unwrap().remove(logits.as_tensor()).unwrap();
            (loss.to_scalar::<f32>().unwrap(), gradient.to_vec2::<f32>().unwrap())
        };
        let log_softmax =
            |logits: &[f32], label: usize| logits[label] - logits.iter().map(|x| x.exp()).sum::<f32>().ln();
        let two = |label| log_softmax(&[1.0, -0.5], label);
        let three = |label| log_softmax(&[0.2, 0.1, -0.3], label);
        let (part, rest) = (0.2 / 3.0, 0.8 + 0.2 / 3.0);
        let expected = -0.5 * (0.9 * two(1) + 0.1 * two(0) + rest * three(2) + part * (three(0) + three(1)));
        for third in [-30.0, 0.0, 30.0] {
            let (found, gradient) = loss(third);
            assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
            assert_eq!(gradient[0][2], 0.0);
            assert!(gradient[0][1] < 0.0 && gradient[1].iter().all(|slope| *slope != 0.0), "{gradient:?}");
        }
    }
}
