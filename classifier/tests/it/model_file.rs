//! Model files: written and read back, quantized, cut short, tampered with. No bytes may cause a panic.

use crate::fixture::{gguf, metadata};
use candle_core::quantized::GgmlDType;
use classifier::model_file::{Metadata, ModelFile};
use classifier::{Classifier, ModelError};
use proptest::prelude::*;
use std::sync::OnceLock;

/// Where in the file `needle` ends.
fn after(bytes: &[u8], needle: &str) -> usize {
    let at = bytes.windows(needle.len()).position(|window| window == needle.as_bytes()).unwrap();
    at + needle.len()
}

fn refused(bytes: &[u8]) -> String {
    Classifier::from_gguf(bytes.to_vec()).expect_err("a broken file must be refused").to_string()
}

fn with(change: impl FnOnce(&mut Metadata)) -> Vec<u8> {
    let mut changed = metadata();
    change(&mut changed);
    gguf(&changed, GgmlDType::F32)
}

#[test]
fn metadata_is_read_back_as_it_was_written() {
    for dtype in [GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q4_0] {
        let bytes = gguf(&metadata(), dtype);
        let file = ModelFile::parse(bytes.clone()).unwrap();
        let expected = metadata();
        // ε travels as f32.
        assert!((file.metadata().encoder.layer_norm_eps - expected.encoder.layer_norm_eps).abs() < 1e-18);
        let mut found = file.metadata().clone();
        found.encoder.layer_norm_eps = expected.encoder.layer_norm_eps;
        assert_eq!(found, expected);
        assert_eq!(file.dtype(), dtype);
        assert_eq!(gguf(&metadata(), dtype), bytes, "the same model must give the same bytes");
    }
}

#[test]
fn other_bytes_are_refused_by_what_is_wrong_with_them() {
    let bytes = gguf(&metadata(), GgmlDType::Q8_0);
    assert!(matches!(ModelFile::parse(b"GGML and no more".to_vec()), Err(ModelError::Malformed { .. })));
    for (bytes, words) in [
        (&b"<!doctype html>"[..], "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        (b"{\"error\": 404}", "JSON"),
        (b"\x1f\x8b\x08\x00", "a compressed file"),
        (b"", "empty"),
    ] {
        let error = ModelFile::parse(bytes.to_vec()).unwrap_err();
        assert!(
            matches!(error, ModelError::SomethingElse { .. }) && error.to_string().contains(words),
            "{error}"
        );
    }
    let cut = refused(&bytes[..bytes.len() - 100]);
    assert!(cut.contains("whole model file") && cut.contains("ends within the tensor"), "{cut}");
    let mut other = bytes.clone();
    let value = after(&other, "general.architecture") + 12;
    other[value..value + 4].copy_from_slice(b"gpt2");
    let message = refused(&other);
    assert!(message.contains("general.architecture") && message.contains("gpt2"), "{message}");
    let mut other = bytes.clone();
    let value = after(&other, "bert.pooling_type") + 4;
    other[value] = 2;
    assert!(refused(&other).contains("bert.pooling_type"));
    let mut other = bytes;
    let value = after(&other, "bert.embedding_length") + 4;
    other[value] = 96;
    let message = refused(&other);
    assert!(message.contains("token_embd.weight") && message.contains("[80, 96]"), "{message}");
}

#[test]
fn contradictory_metadata_is_refused_by_key() {
    assert!(refused(&with(|m| m.temperature = 0.0)).contains("tickertone.temperature"));
    assert!(refused(&with(|m| m.temperature = f32::NAN)).contains("tickertone.temperature"));
    assert!(refused(&with(|m| m.uncertain_threshold = 1.5)).contains("tickertone.uncertain_threshold"));
    assert!(refused(&with(|m| m.normalization = vec!["rot13".to_owned()])).contains("rot13"));
    assert!(refused(&with(|m| m.tokenizer_json = "{}".to_owned())).contains("tokenizer"));
    assert!(refused(&with(|m| m.labels.truncate(2))).contains("cls.output.weight"));
    let undefined = |m: &mut Metadata| {
        m.tokenizer_json =
            m.tokenizer_json.replacen(r#""id":"[SEP]","type_id""#, r#""id":"[END]","type_id""#, 1)
    };
    assert!(refused(&with(undefined)).contains("[END]"));
    let message = refused(&with(|m| m.tokenizer_json = m.tokenizer_json.replace(":68", ":4711")));
    assert!(message.contains("4712 ids") && message.contains("80 rows"), "{message}");
}

#[test]
fn an_alignment_of_zero_is_refused() {
    let mut bytes = gguf(&metadata(), GgmlDType::F32);
    // Turns one provenance entry into `general.alignment`, which candle would divide by.
    let bytes_of =
        |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &8u32.to_le_bytes()].concat();
    let key = bytes_of("tickertone.provenance.seed");
    let at = bytes.windows(key.len()).position(|window| window == key).unwrap();
    let value_len = 8 + 1;
    let zero =
        [&17u64.to_le_bytes()[..], b"general.alignment", &4u32.to_le_bytes(), &0u32.to_le_bytes()].concat();
    bytes.splice(at..at + key.len() + value_len, zero);
    assert!(refused(&bytes).contains("general.alignment"));
}

fn whole() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| gguf(&metadata(), GgmlDType::Q8_0))
}

proptest! {
    #![proptest_config(crate::proptest_config())]

    #[test]
    fn no_cut_file_loads_or_panics(share in 0.0..1.0f64) {
        // The last tensor is followed by 20 bytes of padding, which nobody needs.
        let length = ((whole().len() - 20) as f64 * share) as usize;
        prop_assert!(Classifier::from_gguf(whole()[..length].to_vec()).is_err());
    }

    /// Header bytes decide sizes, types and offsets: whatever they say, the answer is a value, not a panic.
    #[test]
    fn no_tampered_header_panics(changes in prop::collection::vec((0usize..9000, any::<u8>()), 1..4)) {
        let mut bytes = whole().to_vec();
        for (at, value) in changes {
            bytes[at] = value;
        }
        if let Ok(classifier) = Classifier::from_gguf(bytes) {
            let _ = classifier.classify("shares rise");
        }
    }
}
