//! Numbers that belong to a parameter, as many as it has elements: moments and averages. They lie where the parameter
//! does: as a plain vector on the CPU, where loops run over them, as a tensor on a GPU, where they stay.

use candle_core::{Result, Tensor};
use std::borrow::Cow;

/// Row-major, as the parameter.
#[derive(Debug)]
pub enum Values {
    /// On the CPU.
    Here(Vec<f32>),
    /// On a GPU, in the parameter's shape.
    There(Tensor),
}

impl Values {
    /// These numbers beside a parameter.
    ///
    /// # Errors
    /// Not as many as the parameter has elements, where they are copied to a device.
    pub fn new(values: Vec<f32>, parameter: &Tensor) -> Result<Self> {
        match parameter.device().is_cpu() {
            true => Ok(Self::Here(values)),
            false => Ok(Self::There(Tensor::from_vec(values, parameter.shape(), parameter.device())?)),
        }
    }

    /// Zeros beside a parameter.
    ///
    /// # Errors
    /// A device without room for them.
    pub fn zeros(parameter: &Tensor) -> Result<Self> {
        match parameter.device().is_cpu() {
            true => Ok(Self::Here(vec![0.0; parameter.elem_count()])),
            false => Ok(Self::There(parameter.zeros_like()?)),
        }
    }

    /// The numbers, copied where they lie on a device.
    ///
    /// # Errors
    /// Reading the device.
    pub fn read(&self) -> Result<Cow<'_, [f32]>> {
        match self {
            Self::Here(values) => Ok(Cow::Borrowed(values)),
            Self::There(tensor) => Ok(Cow::Owned(tensor.flatten_all()?.to_vec1()?)),
        }
    }
}
