//! What a WebAssembly module may ask of the browser that runs it.
//!
//! A browser refuses a module as a whole for one instruction that it does not know, and Chromium knows all: so each
//! shipped module is validated against exactly the features that its build claims. LLVM gives the features of any
//! function of a module to all others, even of one that is then dropped, and makes use of them.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use wasmparser::{Operator, Parser, Payload, Validator, WasmFeatures};

/// What a build may use of relaxed SIMD.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relaxed {
    /// Nothing.
    No,
    /// The instructions that have one result in every engine, for what the kernels give them.
    Exact,
}

/// What rustc's wasm32 target and `.cargo/config.toml` switch on: every browser since 2023.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::SIMD)
    // Of the validator, not of WebAssembly: numbers, and references as it stores them.
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::GC_TYPES);

/// Checks a module's file.
///
/// # Errors
/// An instruction or a type that the build does not claim, or one whose result depends on the engine.
pub fn check(file: &Path, relaxed: Relaxed) -> Result<()> {
    let module = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    check_module(&module, relaxed).with_context(|| format!("{} would not run everywhere", file.display()))
}

fn check_module(module: &[u8], relaxed: Relaxed) -> Result<()> {
    let features = match relaxed {
        Relaxed::No => FEATURES,
        Relaxed::Exact => FEATURES.union(WasmFeatures::RELAXED_SIMD),
    };
    Validator::new_with_features(features).validate_all(module)?;
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            for operator in body.get_operators_reader()? {
                check_operator(&operator?)?;
            }
        }
    }
    Ok(())
}

fn check_operator(operator: &Operator<'_>) -> Result<()> {
    use Operator::{
        F32x4RelaxedMax, F32x4RelaxedMin, I16x8RelaxedDotI8x16I7x16S, I32x4RelaxedDotI8x16I7x16AddS,
    };
    let name = format!("{operator:?}");
    // 7 bits times 8, and numbers where the sign of a zero does not matter: see `classifier/src/kernels/simd.rs`.
    let is_exact = matches!(
        operator,
        F32x4RelaxedMax | F32x4RelaxedMin | I16x8RelaxedDotI8x16I7x16S | I32x4RelaxedDotI8x16I7x16AddS
    );
    ensure!(is_exact || !name.contains("Relaxed"), "expected one result in every engine, found {name}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Relaxed, check_module};

    /// A module whose one function gives this instruction of 0xfd three vectors and drops what it returns.
    fn module(opcode: &[u8], operands: usize) -> Vec<u8> {
        let zero: &[u8] = &[&[0xfd, 12][..], &[0; 16]].concat();
        let body = [&[0][..], &zero.repeat(operands), &[0xfd], opcode, &[0x1a, 0x0b]].concat();
        let code = [&[1, body.len() as u8][..], &body].concat();
        let header = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a";
        [&header[..], &[code.len() as u8], &code].concat()
    }

    #[test]
    fn a_module_may_ask_for_what_its_build_claims() {
        let f32x4_add = module(&[0xe4, 0x01], 2);
        check_module(&f32x4_add, Relaxed::No).unwrap();
        check_module(&f32x4_add, Relaxed::Exact).unwrap();
        let f32x4_relaxed_max = module(&[0x8e, 0x02], 2);
        let error = check_module(&f32x4_relaxed_max, Relaxed::No).unwrap_err().to_string();
        assert!(error.contains("relaxed SIMD"), "{error}");
        check_module(&f32x4_relaxed_max, Relaxed::Exact).unwrap();
    }

    #[test]
    fn no_build_may_leave_a_result_to_the_engine() {
        let f32x4_relaxed_madd = module(&[0x85, 0x02], 3);
        let error = check_module(&f32x4_relaxed_madd, Relaxed::Exact).unwrap_err().to_string();
        assert!(error.contains("F32x4RelaxedMadd"), "{error}");
    }
}
