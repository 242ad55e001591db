//! `export`: from a run folder to a model that everybody reads, and what must stay whole on the way.

use crate::program::Folder;
use crate::tiny_base::{trained, trained_with};
use candle_core::quantized::GgmlDType::{self, F32, Q4_0, Q8_0};
use candle_core::quantized::gguf_file::Content;
use classifier::Classifier;
use classifier::model_file::ModelFile;
use messages::Manifest;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

fn manifest(folder: &Folder) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.path("models/manifest.json")).unwrap()).unwrap()
}

#[test]
fn an_exported_model_is_complete_and_evaluates_as_its_manifest_says() {
    let (folder, run) = trained();
    for (id, quantization) in [("tiny-f32", "F32"), ("tiny-q8_0", "Q8_0"), ("tiny-q4_0", "Q4_0")] {
        folder.succeeds(&["export", "--run", &run, "--id", id, "--quantization", quantization]);
    }
    let manifest = manifest(&folder);
    assert_eq!(manifest.default, "tiny-f32", "the first model is the default until another is made it");
    let ids: Vec<&str> = manifest.models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["tiny-f32", "tiny-q4_0", "tiny-q8_0"]);
    for model in &manifest.models {
        let bytes = std::fs::read(folder.path("models").join(&model.file)).unwrap();
        assert_eq!(bytes.len() as u64, model.size_bytes);
        let classifier = Classifier::from_gguf(bytes).unwrap();
        assert_eq!(classifier.labels(), model.labels);
        let golden = std::fs::read(folder.path("models").join(&model.id).join("golden.json")).unwrap();
        let golden: serde_json::Value = serde_json::from_slice(&golden).unwrap();
        let case = &golden["cases"][0];
        let prediction = classifier.classify(case["text"].as_str().unwrap()).unwrap();
        assert_eq!(case["label"], prediction.label.as_str());
        assert_eq!(case["input_ids"].as_array().unwrap().len(), prediction.num_tokens);
        let card =
            std::fs::read_to_string(folder.path("models").join(&model.id).join("MODEL_CARD.md")).unwrap();
        assert!(
            card.contains(&model.id) && card.contains(&format!("{:.4}", model.metrics.accuracy)),
            "{card}"
        );
        assert!(model.metrics.accuracy > 0.8, "{}: {:?}", model.id, model.metrics);
        let quality = model.quality.as_ref().unwrap();
        assert!(quality.domains.is_empty(), "all rows are of one kind");
        let rows: usize = quality.reliability.iter().map(|bin| bin.rows).sum();
        let right: f64 = quality.reliability.iter().map(|bin| bin.accuracy * bin.rows as f64).sum();
        assert_eq!(
            (rows, right.round()),
            (model.metrics.rows, (model.metrics.accuracy * rows as f64).round())
        );
        let share = &quality.challenge["negation"];
        assert!(
            card.contains(&format!("| negation | {} | {} |", share.texts, share.right)),
            "{share:?} in {card}"
        );
        for section in
            ["Quality", "Calibration", "Known weaknesses", "Challenge set", "Storage", "How it was made"]
        {
            assert!(card.contains(&format!("\n## {section}\n")), "{section} in {card}");
        }
        let settings = card.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
        let sha256: String = Sha256::digest(settings).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(card.contains(&format!("(SHA-256 `{sha256}`)")), "{sha256} in {card}");
        // The tiny tokenizer reads lower case and knows no emoji; its vocabulary has digits.
        let unseen = "no label can flip: upper case (48 texts), added URL (48)";
        for words in
            [unseen, "| another ticker | 0 | 0 | – | – |", "| another number | 48 | ", "difference in points"]
        {
            assert!(card.contains(words), "{words} in {card}");
        }
        assert_eq!(card.contains("misses most"), model.metrics.accuracy < 1.0, "{card}");
        for unstated in ["`data.source`", "`export.limitations`"] {
            assert!(
                card.contains(&format!("not stated: that is for {unstated} to say.")),
                "{unstated} in {card}"
            );
        }
        for foreign in ["Twitter", "2019", "Neutral is the most", "English"] {
            assert!(!card.contains(foreign), "{foreign} in {card}");
        }
    }
    assert!(manifest.models[1].size_bytes < manifest.models[2].size_bytes);
    assert!(manifest.models[2].size_bytes < manifest.models[0].size_bytes);
}

#[test]
fn a_card_says_how_often_the_test_rows_were_looked_at_and_what_was_chosen_on_what() {
    let (folder, run) = trained();
    let card = || {
        folder.succeeds(&["export", "--run", &run, "--id", "tiny"]);
        std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap()
    };
    let first = card();
    assert!(first.contains("nobody had scored this run on them before"), "{first}");
    assert!(first.contains(
        "By macro-F1 on the validation rows, which calibration uses again, was chosen: the kept epoch."
    ));
    folder.succeeds(&["report", &run]);
    // What is refused before anything is scored is no look.
    folder.fails(&["export", "--run", &run, "--id", "tiny", "--tensor", "ffn=F32"], &["ffn"]);
    let last = card();
    assert!(last.contains("scored on them 2 times before (once by `export`, once by `report`)"), "{last}");
    let log = std::fs::read_to_string(folder.path(&run).join("test_looks.jsonl")).unwrap();
    let looks: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let commands: Vec<_> = looks.iter().map(|look| look["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["export", "report", "export"]);
    // A look that cannot be logged does not happen.
    std::fs::write(folder.path(&run).join("test_looks.jsonl"), "{").unwrap();
    folder.fails(&["export", "--run", &run, "--id", "other"], &["test_looks.jsonl:1"]);
    assert!(!folder.path("models/other").exists());
}

#[test]
fn no_share_is_told_of_no_rows() {
    let (folder, run) = trained_with(&["train.epochs=1", "export.uncertain_threshold=1.0"]);
    folder.succeeds(&["export", "--run", &run, "--id", "tiny"]);
    let card = std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap();
    assert!(card.contains("None of the predictions on the test rows reaches it."), "{card}");
    assert!(!card.contains("of those are right"), "{card}");
    folder.succeeds(&["report", &run]);
    let page = std::fs::read_to_string(folder.path(&run).join("report.html")).unwrap();
    assert!(
        page.contains("None of the test rows' predictions reaches it.") && page.contains("no prediction is")
    );
    assert!(!page.contains("of these right") && !page.contains("of these are right"));
}

#[test]
fn the_same_run_exports_to_the_same_bytes_and_replaces_its_entry() {
    let (folder, run) = trained();
    let export = |extra: &[&str]| {
        folder.succeeds(&[&["export", "--run", &run, "--id", "tiny"], extra].concat());
        std::fs::read(folder.path("models/tiny/model.gguf")).unwrap()
    };
    assert_eq!(export(&[]), export(&["--default"]));
    assert_eq!(manifest(&folder).models.len(), 1);
}

#[test]
fn a_preview_is_named_beside_the_default_and_kept() {
    let (folder, run) = trained();
    let export = |id: &str, extra: &[&str]| {
        folder.succeeds(&[&["export", "--run", &run, "--id", id], extra].concat());
        let manifest = manifest(&folder);
        (manifest.default, manifest.preview)
    };
    assert_eq!(export("big", &[]), ("big".to_owned(), None));
    assert_eq!(export("nano", &["--preview"]), ("big".to_owned(), Some("nano".to_owned())));
    assert_eq!(export("bigger", &["--default"]), ("bigger".to_owned(), Some("nano".to_owned())));
    // One model cannot be both: the default is asked for, the preview refused, before anything is measured.
    let before = std::fs::read(folder.path("models/bigger/MODEL_CARD.md")).unwrap();
    let both = ["export", "--run", &run, "--id", "bigger", "--preview", "--quantization", "Q4_0"];
    folder.fails(&both, &["another default model", "found bigger"]);
    assert_eq!(std::fs::read(folder.path("models/bigger/MODEL_CARD.md")).unwrap(), before);
    assert_eq!(export("nano", &["--default"]), ("nano".to_owned(), None));
}

#[test]
fn what_cannot_be_exported_leaves_the_models_as_they_were() {
    let (folder, run) = trained();
    folder.succeeds(&["export", "--run", &run, "--id", "tiny"]);
    let before = std::fs::read(folder.path("models/manifest.json")).unwrap();
    folder.fails(&["export", "--run", "nowhere", "--id", "b"], &["nowhere", "trainer train"]);
    folder.fails(&["export", "--run", &run, "--id", "../b"], &["--id", "../b"]);
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    folder.write("tweets.csv", tweets.replace("soar", "rise"));
    folder.fails(&["export", "--run", &run, "--id", "b"], &["tweets.csv", "SHA-256"]);
    folder.write("tweets.csv", &tweets);
    let checkpoint = format!("{run}/best.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() - 10]).unwrap();
    folder.fails(&["export", "--run", &run, "--id", "b"], &["best.safetensors"]);
    std::fs::write(&checkpoint, &bytes).unwrap();
    assert_eq!(std::fs::read(folder.path("models/manifest.json")).unwrap(), before);
    assert!(!folder.path("models/b").exists());
    folder.write("models/manifest.json", "{");
    folder.fails(&["export", "--run", &run, "--id", "b"], &["manifest.json"]);
    assert_eq!(std::fs::read(folder.path("models/manifest.json")).unwrap(), b"{");
}

#[test]
fn tensors_are_stored_as_they_are_asked_for() {
    let (folder, run) = trained();
    let export = |id: &str, extra: &[&str]| {
        folder.succeeds(&[&["export", "--run", &run, "--id", id, "--quantization", "Q4_0"], extra].concat());
        let card = std::fs::read_to_string(folder.path("models").join(id).join("MODEL_CARD.md")).unwrap();
        (formats(&folder, id), card)
    };
    let (plain, _) = export("plain", &[]);
    assert_eq!((plain["token_embd.weight"], plain["position_embd.weight"]), (Q4_0, Q4_0));
    assert_eq!((plain["blk.1.ffn_up.weight"], plain["blk.1.ffn_up.bias"]), (Q4_0, F32));
    assert_eq!((plain["cls.output.weight"], plain["token_embd_norm.weight"]), (F32, F32));
    let (mixed, card) = export(
        "mixed",
        &[
            "--tensor",
            "token_embd.weight=Q8_0",
            "--tensor",
            "blk.*=Q8_0",
            "--tensor",
            "blk.*.ffn_up.weight=F32",
        ],
    );
    assert_eq!((mixed["token_embd.weight"], mixed["position_embd.weight"]), (Q8_0, Q4_0));
    assert_eq!((mixed["blk.0.attn_q.weight"], mixed["blk.0.ffn_up.weight"]), (Q8_0, F32));
    for line in
        ["`token_embd.weight` | Q8_0", "`blk.*.ffn_up.weight` × 2 | F32", "`token_types.weight` | Q4_0"]
    {
        assert!(card.contains(line), "{line} in {card}");
    }
    // The file is named by what most of it is stored in: 2 is "mostly Q4_0" in the GGUF specification.
    export("other", &["--tensor", "token_embd.weight=Q8_0"]);
    let file_type = content(&folder, "other").metadata["general.file_type"].to_u32().unwrap();
    assert_eq!(file_type, 2);
    let manifest = manifest(&folder);
    let sizes: Vec<u64> = manifest.models.iter().map(|model| model.size_bytes).collect();
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "mixed, other, plain: {sizes:?}");
    assert!(manifest.models.iter().all(|model| model.quantization == "Q4_0" && model.metrics.accuracy > 0.8));
    let refused = |tensor: &str, fragments: &[&str]| {
        folder.fails(&["export", "--run", &run, "--id", "refused", "--tensor", tensor], fragments);
    };
    refused("ffn.weight=Q8_0", &["`ffn.weight`", "blk.*.ffn_up.weight", "token_embd.weight"]);
    refused("token_embd.weight=Q5_0", &["token_embd.weight", "Q5_0", "Q4_0"]);
    assert!(!folder.path("models/refused").exists());
}

#[test]
fn the_threshold_follows_the_accuracy_that_is_asked_for() {
    let (folder, run) = trained();
    let threshold = |id: &str, share: &str| {
        let output = folder.trainer(&["export", "--run", &run, "--id", id, "--selective-accuracy", share]);
        assert!(output.status.success(), "{output:?}");
        let bytes = std::fs::read(folder.path("models").join(id).join("model.gguf")).unwrap();
        let metadata = ModelFile::parse(bytes).unwrap().metadata().clone();
        let card = std::fs::read_to_string(folder.path("models").join(id).join("MODEL_CARD.md")).unwrap();
        let warning = String::from_utf8(output.stderr).unwrap();
        (metadata.uncertain_threshold, card, warning)
    };
    assert_eq!(threshold("fixed", "0").0, 0.6);
    // More than half of the predictions are right: the threshold is the least sure one of the validation rows.
    let (found, card, warning) = threshold("half", "0.5");
    assert!(found != 0.6 && card.contains("at least 50.0 % are right"), "{found} {card}");
    assert!(card.contains("reach it") && !warning.contains("warning"), "{warning}");
    for share in ["1.5", "nan"] {
        let arguments = ["export", "--run", &run, "--id", "refused", "--selective-accuracy", share];
        folder.fails(&arguments, &["selective accuracy", "above 0"]);
    }
}

/// The storage format of every tensor of an exported model.
fn formats(folder: &Folder, id: &str) -> HashMap<String, GgmlDType> {
    let tensors = content(folder, id).tensor_infos.into_iter();
    tensors.map(|(name, info)| (name, info.ggml_dtype)).collect()
}

/// An exported file as any GGUF reader sees it.
fn content(folder: &Folder, id: &str) -> Content {
    let mut file = std::fs::File::open(folder.path("models").join(id).join("model.gguf")).unwrap();
    Content::read(&mut file).unwrap()
}
