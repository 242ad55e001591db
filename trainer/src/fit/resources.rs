//! What a run computes with: the device and the number of threads.

use crate::config::schema::Config;
use crate::config::training;
use anyhow::Context;
use candle_core::Device;

/// The device of `train.device`.
///
/// # Errors
/// A CUDA device that this build or machine does not have.
pub fn device(config: &Config) -> anyhow::Result<Device> {
    match config.train.device {
        training::Device::Cpu => Ok(Device::Cpu),
        training::Device::Cuda => encoder::gpu().context(
            "`train.device` is \"cuda\": expected a CUDA device and a build with `--features cuda`, found none",
        ),
    }
}

/// Worker threads of `train.num_threads`.
pub fn num_threads(config: &Config) -> usize {
    match config.train.num_threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}
