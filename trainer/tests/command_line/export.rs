//! `export`: from a run folder to a model that everybody reads, and what must stay whole on the way.

use crate::program::Folder;
use crate::tiny_base::{self, train};
use classifier::Classifier;
use messages::Manifest;

/// A folder with a finished run; returns it with the run's path.
fn trained() -> (Folder, String) {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder.succeeds(&train(&[]));
    let run = std::fs::read_dir(folder.path("runs")).unwrap().next().unwrap().unwrap().path();
    (folder, run.to_str().unwrap().to_owned())
}

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
    }
    assert!(manifest.models[1].size_bytes < manifest.models[2].size_bytes);
    assert!(manifest.models[2].size_bytes < manifest.models[0].size_bytes);
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
