//! Inference as a whole: every kernel against the scalar one, texts alone and in company, on one thread and on several.
//! It is held against the differentiable encoder in `encoder/tests/it`.

use crate::fixture::{gguf, metadata};
use candle_core::quantized::GgmlDType;
use classifier::{Classifier, testing};

const TEXTS: [&str; 5] = [
    "shares rise after guidance",
    "the stock is down !",
    "cut",
    "up up up up up up up up up up up",
    "the $ .",
];

fn logits(classifier: &Classifier, texts: &[&str]) -> Vec<f32> {
    let predictions = classifier.classify_batch(texts).unwrap();
    predictions.into_iter().flat_map(|prediction| prediction.logits).collect()
}

#[test]
fn every_kernel_gives_the_same_bits() {
    let bytes = gguf(&metadata(), GgmlDType::Q8_0);
    let scalar = testing::scalar();
    let expected = logits(&Classifier::with_kernel(bytes.clone(), scalar).unwrap(), &TEXTS);
    for kernel in testing::available() {
        let classifier = Classifier::with_kernel(bytes.clone(), kernel).unwrap();
        assert_eq!(classifier.kernel(), kernel.name());
        assert_eq!(logits(&classifier, &TEXTS), expected, "{}", kernel.name());
    }
}

#[test]
fn company_in_a_batch_does_not_change_a_bit() {
    let classifier = Classifier::from_gguf(gguf(&metadata(), GgmlDType::Q8_0)).unwrap();
    let alone: Vec<f32> = TEXTS.iter().flat_map(|text| logits(&classifier, &[text])).collect();
    assert_eq!(logits(&classifier, &TEXTS), alone);
    let many: Vec<&str> = TEXTS.iter().copied().cycle().take(400).collect();
    assert_eq!(logits(&classifier, &many), alone.repeat(80));
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let mut metadata = metadata();
    metadata.encoder.max_position_embeddings = 200;
    let classifier = Classifier::from_gguf(gguf(&metadata, GgmlDType::Q8_0)).unwrap();
    // A text and a pass of several that are shared by their rows, and a batch that is shared by its texts.
    let long = "shares rise after guidance ".repeat(45);
    let few = ["the stock is down ! ".repeat(7), "cut ".repeat(20), "up after guidance ".repeat(8)];
    let batch: Vec<&str> = TEXTS.iter().copied().cycle().take(100).chain([long.as_str()]).collect();
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let few: Vec<&str> = few.iter().map(String::as_str).collect();
        pool.install(|| [&[long.as_str()][..], &few, &batch].map(|texts| logits(&classifier, texts)))
    };
    let expected = with_threads(1);
    for threads in [2, 3, 5] {
        assert_eq!(with_threads(threads), expected, "{threads} threads");
    }
}
