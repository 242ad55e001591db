//! An MPNet in place of a BERT: trained, resumed and asked as a teacher; what it is not made for is refused with the
//! reason, and so are base folders that cannot be read.

use crate::program::Folder;
use crate::resuming::interrupt;
use crate::tiny_base::{self, checkpoint, train};
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use trainer::run::answers::Answers;

/// A folder whose `base/` is an MPNet: the tiny BERT's tensors under other names, two rows before the positions, no
/// token types, and the table of biases.
fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let edit = |name: &str, pairs: &[(&str, &str)]| {
        let mut text = std::fs::read_to_string(folder.path(name)).unwrap();
        for (ours, theirs) in pairs {
            assert!(text.contains(ours), "{ours}");
            text = text.replace(ours, theirs);
        }
        folder.write(name, text);
    };
    edit("base/tokenizer.json", &[("[CLS]", "<s>"), ("[SEP]", "</s>")]);
    edit(
        "base/config.json",
        &[
            ("\"bert\"", "\"mpnet\""),
            ("\"max_position_embeddings\":96", "\"max_position_embeddings\":98"),
            ("\"type_vocab_size\":2", "\"relative_attention_num_buckets\":8"),
        ],
    );
    let tensor = |shape: (usize, usize)| {
        let values: Vec<f32> = (0..shape.0 * shape.1).map(|at| (at as f32).sin() * 0.1).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    };
    let bert = candle_core::safetensors::load(folder.path("base/model.safetensors"), &Device::Cpu).unwrap();
    let names = [
        ("attention.self.query", "attention.attn.q"),
        ("attention.self.key", "attention.attn.k"),
        ("attention.self.value", "attention.attn.v"),
        ("attention.output.dense", "attention.attn.o"),
        ("attention.output.LayerNorm", "attention.LayerNorm"),
    ];
    let renamed = |name: String| names.iter().fold(name, |name, (ours, theirs)| name.replace(ours, theirs));
    let mut mpnet: HashMap<String, Tensor> =
        bert.into_iter().map(|(name, tensor)| (renamed(name), tensor)).collect();
    mpnet.remove("embeddings.token_type_embeddings.weight");
    let positions = "embeddings.position_embeddings.weight";
    let with_two_rows = Tensor::cat(&[&tensor((2, 32)), &mpnet[positions]], 0).unwrap();
    mpnet.insert(positions.to_owned(), with_two_rows);
    mpnet.insert("encoder.relative_attention_bias.weight".to_owned(), tensor((8, 4)));
    candle_core::safetensors::save(&mpnet, folder.path("base/model.safetensors")).unwrap();
    folder
}

fn in_folder<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    [&train(overrides)[..], &["--output", output]].concat()
}

#[test]
fn one_step_changes_every_trainable_tensor() {
    let folder = folder();
    let one_step = ["train.epochs=1", "train.batch_size=1000", "train.warmup_fraction=0"];
    folder.succeeds(&in_folder("after", &one_step));
    folder.succeeds(&in_folder("before", &[&one_step[..], &["train.learning_rate=1e-30"]].concat()));
    let weights = |run: &str| checkpoint(&folder.path(&format!("{run}/best.safetensors")));
    let (before, after) = (weights("before"), weights("after"));
    assert_eq!(before.len(), 5 + 2 * 16 + 2);
    for (name, values) in &before {
        assert_ne!(values, &after[name], "{name} did not move");
    }
    // The first position's row is the base's third.
    let base = checkpoint(&folder.path("base/model.safetensors"));
    let positions = &base["embeddings.position_embeddings.weight"][2 * 32..];
    assert_eq!(before["position_embd.weight"], positions[..before["position_embd.weight"].len()]);
}

#[test]
fn the_tweets_are_learned_and_the_run_teaches() {
    let folder = folder();
    folder.succeeds(&in_folder("teacher", &[]));
    let texts = ["the stock plunge today", "shares of the company soar", "the company meets today"];
    folder.write("more.txt", texts.join("\n"));
    let teach = ["teach", "--config", "tiny.toml", "--output", "answers.safetensors"];
    let sets = ["--set", "data.unlabelled=[\"more.txt\"]", "--set", "distillation.teachers=[\"teacher\"]"];
    folder.succeeds(&[&teach[..], &sets].concat());
    let answers = Answers::read(&folder.path("answers.safetensors")).unwrap();
    for (label, logits) in answers.of(&texts).unwrap().iter().enumerate() {
        let best = (0..3).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
        assert_eq!(best, label, "{:?}: {logits:?}", texts[label]);
    }
    let models = ["export", "--run", "teacher", "--models", "models", "--id", "teacher"];
    folder.fails(&models, &["teacher", "BERT", "MPNet", "int8", "distillation.teachers"]);
    folder.fails(&["report", "teacher"], &["teacher", "MPNet", "int8"]);
    let names = folder.names();
    assert!(!names.contains(&"models".to_owned()) && !folder.path("teacher/test_looks.jsonl").exists());
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes() {
    let folder = folder();
    let settings = ["train.averaging=ema", "train.checkpoint_seconds=0"];
    folder.succeeds(&in_folder("whole", &settings));
    interrupt(&folder, &in_folder("stopped", &settings), "epoch 2/8", rustix::process::Signal::KILL);
    folder.succeeds(&["train", "--resume", "stopped"]);
    let bytes = |run: &str| std::fs::read(folder.path(&format!("{run}/best.safetensors"))).unwrap();
    assert_eq!(bytes("whole"), bytes("stopped"));
}

#[test]
fn what_an_mpnet_is_not_made_for_is_refused_with_the_reason() {
    let folder = folder();
    folder.fails(&train(&["export.quantization_aware=true"]), &["quantization_aware", "MPNet", "int8"]);
    let adapt = ["adapt", "--config", "tiny.toml", "--output", "adapted"];
    folder.fails(&adapt, &["MPNet", "pre-trained on another task"]);
    let prune = ["prune", "--base", "base", "--corpus", "tweets.csv", "--output", "pruned"];
    folder.fails(&prune, &["mpnet", "bert", "downloaded"]);
    folder.fails(&train(&["model.context_length=97"]), &["context_length", "96", "97"]);
    assert!(!folder.names().iter().any(|name| ["adapted", "pruned", "runs"].contains(&name.as_str())));
}

#[test]
fn weights_in_another_form_are_refused_with_the_way_out() {
    let folder = folder();
    let weights = folder.path("base/model.safetensors");
    std::fs::rename(&weights, folder.path("base/pytorch_model.bin")).unwrap();
    folder.fails(&train(&[]), &["model.safetensors", "pytorch_model.bin", "pickle", "safe_serialization"]);
    folder.write("base/model.safetensors.index.json", "{}");
    folder.fails(&train(&[]), &["one file", "sharded", "max_shard_size"]);
}

#[test]
fn other_architectures_and_tokenizers_of_other_models_are_refused() {
    let folder = folder();
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    let (config, tokenizer) = (read("base/config.json"), read("base/tokenizer.json"));
    // As it is: RoBERTa's sizes have other names, and the architecture is told first.
    folder.write("base/config.json", r#"{"model_type": "deberta-v2", "layer_norm_eps": 1e-7}"#);
    folder.fails(&train(&[]), &["bert or mpnet", "deberta-v2", "distillation.teachers"]);
    folder.write("base/config.json", config.replace("\"relative_attention_num_buckets\":8", "\"x\":8"));
    folder.fails(&train(&[]), &["relative_attention_num_buckets", "found none"]);
    folder.write("base/config.json", config.replace("_num_buckets\":8", "_num_buckets\":6"));
    folder.fails(&train(&[]), &["multiple of 4", "found 6"]);
    folder.write("base/config.json", &config);
    folder.write("base/tokenizer.json", tokenizer.replace("<s>", "[CLS]"));
    folder.fails(&train(&[]), &["special token <s>", "tokenizer that came with these weights"]);
    // Both tokens are there, and no text gets them.
    let mut bare: serde_json::Value = serde_json::from_str(&tokenizer).unwrap();
    bare["post_processor"].take();
    folder.write("base/tokenizer.json", bare.to_string());
    folder.fails(&train(&[]), &["between <s> and </s>", "[2, 3]", "[]", "post_processor"]);
    folder.write("base/tokenizer.json", &tokenizer);
    folder.write("base/config.json", config.replace("\"vocab_size\":39", "\"vocab_size\":30"));
    folder.fails(&train(&[]), &["30 ids", "found 39"]);
    assert!(!folder.names().contains(&"runs".to_owned()), "nothing may be written before everything is read");
}
