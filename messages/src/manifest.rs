//! `models/manifest.json`: the models there are, written by `trainer export`, read by server, page and benches.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Every model of a `models/` folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Id of the model that is used where none is named.
    pub default: String,
    /// Id of a small model that answers while the default one is still on its way; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// The models, sorted by id.
    pub models: Vec<ManifestModel>,
}

impl Manifest {
    /// The model with this id.
    pub fn find(&self, id: &str) -> Option<&ManifestModel> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The model that is used where none is named.
    pub fn default_model(&self) -> Option<&ManifestModel> {
        self.find(&self.default)
    }

    /// The small model that answers while the default one is still on its way; the default itself is no preview.
    pub fn preview_model(&self) -> Option<&ManifestModel> {
        self.preview.as_deref().filter(|id| *id != self.default).and_then(|id| self.find(id))
    }
}

/// One model file and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestModel {
    /// Name of the model's folder.
    pub id: String,
    /// Path of the GGUF file, relative to the manifest, `/`-separated.
    pub file: String,
    /// Exact size of the file.
    pub size_bytes: u64,
    /// SHA-256 of the file, lower-case hexadecimal (FIPS 180-4).
    pub sha256: String,
    /// Labels in label order.
    pub labels: Vec<String>,
    /// Storage type of the matrices: `F32`, `Q8_0` or `Q4_0`.
    pub quantization: String,
    /// Measured on the run's test rows; what was chosen by which rows stands in the model card.
    pub metrics: Metrics,
    /// Where it is good, where it is weak, and what its confidence is worth; absent from earlier manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
}

/// More of what was measured when the model was exported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// The test rows of each kind of text, where the run tells several apart: by its name.
    pub domains: IndexMap<String, Metrics>,
    /// Confidence against accuracy over all test rows, by rising confidence (Guo et al. 2017, figure 1).
    pub reliability: Vec<ReliabilityBin>,
    /// Texts that are hard on purpose, by what makes them so, in the order of the set; none where the model has other labels.
    pub challenge: IndexMap<String, Share>,
}

/// The predictions of one range of confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// Mean highest probability, 0 ..= 1.
    pub confidence: f64,
    /// Share that is right, 0 ..= 1.
    pub accuracy: f64,
    /// Predictions in the range, at least one.
    pub rows: usize,
}

/// How many texts get the right label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// How many there are.
    pub texts: usize,
    /// How many of them get their label.
    pub right: usize,
}

/// Quality on a labelled data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Rows scored.
    pub rows: usize,
    /// Share of rows whose most probable label is the right one, 0 ..= 1.
    pub accuracy: f64,
    /// Unweighted mean of the labels' F1 scores, 0 ..= 1.
    pub macro_f1: f64,
    /// Expected calibration error over 15 equal-width bins, 0 ..= 1 (Guo et al. 2017, equation 3).
    pub ece: f64,
    /// Mean negative log-likelihood of the right label, in nats.
    pub nll: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: &str) -> ManifestModel {
        ManifestModel {
            id: id.to_owned(),
            file: format!("{id}/model.gguf"),
            size_bytes: 1,
            sha256: "0".repeat(64),
            labels: vec!["Bearish".to_owned(), "Bullish".to_owned()],
            quantization: "Q8_0".to_owned(),
            metrics: Metrics { rows: 1, accuracy: 1.0, macro_f1: 1.0, ece: 0.0, nll: 0.0 },
            quality: None,
        }
    }

    #[test]
    fn a_preview_is_optional_and_absent_from_the_file_where_there_is_none() {
        let manifest = Manifest { default: "big".to_owned(), preview: None, models: vec![model("big")] };
        assert_eq!(manifest.preview_model(), None);
        let json = serde_json::to_string(&manifest).unwrap();
        assert!(!json.contains("preview"), "{json}");
        assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), manifest);
    }

    #[test]
    fn a_preview_is_found_by_its_id_and_is_not_the_default() {
        let models = vec![model("big"), model("nano")];
        let manifest = Manifest { default: "big".to_owned(), preview: Some("nano".to_owned()), models };
        let json = serde_json::to_string(&manifest).unwrap();
        let read: Manifest = serde_json::from_str(&json).unwrap();
        let id = |model: Option<&ManifestModel>| model.map(|model| model.id.clone());
        assert_eq!(id(read.preview_model()).as_deref(), Some("nano"));
        assert_eq!(id(read.default_model()).as_deref(), Some("big"));
        let unknown = Manifest { preview: Some("gone".to_owned()), ..manifest };
        assert_eq!(unknown.preview_model(), None);
        let same = Manifest { preview: Some("big".to_owned()), ..unknown };
        assert_eq!(same.preview_model(), None);
    }
}
