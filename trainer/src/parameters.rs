//! The trainable tensors, by their model-file names.
//!
//! Sorted by name (candle's own `VarMap` iterates in random order, which would make runs irreproducible). The
//! encoder reads them through [`Weights`]; optimizer and checkpoints see them as `(name, Var)`.

use anyhow::Context;
use candle_core::{Device, Tensor, Var};
use classifier::encoder::{Encoder, EncoderConfig, Quantization, TensorSpec, Weights, tensor_specs};
use std::collections::BTreeMap;
use std::path::Path;

/// Every tensor of a model as a variable.
#[derive(Debug)]
pub struct Parameters {
    config: EncoderConfig,
    variables: BTreeMap<String, Var>,
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
        mut source: impl FnMut(&TensorSpec) -> anyhow::Result<Vec<f32>>,
    ) -> anyhow::Result<Self> {
        let variable = |spec: TensorSpec| {
            let values = source(&spec)?;
            let tensor = Tensor::from_vec(values, spec.shape.as_slice(), device);
            let tensor = tensor.with_context(|| format!("tensor `{}`", spec.name))?;
            Ok((spec.name, Var::from_tensor(&tensor)?))
        };
        let variables = tensor_specs(config).into_iter().map(variable).collect::<anyhow::Result<_>>()?;
        Ok(Self { config: config.clone(), variables, quantization: None })
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
    pub fn with_quantization(self, quantization: Quantization) -> Self {
        Self { quantization: Some(quantization), ..self }
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

    fn get(&self, name: &str) -> candle_core::Result<Tensor> {
        match self.variables.get(name) {
            Some(variable) => Ok(variable.as_tensor().clone()),
            None => candle_core::bail!("the model has no tensor `{name}`"),
        }
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
