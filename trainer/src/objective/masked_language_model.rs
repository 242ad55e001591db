//! Masked language modelling: some tokens of a text are hidden, and the encoder says which they were (Devlin et al.
//! 2019, section 3.1, task 1).
//!
//! The head is BERT's: dense, GELU, LayerNorm, then the token embeddings as output weights. A base for sentence
//! embeddings has lost its own; it starts at random here and is thrown away afterwards.

use super::cross_entropy::log_softmax;
use crate::base::base_model::BaseModel;
use crate::base::parameters::Parameters;
use crate::config::schema::Config;
use crate::fit::objective::{Objective, Pass, Score};
use crate::fit::workers::Workers;
use anyhow::{Context, ensure};
use candle_core::{D, Device, Result, Tensor};
use classifier::tokenizer::Tokenizer;
use encoder::names;
use encoder::{Batch, Dropout, Encoder, NoDropout, TensorSpec, tensor_specs};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Names of the head's tensors, each behind [`MASKED_HEAD`](crate::base::names::MASKED_HEAD).
const DENSE_WEIGHT: &str = "mlm.dense.weight";
const DENSE_BIAS: &str = "mlm.dense.bias";
const NORM_WEIGHT: &str = "mlm.norm.weight";
const NORM_BIAS: &str = "mlm.norm.bias";
const OUTPUT_BIAS: &str = "mlm.output.bias";
/// Validation texts at a time: their log-probabilities take some 10 MB.
const VALIDATION_BATCH: usize = 64;

/// The base's tensors and a new head.
///
/// # Errors
/// A tensor that the base lacks.
pub fn parameters(base: &BaseModel, device: &Device, rng: &mut ChaCha8Rng) -> anyhow::Result<Parameters> {
    let (hidden, vocab) = (base.config.hidden_size, base.config.vocab_size);
    let (mut specs, mut constants) = (Vec::new(), BTreeMap::new());
    for spec in tensor_specs(&base.config) {
        match names::is_head(&spec.name) {
            // The encoder asks for the classification heads, masked language modelling does not train them.
            true => {
                let zeros = Tensor::zeros(spec.shape.as_slice(), candle_core::DType::F32, device)?;
                constants.insert(spec.name, zeros);
            }
            false => specs.push(spec),
        }
    }
    let head: [(&str, &[usize]); 5] = [
        (DENSE_WEIGHT, &[hidden, hidden]),
        (DENSE_BIAS, &[hidden]),
        (NORM_WEIGHT, &[hidden]),
        (NORM_BIAS, &[hidden]),
        (OUTPUT_BIAS, &[vocab]),
    ];
    for (name, shape) in head {
        specs.push(TensorSpec { name: name.to_owned(), shape: shape.to_vec(), is_quantizable: false });
    }
    Parameters::from_specs(&base.config, specs, constants, device, |spec| {
        let count = spec.shape.iter().product();
        match spec.name.as_str() {
            DENSE_WEIGHT => Ok(base.initial(count, rng)),
            NORM_WEIGHT => Ok(vec![1.0; count]),
            DENSE_BIAS | NORM_BIAS | OUTPUT_BIAS => Ok(vec![0.0; count]),
            _ => base.values(spec),
        }
    })
}

/// The objective over tokenized texts.
pub struct MaskedLanguageModel<'a> {
    config: &'a Config,
    training: Vec<Vec<u32>>,
    lengths: Vec<usize>,
    validation: Vec<Vec<u32>>,
    mask_id: u32,
    vocab_size: u32,
    num_special_tokens: usize,
    layer_norm_eps: f64,
}

/// Texts with hidden tokens, and what these were.
struct Masked {
    input_ids: Vec<Vec<u32>>,
    /// Row of each hidden token among all tokens of all texts.
    positions: Vec<u32>,
    /// What stood there.
    tokens: Vec<u32>,
}

impl<'a> MaskedLanguageModel<'a> {
    /// The objective over these texts.
    ///
    /// # Errors
    /// A tokenizer without `[MASK]`.
    pub fn new(
        config: &'a Config,
        base: &BaseModel,
        tokenizer: &Tokenizer,
        training: Vec<Vec<u32>>,
        validation: Vec<Vec<u32>>,
    ) -> anyhow::Result<Self> {
        let mask_id = tokenizer
            .token_id("[MASK]")
            .context("the base model's tokenizer: expected a token [MASK] to hide others with, found none")?;
        let vocab_size = u32::try_from(tokenizer.vocab_size())?;
        let num_special_tokens = tokenizer.num_special_tokens();
        let has_tokens = |ids: &Vec<u32>| ids.len() > num_special_tokens;
        let training: Vec<_> = training.into_iter().filter(has_tokens).collect();
        let validation: Vec<_> = validation.into_iter().filter(has_tokens).collect();
        ensure!(
            !training.is_empty() && !validation.is_empty(),
            "expected texts with tokens, found none after normalization"
        );
        let lengths = training.iter().map(Vec::len).collect();
        let layer_norm_eps = base.config.layer_norm_eps;
        Ok(Self {
            config,
            training,
            lengths,
            validation,
            mask_id,
            vocab_size,
            num_special_tokens,
            layer_norm_eps,
        })
    }

    /// Hidden tokens of a text: its share, at least one.
    fn num_hidden(&self, ids: &[u32]) -> usize {
        let tokens = ids.len() - self.num_special_tokens;
        ((tokens as f64 * self.config.masking.fraction).round() as usize).clamp(1, tokens)
    }

    fn mask(&self, texts: &[&Vec<u32>], rng: &mut ChaCha8Rng) -> Masked {
        let (mut positions, mut tokens, mut start) = (Vec::new(), Vec::new(), 0);
        let masking = &self.config.masking;
        let mut hide = |ids: &&Vec<u32>| {
            let mut masked = (*ids).clone();
            // [CLS] stands first, [SEP] last.
            let words = ids.len() - self.num_special_tokens;
            let mut chosen = rand::seq::index::sample(rng, words, self.num_hidden(ids)).into_vec();
            chosen.sort_unstable();
            for at in chosen.into_iter().map(|word| word + 1) {
                positions.push((start + at) as u32);
                tokens.push(ids[at]);
                let drawn: f64 = rng.random();
                if drawn < masking.mask_share {
                    masked[at] = self.mask_id;
                } else if drawn < masking.mask_share + masking.random_share {
                    masked[at] = rng.random_range(0..self.vocab_size);
                }
            }
            start += ids.len();
            masked
        };
        let input_ids = texts.iter().map(&mut hide).collect();
        Masked { input_ids, positions, tokens }
    }

    /// Log-probabilities of every piece at every hidden place: `[hidden tokens, vocab]`.
    fn log_probabilities(
        &self,
        encoder: &Encoder,
        head: impl Fn(&str) -> Result<Tensor>,
        masked: &Masked,
        dropout: &mut dyn Dropout,
        device: &Device,
    ) -> Result<Tensor> {
        let hidden = encoder.hidden_states(&Batch::new(&masked.input_ids, device)?, dropout)?;
        let positions = Tensor::new(masked.positions.as_slice(), device)?;
        let x = hidden.index_select(&positions, 0)?;
        let x = x.matmul(&head(DENSE_WEIGHT)?.t()?)?.broadcast_add(&head(DENSE_BIAS)?)?;
        let x = layer_norm(&x.gelu_erf()?, &head(NORM_WEIGHT)?, &head(NORM_BIAS)?, self.layer_norm_eps)?;
        log_softmax(&x.matmul(&encoder.token_embeddings().t()?)?.broadcast_add(&head(OUTPUT_BIAS)?)?)
    }
}

/// LayerNorm over the last dimension, out of differentiable operations (Ba et al. 2016, equation 4): for the few rows
/// of the head.
fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + eps)?.sqrt()?)?.broadcast_mul(weight)?.broadcast_add(bias)
}

impl Objective for MaskedLanguageModel<'_> {
    fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    fn weight(&self, items: &[usize]) -> f64 {
        items.iter().map(|&item| self.num_hidden(&self.training[item])).sum::<usize>() as f64
    }

    fn loss(
        &self,
        encoder: &Encoder,
        parameters: &Parameters,
        items: &[usize],
        mut pass: Pass<'_>,
    ) -> Result<Tensor> {
        let texts: Vec<_> = items.iter().map(|&item| &self.training[item]).collect();
        let masked = self.mask(&texts, &mut pass.rng);
        let head = |name: &str| parameters.get(name);
        let log_probabilities = self.log_probabilities(encoder, head, &masked, pass.dropout, pass.device)?;
        let tokens = Tensor::from_vec(masked.tokens, (masked.positions.len(), 1), pass.device)?;
        let likelihood = log_probabilities.gather(&tokens, D::Minus1)?.sum_all()?;
        likelihood * (-1.0 / pass.total_weight)
    }

    /// Every validation text with the same hidden tokens each time; accuracy is of the most probable piece.
    fn evaluate(&self, parameters: &Parameters, workers: &Workers) -> anyhow::Result<Score> {
        let encoder = parameters.frozen_encoder()?;
        let head = |name: &str| Ok(parameters.get(name)?.detach());
        let items: Vec<usize> = (0..self.validation.len()).collect();
        let (mut loss, mut correct, mut count) = (0.0, 0, 0);
        for items in items.chunks(VALIDATION_BATCH) {
            let shares = workers.share(items, |_, items| {
                let texts: Vec<_> = items.iter().map(|&item| &self.validation[item]).collect();
                let mut rng = ChaCha8Rng::seed_from_u64(items.first().copied().unwrap_or_default() as u64);
                let masked = self.mask(&texts, &mut rng);
                let device = workers.device();
                let found = self.log_probabilities(&encoder, head, &masked, &mut NoDropout, device)?;
                let best = found.argmax(D::Minus1)?.to_vec1::<u32>()?;
                let tokens = Tensor::new(masked.tokens.as_slice(), device)?.unsqueeze(1)?;
                let loss = -f64::from(found.gather(&tokens, D::Minus1)?.sum_all()?.to_scalar::<f32>()?);
                let correct = best.iter().zip(&masked.tokens).filter(|(best, token)| best == token).count();
                Ok((loss, correct, best.len()))
            })?;
            for share in shares {
                (loss, correct, count) = (loss + share.0, correct + share.1, count + share.2);
            }
        }
        Ok(Score {
            loss: loss / count as f64,
            accuracy: correct as f64 / count as f64,
            macro_f1: None,
            domains: IndexMap::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objective(config: &Config) -> MaskedLanguageModel<'_> {
        MaskedLanguageModel {
            config,
            training: Vec::new(),
            lengths: Vec::new(),
            validation: Vec::new(),
            mask_id: 9,
            vocab_size: 100,
            num_special_tokens: 2,
            layer_norm_eps: 1e-12,
        }
    }

    #[test]
    fn the_stated_shares_are_hidden_and_special_tokens_never() {
        let config = Config::default();
        let objective = objective(&config);
        // [CLS] 1, [SEP] 2, 40 words.
        let text: Vec<u32> = [1].into_iter().chain(10..50).chain([2]).collect();
        let texts = vec![&text; 2000];
        let masked = objective.mask(&texts, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(masked.positions.len(), 2000 * 6);
        let (mut hidden, mut kept) = (0, 0);
        for (position, token) in masked.positions.iter().zip(&masked.tokens) {
            let (row, at) = (*position as usize / text.len(), *position as usize % text.len());
            assert_eq!(text[at], *token);
            assert!(at > 0 && at + 1 < text.len());
            hidden += usize::from(masked.input_ids[row][at] == 9);
            kept += usize::from(masked.input_ids[row][at] == *token);
        }
        let share = |count: usize| count as f64 / masked.positions.len() as f64;
        assert!((share(hidden) - 0.8).abs() < 0.02, "{}", share(hidden));
        // A random piece may be the right one.
        assert!((share(kept) - 0.101).abs() < 0.02, "{}", share(kept));
        let changed = masked.input_ids.iter().flatten().zip(texts.iter().copied().flatten());
        assert!(changed.filter(|(masked, before)| masked != before).count() <= masked.positions.len());
        let one_word = objective.mask(&[&vec![1, 7, 2]], &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!((one_word.positions, one_word.tokens), (vec![1], vec![7]));
    }
}
