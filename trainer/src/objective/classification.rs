//! What `train` minimizes: cross-entropy on labels and soft targets, of the head and of an exit, with R-Drop and hidden
//! states where wanted.
//!
//! For a row with target distribution q and logits z the loss is −Σ q · log softmax(z); several such terms, each
//! with its share, add up. Shares and class weights are folded into the targets, so that a worker's loss is a sum.

use super::cross_entropy::{cross_entropy, log_softmax};
use super::teachers::SoftTargets;
use crate::base::parameters::Parameters;
use crate::config::schema::Config;
use crate::config::training::ClassWeights;
use crate::data::labelled::Dataset;
use crate::data::split::Split;
use crate::data::tokens::Row;
use crate::fit::objective::{Objective, Pass, Score};
use crate::fit::workers::Workers;
use crate::scoring::metrics::{self, Evaluation};
use anyhow::bail;
use candle_core::{D, Result, Tensor};
use encoder::{Batch, Encoder, Outputs};
use std::time::Instant;

/// Fine-tuning on labelled rows and, with teachers, on unlabelled ones.
pub struct Classification<'a> {
    config: &'a Config,
    /// Labelled rows first.
    input_ids: Vec<Vec<u32>>,
    /// Of the labelled rows.
    labels: Vec<usize>,
    lengths: Vec<usize>,
    class_weights: Vec<f64>,
    targets: Option<SoftTargets>,
    validation: Vec<Row>,
}

impl<'a> Classification<'a> {
    /// The objective over these rows; `targets`, where there are teachers, has one for each labelled row and then
    /// for each unlabelled one.
    pub fn new(
        config: &'a Config,
        training: Vec<Row>,
        unlabelled: Vec<Vec<u32>>,
        validation: Vec<Row>,
        class_weights: Vec<f64>,
        targets: Option<SoftTargets>,
    ) -> Self {
        let (mut input_ids, labels): (Vec<_>, Vec<_>) =
            training.into_iter().map(|row| (row.input_ids, row.label)).unzip();
        input_ids.extend(unlabelled);
        let lengths = input_ids.iter().map(Vec::len).collect();
        Self { config, input_ids, labels, lengths, class_weights, targets, validation }
    }

    /// Scores parameters on rows; also the mean cross-entropy, smoothed and weighted as in training.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn score(
        &self,
        parameters: &Parameters,
        workers: &Workers,
        rows: &[Row],
    ) -> anyhow::Result<(Evaluation, f64)> {
        let start = Instant::now();
        let logits = workers.logits(&parameters.frozen_encoder()?, rows)?;
        let seconds = start.elapsed().as_secs_f64();
        let probabilities: Vec<Vec<f32>> =
            logits.iter().map(|logits| classifier::softmax(logits, 1.0)).collect();
        let labels: Vec<usize> = rows.iter().map(|row| row.label).collect();
        let evaluation = metrics::evaluate(&probabilities, &labels, &self.config.data.labels, seconds);
        let (mut targets, mut weight) = (Vec::new(), 0.0);
        for label in labels {
            self.add_label(label, 1.0, &mut targets);
            weight += self.class_weights[label];
        }
        let device = workers.device();
        let shape = (rows.len(), self.class_weights.len());
        let (logits, targets) = (Tensor::new(logits, device)?, Tensor::from_vec(targets, shape, device)?);
        let loss = cross_entropy(&logits, &targets, 1.0)?.to_scalar::<f32>()?;
        Ok((evaluation, f64::from(loss) / weight))
    }

    /// The validation rows.
    pub fn validation(&self) -> &[Row] {
        &self.validation
    }

    /// Appends a label's smoothed distribution (Szegedy et al. 2016, section 7), weighted by its class and `share`.
    fn add_label(&self, label: usize, share: f64, targets: &mut Vec<f32>) {
        let smoothing = self.config.loss.label_smoothing;
        let weight = share * self.class_weights[label];
        let spread = smoothing / self.class_weights.len() as f64 * weight;
        let start = targets.len();
        targets.resize(start + self.class_weights.len(), spread as f32);
        targets[start + label] += ((1.0 - smoothing) * weight) as f32;
    }

    /// Weight of an item among the others.
    fn item_weight(&self, item: usize) -> f64 {
        self.labels.get(item).map_or(1.0, |label| self.class_weights[*label])
    }

    /// Share of the soft targets in an item's loss.
    fn soft_share(&self, item: usize) -> f64 {
        match (&self.targets, item < self.labels.len()) {
            (None, _) => 0.0,
            (Some(_), true) => self.config.distillation.weight,
            (Some(_), false) => 1.0,
        }
    }

    /// Hard and soft targets of the items, each `[items, labels]`, with their weights folded in.
    fn targets(&self, items: &[usize], scale: f64) -> (Vec<f32>, Vec<f32>) {
        let (mut hard, mut soft) = (Vec::new(), Vec::new());
        let num_labels = self.class_weights.len();
        for &item in items {
            let share = self.soft_share(item);
            match self.labels.get(item) {
                Some(&label) => self.add_label(label, (1.0 - share) * scale, &mut hard),
                None => hard.resize(hard.len() + num_labels, 0.0),
            }
            if let Some(targets) = &self.targets {
                let weight = (share * self.item_weight(item) * scale) as f32;
                soft.extend(targets.probabilities[item].iter().map(|probability| probability * weight));
            }
        }
        (hard, soft)
    }
}

impl Objective for Classification<'_> {
    fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    fn weight(&self, items: &[usize]) -> f64 {
        items.iter().map(|item| self.item_weight(*item)).sum()
    }

    fn loss(&self, encoder: &Encoder, _: &Parameters, items: &[usize], pass: Pass<'_>) -> Result<Tensor> {
        let loss = &self.config.loss;
        // R-Drop: every text twice in one pass, each with its own masks.
        let copies = if loss.r_drop > 0.0 { 2 } else { 1 };
        let twice: Vec<usize> = items.repeat(copies);
        let ids: Vec<&[u32]> = twice.iter().map(|&item| self.input_ids[item].as_slice()).collect();
        let batch = Batch::new(&ids, pass.device)?;
        let Outputs { logits, exit_logits, pooled } = encoder.outputs(&batch, pass.dropout)?;
        let scale = 1.0 / (pass.total_weight * copies as f64);
        let shape = (twice.len(), self.class_weights.len());
        let (hard, soft) = self.targets(&twice, scale);
        let hard = Tensor::from_vec(hard, shape, pass.device)?;
        let soft = self.targets.as_ref().map(|_| Tensor::from_vec(soft, shape, pass.device)).transpose()?;
        let loss_of = |logits: &Tensor| {
            let total = cross_entropy(logits, &hard, 1.0)?;
            let Some(soft) = &soft else { return Ok(total) };
            // T² keeps the gradient's size (Hinton et al. 2015, section 2).
            let temperature = self.config.distillation.temperature;
            total + (cross_entropy(logits, soft, temperature)? * temperature.powi(2))?
        };
        let mut total = loss_of(&logits)?;
        if let Some(exit_logits) = &exit_logits {
            total = (total + (loss_of(exit_logits)? * loss.exit_weight)?)?;
        }
        if let Some(hidden) = self.targets.as_ref().and_then(|targets| targets.pooled.as_ref()) {
            let wanted: Vec<f32> = twice.iter().flat_map(|&item| hidden[item].iter().copied()).collect();
            let wanted = Tensor::from_vec(wanted, pooled.shape(), pass.device)?;
            let distance = (pooled - wanted)?.sqr()?.mean(D::Minus1)?.sum_all()?;
            total = (total + (distance * (self.config.distillation.hidden_weight * scale))?)?;
        }
        if copies == 2 {
            let weights: Vec<f32> =
                items.iter().map(|&item| (self.item_weight(item) / pass.total_weight) as f32).collect();
            let weights = Tensor::from_vec(weights, (items.len(), 1), pass.device)?;
            let first = log_softmax(&logits.narrow(0, 0, items.len())?)?;
            let second = log_softmax(&logits.narrow(0, items.len(), items.len())?)?;
            // ½ (KL(p‖q) + KL(q‖p)) = ½ Σ (p − q) (log p − log q), beside the mean of both cross-entropies: all of it is
            // half of Liang et al. 2021, equation 4, with α = 2 · `r_drop`.
            let difference = ((first.exp()? - second.exp()?)? * (first - second)?)?;
            let divergence = difference.broadcast_mul(&weights)?.sum_all()?;
            total = (total + (divergence * (0.5 * loss.r_drop))?)?;
        }
        Ok(total)
    }

    fn evaluate(&self, parameters: &Parameters, workers: &Workers) -> anyhow::Result<Score> {
        let (evaluation, loss) = self.score(parameters, workers, &self.validation)?;
        Ok(Score { loss, accuracy: evaluation.accuracy, macro_f1: Some(evaluation.macro_f1) })
    }
}

/// The weight of each label in the loss.
///
/// # Errors
/// A label without training rows, weights that are not one a label.
pub fn class_weights(config: &Config, dataset: &Dataset, split: &Split) -> anyhow::Result<Vec<f64>> {
    let labels = config.data.labels.len();
    let mut counts = vec![0usize; labels];
    for &index in &split.train {
        counts[dataset.examples[index].label] += 1;
    }
    if let Some(label) = counts.iter().position(|count| *count == 0) {
        let name = &config.data.labels[label];
        bail!("{}: expected rows of every label, found none of {name} ({label})", dataset.path.display());
    }
    match &config.loss.class_weights {
        ClassWeights::None => Ok(vec![1.0; labels]),
        ClassWeights::Balanced => {
            let rows = split.train.len() as f64;
            Ok(counts.iter().map(|&count| rows / (labels as f64 * count as f64)).collect())
        }
        ClassWeights::Explicit(weights) if weights.len() == labels => Ok(weights.clone()),
        ClassWeights::Explicit(weights) => {
            bail!("`loss.class_weights`: expected {labels} weights, one a label, found {}", weights.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parameters::tests::filled;
    use crate::config::training::{DistillationConfig, LossConfig};
    use encoder::NoDropout;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn config(label_smoothing: f64, r_drop: f64, weight: f64) -> Config {
        let mut config = Config {
            loss: LossConfig { label_smoothing, r_drop, ..LossConfig::default() },
            ..Config::default()
        };
        config.data.labels = vec!["a".to_owned(), "b".to_owned()];
        config.distillation = DistillationConfig { weight, temperature: 2.0, ..config.distillation };
        config
    }

    fn loss(config: &Config, targets: Option<SoftTargets>) -> f64 {
        let training = vec![Row { input_ids: vec![1, 2], label: 0 }, Row { input_ids: vec![3], label: 1 }];
        let unlabelled = if targets.is_some() { vec![vec![2, 2, 1]] } else { Vec::new() };
        let items: Vec<usize> = (0..2 + unlabelled.len()).collect();
        let objective =
            Classification::new(config, training, unlabelled, Vec::new(), vec![1.0, 2.0], targets);
        let pass = Pass {
            total_weight: objective.weight(&items),
            dropout: &mut NoDropout,
            rng: ChaCha8Rng::seed_from_u64(1),
            device: &candle_core::Device::Cpu,
        };
        // Equal weights everywhere: both logits are the same, and every softmax is (1/2, 1/2).
        let parameters = filled(0.5);
        let loss = objective.loss(&parameters.encoder().unwrap(), &parameters, &items, pass).unwrap();
        f64::from(loss.to_scalar::<f32>().unwrap())
    }

    #[test]
    fn equal_logits_cost_one_bit_whatever_the_targets() {
        let bit = std::f64::consts::LN_2;
        for r_drop in [0.0, 1.0] {
            assert!((loss(&config(0.1, r_drop, 0.0), None) - bit).abs() < 1e-6);
        }
        let targets = || SoftTargets { probabilities: vec![vec![0.9, 0.1]; 3], pooled: None };
        // Rows weigh 1, 2 and 1; a labelled row's loss is half hard and half soft, the soft one times T² = 4.
        let expected = bit * (3.0 * (0.5 + 0.5 * 4.0) + 4.0) / 4.0;
        let found = loss(&config(0.0, 0.0, 0.5), Some(targets()));
        assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
    }

    /// −Σ target · log softmax by hand, weighted.
    #[test]
    fn cross_entropy_is_smoothed_and_weighted() {
        let config = config(0.3, 0.0, 0.0);
        let objective =
            Classification::new(&config, Vec::new(), Vec::new(), Vec::new(), vec![1.0, 2.0], None);
        let logits = [[2.0f32, -1.0], [0.5, 3.0]];
        let (mut targets, mut expected) = (Vec::new(), 0.0);
        for (label, logits) in logits.iter().enumerate() {
            objective.add_label(label, 0.5, &mut targets);
            let log_sum = logits.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            for (class, logit) in logits.iter().enumerate() {
                let target = if class == label { 0.15 + 0.7 } else { 0.15 };
                expected -= 0.5 * [1.0, 2.0][label] * target * (f64::from(*logit) - log_sum);
            }
        }
        let device = &candle_core::Device::Cpu;
        let targets = Tensor::from_vec(targets, (2, 2), device).unwrap();
        let found = cross_entropy(&Tensor::new(&logits, device).unwrap(), &targets, 1.0).unwrap();
        let found = f64::from(found.to_scalar::<f32>().unwrap());
        assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
    }
}
