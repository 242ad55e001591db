//! What must hold of any bytes. None may cause a panic, take long, or more memory than they have reason for: the
//! search sees to that; what is asserted here comes on top.

use classifier::Classifier;
use classifier::tokenizer::Tokenizer;
use static_server::predict::{ContentCoding, parse_texts, unpack};
use static_server::static_files::RequestedRange;
use std::io::Write;
use trainer::config::reading::ReadOptions;
use trainer::data::labelled::read_labelled_leniently;
use trainer::data::labels::Labels;

/// A text of everything that a tokenizer looks for.
const TEXT: &str =
    "The Übernahme of $ABC, up 3.5%: don't miss 日本\u{200b}🚀 https://example.org/a?b &amp; [SEP]";

/// A model file is refused, or answers with one of its labels.
pub fn gguf(bytes: &[u8]) {
    let Ok(classifier) = Classifier::from_gguf(bytes.to_vec()) else { return };
    let Ok(prediction) = classifier.classify(TEXT) else { return };
    assert!(classifier.labels().contains(&prediction.label), "{} is no label", prediction.label);
    assert_eq!(prediction.probabilities.len(), classifier.labels().len());
    assert!(prediction.num_tokens <= classifier.max_tokens());
}

/// A tokenizer is refused, or keeps to the limit of tokens and to ids that it has told.
pub fn tokenizer_json(bytes: &[u8]) {
    const MAX_TOKENS: usize = 16;
    let Ok(json) = std::str::from_utf8(bytes) else { return };
    let Ok(tokenizer) = Tokenizer::from_json(json) else { return };
    let Ok(encoding) = tokenizer.encode(TEXT, MAX_TOKENS) else { return };
    assert!(encoding.input_ids.len() <= MAX_TOKENS, "{} tokens", encoding.input_ids.len());
    for id in encoding.input_ids {
        assert!((id as usize) < tokenizer.vocab_size(), "id {id} of {}", tokenizer.vocab_size());
    }
}

/// A table is refused, or gives rows with a text and one of the labels, each from a line of its own.
pub fn csv(bytes: &[u8]) {
    let names = ["Bearish", "Bullish", "Neutral"].map(str::to_owned);
    let labels = Labels::new(&names, "the labels");
    // The readers take a path. Where no file can be written there is nothing to be said of the bytes.
    let Ok(mut file) = tempfile::Builder::new().suffix(".csv").tempfile() else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let dataset = read_labelled_leniently(file.path(), &labels, &ReadOptions::default());
    let Ok(dataset) = dataset else { return };
    let num_lines = 1 + bytes.iter().filter(|byte| b"\r\n".contains(byte)).count();
    let mut last_line = 0;
    for example in dataset.examples {
        assert!(example.label < names.len(), "label {}", example.label);
        assert!(!example.text.trim().is_empty(), "line {} has no text", example.line);
        assert!((last_line + 1..=num_lines).contains(&example.line), "line {} of {num_lines}", example.line);
        last_line = example.line;
    }
}

/// A Range header asks for a part of the file, or for none.
pub fn range_header(bytes: &[u8]) {
    let header = String::from_utf8_lossy(bytes);
    for size_bytes in [0, 1, 10, 500, 1 << 20, usize::MAX] {
        match RequestedRange::parse(&header, size_bytes) {
            RequestedRange::Part(range) => {
                assert!(range.start < range.end && range.end <= size_bytes, "{range:?} of {size_bytes}");
            }
            RequestedRange::Unsatisfiable => assert!(size_bytes > 0, "nothing of an empty file is asked for"),
            RequestedRange::Whole => {}
        }
    }
}

/// A body is refused, or holds exactly the texts that a reader of any JSON finds; packed, it does not burst.
pub fn request_body(bytes: &[u8]) {
    const MAX_TEXTS: usize = 8;
    const MAX_TEXT_BYTES: usize = 64;
    let found = parse_texts(bytes, MAX_TEXTS, MAX_TEXT_BYTES).ok();
    let found: Option<Vec<String>> = found.and_then(|texts| texts.into_iter().collect::<Result<_, _>>().ok());
    let plain = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let expected: Option<Vec<String>> = serde_json::from_slice(plain).ok();
    let expected = expected
        .filter(|texts| texts.len() <= MAX_TEXTS && texts.iter().all(|text| text.len() <= MAX_TEXT_BYTES));
    assert_eq!(found, expected);
    for coding in [ContentCoding::Gzip, ContentCoding::Deflate, ContentCoding::Brotli] {
        const LIMIT_BYTES: usize = 1 << 20;
        if let Ok(unpacked) = unpack(bytes.to_vec(), &[coding, coding], LIMIT_BYTES) {
            assert!(unpacked.len() <= LIMIT_BYTES, "{} bytes", unpacked.len());
        }
    }
}
