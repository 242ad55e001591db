//! An exit: which texts it answers, that the others go on as if it were not there, and files that contradict themselves.

use crate::fixture::{config, gguf, metadata, tensors};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use classifier::model_file::{self, EncoderConfig, Exit, Metadata, ModelFile, tensor_specs};
use classifier::{Classifier, Depth, ModelError, Prediction};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Three layers, an exit after the second.
fn with_exit(temperature: f32, threshold: f32) -> Metadata {
    let encoder = EncoderConfig { num_hidden_layers: 3, exit_layer: Some(2), ..config() };
    Metadata { encoder, exit: Some(Exit { temperature, threshold }), ..metadata() }
}

fn load(metadata: &Metadata) -> Classifier {
    Classifier::from_gguf(gguf(metadata, GgmlDType::Q8_0)).unwrap()
}

/// 300 texts of 1 to 24 words: several passes, also of those that go on.
fn texts() -> Vec<String> {
    let words =
        ["shares", "rise", "fall", "after", "guidance", "cut", "the", "stock", "up", "down", "$", "!"];
    let text = |n: usize| {
        (0..1 + n * 7 % 24).map(|at| words[(n * 5 + at * (n % 11 + 1)) % 12]).collect::<Vec<_>>().join(" ")
    };
    (0..300).map(text).collect()
}

fn bits(prediction: &Prediction) -> (Vec<u32>, Vec<u32>, usize) {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
    (bits(&prediction.logits), bits(&prediction.probabilities), prediction.num_layers)
}

/// The median of the exit's highest probabilities: half the texts reach it.
fn middle(classifier: &Classifier) -> f32 {
    let predictions = classifier.classify_batch_at(&texts(), Depth::Exit).unwrap();
    let mut highest: Vec<f32> =
        predictions.iter().map(|it| it.probabilities.iter().copied().fold(0.0, f32::max)).collect();
    highest.sort_by(f32::total_cmp);
    highest[150]
}

#[test]
fn the_exit_answers_where_it_is_sure_and_the_others_go_on_unchanged() {
    let threshold = middle(&load(&with_exit(0.7, 1.0)));
    let classifier = load(&with_exit(0.7, threshold));
    assert_eq!((classifier.num_layers(), classifier.exit_layer()), (3, Some(2)));
    let texts = texts();
    let answers = classifier.classify_batch(&texts).unwrap();
    let at_exit = classifier.classify_batch_at(&texts, Depth::Exit).unwrap();
    let full = classifier.classify_batch_at(&texts, Depth::Full).unwrap();
    let mut num_early = 0;
    for ((answer, at_exit), full) in answers.iter().zip(&at_exit).zip(&full) {
        assert_eq!((at_exit.num_layers, full.num_layers), (2, 3));
        let is_early = at_exit.probabilities.iter().any(|probability| *probability >= threshold);
        num_early += usize::from(is_early);
        assert_eq!(bits(answer), bits(if is_early { at_exit } else { full }));
        assert_eq!(
            answer.probabilities,
            classifier::softmax(&answer.logits, if is_early { 0.7 } else { 1.5 })
        );
    }
    assert!((100..200).contains(&num_early), "{num_early}: both ways must be seen");
}

/// What the head says after all layers, and the exit after its own, are two models without an exit.
#[test]
fn each_depth_is_a_model_of_its_own() {
    let with_exit = with_exit(0.7, 0.5);
    let all = tensors(&with_exit.encoder);
    let model = |num_hidden_layers: usize, head: &str| {
        let encoder = EncoderConfig { num_hidden_layers, exit_layer: None, ..with_exit.encoder.clone() };
        let stored: BTreeMap<String, QTensor> = tensor_specs(&encoder)
            .into_iter()
            .map(|spec| {
                let dtype = if spec.is_quantizable { GgmlDType::Q8_0 } else { GgmlDType::F32 };
                let source = spec.name.replace("cls.output", head);
                (spec.name, QTensor::quantize(&all[&source], dtype).unwrap())
            })
            .collect();
        let mut file = Cursor::new(Vec::new());
        model_file::write(&mut file, &Metadata { encoder, ..metadata() }, &stored).unwrap();
        Classifier::from_gguf(file.into_inner()).unwrap().classify_batch(&texts()).unwrap()
    };
    let classifier = load(&with_exit);
    for (depth, alone) in [(Depth::Full, model(3, "cls.output")), (Depth::Exit, model(2, "cls.exit"))] {
        let found = classifier.classify_batch_at(&texts(), depth).unwrap();
        for (found, alone) in found.iter().zip(&alone) {
            assert_eq!((&found.logits, found.num_layers), (&alone.logits, alone.num_layers), "{depth:?}");
        }
    }
}

/// Company, its order and the number of threads: none of it changes a bit, or which depth answers.
#[test]
fn company_changes_nothing() {
    let threshold = middle(&load(&with_exit(0.7, 1.0)));
    let classifier = load(&with_exit(0.7, threshold));
    let texts = texts();
    let batched = classifier.classify_batch(&texts).unwrap();
    for (text, batched) in texts.iter().zip(&batched).step_by(7) {
        assert_eq!(bits(&classifier.classify(text).unwrap()), bits(batched), "{text}");
    }
    let backwards: Vec<&String> = texts.iter().rev().collect();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| classifier.classify_batch(&backwards)).unwrap();
        assert!(found.iter().rev().map(bits).eq(batched.iter().map(bits)), "{threads} threads");
    }
}

/// Each word against the whole text at one depth: seen red when the rest was read wherever it was sure.
#[test]
fn an_explanation_stays_at_the_depth_of_its_text() {
    let threshold = middle(&load(&with_exit(0.7, 1.0)));
    let classifier = load(&with_exit(0.7, threshold));
    let mut seen = [false; 2];
    for text in texts().iter().filter(|text| text.contains(' ')).take(40) {
        let explanation = classifier.explain(text).unwrap();
        let is_early = explanation.prediction.num_layers == 2;
        let depth = if is_early { Depth::Exit } else { Depth::Full };
        let label =
            classifier.labels().iter().position(|label| *label == explanation.prediction.label).unwrap();
        let (_, rest) = text.split_once(' ').unwrap();
        let without = &classifier.classify_batch_at(&[rest], depth).unwrap()[0];
        let expected = explanation.prediction.probabilities[label] - without.probabilities[label];
        assert_eq!(explanation.words[0].contribution, expected, "{text}");
        seen[usize::from(is_early)] |= classifier.classify(rest).unwrap().num_layers != without.num_layers;
    }
    assert!(seen.iter().all(|seen| *seen), "texts whose rest would be answered at the other depth");
}

#[test]
fn the_file_carries_the_exit() {
    let expected = with_exit(0.75, 0.9);
    let bytes = gguf(&expected, GgmlDType::F32);
    let file = ModelFile::parse(bytes).unwrap();
    assert_eq!((file.metadata().exit, file.metadata().encoder.exit_layer), (expected.exit, Some(2)));
    let file = ModelFile::parse(gguf(&metadata(), GgmlDType::F32)).unwrap();
    assert_eq!((file.metadata().exit, file.metadata().encoder.exit_layer), (None, None));
    // The writer takes both or none.
    for broken in [
        Metadata { exit: None, ..expected },
        Metadata { exit: Some(Exit { temperature: 1.0, threshold: 0.5 }), ..metadata() },
    ] {
        let error = model_file::write(&mut Cursor::new(Vec::new()), &broken, &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("both or none"), "{error}");
    }
}

/// The file of [`with_exit`], one key set to another value or left out.
fn changed(key: &str, value: Option<Value>) -> Vec<u8> {
    let bytes = gguf(&with_exit(0.75, 0.9), GgmlDType::F32);
    let mut reader = Cursor::new(&bytes);
    let content = gguf_file::Content::read(&mut reader).unwrap();
    let mut values: BTreeMap<String, Value> = content.metadata.clone().into_iter().collect();
    values.remove(key).unwrap();
    values.extend(value.map(|value| (key.to_owned(), value)));
    let tensors: Vec<(String, QTensor)> = content
        .tensor_infos
        .keys()
        .map(|name| (name.clone(), content.tensor(&mut reader, name, &candle_core::Device::Cpu).unwrap()))
        .collect();
    let values: Vec<(&str, &Value)> = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &values, &tensors).unwrap();
    file.into_inner()
}

#[test]
fn an_exit_that_cannot_be_is_refused_by_key() {
    let f32 = |value| Some(Value::F32(value));
    for (part, value, expected, found) in [
        ("layer", Some(Value::U32(0)), "at least 1", "0"),
        ("layer", Some(Value::U32(3)), "below num_hidden_layers 3", "3"),
        ("layer", f32(1.0), "u32", "F32"),
        ("layer", None, "u32", "no such key"),
        ("threshold", f32(0.0), "above 0", "0"),
        ("threshold", f32(1.5), "at most 1", "1.5"),
        ("threshold", f32(f32::NAN), "at most 1", "NaN"),
        ("threshold", None, "f32", "no such key"),
        ("temperature", f32(0.0), "above 0", "0"),
        ("temperature", f32(f32::INFINITY), "above 0", "inf"),
        ("temperature", None, "f32", "no such key"),
    ] {
        let key = format!("tickertone.exit.{part}");
        match Classifier::from_gguf(changed(&key, value.clone())).unwrap_err() {
            ModelError::Metadata { key: named, expected: wanted, found: seen } => {
                assert_eq!(named, key, "{value:?}");
                assert!(wanted.contains(expected) && seen.contains(found), "{value:?}: {wanted}, {seen}");
            }
            error => panic!("{value:?}: {error}"),
        }
    }
    assert!(Classifier::from_gguf(changed("tickertone.exit.layer", Some(Value::U32(1)))).is_ok());
}
