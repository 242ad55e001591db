//! `cargo bench -p classifier`: a call of the default model as its users make it, and the products in it.
//!
//! The texts are those of `cargo xtask bench` and `trainer bench`, which tell how they compare with others; this is
//! for whoever changes a kernel and wants to know in a minute. Every kernel of the machine has its own rows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use classifier::Classifier;
use classifier::testing::available;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// The default model, once for each kernel of this machine.
static CLASSIFIERS: LazyLock<BTreeMap<&str, Classifier>> = LazyLock::new(|| {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let manifest = std::fs::read(models.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let default = manifest["default"].as_str().unwrap();
    let bytes = std::fs::read(models.join(default).join("model.gguf")).unwrap();
    let load = |kernel| Classifier::with_kernel(bytes.clone(), kernel).unwrap();
    available().into_iter().map(|kernel| (kernel.name(), load(kernel))).collect()
});

/// Texts of about 20 and about 64 tokens.
static TEXTS: LazyLock<serde_json::Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../xtask/bench/texts.json")).unwrap());

fn main() {
    divan::main();
}

fn kernel_names() -> Vec<&'static str> {
    available().iter().map(|kernel| kernel.name()).collect()
}

fn texts(length: &str) -> Vec<&'static str> {
    TEXTS[length].as_array().unwrap().iter().map(|text| text["text"].as_str().unwrap()).collect()
}

#[divan::bench(args = kernel_names(), max_time = 2)]
fn one_text_of_20_tokens(bencher: Bencher<'_, '_>, kernel: &str) {
    classify(bencher, kernel, &texts("tokens20")[..1]);
}

#[divan::bench(args = kernel_names(), max_time = 2)]
fn one_text_of_64_tokens(bencher: Bencher<'_, '_>, kernel: &str) {
    classify(bencher, kernel, &texts("tokens64")[..1]);
}

#[divan::bench(args = kernel_names(), max_time = 2)]
fn texts_32_of_20_tokens(bencher: Bencher<'_, '_>, kernel: &str) {
    classify(bencher, kernel, &texts("tokens20")[..32]);
}

fn classify(bencher: Bencher<'_, '_>, kernel: &str, texts: &[&str]) {
    let classifier = &CLASSIFIERS[kernel];
    bencher
        .counter(ItemsCount::new(texts.len()))
        .bench(|| classifier.classify_batch(black_box(texts)).unwrap());
}

/// The int8 products of a text alone, on one thread; items are multiplications and additions.
#[divan::bench(args = kernel_names(), max_time = 2)]
fn products_of_20_tokens(bencher: Bencher<'_, '_>, kernel: &str) {
    products(bencher, kernel, 20);
}

/// The same of a longer text.
#[divan::bench(args = kernel_names(), max_time = 2)]
fn products_of_64_tokens(bencher: Bencher<'_, '_>, kernel: &str) {
    products(bencher, kernel, 64);
}

fn products(bencher: Bencher<'_, '_>, kernel: &str, tokens: usize) {
    let classifier = &CLASSIFIERS[kernel];
    let operations = classifier.run_products(tokens);
    bencher.counter(ItemsCount::new(operations)).bench(|| classifier.run_products(black_box(tokens)));
}
