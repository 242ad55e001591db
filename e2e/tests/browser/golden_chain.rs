//! The golden chain's last link: what the trainer wrote down beside each model is what the browser computes.
//!
//! To the bit, with every build: a prediction is reproducible on any device.

use crate::site::{Site, manifest, models};
use messages::{EngineInfo, ManifestModel, Prediction};
use serde::Deserialize;
use serde_json::json;

/// The part of `golden.json` that the browser's answers are held against.
#[derive(Deserialize)]
pub struct Golden {
    model: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    input_ids: Vec<u32>,
    probabilities: Vec<f32>,
    label: String,
    /// Of a file of before there were exits: all.
    num_layers: Option<usize>,
}

impl Golden {
    /// What was written down beside this model.
    pub fn read(model: &ManifestModel) -> Self {
        let file = models().join(&model.id).join("golden.json");
        let golden: Self = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(golden.model, model.id);
        assert!(!golden.cases.is_empty(), "{}: no cases prove nothing", file.display());
        golden
    }

    /// A script that lets this build classify all texts, and returns what it is and the predictions.
    pub fn script(&self, model: &ManifestModel, engine: &str, worker: bool) -> String {
        let texts: Vec<&str> = self.cases.iter().map(|case| case.text.as_str()).collect();
        let options = json!({
            "model": format!("/models/{}", model.file), "sha256": model.sha256, "worker": worker,
            "engine": engine,
        });
        format!(
            "const {{ Classifier }} = await import('/engine/tickertone.js');
             const classifier = await Classifier.load({options});
             if (classifier.info.model !== {}) throw new Error(classifier.info.model);
             const predictions = await classifier.classify({});
             classifier.dispose();
             return [classifier.info, predictions];",
            json!(model.id),
            json!(texts)
        )
    }

    /// Holds the predictions against what was written down.
    pub fn assert_agrees(&self, model: &ManifestModel, info: &EngineInfo, found: &[Prediction]) {
        assert_eq!(found.len(), self.cases.len());
        for (case, prediction) in self.cases.iter().zip(found) {
            agree(case, prediction, &model.labels, info.layers);
        }
    }
}

#[test]
fn the_browser_computes_what_the_trainer_wrote_down() {
    let mut site = Site::open();
    site.goto_blank();
    let models_there = manifest().models;
    assert!(!models_there.is_empty(), "a manifest without models proves nothing");
    for model in models_there {
        let golden = Golden::read(&model);
        for (worker, engine) in [(true, "relaxed"), (false, "relaxed"), (true, "simd128"), (false, "simd128")]
        {
            let (info, found): (EngineInfo, Vec<Prediction>) =
                site.page.evaluate(&golden.script(&model, engine, worker)).unwrap();
            assert_eq!(info.engine, engine, "another build answered");
            golden.assert_agrees(&model, &info, &found);
        }
    }
}

fn agree(case: &Case, found: &Prediction, labels: &[String], num_layers: usize) {
    let text = &case.text;
    assert_eq!(found.tokens, case.input_ids.len(), "tokens of {text:?}");
    assert_eq!(found.layers, case.num_layers.unwrap_or(num_layers), "depth of {text:?}");
    let found_labels: Vec<&String> = found.scores.keys().collect();
    assert_eq!(found_labels, labels.iter().collect::<Vec<_>>());
    let probabilities: Vec<f32> = found.scores.values().copied().collect();
    assert_eq!(probabilities, case.probabilities, "{text:?}");
    assert_eq!(found.label, case.label, "label of {text:?}");
}
