//! A base model small enough to train in a second: two layers, 32 wide, 60 word pieces, random weights, in the
//! three files of a Hugging Face folder; and labelled texts that can be told apart by single words.

use crate::program::Folder;
use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::path::Path;

const HIDDEN: usize = 32;
const INTERMEDIATE: usize = 64;
const LAYERS: usize = 2;
const WORDS: [&str; 14] = [
    "shares", "stock", "the", "of", "company", "today", "soar", "rally", "plunge", "crash", "meets", "opens",
    "up", "down",
];

/// Writes `base/`, `tweets.csv` and `tiny.toml` into the folder.
pub fn write(folder: &Folder) {
    let base = folder.path("base");
    std::fs::create_dir_all(&base).unwrap();
    std::fs::write(base.join("config.json"), config_json()).unwrap();
    std::fs::write(base.join("tokenizer.json"), tokenizer_json()).unwrap();
    candle_core::safetensors::save(&tensors(), base.join("model.safetensors")).unwrap();
    folder.write("tweets.csv", tweets());
    folder.write("tiny.toml", CONFIG);
}

/// A folder with a finished run; returns it with the run's path.
pub fn trained() -> (Folder, String) {
    trained_with(&[])
}

/// As [`trained`], with overrides. `hostile.csv` has the same tweets with markup in front.
pub fn trained_with(overrides: &[&str]) -> (Folder, String) {
    let folder = Folder::new();
    write(&folder);
    let hostile: String = tweets()
        .lines()
        .enumerate()
        .map(|(index, line)| match (index, line.split_once(',')) {
            (1.., Some((text, label))) => format!(
                "\"<script>alert('&')</script><img src=\"\"http://example.com/x\"\"> {text}\",{label}\n"
            ),
            _ => format!("{line}\n"),
        })
        .collect();
    folder.write("hostile.csv", hostile);
    folder.succeeds(&train(overrides));
    let run = std::fs::read_dir(folder.path("runs")).unwrap().next().unwrap().unwrap().path();
    (folder, run.to_str().unwrap().to_owned())
}

/// The arguments of a training run with the configuration below and these overrides.
pub fn train<'a>(overrides: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--config", "tiny.toml"];
    for text in overrides {
        arguments.extend(["--set", text]);
    }
    arguments
}

/// The configuration of a run that learns the tweets in a second.
const CONFIG: &str = r#"
name = "tiny"
[data]
train = "tweets.csv"
[split]
validation_fraction = 0.1
test_fraction = 0.2
[model]
base = "base"
base_name = "tiny"
context_length = 24
[train]
epochs = 8
batch_size = 16
max_tokens = 16
learning_rate = 3e-3
num_threads = 2
"#;

fn tweets() -> String {
    let mut csv = String::from("text,label\n");
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for row in 0..240 {
        let label = row % 3;
        let telling = [["plunge", "crash"], ["soar", "rally"], ["meets", "opens"]][label][row / 3 % 2];
        let mut words: Vec<String> =
            (0..rng.random_range(2..6)).map(|_| WORDS[rng.random_range(0..6)].to_owned()).collect();
        // A number of its own, so that no two rows are near-duplicates.
        words.push(format!("{row}"));
        words.insert(rng.random_range(0..words.len()), telling.to_owned());
        csv.push_str(&format!("{},{label}\n", words.join(" ")));
    }
    csv
}

fn vocabulary() -> Vec<String> {
    let mut vocabulary: Vec<String> =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned).to_vec();
    vocabulary.extend(WORDS.map(str::to_owned));
    for digit in 0..10 {
        vocabulary.extend([format!("{digit}"), format!("##{digit}")]);
    }
    vocabulary
}

fn tokenizer_json() -> String {
    let vocabulary = vocabulary();
    let vocab: serde_json::Map<String, serde_json::Value> =
        vocabulary.iter().enumerate().map(|(id, piece)| (piece.clone(), id.into())).collect();
    let added: Vec<serde_json::Value> = (0..5)
        .map(|id| {
            serde_json::json!({"id": id, "content": vocabulary[id], "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true})
        })
        .collect();
    let special = |token: &str| serde_json::json!({"SpecialToken": {"id": token, "type_id": 0}});
    serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]")],
            "pair": [],
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab}
    })
    .to_string()
}

fn config_json() -> String {
    serde_json::json!({
        "model_type": "bert", "hidden_act": "gelu", "vocab_size": vocabulary().len(), "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": 4, "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": 96, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "initializer_range": 0.02
    })
    .to_string()
}

fn tensors() -> HashMap<String, Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut tensors = HashMap::new();
    let mut add = |name: String, shape: &[usize], centre: f32| {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| centre + rng.random_range(-0.2..0.2)).collect();
        tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
    };
    let norm = |name: &str| [(format!("{name}.weight"), 1.0), (format!("{name}.bias"), 0.0)];
    add("embeddings.word_embeddings.weight".to_owned(), &[vocabulary().len(), HIDDEN], 0.0);
    add("embeddings.position_embeddings.weight".to_owned(), &[96, HIDDEN], 0.0);
    add("embeddings.token_type_embeddings.weight".to_owned(), &[2, HIDDEN], 0.0);
    norm("embeddings.LayerNorm").into_iter().for_each(|(name, centre)| add(name, &[HIDDEN], centre));
    for layer in 0..LAYERS {
        let linears = [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INTERMEDIATE, HIDDEN),
            ("output.dense", HIDDEN, INTERMEDIATE),
        ];
        for (name, rows, columns) in linears {
            add(format!("encoder.layer.{layer}.{name}.weight"), &[rows, columns], 0.0);
            add(format!("encoder.layer.{layer}.{name}.bias"), &[rows], 0.0);
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            let norms = norm(&format!("encoder.layer.{layer}.{name}"));
            norms.into_iter().for_each(|(name, centre)| add(name, &[HIDDEN], centre));
        }
    }
    tensors
}

/// The tensors of a checkpoint, flat.
pub fn checkpoint(path: &Path) -> HashMap<String, Vec<f32>> {
    let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
    let flat = |(name, tensor): (String, Tensor)| (name, tensor.flatten_all().unwrap().to_vec1().unwrap());
    tensors.into_iter().map(flat).collect()
}
