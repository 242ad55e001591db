//! The GPU as training uses it: one stream, f32 products in TF32, memory that is kept.

use candle_core::{Device, Result};

/// The first CUDA device.
///
/// Products of f32 run in TF32 there: factors rounded to 10 bits of mantissa, sums in f32. Fine-tuning does not notice,
/// and without it Hopper's matrix units stand idle. Weights, moments and everything else stay f32.
///
/// # Errors
/// A build without the feature `cuda`, a machine without a device.
pub fn gpu() -> Result<Device> {
    // A stream of its own rather than each thread's: work that several threads hand over is done in that order.
    let device = Device::new_cuda_with_stream(0)?;
    candle_core::cuda::set_gemm_reduced_precision_f32(true);
    #[cfg(feature = "cuda")]
    cuda::prepare(&device)?;
    Ok(device)
}

#[cfg(feature = "cuda")]
mod cuda {
    #![expect(
        unsafe_code,
        reason = "the order of operations is ours to keep, and the driver's settings take pointers"
    )]

    use candle_core::cuda::WrapErr;
    use candle_core::cuda::cudarc::driver::result::{device::get_default_mem_pool, mem_pool::set_attribute};
    use candle_core::cuda::cudarc::driver::sys::CUmemPool_attribute;
    use candle_core::{Device, Result};

    pub(super) fn prepare(device: &Device) -> Result<()> {
        let device = device.as_cuda_device()?;
        // Making the two events that every tensor would get costs as much as a small operation.
        // SAFETY: events keep operations on several streams apart. All of this device's are on its one stream.
        unsafe { device.disable_event_tracking() };
        // Otherwise all that is free goes back to the system whenever the host waits, twice a step.
        let mut kept_bytes = u64::MAX;
        // SAFETY: the device is open, its pool lives as long, and this attribute is a u64.
        unsafe {
            let pool = get_default_mem_pool(device.cuda_stream().context().cu_device()).w()?;
            let threshold = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
            set_attribute(pool, threshold, (&raw mut kept_bytes).cast()).w()
        }
    }
}
