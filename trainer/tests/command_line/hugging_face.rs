//! Checkpoints of Hugging Face as teachers: each family says what PyTorch says, and what would say something else is
//! refused.
//!
//! `hugging_face.json` holds PyTorch's logits over random weights; `hugging_face.py` writes it. The weights themselves are
//! made here, by the same function.

use crate::program::Folder;
use crate::tiny_base::{self, train};
use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use std::collections::HashMap;
use trainer::run::answers::Answers;

/// Of the logits, which are sums of products of numbers around 1: PyTorch's own order of the sums is as far off.
const TOLERANCE: f32 = 1e-4;
const LABEL_MAP: &str = "distillation.label_map={negative=\"Bearish\",positive=\"Bullish\"}";
const ALLOWED: &str = "distillation.allow_unknown_teacher_data=true";
const TEXTS: &str = "data.unlabelled=[\"texts.txt\"]";

fn fixture() -> Value {
    serde_json::from_str(include_str!("hugging_face.json")).unwrap()
}

/// As `value` in hugging_face.py.
fn values(tensor: usize, name: &str, count: usize) -> Vec<f32> {
    let is_scale = name.to_lowercase().contains("norm") && name.ends_with("weight");
    let value = |element: usize| {
        let mut x = (element as u32).wrapping_add((tensor * 1_000_003) as u32);
        for (factor, shift) in [(2_654_435_761u32, 15), (2_246_822_519, 13), (3_266_489_917, 16)] {
            x = x.wrapping_mul(factor);
            x ^= x >> shift;
        }
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0 + f32::from(u8::from(is_scale))
    };
    (0..count).map(value).collect()
}

fn tensors(family: &Value) -> HashMap<String, Tensor> {
    let tensor = |(at, entry): (usize, &Value)| {
        let name = entry[0].as_str().unwrap().to_owned();
        let shape: Vec<usize> = serde_json::from_value(entry[1].clone()).unwrap();
        let values = values(at, &name, shape.iter().product());
        (name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap())
    };
    family["tensors"].as_array().unwrap().iter().enumerate().map(tensor).collect()
}

/// Writes the checkpoint folder `teacher`.
fn write(folder: &Folder, fixture: &Value, config: &Value, tensors: &HashMap<String, Tensor>) {
    std::fs::create_dir_all(folder.path("teacher")).unwrap();
    folder.write("teacher/config.json", config.to_string());
    folder.write("teacher/tokenizer.json", fixture["tokenizer"].to_string());
    candle_core::safetensors::save(tensors, folder.path("teacher/model.safetensors")).unwrap();
}

/// A folder with labelled texts, and with the texts of the fixture.
fn folder(fixture: &Value) -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let texts: Vec<&str> =
        fixture["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    folder.write("texts.txt", texts.join("\n"));
    folder
}

fn teach<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["teach", "--config", "tiny.toml", "--output", output];
    for text in [TEXTS, "distillation.teachers=[\"hf:teacher\"]"].iter().chain(overrides) {
        arguments.extend(["--set", text]);
    }
    arguments
}

/// The largest difference between what the file says of the fixture's texts and the logits of PyTorch.
fn largest_difference(folder: &Folder, file: &str, fixture: &Value, family: &Value) -> f32 {
    let answers = Answers::read(&folder.path(file)).unwrap();
    let texts: Vec<&str> =
        fixture["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let expected: Vec<[f32; 3]> = serde_json::from_value(family["logits"].clone()).unwrap();
    // negative, neutral, positive → Bearish, Bullish, Neutral
    let expected = expected.iter().map(|[bearish, neutral, bullish]| [bearish, bullish, neutral]);
    let pairs = answers.of(&texts).unwrap().into_iter().zip(expected);
    let differences = pairs.flat_map(|(found, expected)| {
        found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).collect::<Vec<_>>()
    });
    differences.fold(0.0, f32::max)
}

#[test]
fn every_family_says_what_pytorch_says() {
    let fixture = fixture();
    let folder = folder(&fixture);
    for (name, family) in fixture["families"].as_object().unwrap() {
        write(&folder, &fixture, &family["config"], &tensors(family));
        let output = folder.trainer(&teach("answers", &[LABEL_MAP, ALLOWED]));
        assert!(output.status.success(), "{name}: {output:?}");
        let difference = largest_difference(&folder, "answers", &fixture, family);
        assert!(difference < TOLERANCE, "{name}: {difference}");
        std::fs::remove_file(folder.path("answers")).unwrap();
    }
}

/// Older configurations, and weights in 16 bits: what they are rounded to, f32 computes with.
#[test]
fn other_forms_of_a_checkpoint_are_read_too() {
    let fixture = fixture();
    let folder = folder(&fixture);
    let family = &fixture["families"]["modernbert"];
    let mut config = family["config"].clone();
    let keys = config.as_object_mut().unwrap();
    ["rope_parameters", "layer_types", "norm_eps"].iter().for_each(|key| {
        keys.remove(*key);
    });
    keys.extend(
        json!({"global_rope_theta": 160000.0, "local_rope_theta": 10000.0}).as_object().unwrap().clone(),
    );
    write(&folder, &fixture, &config, &tensors(family));
    folder.succeeds(&teach("old", &[LABEL_MAP, ALLOWED]));
    assert!(largest_difference(&folder, "old", &fixture, family) < TOLERANCE);

    let family = &fixture["families"]["bert"];
    let rounded = |bits: DType| -> HashMap<String, Tensor> {
        let round = |tensor: &Tensor| tensor.to_dtype(DType::F16).unwrap().to_dtype(bits).unwrap();
        tensors(family).iter().map(|(name, tensor)| (name.clone(), round(tensor))).collect()
    };
    for (output, bits) in [("half", DType::F16), ("whole", DType::F32)] {
        write(&folder, &fixture, &family["config"], &rounded(bits));
        folder.succeeds(&teach(output, &[LABEL_MAP, ALLOWED]));
    }
    let texts: Vec<String> = serde_json::from_value(fixture["texts"].clone()).unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let [half, whole] = ["half", "whole"].map(|file| Answers::read(&folder.path(file)).unwrap());
    assert_eq!(half.of(&texts).unwrap(), whole.of(&texts).unwrap());
}

#[test]
fn a_student_learns_from_a_checkpoint_of_which_nobody_knows_what_it_has_seen() {
    let fixture = fixture();
    let folder = folder(&fixture);
    let family = &fixture["families"]["roberta"];
    write(&folder, &fixture, &family["config"], &tensors(family));
    let teacher = "distillation.teachers=[\"hf:teacher\"]";
    let student = |overrides: &[&'static str]| {
        [
            &train(&[&["train.epochs=1", TEXTS, teacher, LABEL_MAP], overrides].concat())[..],
            &["--output", "student"],
        ]
        .concat()
    };
    folder.fails(&student(&[]), &["hf:teacher", "does not tell", "allow_unknown_teacher_data"]);
    folder.fails(
        &student(&[ALLOWED, "distillation.hidden_weight=1.0"]),
        &["hf:teacher", "`distillation.hidden_weight`"],
    );
    assert!(!folder.path("student").exists());
    let output = folder.trainer(&student(&[ALLOWED]));
    assert!(output.status.success(), "{output:?}");
    // The tweets have numbers and one text an "and", which this tokenizer does not know.
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("tokenizer knows not all pieces of 169 texts"), "{said}");
    folder.succeeds(&["export", "--run", "student", "--models", "models", "--id", "student"]);
    let card = std::fs::read_to_string(folder.path("models/student/MODEL_CARD.md")).unwrap();
    assert!(card.contains("Which rows the teacher `hf:teacher` learned from is not known"), "{card}");
    assert!(card.contains("`hf:teacher`, a teacher (SHA-256"), "{card}");
}

/// A configuration that differs in one key, and what is said of it.
const REFUSED: [(&str, &str, &str, &[&str]); 17] = [
    ("bert", "model_type", "\"electra\"", &["`model_type` of bert", "\"electra\""]),
    ("bert", "hidden_act", "\"silu\"", &["`hidden_act`", "\"gelu\" or \"relu\"", "\"silu\""]),
    ("bert", "position_embedding_type", "\"relative_key\"", &["`position_embedding_type`", "relative_key"]),
    ("bert", "is_decoder", "true", &["`is_decoder`"]),
    ("bert", "problem_type", "\"regression\"", &["`problem_type`", "\"regression\""]),
    ("bert", "id2label", "null", &["`id2label`", "none"]),
    ("bert", "id2label", "{\"0\": \"negative\", \"2\": \"positive\"}", &["`id2label`", "each id from 0"]),
    ("bert", "hidden_size", "null", &["`hidden_size`"]),
    ("bert", "vocab_size", "20", &["tensor `bert.embeddings.word_embeddings.weight`"]),
    ("roberta", "num_hidden_layers", "2", &["more", "`roberta.encoder.layer.2."]),
    ("roberta", "position_embedding_type", "\"relative_key_query\"", &["`position_embedding_type`"]),
    ("deberta-v2", "conv_kernel_size", "3", &["`conv_kernel_size`", "its convolution"]),
    ("deberta-v2", "position_biased_input", "true", &["`position_biased_input`", "absolute positions"]),
    ("deberta-v2", "pooler_hidden_act", "\"tanh\"", &["`pooler_hidden_act`"]),
    ("modernbert", "attention_bias", "true", &["`attention_bias`", "these biases"]),
    (
        "modernbert",
        "layer_types",
        "[\"full_attention\", \"full_attention\", \"full_attention\"]",
        &["`layer_types`"],
    ),
    (
        "modernbert",
        "rope_parameters",
        "{\"full_attention\": {\"rope_type\": \"yarn\", \"rope_theta\": 1.0}}",
        &["`rope_parameters.full_attention`", "yarn"],
    ),
];

#[test]
fn what_would_be_computed_otherwise_is_refused_by_name() {
    let fixture = fixture();
    let folder = folder(&fixture);
    for (name, key, value, fragments) in REFUSED {
        let family = &fixture["families"][name];
        let mut config = family["config"].clone();
        config[key] = serde_json::from_str(value).unwrap();
        write(&folder, &fixture, &config, &tensors(family));
        folder
            .fails(&teach("answers", &[LABEL_MAP, ALLOWED]), &[&["teacher hf:teacher"], fragments].concat());
    }
    // A layer's norm that is not there, and a bias that nobody would add.
    let family = &fixture["families"]["modernbert"];
    let mut changed = tensors(family);
    let norm = changed.remove("model.layers.1.attn_norm.weight").unwrap();
    write(&folder, &fixture, &family["config"], &changed);
    folder
        .fails(&teach("answers", &[LABEL_MAP, ALLOWED]), &["`model.layers.1.attn_norm.weight`, found none"]);
    changed.insert("model.layers.1.attn_norm.weight".to_owned(), norm.clone());
    changed.insert("model.layers.1.attn_norm.bias".to_owned(), norm);
    write(&folder, &fixture, &family["config"], &changed);
    folder.fails(&teach("answers", &[LABEL_MAP, ALLOWED]), &["1 more", "`model.layers.1.attn_norm.bias`"]);
    assert!(!folder.path("answers").exists());
}

#[test]
fn a_folder_that_cannot_be_read_is_told_with_what_to_do() {
    let fixture = fixture();
    let folder = folder(&fixture);
    let family = &fixture["families"]["bert"];
    let whole = || write(&folder, &fixture, &family["config"], &tensors(family));
    let fails = |overrides: &[&str], fragments: &[&str]| {
        folder.fails(
            &teach("answers", &[&[ALLOWED], overrides].concat()),
            &[&["teacher hf:teacher"], fragments].concat(),
        );
    };
    fails(&[LABEL_MAP], &["no folder teacher"]);
    whole();
    fails(&[], &["none for \"negative\"", "[distillation.label_map]"]);
    folder.fails(
        &teach("answers", &[ALLOWED, "distillation.label_map={negative=\"Bear\"}"]),
        &["`distillation.label_map`", "\"Bear\" for \"negative\"", "Bearish"],
    );
    let file = |name: &str| folder.path("teacher").join(name);
    std::fs::rename(file("model.safetensors"), file("pytorch_model.bin")).unwrap();
    fails(&[LABEL_MAP], &["one model.safetensors", "pytorch_model.bin alone", "save_pretrained"]);
    folder.write("teacher/model.safetensors.index.json", "{}");
    fails(&[LABEL_MAP], &["in several files", "max_shard_size"]);
    whole();
    folder.write("teacher/model.safetensors", "nothing");
    fails(&[LABEL_MAP], &["cannot read model.safetensors"]);
    whole();
    let mut tokenizer = fixture["tokenizer"].clone();
    tokenizer["post_processor"] = Value::Null;
    folder.write("teacher/tokenizer.json", tokenizer.to_string());
    fails(&[LABEL_MAP], &["special tokens around every text", "adds 0"]);
    tokenizer = fixture["tokenizer"].clone();
    tokenizer["model"]["vocab"]["more"] = json!(99);
    folder.write("teacher/tokenizer.json", tokenizer.to_string());
    fails(&[LABEL_MAP], &["tokenizer.json", "found 99"]);
    std::fs::remove_file(file("tokenizer.json")).unwrap();
    fails(&[LABEL_MAP], &["expected a tokenizer.json, found none", "AutoTokenizer"]);
    std::fs::remove_file(file("config.json")).unwrap();
    fails(&[LABEL_MAP], &["expected a config.json, found none"]);
}
