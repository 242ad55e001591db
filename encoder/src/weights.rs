//! Where the encoder's tensors come from: a model file, or the trainer's variables. Both under the names of
//! [`names`](crate::names).

use candle_core::{Device, Tensor};
use classifier::ModelError;
use classifier::model_file::ModelFile;

/// A source of f32 tensors by name.
pub trait Weights {
    /// Why a tensor cannot be supplied.
    type Error;

    /// The f32 tensor of this name, in the shape of its [`TensorSpec`](crate::TensorSpec).
    ///
    /// # Errors
    /// A missing tensor or one of another shape.
    fn tensor(&self, name: &str) -> Result<Tensor, Self::Error>;
}

/// Unpacked to f32, on the CPU.
impl Weights for ModelFile {
    type Error = ModelError;

    fn tensor(&self, name: &str) -> Result<Tensor, ModelError> {
        let values = self.floats(name)?;
        Ok(Tensor::from_vec(values, self.shape(name).unwrap_or_default(), &Device::Cpu)?)
    }
}
