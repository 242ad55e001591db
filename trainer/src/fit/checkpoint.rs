//! `state.safetensors` of a run folder: everything that a fit needs to go on as if it had never stopped.
//!
//! One file, so that it is whole or the one before: parameters, both moments of the optimizer, the average of the
//! weights, and in its header the place in the run.

use super::average::Average;
use super::objective::Score;
use super::optimizer::AdamW;
use super::values::Values;
use crate::base::parameters::{self, Parameters};
use crate::output::file::write_atomically;
use crate::run::folder::RunFolder;
use anyhow::{Context, ensure};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The file's name.
pub const STATE: &str = "state.safetensors";
/// Key of the header under which the place in the run stands.
const PLACE: &str = "place";
/// What a tensor is, before its name.
const PARAMETER: &str = "parameter.";
const FIRST_MOMENT: &str = "first_moment.";
const SECOND_MOMENT: &str = "second_moment.";
const AVERAGE: &str = "average.";

/// The place in a run, and what its past decides about its future.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: usize,
    /// Σ loss · rows of the epoch that runs.
    pub epoch_loss: f64,
    /// The best score so far.
    pub best: Option<f64>,
    /// Epochs since then.
    pub since_best: usize,
    /// The epoch whose weights are kept.
    pub kept: Option<Kept>,
    /// Length of the metrics log at this place.
    pub metrics_bytes: u64,
    /// The step of the last checkpoint.
    pub saved_step: Option<usize>,
    /// Weights that went into the average.
    average_count: u64,
}

/// The epoch whose weights are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Counted from 1.
    pub epoch: usize,
    /// On the validation items.
    pub score: Score,
}

impl State {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written; the former one is then still there.
    pub fn save(
        &mut self,
        folder: &RunFolder,
        parameters: &Parameters,
        optimizer: &AdamW,
        average: &Average,
    ) -> anyhow::Result<()> {
        self.average_count = average.count;
        let mut tensors = BTreeMap::<String, Tensor>::new();
        let mut add = |kind: &str, name: &str, values: &[f32]| {
            let tensor = Tensor::from_slice(values, values.len(), &Device::Cpu)?;
            tensors.insert(format!("{kind}{name}"), tensor);
            anyhow::Ok(())
        };
        for (name, variable) in parameters.iter() {
            parameters::with_values(variable.as_tensor(), |values| Ok(add(PARAMETER, name, values)))??;
        }
        for moments in optimizer.moments() {
            let (name, first, second) = moments?;
            add(FIRST_MOMENT, name, &first)?;
            add(SECOND_MOMENT, name, &second)?;
        }
        for (name, values) in &average.values {
            add(AVERAGE, name, &values.read()?)?;
        }
        let place = serde_json::to_string(self).context("cannot write the place in the run as JSON")?;
        let header = HashMap::from([(PLACE.to_owned(), place)]);
        let path = folder.path().join(STATE);
        write_atomically(&path, &safetensors::serialize(&tensors, Some(header))?).with_context(|| {
            let what =
                if path.exists() { "the former checkpoint is still valid" } else { "there is none yet" };
            format!("the checkpoint of step {} is not written; {what}", self.step)
        })
    }

    /// Reads the folder's checkpoint into parameters, optimizer and average; `None` where there is no file.
    ///
    /// # Errors
    /// A file that is not whole or belongs to another model.
    pub fn load(
        folder: &RunFolder,
        parameters: &Parameters,
        optimizer: &mut AdamW,
        average: &mut Average,
    ) -> anyhow::Result<Option<Self>> {
        let path = folder.path().join(STATE);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let broken =
            || format!("{} is no whole checkpoint of this run. Remove it to start anew", path.display());
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).with_context(broken)?;
        let place = header.metadata().as_ref().and_then(|header| header.get(PLACE)).with_context(broken)?;
        let state: Self = serde_json::from_str(place).with_context(broken)?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).with_context(broken)?;
        let values = |kind: &str, name: &str, count: usize| -> anyhow::Result<Vec<f32>> {
            let tensor = tensors.get(&format!("{kind}{name}")).with_context(broken)?;
            ensure!(tensor.elem_count() == count, broken());
            Ok(tensor.flatten_all()?.to_vec1()?)
        };
        for (name, variable) in parameters.iter() {
            let count = variable.elem_count();
            let tensor =
                Tensor::from_vec(values(PARAMETER, name, count)?, variable.shape(), variable.device())?;
            variable.set(&tensor)?;
            let moments = (values(FIRST_MOMENT, name, count)?, values(SECOND_MOMENT, name, count)?);
            optimizer.restore(name, variable, moments.0, moments.1)?;
            if state.average_count > 0 {
                average.values.insert(name.clone(), Values::new(values(AVERAGE, name, count)?, variable)?);
            }
        }
        optimizer.set_steps(state.step);
        average.count = state.average_count;
        Ok(Some(state))
    }
}
