//! The GPU as training uses it: one stream, f32 products in TF32.

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
    without_events(&device)?;
    Ok(device)
}

/// Switches off the two events that every tensor would get: making them costs as much as a small operation.
#[cfg(feature = "cuda")]
#[expect(unsafe_code, reason = "the order of operations is ours to keep")]
fn without_events(device: &Device) -> Result<()> {
    // SAFETY: events keep operations on several streams apart. All of this device's are on its one stream.
    unsafe { device.as_cuda_device()?.disable_event_tracking() };
    Ok(())
}
