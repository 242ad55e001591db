//! AdamW with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2) and clipping by global norm.
//!
//! candle's own decays biases and norms too, does not clip, and hides its moments. Gradients come as one list a
//! worker and are summed here, in the workers' order, so that a run is reproducible. On a GPU everything stays there.

use super::step_on_slices;
use super::step_on_tensors;
use super::summed_gradients::{Gradients, of, sum_of_squares, with_slices};
use super::values::Values;
use crate::base::names::MASKED_HEAD;
use crate::base::parameters::Parameters;
use crate::config::training::TrainConfig;
use anyhow::{Context, bail, ensure};
use candle_core::Var;
use encoder::names;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// First and second moment of one parameter's gradients.
#[derive(Debug)]
struct Moments {
    first: Values,
    second: Values,
}

/// A parameter's name and both moments.
pub type NamedMoments<'a> = (&'a String, Cow<'a, [f32]>, Cow<'a, [f32]>);

/// The optimizer and its state.
#[derive(Debug)]
pub struct AdamW {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    max_gradient_norm: f64,
    layer_decay: f64,
    num_layers: usize,
    step: i32,
    moments: BTreeMap<String, Moments>,
}

/// The numbers of one step that are the same for every element.
#[derive(Clone, Copy, Debug)]
pub struct StepSize {
    /// What clipping leaves of the gradient.
    pub gradient_scale: f32,
    /// Share of the first moment that stays.
    pub beta1: f32,
    /// Share of the second moment that stays.
    pub beta2: f32,
    /// Learning rate with both bias corrections folded in.
    pub rate: f32,
    /// Added to the root of the second moment, with the correction folded in.
    pub epsilon: f32,
    /// 1 − learning rate · weight decay.
    pub keep: f32,
}

impl AdamW {
    /// An optimizer without history, for an encoder of `num_layers` layers.
    pub fn new(config: &TrainConfig, num_layers: usize) -> Self {
        Self {
            beta1: config.adam_beta1,
            beta2: config.adam_beta2,
            epsilon: config.adam_epsilon,
            weight_decay: config.weight_decay,
            max_gradient_norm: config.max_gradient_norm,
            layer_decay: config.layer_decay,
            num_layers,
            step: 0,
            moments: BTreeMap::new(),
        }
    }

    /// Names and both moments of every parameter, sorted by name.
    ///
    /// # Errors
    /// Reading them from a device.
    pub fn moments(&self) -> impl Iterator<Item = candle_core::Result<NamedMoments<'_>>> {
        self.moments.iter().map(|(name, moments)| Ok((name, moments.first.read()?, moments.second.read()?)))
    }

    /// Puts a parameter's moments back.
    ///
    /// # Errors
    /// Not as many as it has elements, where they are copied to a device.
    pub fn restore(
        &mut self,
        name: &str,
        variable: &Var,
        first: Vec<f32>,
        second: Vec<f32>,
    ) -> candle_core::Result<()> {
        let (first, second) = (Values::new(first, variable)?, Values::new(second, variable)?);
        self.moments.insert(name.to_owned(), Moments { first, second });
        Ok(())
    }

    /// Says how many steps lie behind the moments: the bias corrections depend on it.
    pub fn set_steps(&mut self, steps: usize) {
        self.step = i32::try_from(steps).unwrap_or(i32::MAX);
    }

    /// Share of the learning rate that a parameter gets: 1 for the head, `layer_decay` less for each layer below.
    fn rate_share(&self, name: &str) -> f64 {
        let layer = names::layer_of(name).map(|(layer, _)| layer);
        let depth = match layer {
            Some(layer) => self.num_layers.saturating_sub(layer),
            None if name.starts_with(names::CLASSIFIER) || name.starts_with(MASKED_HEAD) => 0,
            None => self.num_layers + 1,
        };
        self.layer_decay.powi(depth as i32)
    }

    /// Moves every parameter by one step along the sum of the workers' gradients; returns the global L2 norm of
    /// that sum before clipping. Runs on the threads of the rayon pool it is called in.
    ///
    /// # Errors
    /// A parameter without a gradient (a broken backward pass would otherwise freeze it unnoticed) or a norm
    /// that is not finite; the parameters are then as they were.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        workers: &[Gradients],
        learning_rate: f64,
    ) -> anyhow::Result<f64> {
        for (name, variable) in parameters.iter() {
            for gradient in of(workers, name)? {
                ensure!(
                    gradient.dims() == variable.dims(),
                    "gradient of `{name}`: expected {:?}, found {:?}",
                    variable.dims(),
                    gradient.dims()
                );
            }
        }
        let norm = squared_norm(parameters, workers)?.sqrt();
        ensure!(
            norm.is_finite(),
            "the gradient's norm is {norm}: lower `train.learning_rate` or check the data"
        );
        self.step += 1;
        let (first, second) = (1.0 - self.beta1.powi(self.step), (1.0 - self.beta2.powi(self.step)).sqrt());
        for (name, variable) in parameters.iter() {
            let decay = if is_decayed(name) { self.weight_decay } else { 0.0 };
            let learning_rate = learning_rate * self.rate_share(name);
            let size = StepSize {
                gradient_scale: (self.max_gradient_norm / (norm + 1e-6)).min(1.0) as f32,
                beta1: self.beta1 as f32,
                beta2: self.beta2 as f32,
                // Algorithm 2 divides m̂ = m / (1 − β₁ᵗ) by √v̂ + ε = √v / √(1 − β₂ᵗ) + ε; here both are scaled
                // by √(1 − β₂ᵗ).
                rate: (learning_rate * second / first) as f32,
                epsilon: (self.epsilon * second) as f32,
                keep: (1.0 - learning_rate * decay) as f32,
            };
            if !self.moments.contains_key(name) {
                let (first, second) = (Values::zeros(variable)?, Values::zeros(variable)?);
                self.moments.insert(name.clone(), Moments { first, second });
            }
            let gradients = of(workers, name)?;
            match self.moments.get_mut(name) {
                Some(Moments { first: Values::Here(first), second: Values::Here(second) }) => {
                    with_slices(&gradients, |gradients| {
                        step_on_slices::update(variable, gradients, (first, second), size)
                    })?;
                }
                Some(Moments { first: Values::There(first), second: Values::There(second) }) => {
                    let gradient = step_on_tensors::sum(&gradients)?;
                    step_on_tensors::update(variable, &gradient, first, second, size)?;
                }
                _ => bail!("moments of `{name}`: expected both on the CPU or both on a GPU"),
            }
        }
        Ok(norm)
    }
}

/// Σ (Σ over workers of g)² over all parameters.
fn squared_norm(parameters: &Parameters, workers: &[Gradients]) -> anyhow::Result<f64> {
    let mut squares = 0.0;
    let mut there = Vec::new();
    for (name, variable) in parameters.iter() {
        let gradients = of(workers, name)?;
        match variable.device().is_cpu() {
            false => there.push(step_on_tensors::sum(&gradients)?),
            true => {
                squares += with_slices(&gradients, |gradients| Ok(sum_of_squares(gradients)))
                    .with_context(|| format!("gradient of `{name}`"))?;
            }
        }
    }
    if !there.is_empty() {
        squares += step_on_tensors::sums_of_squares(&there)?.into_iter().map(f64::from).sum::<f64>();
    }
    Ok(squares)
}

/// Matrices and embeddings decay; biases and norms do not.
fn is_decayed(name: &str) -> bool {
    !name.ends_with(".bias") && !name.contains("norm.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parameters::tests::{element, filled, tiny_config};
    use candle_core::{Device, Tensor};
    use encoder::tensor_specs;

    /// Every element `value`.
    fn gradients(value: f32) -> Gradients {
        let full = |shape: &[usize]| Tensor::full(value, shape, &Device::Cpu).unwrap();
        tensor_specs(&tiny_config()).into_iter().map(|spec| (spec.name, full(&spec.shape))).collect()
    }

    fn settings() -> TrainConfig {
        TrainConfig {
            weight_decay: 0.1,
            max_gradient_norm: 1e9,
            adam_epsilon: 1e-8,
            ..TrainConfig::default()
        }
    }

    /// Algorithm 2 of Loshchilov & Hutter, in f64 and one element at a time.
    fn reference(gradients: &[f64], learning_rate: f64, decay: f64) -> f64 {
        let (beta1, beta2, epsilon) = (0.9f64, 0.999f64, 1e-8);
        let (mut weight, mut m, mut v) = (1.0, 0.0, 0.0);
        for (step, g) in gradients.iter().enumerate() {
            m = beta1 * m + (1.0 - beta1) * g;
            v = beta2 * v + (1.0 - beta2) * g * g;
            let (m_hat, v_hat) =
                (m / (1.0 - beta1.powi(step as i32 + 1)), v / (1.0 - beta2.powi(step as i32 + 1)));
            weight -= learning_rate * (m_hat / (v_hat.sqrt() + epsilon) + decay * weight);
        }
        weight
    }

    #[test]
    fn steps_follow_the_algorithm_and_biases_and_norms_do_not_decay() {
        let (parameters, mut optimizer) = (filled(1.0), AdamW::new(&settings(), 1));
        // Two workers: what counts is the sum.
        for (a, b) in [(0.3, 0.2), (-0.1, 0.0), (0.4, -0.1)] {
            optimizer.step(&parameters, &[gradients(a), gradients(b)], 0.01).unwrap();
        }
        let expected = |decay| reference(&[0.5, -0.1, 0.3], 0.01, decay);
        for (name, decay) in [
            ("blk.0.ffn_up.weight", 0.1),
            ("token_embd.weight", 0.1),
            ("blk.0.ffn_up.bias", 0.0),
            ("blk.0.attn_output_norm.weight", 0.0),
            ("token_embd_norm.weight", 0.0),
        ] {
            let found = element(&parameters, name);
            assert!((found - expected(decay)).abs() < 1e-6, "{name}: {found} and {}", expected(decay));
        }
    }

    #[test]
    fn gradients_are_clipped_by_their_global_norm() {
        let clipped = AdamW::new(&TrainConfig { max_gradient_norm: 1.0, ..settings() }, 1);
        let norm = { clipped }.step(&filled(1.0), &[gradients(3.0)], 0.01).unwrap();
        let elements: usize =
            tensor_specs(&tiny_config()).iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
        assert!((norm - 3.0 * (elements as f64).sqrt()).abs() < 1e-4);
        // Adam's first step does not see the scale: the second one does.
        let run = |max_gradient_norm| {
            let (parameters, mut optimizer) =
                (filled(1.0), AdamW::new(&TrainConfig { max_gradient_norm, ..settings() }, 1));
            optimizer.step(&parameters, &[gradients(0.001)], 0.01).unwrap();
            optimizer.step(&parameters, &[gradients(100.0)], 0.01).unwrap();
            element(&parameters, "blk.0.ffn_up.bias")
        };
        assert!((run(1.0) - run(1e9)).abs() > 1e-5);
    }

    #[test]
    fn a_missing_or_broken_gradient_stops_before_anything_moves() {
        let (parameters, mut optimizer) = (filled(1.0), AdamW::new(&settings(), 1));
        let mut incomplete = gradients(0.5);
        incomplete.remove("blk.0.attn_q.weight");
        let error = optimizer.step(&parameters, &[incomplete], 0.01).unwrap_err();
        assert!(error.to_string().contains("blk.0.attn_q.weight"), "{error}");
        let error = optimizer.step(&parameters, &[gradients(f32::NAN)], 0.01).unwrap_err();
        assert!(error.to_string().contains("norm"), "{error}");
        assert_eq!(element(&parameters, "token_embd.weight"), 1.0);
    }

    /// What a GPU computes, here on the CPU: the same weights, moments and norm as the loops, within rounding.
    #[test]
    fn a_step_on_tensors_is_the_step_on_slices() {
        let config = TrainConfig { max_gradient_norm: 1.0, ..settings() };
        let (slices, mut optimizer) = (filled(0.7), AdamW::new(&config, 1));
        let (tensors, mut other) = (filled(0.7), AdamW::new(&config, 1));
        for (step, value) in [0.3, -2.0, 0.01].into_iter().enumerate() {
            let uneven =
                |gradient: &Tensor| (gradient * Tensor::rand_like(gradient, 0.5, 1.5).unwrap()).unwrap();
            let workers: [Gradients; 2] = [value, 0.1].map(|value| {
                gradients(value).iter().map(|(name, gradient)| (name.clone(), uneven(gradient))).collect()
            });
            if step == 0 {
                for (name, variable) in tensors.iter() {
                    let zeros = || Values::There(variable.zeros_like().unwrap());
                    other.moments.insert(name.clone(), Moments { first: zeros(), second: zeros() });
                }
            }
            let sums: Vec<Tensor> = tensors
                .iter()
                .map(|(name, _)| step_on_tensors::sum(&of(&workers, name).unwrap()).unwrap())
                .collect();
            let squares: f64 =
                step_on_tensors::sums_of_squares(&sums).unwrap().into_iter().map(f64::from).sum();
            let norm = optimizer.step(&slices, &workers, 0.01).unwrap();
            assert!((squares.sqrt() - norm).abs() < 1e-4 * norm, "{} and {norm}", squares.sqrt());
            other.step(&tensors, &workers, 0.01).unwrap();
        }
        let same = |found: &[f32], expected: &[f32], what: &str| {
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-6 * expected.abs().max(0.1),
                    "{what}: {found} and {expected}"
                );
            }
        };
        for ((name, found), (_, expected)) in tensors.iter().zip(slices.iter()) {
            let values = |variable: &Var| variable.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            same(&values(found), &values(expected), name);
        }
        for (found, expected) in other.moments().zip(optimizer.moments()) {
            let (found, expected) = (found.unwrap(), expected.unwrap());
            same(&found.1, &expected.1, found.0);
            same(&found.2, &expected.2, found.0);
        }
    }

    #[test]
    fn lower_layers_learn_more_slowly() {
        let optimizer = AdamW::new(&TrainConfig { layer_decay: 0.5, ..settings() }, 2);
        let shares = [
            ("cls.output.weight", 1.0),
            ("blk.1.ffn_up.weight", 0.5),
            ("blk.0.attn_q.bias", 0.25),
            ("token_embd.weight", 0.125),
        ];
        for (name, share) in shares {
            assert_eq!(optimizer.rate_share(name), share, "{name}");
        }
    }

    #[test]
    fn moments_that_are_put_back_go_on_as_before() {
        let (whole, mut optimizer) = (filled(1.0), AdamW::new(&settings(), 1));
        let step = |optimizer: &mut AdamW, parameters: &Parameters, value| {
            optimizer.step(parameters, &[gradients(value)], 0.01).unwrap();
        };
        let stopped = filled(1.0);
        let mut first_half = AdamW::new(&settings(), 1);
        step(&mut optimizer, &whole, 0.5);
        step(&mut first_half, &stopped, 0.5);
        let mut second_half = AdamW::new(&settings(), 1);
        for moments in first_half.moments() {
            let (name, first, second) = moments.unwrap();
            let variable = stopped.iter().find(|(found, _)| *found == name).unwrap().1;
            second_half.restore(name, variable, first.to_vec(), second.to_vec()).unwrap();
        }
        second_half.set_steps(1);
        step(&mut optimizer, &whole, -0.1);
        step(&mut second_half, &stopped, -0.1);
        let name = "blk.0.ffn_up.weight";
        assert_eq!(element(&whole, name), element(&stopped, name));
    }
}
