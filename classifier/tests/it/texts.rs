//! Texts of every kind, good and bad, through a loaded model.

use crate::fixture::{gguf, metadata, tokenizer_json};
use candle_core::quantized::GgmlDType;
use classifier::tokenizer::Tokenizer;
use classifier::{Classifier, ClassifyError, TextError};
use proptest::prelude::*;
use std::sync::OnceLock;

fn classifier() -> &'static Classifier {
    static CLASSIFIER: OnceLock<Classifier> = OnceLock::new();
    CLASSIFIER.get_or_init(|| Classifier::from_gguf(gguf(&metadata(), GgmlDType::Q8_0)).unwrap())
}

#[test]
fn a_prediction_is_complete() {
    let prediction = classifier().classify("Shares rise after guidance cut!").unwrap();
    assert_eq!(prediction.num_tokens, 8);
    assert!(!prediction.is_truncated);
    assert_eq!(prediction.probabilities.len(), 3);
    assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    let best = prediction.probabilities.iter().copied().fold(0.0, f32::max);
    let label = classifier().labels().iter().position(|label| *label == prediction.label).unwrap();
    assert_eq!(prediction.probabilities[label], best);
    assert_eq!(prediction.is_uncertain, best < 0.4);

    assert_eq!(classifier().max_tokens(), 32);
}

#[test]
fn nothing_to_read_is_an_error_that_names_the_text() {
    for empty in
        ["", "   \t\n", "https://t.co/abc", "\0\0", " www.example.com http://a.b ", "\u{200b}\u{feff}"]
    {
        let error = classifier().classify_batch(&["up", empty]).unwrap_err();
        assert_eq!(error, ClassifyError { index: 1, error: TextError::Empty }, "{empty:?}");
    }
}

#[test]
fn odd_texts_are_classified() {
    let odd = ["🚀🚀", "سهم الشركة", "up\0down", "株価", "[SEP]", "e\u{301}", &"x".repeat(5000)];
    for prediction in classifier().classify_batch(&odd).unwrap() {
        assert!(prediction.probabilities.iter().all(|p| p.is_finite()));
    }
}

#[test]
fn a_long_text_is_truncated_and_says_so() {
    let long = "the stock is down . ".repeat(5000);
    let prediction = classifier().classify(&long).unwrap();
    assert!(prediction.is_truncated);
    assert_eq!(prediction.num_tokens, 32);
    let just_fits = "up ".repeat(30);
    let prediction = classifier().classify(&just_fits).unwrap();
    assert!(!prediction.is_truncated);
    assert_eq!(prediction.num_tokens, 32);
    let error = classifier().classify(&"up ".repeat(400_000)).unwrap_err();
    assert!(matches!(error, TextError::TooLong { found_bytes: 1_200_000, .. }), "{error}");
}

#[test]
fn order_and_duplicates_are_kept_and_company_does_not_matter() {
    let texts = ["down", "the stock is up after guidance . the stock is up", "up", "down", "shares fall !"];
    let batch = classifier().classify_batch(&texts).unwrap();
    for (text, batched) in texts.iter().zip(&batch) {
        assert_eq!(classifier().classify(text).unwrap(), *batched, "{text}");
    }
    assert_eq!(batch.len(), texts.len());
    assert_eq!(batch[0], batch[3]);
    assert!(classifier().classify_batch::<&str>(&[]).unwrap().is_empty());
}

#[test]
fn a_text_that_cannot_be_read_costs_no_other_one_its_prediction() {
    let texts = ["", "up", "https://t.co/abc", "down", "\u{200b}"];
    let outcomes = classifier().classify_each(&texts);
    for (text, outcome) in texts.iter().zip(&outcomes) {
        assert_eq!(*outcome, classifier().classify(text), "{text:?}");
    }
    let readable: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(readable, [false, true, false, true, false]);
    assert!(classifier().classify_each::<&str>(&[]).is_empty());
}

#[test]
fn an_explanation_in_parts_is_the_whole_one() {
    let text = "shares fall after https://t.co/a guidance and the stock is down again";
    let whole = classifier().explain(text).unwrap();
    assert_eq!(whole.num_words, whole.words.len());
    let parts = [0..3, 3..4, 4..4, 4..64].map(|places| classifier().explain_part(text, places).unwrap());
    assert!(parts.iter().all(|part| part.num_words == 11 && part.prediction == whole.prediction));
    assert_eq!(parts.map(|part| part.words).concat(), whole.words);
    assert!(classifier().explain_part(text, 11..20).unwrap().words.is_empty());
}

#[test]
fn entities_and_urls_do_not_change_a_prediction() {
    let plain = classifier().classify("shares & stock up").unwrap();
    let dressed = classifier().classify(" shares &amp; stock  up https://t.co/xyz").unwrap();
    assert_eq!(plain, dressed);
}

#[test]
fn an_explanation_says_what_each_word_did() {
    let text = "shares fall after https://t.co/a guidance";
    let explanation = classifier().explain(text).unwrap();
    assert_eq!(explanation.prediction, classifier().classify(text).unwrap());
    let words: Vec<&str> = explanation.words.iter().map(|word| word.word.as_str()).collect();
    assert_eq!(words, ["shares", "fall", "after", "https://t.co/a", "guidance"]);
    let label = classifier().labels().iter().position(|l| *l == explanation.prediction.label).unwrap();
    let without = classifier().classify("shares after guidance").unwrap().probabilities[label];
    let expected = explanation.prediction.probabilities[label] - without;
    assert_eq!(explanation.words[1].contribution, expected);
    assert_eq!(explanation.words[3].contribution, 0.0, "a link is not read");
    let alone = classifier().explain("up").unwrap();
    assert_eq!(alone.words.len(), 1);
    assert_eq!(classifier().explain(" ").unwrap_err(), TextError::Empty);
}

proptest! {
    #![proptest_config(crate::proptest_config())]

    #[test]
    fn the_beginning_of_a_text_tells_its_first_tokens(
        text in "([a-z.,!(\u{301}\u{682a}\u{1f680} \\[\\]SEP]|the stock |up|[a-c]{60,120}){0,100}",
        max_tokens in 3..12usize,
    ) {
        let tokenizer = Tokenizer::from_json(&tokenizer_json()).unwrap();
        let whole = tokenizer.encode(&text, usize::MAX).unwrap().input_ids;
        let found = tokenizer.encode(&text, max_tokens).unwrap();
        prop_assert_eq!(found.is_truncated, whole.len() > max_tokens);
        let kept = found.input_ids.len() - 1;
        prop_assert_eq!(&found.input_ids[..kept], &whole[..kept]);
        prop_assert_eq!(found.input_ids.last(), whole.last());
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        match classifier().classify(&text) {
            Ok(prediction) => prop_assert!(prediction.probabilities.iter().all(|p| (0.0..=1.0).contains(p))),
            Err(TextError::Empty) => {}
            Err(error) => prop_assert!(false, "{text:?}: {error}"),
        }
    }
}
