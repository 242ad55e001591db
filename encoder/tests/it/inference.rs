//! The encoder over model files, and the int8 inference of the same files held against it.

use crate::fixture::{config, gguf, metadata};
use candle_core::Device;
use candle_core::quantized::GgmlDType;
use classifier::Classifier;
use classifier::model_file::ModelFile;
use encoder::{Batch, Encoder, NoDropout};

const TEXTS: [&str; 5] = [
    "shares rise after guidance",
    "the stock is down !",
    "cut",
    "up up up up up up up up up up up",
    "the $ .",
];

/// What storage alone costs: the encoder computes in f32 here. What rounded activations add is held below.
#[test]
fn quantized_files_agree_with_f32() {
    let texts = ["shares rise after guidance", "the stock is down !", "cut"];
    let logits = |dtype| {
        let file = ModelFile::parse(gguf(&metadata(), dtype)).unwrap();
        let encoder = Encoder::new(&file.metadata().encoder, &file).unwrap();
        let tokenizer = file.tokenizer();
        let ids: Vec<Vec<u32>> =
            texts.iter().map(|text| tokenizer.encode(text, 32).unwrap().input_ids).collect();
        let logits = encoder.logits(&Batch::new(&ids, &Device::Cpu).unwrap(), &mut NoDropout).unwrap();
        logits.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let exact = logits(GgmlDType::F32);
    for (dtype, tolerance) in [(GgmlDType::Q8_0, 0.05), (GgmlDType::Q4_0, 0.6)] {
        for (quantized, exact) in logits(dtype).iter().zip(&exact) {
            assert!((quantized - exact).abs() < tolerance, "{dtype:?}: {quantized} and {exact}");
        }
    }
}

/// Logits lie between −3 and 3, and 33 steps of the weights of a random model change them by two tenths;
/// `quantization.rs` holds inference to an encoder that rounds as it does.
#[test]
fn logits_are_those_of_the_encoder_up_to_quantization() {
    for dtype in [GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q4_0] {
        let bytes = gguf(&metadata(), dtype);
        let file = ModelFile::parse(bytes.clone()).unwrap();
        let encoder = Encoder::new(&config(), &file).unwrap();
        let tokenizer = file.tokenizer();
        let ids: Vec<Vec<u32>> =
            TEXTS.iter().map(|text| tokenizer.encode(text, 32).unwrap().input_ids).collect();
        let exact = encoder.logits(&Batch::new(&ids, &Device::Cpu).unwrap(), &mut NoDropout).unwrap();
        let exact = exact.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let predictions = Classifier::from_gguf(bytes).unwrap().classify_batch(&TEXTS).unwrap();
        let ours: Vec<f32> = predictions.into_iter().flat_map(|prediction| prediction.logits).collect();
        assert_eq!(ours.len(), exact.len());
        for (ours, exact) in ours.iter().zip(&exact) {
            assert!((ours - exact).abs() < 0.3, "{dtype:?}: {ours} and {exact}");
        }
    }
}
