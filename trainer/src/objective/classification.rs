//! What `train` minimizes: cross-entropy on labels and soft targets, of the head and of an exit, with R-Drop and hidden
//! states where wanted.
//!
//! What logits are held to, and their loss, is [`targets`](super::targets)'s; here is which items there are and what each of
//! them weighs. Of several domains each is scored by itself, and the epoch with the best mean is the best.

use super::cross_entropy::cross_entropy;
use super::targets::{Targets, Told, loss_of, silenced};
use super::teachers::SoftTargets;
use crate::base::parameters::Parameters;
use crate::config::schema::Config;
use crate::config::training::ClassWeights;
use crate::data::collection::Collection;
use crate::data::domains::Domains;
use crate::data::split::Split;
use crate::data::tokens::Row;
use crate::fit::objective::{Objective, Pass, Score};
use crate::fit::workers::Workers;
use crate::run::log::DomainScore;
use crate::scoring::metrics::{self, Evaluation};
use anyhow::bail;
use candle_core::{D, Device, Result, Tensor};
use encoder::{Batch, Encoder, Outputs};
use indexmap::IndexMap;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// A text to learn from.
#[derive(Clone, Debug)]
pub struct Item {
    /// Token ids with the special ones.
    pub input_ids: Vec<u32>,
    /// What its label is, where it has one.
    pub told: Option<Told>,
    /// Weight among the others, before that of its label.
    pub weight: f64,
    /// Its label does not count beside what teachers say.
    pub teachers_only: bool,
}

impl From<Row> for Item {
    fn from(Row { input_ids, label }: Row) -> Self {
        Self { input_ids, told: Some(Told { label, among: None }), weight: 1.0, teachers_only: false }
    }
}

/// The training rows, each as its source tells it.
pub fn items(data: &Collection, rows: &[Row], split: &Split, num_labels: usize) -> Vec<Item> {
    let item = |&index: &usize| {
        let (source, mut item) = (data.source_of(index), Item::from(rows[index].clone()));
        item.weight = source.config.weight;
        item.teachers_only = source.config.teachers_only;
        if let Some(told) = &mut item.told {
            told.among = (source.labels.len() < num_labels).then(|| source.labels.clone());
        }
        item
    };
    split.train.iter().map(item).collect()
}

/// Fine-tuning on labelled rows and, with teachers, on unlabelled ones.
pub struct Classification<'a> {
    config: &'a Config,
    items: Vec<Item>,
    lengths: Vec<usize>,
    class_weights: Vec<f64>,
    targets: Option<SoftTargets>,
    validation: (Vec<Row>, Domains),
}

/// How good parameters are on validation rows.
#[derive(Debug)]
pub struct Validated {
    /// On all of them.
    pub evaluation: Evaluation,
    /// On those of each domain, where there are several.
    pub domains: IndexMap<String, Evaluation>,
    /// Mean cross-entropy on all of them, smoothed and weighted as in training.
    pub loss: f64,
}

impl<'a> Classification<'a> {
    /// The objective over these items; `targets`, where there are teachers, has one for each of them.
    pub fn new(
        config: &'a Config,
        items: Vec<Item>,
        validation: (Vec<Row>, Domains),
        class_weights: Vec<f64>,
        targets: Option<SoftTargets>,
    ) -> Self {
        let lengths = items.iter().map(|item| item.input_ids.len()).collect();
        Self { config, items, lengths, class_weights, targets, validation }
    }

    /// Scores parameters on the validation rows.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn score(&self, parameters: &Parameters, workers: &Workers) -> anyhow::Result<Validated> {
        let (rows, domains) = &self.validation;
        let start = Instant::now();
        let logits = workers.logits(&parameters.frozen_encoder()?, rows)?;
        let seconds = start.elapsed().as_secs_f64();
        let probabilities: Vec<Vec<f32>> =
            logits.iter().map(|logits| classifier::softmax(logits, 1.0)).collect();
        let labels: Vec<usize> = rows.iter().map(|row| row.label).collect();
        let names = &self.config.data.labels;
        let evaluation = metrics::evaluate(&probabilities, &labels, names, seconds);
        let domains = domains.each(|rows| {
            let rows = rows.iter().map(|&row| (probabilities[row].as_slice(), labels[row]));
            metrics::evaluate_rows(rows, names, seconds)
        });
        let (mut targets, mut weight) = (Vec::new(), 0.0);
        for label in labels {
            let told = Told { label, among: None };
            self.append_hard(&told, self.class_weights[label], &mut targets);
            weight += self.class_weights[label];
        }
        let device = workers.device();
        let shape = (rows.len(), self.class_weights.len());
        let (logits, targets) = (Tensor::new(logits, device)?, Tensor::from_vec(targets, shape, device)?);
        let loss = cross_entropy(&logits, &targets, 1.0)?.to_scalar::<f32>()?;
        Ok(Validated { evaluation, domains, loss: f64::from(loss) / weight })
    }

    fn append_hard(&self, told: &Told, weight: f64, targets: &mut Vec<f32>) {
        let smoothing = self.config.loss.label_smoothing;
        told.append_distribution(self.class_weights.len(), smoothing, weight, targets);
    }

    /// Weight of an item among the others.
    fn item_weight(&self, item: usize) -> f64 {
        let Item { told, weight, .. } = &self.items[item];
        weight * told.as_ref().map_or(1.0, |told| self.class_weights[told.label])
    }

    /// Share of the soft targets in an item's loss.
    fn soft_share(&self, item: usize) -> f64 {
        match (&self.targets, &self.items[item].told) {
            (None, _) => 0.0,
            (Some(_), Some(_)) if !self.items[item].teachers_only => self.config.distillation.weight,
            (Some(_), _) => 1.0,
        }
    }

    /// What the logits of these rows are held to, times `scale`; of each item there are so many `copies`, pass by pass.
    fn targets(&self, rows: &[usize], scale: f64, copies: usize, device: &Device) -> Result<Targets> {
        let (mut hard, mut soft) = (Vec::new(), Vec::new());
        let num_labels = self.class_weights.len();
        for &item in rows {
            let (share, weight) = (self.soft_share(item), self.item_weight(item));
            match &self.items[item].told {
                Some(told) => self.append_hard(told, (1.0 - share) * scale * weight, &mut hard),
                None => hard.resize(hard.len() + num_labels, 0.0),
            }
            if let Some(targets) = &self.targets {
                let weight = (share * weight * scale) as f32;
                soft.extend(targets.probabilities[item].iter().map(|probability| probability * weight));
            }
        }
        let shape = (rows.len(), num_labels);
        let told: Vec<Option<&Told>> = rows.iter().map(|&item| self.items[item].told.as_ref()).collect();
        let agreement = match copies {
            2 => {
                let items = &rows[..rows.len() / 2];
                // `scale` is of one of the two passes.
                let weight = |&item: &usize| (self.item_weight(item) * (2.0 * scale)) as f32;
                let weights = items.iter().map(weight).collect::<Vec<_>>();
                Some(Tensor::from_vec(weights, (items.len(), 1), device)?)
            }
            _ => None,
        };
        Ok(Targets {
            hard: Tensor::from_vec(hard, shape, device)?,
            silenced: silenced(&told, num_labels, device)?,
            soft: self.targets.as_ref().map(|_| Tensor::from_vec(soft, shape, device)).transpose()?,
            temperature: self.config.distillation.temperature,
            agreement,
            r_drop: self.config.loss.r_drop,
        })
    }

    /// The squared distance of the pooled hidden states to a teacher's, weighted.
    fn hidden_distance(
        &self,
        pooled: &Tensor,
        hidden: &[Vec<f32>],
        rows: &[usize],
        scale: f64,
    ) -> Result<Tensor> {
        let wanted: Vec<f32> = rows.iter().flat_map(|&item| hidden[item].iter().copied()).collect();
        let wanted = Tensor::from_vec(wanted, pooled.shape(), pooled.device())?;
        let weights: Vec<f32> = rows.iter().map(|&item| self.items[item].weight as f32).collect();
        let weights = Tensor::from_vec(weights, rows.len(), pooled.device())?;
        let distance = ((pooled - wanted)?.sqr()?.mean(D::Minus1)? * weights)?.sum_all()?;
        distance * (self.config.distillation.hidden_weight * scale)
    }
}

impl Objective for Classification<'_> {
    fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    fn weight(&self, items: &[usize]) -> f64 {
        items.iter().map(|item| self.item_weight(*item)).sum()
    }

    fn loss(&self, encoder: &Encoder, _: &Parameters, items: &[usize], mut pass: Pass<'_>) -> Result<Tensor> {
        // R-Drop: every text twice in one pass, each with its own masks.
        let copies = if self.config.loss.r_drop > 0.0 { 2 } else { 1 };
        let rows: Vec<usize> = items.repeat(copies);
        let share = self.config.train.token_dropout;
        let ids: Vec<Vec<u32>> =
            rows.iter().map(|&item| thinned(&self.items[item].input_ids, share, &mut pass.rng)).collect();
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let batch = Batch::new(&ids, pass.device)?;
        let Outputs { logits, exit_logits, pooled } = encoder.outputs(&batch, pass.dropout)?;
        let scale = 1.0 / (pass.total_weight * copies as f64);
        let targets = self.targets(&rows, scale, copies, pass.device)?;
        let mut total = loss_of(&logits, &targets)?;
        if let Some(exit_logits) = &exit_logits {
            total = (total + (loss_of(exit_logits, &targets)? * self.config.loss.exit_weight)?)?;
        }
        match self.targets.as_ref().and_then(|targets| targets.pooled.as_ref()) {
            None => Ok(total),
            Some(hidden) => total + self.hidden_distance(&pooled, hidden, &rows, scale)?,
        }
    }

    fn evaluate(&self, parameters: &Parameters, workers: &Workers) -> anyhow::Result<Score> {
        let Validated { evaluation, domains, loss } = self.score(parameters, workers)?;
        let domains = domains.into_iter().map(|(name, of)| (name, DomainScore::from(&of))).collect();
        let (accuracy, macro_f1) = (evaluation.accuracy, Some(evaluation.macro_f1));
        Ok(Score { loss, accuracy, macro_f1, domains })
    }
}

/// The ids without a `share` of those between the first and the last: so a text never comes twice, and no single word is
/// relied on.
fn thinned(ids: &[u32], share: f64, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let inner = 1..ids.len().saturating_sub(1);
    let keeps = |at: usize, rng: &mut ChaCha8Rng| !inner.contains(&at) || rng.random::<f64>() >= share;
    match share > 0.0 {
        true => (0..ids.len()).filter(|&at| keeps(at, rng)).map(|at| ids[at]).collect(),
        false => ids.to_vec(),
    }
}

/// The weight of each label in the loss.
///
/// # Errors
/// A label without training rows, weights that are not one a label.
pub fn class_weights(config: &Config, data: &Collection, split: &Split) -> anyhow::Result<Vec<f64>> {
    let labels = config.data.labels.len();
    let mut weights = vec![0.0; labels];
    for &index in &split.train {
        weights[data.examples[index].label] += data.source_of(index).config.weight;
    }
    if let Some(label) = weights.iter().position(|weight| *weight == 0.0) {
        let files: Vec<_> =
            data.sources.iter().map(|source| source.config.path.display().to_string()).collect();
        let name = &config.data.labels[label];
        bail!("{}: expected rows of every label, found none of {name} ({label})", files.join(", "));
    }
    match &config.loss.class_weights {
        ClassWeights::None => Ok(vec![1.0; labels]),
        ClassWeights::Balanced => {
            let total: f64 = weights.iter().sum();
            Ok(weights.iter().map(|weight| total / (labels as f64 * weight)).collect())
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
        let rows = [Row { input_ids: vec![1, 2], label: 0 }, Row { input_ids: vec![3], label: 1 }];
        let mut texts: Vec<Item> = rows.map(Item::from).to_vec();
        if targets.is_some() {
            texts.push(Item { input_ids: vec![2, 2, 1], told: None, weight: 1.0, teachers_only: true });
        }
        let items: Vec<usize> = (0..texts.len()).collect();
        let objective = Classification::new(config, texts, Default::default(), vec![1.0, 2.0], targets);
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
    fn labels_that_only_teachers_may_correct_do_not_count_where_teachers_speak() {
        let config = config(0.0, 0.0, 0.25);
        let item = |teachers_only| Item { teachers_only, ..Item::from(Row { input_ids: vec![1], label: 0 }) };
        let items = vec![item(false), item(true)];
        let shares = |targets| {
            let objective =
                Classification::new(&config, items.clone(), Default::default(), vec![1.0; 2], targets);
            [0, 1].map(|item| objective.soft_share(item))
        };
        let targets = SoftTargets { probabilities: vec![vec![0.9, 0.1]; 2], pooled: None };
        assert_eq!(shares(Some(targets)), [0.25, 1.0]);
        assert_eq!(shares(None), [0.0, 0.0]);
    }

    #[test]
    fn token_dropout_leaves_out_other_tokens_each_time_and_never_the_ends() {
        let ids: Vec<u32> = (0..1000).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        assert_eq!(thinned(&ids, 0.0, &mut rng), ids);
        let [first, second] = [(); 2].map(|()| thinned(&ids, 0.25, &mut rng));
        assert_ne!(first, second);
        for kept in [first, second] {
            assert_eq!((kept[0], kept[kept.len() - 1]), (0, 999));
            assert!((700..800).contains(&kept.len()) && kept.is_sorted(), "{}", kept.len());
        }
        assert_eq!(thinned(&[1, 2], 0.99, &mut rng), [1, 2]);
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

    #[test]
    fn rows_weigh_what_their_source_does() {
        let config = config(0.0, 0.0, 0.0);
        let items = [(0, 2.0), (1, 0.5)]
            .map(|(label, weight)| Item { weight, ..Item::from(Row { input_ids: vec![1], label }) });
        let objective =
            Classification::new(&config, items.to_vec(), Default::default(), vec![1.0, 3.0], None);
        assert_eq!(objective.weight(&[0, 1, 1]), 2.0 + 2.0 * 1.5);
        let targets = objective.targets(&[0, 1], 0.1, 1, &Device::Cpu).unwrap();
        assert_eq!(targets.hard.to_vec2::<f32>().unwrap(), [[0.2, 0.0], [0.0, 0.15]]);
        assert!(targets.silenced.is_none() && targets.soft.is_none());
    }
}
