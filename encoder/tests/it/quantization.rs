//! The encoder of quantization-aware training against the int8 inference that it imitates.
//!
//! Both round the same values at the same places; what is left is the rounding of f32 sums. In a few texts such a
//! sum lies so close to the edge of a step that the two round it apart, and after it perhaps others.

use crate::fixture::{config, gguf, metadata, tensors};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor, Var};
use classifier::model_file::{self, Exit, Metadata, ModelFile};
use classifier::{Classifier, Depth, Prediction};
use encoder::{
    Batch, Encoder, EncoderConfig, Form, NoDropout, Quantization, StorageFormat, Weights, tensor_specs,
};
use std::collections::BTreeMap;
use std::io::Cursor;

/// 48 texts of 3 to 9 words.
fn texts() -> Vec<String> {
    let words =
        ["shares", "rise", "fall", "after", "guidance", "cut", "the", "stock", "up", "down", "$", "!"];
    let text =
        |n: usize| (0..3 + n % 7).map(|at| words[(n * 5 + at * (n % 11 + 1)) % 12]).collect::<Vec<_>>();
    (0..48).map(|n| text(n).join(" ")).collect()
}

struct Float(BTreeMap<String, Tensor>);

impl Weights for Float {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        Ok(self.0[name].clone())
    }
}

fn batch(file: &ModelFile, count: usize) -> Batch {
    let encode = |text: &String| file.tokenizer().encode(text, 32).unwrap().input_ids;
    Batch::new(&texts()[..count].iter().map(encode).collect::<Vec<_>>(), &Device::Cpu).unwrap()
}

/// The largest difference of a logit between a model file and the encoder, both quantized, by text; ascending.
fn differences(bytes: Vec<u8>, quantization: Option<&Quantization>, form: Form) -> Vec<f32> {
    let file = ModelFile::parse(bytes.clone()).unwrap();
    // The unrounded weights: the encoder does the rounding.
    let weights = Float(tensors(&config()));
    let encoder = match quantization {
        Some(quantization) => Encoder::with_quantization(&config(), &weights, quantization).unwrap(),
        None => Encoder::new(&config(), &weights).unwrap(),
    };
    let texts = texts();
    let found = encoder.with_form(form).logits(&batch(&file, texts.len()), &mut NoDropout).unwrap();
    let expected = Classifier::from_gguf(bytes).unwrap().classify_batch(&texts).unwrap();
    let both = found.to_vec2::<f32>().unwrap().into_iter().zip(expected);
    let mut differences: Vec<f32> = both
        .map(|(found, expected)| {
            found.iter().zip(expected.logits).fold(0f32, |a, (x, y)| a.max((x - y).abs()))
        })
        .collect();
    differences.sort_by(f32::total_cmp);
    differences
}

/// Logits lie between −3 and 3.
fn assert_imitates(differences: &[f32], what: &str) {
    let (median, largest) = (differences[differences.len() / 2], differences[differences.len() - 1]);
    println!("{what}: median {median:e}, largest {largest:e}");
    assert!(median < 5e-6, "{what}: half the texts differ by {median} or more");
    assert!(largest < 5e-2, "{what}: a text differs by {largest}, as if nothing had been rounded");
}

/// Measured: a median of 4e-7, at most 1.4e-2 where a step was rounded apart; without the roundings a median of
/// 2.3e-2 (Q8_0), 3.0e-2 (F32) and 0.32 (Q4_0).
#[test]
fn the_quantized_encoder_gives_the_logits_of_inference() {
    for format in StorageFormat::ALL {
        let bytes = gguf(&metadata(), format.dtype());
        let quantization = Quantization::uniform(&config(), format);
        for form in [Form::Fused, Form::Composed] {
            let differences = differences(bytes.clone(), Some(&quantization), form);
            assert_imitates(&differences, &format!("{format:?} {form:?}"));
        }
        let unrounded = differences(bytes, None, Form::Fused);
        println!("{format:?} unrounded: median {:e}, largest {:e}", unrounded[24], unrounded[47]);
        assert!(unrounded[unrounded.len() / 2] > 1e-2, "{format:?}: what rounding changes: {unrounded:?}");
    }
}

/// An exit reads what inference lets it read: hidden states that no product has rounded yet.
#[test]
fn the_quantized_exit_gives_the_logits_of_inference() {
    let config = EncoderConfig { exit_layer: Some(1), ..config() };
    let exit = Some(Exit { temperature: 1.0, threshold: 1.0 });
    let bytes = gguf(&Metadata { encoder: config.clone(), exit, ..metadata() }, GgmlDType::Q8_0);
    let quantization = Quantization::uniform(&config, StorageFormat::Q8_0);
    let weights = Float(tensors(&config));
    let encoder = Encoder::with_quantization(&config, &weights, &quantization).unwrap();
    let texts = texts();
    let file = ModelFile::parse(bytes.clone()).unwrap();
    let outputs = encoder.outputs(&batch(&file, texts.len()), &mut NoDropout).unwrap();
    let classifier = Classifier::from_gguf(bytes).unwrap();
    for (depth, found) in [(Depth::Full, Some(outputs.logits)), (Depth::Exit, outputs.exit_logits)] {
        let found = found.unwrap().to_vec2::<f32>().unwrap();
        let expected = classifier.classify_batch_at(&texts, depth).unwrap();
        let difference = |(found, expected): (&Vec<f32>, &Prediction)| {
            found.iter().zip(&expected.logits).fold(0f32, |a, (x, y)| a.max((x - y).abs()))
        };
        let mut differences: Vec<f32> = found.iter().zip(&expected).map(difference).collect();
        differences.sort_by(f32::total_cmp);
        assert_imitates(&differences, &format!("{depth:?}"));
    }
}

#[test]
fn every_tensor_can_have_a_format_of_its_own() {
    let formats: BTreeMap<String, StorageFormat> = tensor_specs(&config())
        .into_iter()
        .filter(|spec| spec.is_quantizable)
        .zip(StorageFormat::ALL.into_iter().cycle())
        .map(|(spec, format)| (spec.name, format))
        .collect();
    let quantization = Quantization::new(formats);
    let stored: BTreeMap<String, QTensor> = tensors(&config())
        .into_iter()
        .map(|(name, tensor)| {
            let dtype = quantization.format(&name).dtype();
            (name, QTensor::quantize(&tensor, dtype).unwrap())
        })
        .collect();
    assert!(stored.values().any(|tensor| tensor.dtype() == GgmlDType::Q4_0));
    let mut file = Cursor::new(Vec::new());
    model_file::write(&mut file, &metadata(), &stored).unwrap();
    assert_imitates(&differences(file.into_inner(), Some(&quantization), Form::Fused), "mixed");
}

#[test]
fn gradients_go_straight_through_the_roundings() {
    for format in StorageFormat::ALL {
        let quantization = Quantization::uniform(&config(), format);
        let variables: BTreeMap<String, Var> = tensors(&config())
            .into_iter()
            .map(|(name, tensor)| (name, Var::from_tensor(&tensor).unwrap()))
            .collect();
        let weights =
            Float(variables.iter().map(|(name, v)| (name.clone(), v.as_tensor().clone())).collect());
        let file = ModelFile::parse(gguf(&metadata(), format.dtype())).unwrap();
        let gradients = |form| {
            let encoder = Encoder::with_quantization(&config(), &weights, &quantization).unwrap();
            let encoder = encoder.with_form(form);
            let logits = encoder.fork().logits(&batch(&file, 2), &mut NoDropout).unwrap();
            assert!(encoder.backward(&logits.sum_all().unwrap()).is_ok(), "a fork's gradients are its own");
            let logits = encoder.logits(&batch(&file, 2), &mut NoDropout).unwrap();
            encoder.backward(&logits.sqr().unwrap().sum_all().unwrap()).unwrap()
        };
        let (fused, composed) = (gradients(Form::Fused), gradients(Form::Composed));
        for (name, variable) in &variables {
            let values = |of: &candle_core::backprop::GradStore| -> Vec<f32> {
                let gradient = of.get(variable.as_tensor()).unwrap_or_else(|| panic!("{name}: no gradient"));
                gradient.flatten_all().unwrap().to_vec1().unwrap()
            };
            let (found, expected) = (values(&fused), values(&composed));
            let largest = expected.iter().fold(1f32, |a, b| a.max(b.abs()));
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() < 1e-3 * largest,
                    "{format:?} {name}: {found} and {expected}, largest {largest}"
                );
            }
        }
    }
}

#[test]
fn rows_that_are_no_whole_blocks_are_refused_by_name() {
    let config = EncoderConfig { hidden_size: 48, num_attention_heads: 4, ..config() };
    let weights = Float(tensors(&config));
    let quantization = Quantization::uniform(&config, StorageFormat::Q8_0);
    let error = Encoder::with_quantization(&config, &weights, &quantization).unwrap_err().to_string();
    assert!(error.contains("token_embd.weight") && error.contains("48"), "{error}");
}
