//! The fused operations against their compositions, values and gradients, and against finite differences.
//!
//! A model of no layers is the embeddings and the pooling; one of one layer adds the fused layer. Every tensor's
//! gradient is compared by name, which says which part of an operation is wrong.

use crate::fixture::{Numbers, tensors};
use candle_core::{DType, Device, Tensor, Var};
use encoder::{Architecture, Batch, Dropout, Encoder, EncoderConfig, Form, Mask, NoDropout, Place, Weights};
use std::collections::BTreeMap;

/// Texts of 1, 2, 17 and 5 tokens, with repetitions.
fn batch() -> Batch {
    let long: Vec<u32> = (0..17).map(|at| at * 7 % 11).collect();
    Batch::new(&[&[3u32][..], &[5, 5], &long, &[1, 2, 3, 2, 1]], &Device::Cpu).unwrap()
}

/// Sizes that are no multiples of any vector's.
fn odd(num_hidden_layers: usize) -> EncoderConfig {
    EncoderConfig {
        architecture: Architecture::Bert,
        vocab_size: 13,
        hidden_size: 33,
        num_hidden_layers,
        num_attention_heads: 3,
        intermediate_size: 71,
        max_position_embeddings: 19,
        type_vocab_size: 2,
        layer_norm_eps: 1e-5,
        num_labels: 3,
        exit_layer: None,
    }
}

/// The same sizes for MPNet; half of its 12 buckets are for either side, 3 of them for one distance each.
fn odd_mpnet(num_hidden_layers: usize) -> EncoderConfig {
    EncoderConfig {
        architecture: Architecture::MpNet { relative_attention_num_buckets: 12 },
        type_vocab_size: 0,
        ..odd(num_hidden_layers)
    }
}

pub struct Variables(BTreeMap<String, Var>);

impl Weights for Variables {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        Ok(self.0[name].as_tensor().clone())
    }
}

impl Variables {
    fn new(config: &EncoderConfig) -> Self {
        let variable = |(name, tensor)| (name, Var::from_tensor(&tensor).unwrap());
        Self(tensors(config).into_iter().map(variable).collect())
    }
}

/// Masks with seeds that count up.
struct Counted(u64);

impl Dropout for Counted {
    fn mask(&mut self, place: Place) -> Option<Mask> {
        self.0 += 1;
        let probability = if place == Place::Attention { 0.3 } else { 0.2 };
        Some(Mask::new(self.0, probability))
    }
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Hidden states, and the gradient of every tensor under a random upstream gradient.
fn run(
    encoder: &Encoder,
    variables: &Variables,
    dropout: &mut dyn Dropout,
) -> (Tensor, BTreeMap<String, Tensor>) {
    let hidden = encoder.hidden_states(&batch(), dropout).unwrap();
    let upstream = Numbers(99).tensor(hidden.dims(), 1.0);
    let loss = (&hidden * upstream).unwrap().sum_all().unwrap();
    let mut gradients = encoder.backward(&loss).unwrap();
    let mut named = BTreeMap::new();
    for (name, variable) in &variables.0 {
        if let Some(gradient) = gradients.remove(variable.as_tensor()) {
            named.insert(name.clone(), gradient);
        }
    }
    (hidden, named)
}

fn assert_close(actual: &Tensor, expected: &Tensor, tolerance: f32, what: &str) {
    assert_eq!(actual.dims(), expected.dims(), "{what}");
    let expected = values(expected);
    let largest = expected.iter().fold(1f32, |a, b| a.max(b.abs()));
    for (at, (a, b)) in values(actual).iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * largest, "{what}[{at}]: {a} and {b}, largest {largest}");
    }
}

/// Both forms of the same encoder: hidden states and every gradient.
fn compare(config: &EncoderConfig, mut dropout: impl FnMut() -> Box<dyn Dropout>) {
    let variables = Variables::new(config);
    let encoder = || Encoder::new(config, &variables).unwrap();
    let (actual, gradients) = run(&encoder(), &variables, &mut *dropout());
    let (expected, expected_gradients) =
        run(&encoder().with_form(Form::Composed), &variables, &mut *dropout());
    assert_close(&actual, &expected, 1e-5, "hidden states");
    for (name, expected) in &expected_gradients {
        let actual = gradients.get(name).unwrap_or_else(|| panic!("{name} got no gradient"));
        assert_close(actual, expected, 3e-5, name);
    }
    assert_eq!(gradients.len(), expected_gradients.len());
    // All but the head's two, which hidden states do not see, and a table of biases without a layer to use it.
    let unused = 2 + usize::from(config.num_hidden_layers == 0 && config.type_vocab_size == 0);
    assert_eq!(gradients.len(), variables.0.len() - unused);
}

#[test]
fn embeddings_equal_their_composition() {
    for config in [odd(0), odd_mpnet(0)] {
        compare(&config, || Box::new(NoDropout));
        compare(&config, || Box::new(Counted(1)));
    }
}

#[test]
fn the_layer_equals_its_composition() {
    let one_head = EncoderConfig { num_attention_heads: 1, ..odd(1) };
    for config in [odd(1), one_head, crate::fixture::config(), odd_mpnet(1)] {
        compare(&config, || Box::new(NoDropout));
        compare(&config, || Box::new(Counted(1)));
    }
}

#[test]
fn several_layers_equal_their_composition() {
    compare(&odd(3), || Box::new(Counted(7)));
    compare(&odd_mpnet(3), || Box::new(Counted(7)));
}

/// A dropped element and its neighbours: the share, the scale, and that a row's mask is its own.
#[test]
fn a_mask_drops_its_share_and_keeps_the_mean() {
    struct Quarter;
    impl Dropout for Quarter {
        fn mask(&mut self, place: Place) -> Option<Mask> {
            (place == Place::Hidden).then(|| Mask::new(5, 0.25))
        }
    }
    let config = odd(0);
    let mut weights = Variables::new(&config);
    let ones = Var::from_tensor(&Tensor::ones(33, DType::F32, &Device::Cpu).unwrap()).unwrap();
    let zeros = Var::zeros(33, DType::F32, &Device::Cpu).unwrap();
    weights.0.insert("token_embd_norm.bias".to_owned(), ones);
    weights.0.insert("token_embd_norm.weight".to_owned(), zeros);
    let encoder = Encoder::new(&config, &weights).unwrap();
    let batch = Batch::new(&vec![vec![1u32; 19]; 60], &Device::Cpu).unwrap();
    // LayerNorm gives 1 everywhere: what is left are the factors.
    let factors = values(&encoder.hidden_states(&batch, &mut Quarter).unwrap());
    assert!(factors.iter().all(|x| *x == 0.0 || (*x - 4.0 / 3.0).abs() < 1e-6));
    let share = factors.iter().filter(|x| **x == 0.0).count() as f64 / factors.len() as f64;
    assert!((share - 0.25).abs() < 0.01, "{share}");
    assert_ne!(factors[..33], factors[33..66]);
}

#[test]
fn gradients_go_where_they_belong() {
    let config = odd(2);
    let variables = Variables::new(&config);
    let encoder = Encoder::new(&config, &variables).unwrap();
    let loss = |encoder: &Encoder| {
        encoder.logits(&batch(), &mut NoDropout).unwrap().sqr().unwrap().sum_all().unwrap()
    };
    let gradient = |encoder: &Encoder, name: &str| {
        values(encoder.backward(&loss(encoder)).unwrap().get(variables.0[name].as_tensor()).unwrap())
    };
    // A fork has gradients of its own, of the same tensors.
    let fork = encoder.fork();
    let expected = gradient(&encoder, "blk.1.ffn_up.weight");
    assert_eq!(gradient(&fork, "blk.1.ffn_up.weight"), expected);
    assert_eq!(gradient(&encoder, "blk.1.ffn_up.weight"), expected, "nothing is left from the first pass");
    // A decoder tied to the token table adds to what the lookups give.
    let table = encoder.token_embeddings();
    let hidden = encoder.hidden_states(&batch(), &mut NoDropout).unwrap();
    let tied = hidden.matmul(&table.t().unwrap()).unwrap().sqr().unwrap().sum_all().unwrap();
    let fused = values(encoder.backward(&tied).unwrap().get(table).unwrap());
    let composed = Encoder::new(&config, &variables).unwrap().with_form(Form::Composed);
    let hidden = composed.hidden_states(&batch(), &mut NoDropout).unwrap();
    let tied = hidden.matmul(&table.t().unwrap()).unwrap().sqr().unwrap().sum_all().unwrap();
    let expected = values(composed.backward(&tied).unwrap().get(table).unwrap());
    let largest = expected.iter().fold(0f32, |a, b| a.max(b.abs()));
    for (a, b) in fused.iter().zip(expected) {
        assert!((a - b).abs() < 1e-4 * largest, "{a} and {b}");
    }
    // One pass back for each pass forth.
    let loss = loss(&encoder);
    encoder.backward(&loss).unwrap();
    assert!(encoder.backward(&loss).is_err());
}

/// Exit and layers below it are a smaller model: its logits, and its gradients, beside which the head adds its own.
#[test]
fn the_exit_is_a_model_of_fewer_layers() {
    let config = EncoderConfig { exit_layer: Some(2), ..odd(3) };
    let variables = Variables::new(&config);
    let small = EncoderConfig { num_hidden_layers: 2, exit_layer: None, ..config.clone() };
    let mut small_variables = Variables(variables.0.clone());
    for part in ["weight", "bias"] {
        let head = small_variables.0[&format!("cls.exit.{part}")].clone();
        small_variables.0.insert(format!("cls.output.{part}"), head);
    }
    for form in [Form::Fused, Form::Composed] {
        let encoder = Encoder::new(&config, &variables).unwrap().with_form(form);
        let small = Encoder::new(&small, &small_variables).unwrap().with_form(form);
        let outputs = encoder.outputs(&batch(), &mut NoDropout).unwrap();
        let exit_logits = outputs.exit_logits.unwrap();
        let expected = small.logits(&batch(), &mut NoDropout).unwrap();
        assert_close(&exit_logits, &expected, 0.0, "logits");
        let squares = |logits: &Tensor| logits.sqr().unwrap().sum_all().unwrap();
        let found = encoder.backward(&squares(&exit_logits)).unwrap();
        let expected = small.backward(&squares(&expected)).unwrap();
        for (name, variable) in &variables.0 {
            match found.get(variable.as_tensor()) {
                // A fused layer, not asked for its gradient, has none to take.
                None => assert!(name.starts_with("blk.2.") || name.starts_with("cls.output"), "{name}"),
                Some(found) => assert_close(found, expected.get(variable.as_tensor()).unwrap(), 1e-6, name),
            }
        }
        // Both heads at once, as in training: the shared layers get the sum of both.
        let gradient = |of: &dyn Fn(&encoder::Outputs) -> Tensor, name: &str| {
            let encoder = encoder.fork();
            let outputs = encoder.outputs(&batch(), &mut NoDropout).unwrap();
            encoder.backward(&of(&outputs)).unwrap().remove(variables.0[name].as_tensor()).unwrap()
        };
        let head = |outputs: &encoder::Outputs| squares(&outputs.logits);
        let exit = |outputs: &encoder::Outputs| squares(outputs.exit_logits.as_ref().unwrap());
        let both = |outputs: &encoder::Outputs| (head(outputs) + exit(outputs)).unwrap();
        for name in ["blk.0.attn_q.weight", "blk.1.ffn_down.bias", "position_embd.weight"] {
            let sum = (gradient(&head, name) + gradient(&exit, name)).unwrap();
            assert_close(&gradient(&both, name), &sum, 1e-5, name);
        }
        let all = encoder.backward(&both(&encoder.outputs(&batch(), &mut NoDropout).unwrap())).unwrap();
        assert!(variables.0.values().all(|variable| all.get(variable.as_tensor()).is_some()));
    }
}

/// d/dx of Σ upstream · y by central differences, in f64 sums: independent of any backward pass.
#[test]
fn gradients_equal_finite_differences() {
    for config in [odd(1), odd_mpnet(1)] {
        equal_finite_differences(&config);
    }
}

fn equal_finite_differences(config: &EncoderConfig) {
    let variables = Variables::new(config);
    let objective = || -> f64 {
        let encoder = Encoder::new(config, &variables).unwrap();
        let y = values(&encoder.hidden_states(&batch(), &mut Counted(3)).unwrap());
        let upstream = values(&Numbers(99).tensor(&[y.len()], 1.0));
        y.iter().zip(upstream).map(|(y, u)| f64::from(*y) * f64::from(u)).sum()
    };
    let encoder = Encoder::new(config, &variables).unwrap();
    let (_, gradients) = run(&encoder, &variables, &mut Counted(3));
    for (name, gradient) in &gradients {
        let variable = &variables.0[name];
        let original = values(variable.as_tensor());
        for at in [0, original.len() / 2, original.len() - 1] {
            let moved = |by: f32| {
                let mut elements = original.clone();
                elements[at] += by;
                let tensor = Tensor::from_vec(elements, variable.shape(), variable.device()).unwrap();
                variable.set(&tensor).unwrap();
                objective()
            };
            let numeric = (moved(5e-3) - moved(-5e-3)) / 1e-2;
            moved(0.0);
            let analytic = f64::from(values(gradient)[at]);
            assert!(
                (analytic - numeric).abs() < 2e-2 * (1.0 + numeric.abs()),
                "{name}[{at}]: {analytic} and {numeric}"
            );
        }
    }
}
