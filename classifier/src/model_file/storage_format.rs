//! How a model file stores a matrix.

use candle_core::quantized::GgmlDType;

/// Values that share a scale in ggml's formats.
pub const BLOCK: usize = 32;

/// How a model file stores a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageFormat {
    /// As it is.
    F32,
    /// ggml's `block_q8_0`: 8 bits, a binary16 scale for 32 values.
    Q8_0,
    /// ggml's `block_q4_0`: 4 bits, a binary16 scale for 32 values.
    Q4_0,
}

impl StorageFormat {
    /// Every format, the largest first.
    pub const ALL: [Self; 3] = [Self::F32, Self::Q8_0, Self::Q4_0];

    /// As configurations, manifests and model cards spell it.
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::Q8_0 => "Q8_0",
            Self::Q4_0 => "Q4_0",
        }
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// candle's name of it.
    pub fn dtype(self) -> GgmlDType {
        match self {
            Self::F32 => GgmlDType::F32,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q4_0 => GgmlDType::Q4_0,
        }
    }

    /// Whether rows of this length can be stored.
    pub fn fits(self, columns: usize) -> bool {
        self == Self::F32 || columns.is_multiple_of(BLOCK)
    }
}

impl std::fmt::Display for StorageFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
