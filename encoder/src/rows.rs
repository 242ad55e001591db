//! Rows of a matrix in another order, some left out or filled with zeros, and the way back.
//!
//! The gradient of such a move is the move back. candle's own `index_select` does not know that no row is taken twice:
//! its backward pass adds row after row, with one GPU thread a column.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp1, Device, Layout, Result, Shape, Storage, Tensor};

/// candle's number of no row: what is looked up by it is zero.
const NO_ROW: u32 = u32::MAX;

/// A move of rows.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// Which row of the source each row is: u32, contiguous.
    sources: Tensor,
    /// Which row of the result each row of the source has become.
    targets: Tensor,
}

impl Rows {
    /// The rows `sources` out of `count`, `None` a row of zeros; no row is taken twice.
    pub(crate) fn new(
        sources: impl Iterator<Item = Option<usize>>,
        count: usize,
        device: &Device,
    ) -> Result<Self> {
        let mut targets = vec![NO_ROW; count];
        let mut ids = Vec::with_capacity(count);
        for (target, source) in sources.enumerate() {
            if let Some(source) = source {
                targets[source] = target as u32;
            }
            ids.push(source.map_or(NO_ROW, |source| source as u32));
        }
        let moved = ids.len();
        Ok(Self {
            sources: Tensor::from_vec(ids, moved, device)?,
            targets: Tensor::from_vec(targets, count, device)?,
        })
    }

    /// The move back.
    pub(crate) fn inverse(&self) -> Self {
        Self { sources: self.targets.clone(), targets: self.sources.clone() }
    }

    /// The moved rows of a matrix, differentiable.
    pub(crate) fn of(&self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1(self.clone())
    }
}

impl CustomOp1 for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (ids, ids_layout) = self.sources.storage_and_layout();
        let Storage::Cpu(ids) = &*ids else { return Err(other_device()) };
        let shape = Shape::from((ids_layout.dims()[0], layout.dims()[1]));
        Ok((x.index_select(ids, layout, ids_layout, 0)?, shape))
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let (ids, ids_layout) = self.sources.storage_and_layout();
        let Storage::Cuda(ids) = &*ids else { return Err(other_device()) };
        let shape = Shape::from((ids_layout.dims()[0], layout.dims()[1]));
        Ok((x.index_select(ids, layout, ids_layout, 0)?, shape))
    }

    fn bwd(&self, _x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(grad.contiguous()?.index_select(&self.targets, 0)?))
    }
}

fn other_device() -> candle_core::Error {
    candle_core::Error::Msg("rows: expected a matrix on the batch's device, found one elsewhere".to_owned())
}
