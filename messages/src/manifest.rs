//! `models/manifest.json`: the models there are, written by `trainer export`, read by server, page and benches.

use serde::{Deserialize, Serialize};

/// Every model of a `models/` folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Id of the model that is used where none is named.
    pub default: String,
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
    /// Measured on the run's held-out split, which the training never saw.
    pub metrics: Metrics,
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
