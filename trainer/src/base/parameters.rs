//! The trainable tensors, by their model-file names.
//!
//! Sorted by name (candle's own `VarMap` iterates in random order, which would make runs irreproducible). The
//! encoder reads them through [`Weights`]; optimizer and checkpoints see them as `(name, Var)`.

use anyhow::Context;
use candle_core::{CpuStorage, Device, Storage, Tensor, Var};
use encoder::{Encoder, EncoderConfig, Quantization, TensorSpec, Weights, tensor_specs};
use std::collections::BTreeMap;
use std::path::Path;

/// Every tensor of a model as a variable.
#[derive(Debug)]
pub struct Parameters {
    config: EncoderConfig,
    variables: BTreeMap<String, Var>,
    /// Tensors that the encoder asks for and nobody trains.
    constants: BTreeMap<String, Tensor>,
    quantization: Option<Quantization>,
}

impl Parameters {
    /// The parameters of a model with these sizes, each taken from `source`.
    ///
    /// # Errors
    /// A tensor that `source` cannot supply or that has another shape.
    pub fn from_source(
        config: &EncoderConfig,
        device: &Device,
        source: impl FnMut(&TensorSpec) -> anyhow::Result<Vec<f32>>,
    ) -> anyhow::Result<Self> {
        Self::from_specs(config, tensor_specs(config), BTreeMap::new(), device, source)
    }

    /// As [`Parameters::from_source`], with the tensors of `specs` as variables; what else the encoder asks for is
    /// in `constants`.
    ///
    /// # Errors
    /// As [`Parameters::from_source`].
    pub fn from_specs(
        config: &EncoderConfig,
        specs: Vec<TensorSpec>,
        constants: BTreeMap<String, Tensor>,
        device: &Device,
        mut source: impl FnMut(&TensorSpec) -> anyhow::Result<Vec<f32>>,
    ) -> anyhow::Result<Self> {
        let variable = |spec: TensorSpec| {
            let values = source(&spec)?;
            let tensor = Tensor::from_vec(values, spec.shape.as_slice(), device);
            let tensor = tensor.with_context(|| format!("tensor `{}`", spec.name))?;
            Ok((spec.name, Var::from_tensor(&tensor)?))
        };
        let variables = specs.into_iter().map(variable).collect::<anyhow::Result<_>>()?;
        Ok(Self { config: config.clone(), variables, constants, quantization: None })
    }

    /// Parameters of the same names and shapes with other values.
    ///
    /// # Errors
    /// A tensor without values, or not as many as it has elements.
    pub fn with_values(&self, values: &BTreeMap<String, Vec<f32>>) -> anyhow::Result<Self> {
        let variable = |(name, variable): (&String, &Var)| {
            let values = values.get(name).with_context(|| format!("no values for tensor `{name}`"))?;
            let tensor = Tensor::from_slice(values, variable.shape(), variable.device())?;
            Ok((name.clone(), Var::from_tensor(&tensor)?))
        };
        let variables = self.variables.iter().map(variable).collect::<anyhow::Result<_>>()?;
        let (config, constants) = (self.config.clone(), self.constants.clone());
        Ok(Self { config, variables, constants, quantization: self.quantization.clone() })
    }

    /// The same parameters on another device; not those that nobody trains.
    ///
    /// # Errors
    /// A device without room for them.
    pub fn to_device(&self, device: &Device) -> anyhow::Result<Self> {
        let variable = |(name, variable): (&String, &Var)| {
            Ok((name.clone(), Var::from_tensor(&variable.as_tensor().to_device(device)?)?))
        };
        let variables = self.variables.iter().map(variable).collect::<anyhow::Result<_>>()?;
        let (config, quantization) = (self.config.clone(), self.quantization.clone());
        Ok(Self { config, variables, constants: BTreeMap::new(), quantization })
    }

    /// Parameters of the same names and shapes with the values of a checkpoint.
    ///
    /// # Errors
    /// As [`Parameters::from_checkpoint`].
    pub fn with_checkpoint(&self, path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let broken = || format!("{} is no whole checkpoint of this model", path.display());
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).with_context(broken)?;
        let flat = |(name, tensor): (String, Tensor)| Ok((name, tensor.flatten_all()?.to_vec1()?));
        let values = tensors.into_iter().map(flat).collect::<candle_core::Result<_>>()?;
        self.with_values(&values).with_context(broken)
    }

    /// Sizes of the encoder.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// The parameters of a checkpoint that [`Parameters::to_safetensors`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, is cut short, or lacks a tensor of a model with these sizes.
    pub fn from_checkpoint(path: &Path, config: &EncoderConfig, device: &Device) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
            .with_context(|| format!("{} is not a whole safetensors checkpoint", path.display()))?;
        Self::from_source(config, device, |spec| match tensors.get(&spec.name) {
            Some(tensor) if tensor.dims() == spec.shape => Ok(tensor.flatten_all()?.to_vec1()?),
            Some(tensor) => anyhow::bail!(
                "{}: tensor `{}`: expected {:?}, found {:?}",
                path.display(),
                spec.name,
                spec.shape,
                tensor.dims()
            ),
            None => anyhow::bail!("{}: expected a tensor `{}`, found none", path.display(), spec.name),
        })
    }

    /// The parameters as a safetensors file, sorted by name: equal parameters give equal bytes.
    ///
    /// # Errors
    /// Reading the tensors back from the device.
    pub fn to_safetensors(&self) -> anyhow::Result<Vec<u8>> {
        let on_cpu = self
            .variables
            .iter()
            .map(|(name, variable)| Ok((name.clone(), variable.as_tensor().to_device(&Device::Cpu)?)));
        let tensors = on_cpu.collect::<candle_core::Result<Vec<_>>>()?;
        safetensors::serialize(tensors.iter().map(|(name, tensor)| (name, tensor)), None)
            .context("cannot write the checkpoint as safetensors")
    }

    /// Names and variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Var)> {
        self.variables.iter()
    }

    /// From here on encoders compute as inference would with the parameters stored like this.
    pub fn with_quantization(self, quantization: Option<Quantization>) -> Self {
        Self { quantization, ..self }
    }

    /// The encoder over these parameters, differentiable.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn encoder(&self) -> candle_core::Result<Encoder> {
        self.encoder_over(self)
    }

    /// The encoder over these parameters as constants: it builds no gradient graph. Without quantization it sees
    /// every later step.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn frozen_encoder(&self) -> candle_core::Result<Encoder> {
        self.encoder_over(&Frozen(self))
    }

    fn encoder_over<W: Weights<Error = candle_core::Error>>(
        &self,
        weights: &W,
    ) -> candle_core::Result<Encoder> {
        match &self.quantization {
            Some(quantization) => Encoder::with_quantization(&self.config, weights, quantization),
            None => Encoder::new(&self.config, weights),
        }
    }

    /// The tensor of this name, differentiable.
    ///
    /// # Errors
    /// A name that the model does not have.
    pub fn get(&self, name: &str) -> candle_core::Result<Tensor> {
        let variable = self.variables.get(name).map(Var::as_tensor);
        match variable.or_else(|| self.constants.get(name)) {
            Some(tensor) => Ok(tensor.clone()),
            None => candle_core::bail!("the model has no tensor `{name}`"),
        }
    }
}

/// Calls `work` with the elements of a contiguous f32 tensor, where they lie if that is the CPU.
///
/// # Errors
/// Another tensor; whatever `work` returns.
pub fn with_values<T>(
    tensor: &Tensor,
    work: impl FnOnce(&[f32]) -> candle_core::Result<T>,
) -> candle_core::Result<T> {
    if !tensor.device().is_cpu() {
        return work(&tensor.flatten_all()?.to_vec1::<f32>()?);
    }
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(elements)), Some((start, end))) => work(&elements[start..end]),
        _ => candle_core::bail!("expected a contiguous f32 tensor, found {layout:?}"),
    }
}

impl Weights for Parameters {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        self.get(name)
    }
}

/// The same parameters seen as constants.
struct Frozen<'a>(&'a Parameters);

impl Weights for Frozen<'_> {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        Ok(self.0.get(name)?.detach())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use encoder::Architecture;

    /// Sizes of the smallest model there is.
    pub fn tiny_config() -> EncoderConfig {
        EncoderConfig {
            architecture: Architecture::Bert,
            vocab_size: 4,
            hidden_size: 2,
            num_hidden_layers: 1,
            num_attention_heads: 1,
            intermediate_size: 2,
            max_position_embeddings: 4,
            type_vocab_size: 1,
            layer_norm_eps: 1e-12,
            num_labels: 2,
            exit_layer: None,
        }
    }

    /// Its parameters, every element `value`.
    pub fn filled(value: f32) -> Parameters {
        let source = |spec: &TensorSpec| Ok(vec![value; spec.shape.iter().product()]);
        Parameters::from_source(&tiny_config(), &Device::Cpu, source).unwrap()
    }

    /// The first element of a tensor.
    pub fn element(parameters: &Parameters, name: &str) -> f64 {
        with_values(&parameters.get(name).unwrap(), |values| Ok(f64::from(values[0]))).unwrap()
    }
}
