//! A small random model with a real tokenizer: two layers, 64 wide, 32 tokens; a fraction of a second to load. The
//! tests of the crate `encoder` have it, too.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use classifier::model_file::{self, Architecture, EncoderConfig, Metadata, TensorSpec, tensor_specs};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Reproducible numbers in −1 ..= 1 (xorshift32, Marsaglia 2003).
pub struct Numbers(pub u32);

impl Numbers {
    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 as f32 / u32::MAX as f32) * 2.0 - 1.0
    }

    pub fn tensor(&mut self, shape: &[usize], scale: f32) -> Tensor {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| self.next() * scale).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }
}

pub fn tokenizer_json() -> String {
    let words =
        ["shares", "rise", "fall", "after", "guidance", "cut", "the", "stock", "up", "down", "$", "!", "."];
    let mut vocab: Vec<String> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned).to_vec();
    vocab.extend(words.map(str::to_owned));
    vocab.extend(('a'..='z').map(String::from));
    vocab.extend(('a'..='z').map(|letter| format!("##{letter}")));
    let entries: Vec<String> =
        vocab.iter().enumerate().map(|(id, piece)| format!("{piece:?}:{id}")).collect();
    let special = |id: usize, token: &str| {
        format!(
            r#"{{"id":{id},"content":"{token}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}"#
        )
    };
    format!(
        r###"{{"version":"1.0","truncation":{{"max_length":8,"strategy":"LongestFirst","stride":0,"direction":"Right"}},
        "padding":null,"added_tokens":[{},{},{},{}],
        "normalizer":{{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}},
        "pre_tokenizer":{{"type":"BertPreTokenizer"}},
        "post_processor":{{"type":"TemplateProcessing","single":[{{"SpecialToken":{{"id":"[CLS]","type_id":0}}}},{{"Sequence":{{"id":"A","type_id":0}}}},{{"SpecialToken":{{"id":"[SEP]","type_id":0}}}}],"pair":[],"special_tokens":{{"[CLS]":{{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]}},"[SEP]":{{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}}}},
        "decoder":null,"model":{{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{{{}}}}}}}"###,
        special(0, "[PAD]"),
        special(1, "[UNK]"),
        special(2, "[CLS]"),
        special(3, "[SEP]"),
        entries.join(",")
    )
}

pub fn config() -> EncoderConfig {
    EncoderConfig {
        architecture: Architecture::Bert,
        vocab_size: 80,
        hidden_size: 64,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 128,
        max_position_embeddings: 32,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        num_labels: 3,
        exit_layer: None,
    }
}

pub fn metadata() -> Metadata {
    Metadata {
        id: "tiny".to_owned(),
        encoder: config(),
        labels: ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec(),
        normalization: ["decode_html_entities", "remove_urls", "collapse_whitespace"]
            .map(str::to_owned)
            .to_vec(),
        temperature: 1.5,
        uncertain_threshold: 0.4,
        exit: None,
        tokenizer_json: tokenizer_json(),
        provenance: vec![("base_model".to_owned(), "none".to_owned()), ("seed".to_owned(), "1".to_owned())],
    }
}

/// Every tensor of the model; norms start near 1, as trained ones are.
pub fn tensors(config: &EncoderConfig) -> BTreeMap<String, Tensor> {
    let mut numbers = Numbers(7);
    let tensor = |spec: TensorSpec| {
        let noise = numbers.tensor(&spec.shape, 0.3);
        let is_norm_weight = spec.name.contains("norm.weight");
        (spec.name, if is_norm_weight { (noise + 1.0).unwrap() } else { noise })
    };
    tensor_specs(config).into_iter().map(tensor).collect()
}

/// The model file, its quantizable matrices stored as `dtype`.
pub fn gguf(metadata: &Metadata, dtype: GgmlDType) -> Vec<u8> {
    let tensors = tensors(&metadata.encoder);
    let stored: BTreeMap<String, QTensor> = tensor_specs(&metadata.encoder)
        .into_iter()
        .map(|spec| {
            let dtype = if spec.is_quantizable { dtype } else { GgmlDType::F32 };
            let stored = QTensor::quantize(&tensors[&spec.name], dtype).unwrap();
            (spec.name, stored)
        })
        .collect();
    let mut file = Cursor::new(Vec::new());
    model_file::write(&mut file, metadata, &stored).unwrap();
    file.into_inner()
}
