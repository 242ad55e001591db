//! What JavaScript gets to see: names and order are the contract of `js/tickertone.js`, to the letter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use classifier::TextError;
use wasm_model::answer;

/// Neither sorted nor reversed, so that an order made up on the way shows.
const LABELS: [&str; 3] = ["Bullish", "Bearish", "Neutral"];

fn labels() -> Vec<String> {
    LABELS.map(str::to_owned).to_vec()
}

fn classified() -> classifier::Prediction {
    classifier::Prediction {
        label: "Bearish".to_owned(),
        probabilities: vec![0.25, 0.625, 0.125],
        logits: vec![1.0, 2.0, 0.5],
        is_uncertain: true,
        num_tokens: 7,
        num_layers: 2,
        is_truncated: false,
    }
}

const PREDICTION: &str = r#"{"label":"Bearish","scores":{"Bullish":0.25,"Bearish":0.625,"Neutral":0.125},"uncertain":true,"tokens":7,"layers":2,"truncated":false}"#;

#[test]
fn a_prediction_has_its_scores_by_name_in_label_order() {
    let answer = answer::prediction(&labels(), classified());
    assert_eq!(serde_json::to_string(&answer).unwrap(), PREDICTION);
}

#[test]
fn truncation_and_certainty_are_not_mixed_up() {
    let cut = classifier::Prediction { is_uncertain: false, is_truncated: true, ..classified() };
    let answer = answer::prediction(&labels(), cut);
    assert!(answer.truncated && !answer.uncertain);
}

#[test]
fn an_explanation_has_its_words_in_reading_order() {
    let word =
        |word: &str, contribution| classifier::WordContribution { word: word.to_owned(), contribution };
    let explained = classifier::Explanation {
        prediction: classified(),
        words: vec![word("shares", -0.125), word("plunge", 0.5)],
        num_words: 2,
    };
    let answer = answer::explanation(&labels(), explained);
    let expected = format!(
        r#"{{"prediction":{PREDICTION},"words":[{{"word":"shares","contribution":-0.125}},{{"word":"plunge","contribution":0.5}}]}}"#
    );
    assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
}

#[test]
fn a_part_of_an_explanation_says_how_many_words_the_whole_has() {
    let word = classifier::WordContribution { word: "plunge".to_owned(), contribution: 0.5 };
    let part = classifier::Explanation { prediction: classified(), words: vec![word], num_words: 9 };
    let expected = format!(
        r#"{{"prediction":{PREDICTION},"words":[{{"word":"plunge","contribution":0.5}}],"total":9}}"#
    );
    assert_eq!(serde_json::to_string(&answer::explanation_part(&labels(), part)).unwrap(), expected);
}

#[test]
fn a_text_has_a_prediction_or_an_error_with_a_name_where_only_another_text_helps() {
    let json = |outcome| serde_json::to_value(answer::outcome(&labels(), outcome)).unwrap();
    assert_eq!(json(Ok(classified())).to_string(), PREDICTION);
    for (error, name) in [
        (TextError::Empty, "EmptyText"),
        (TextError::TooLong { limit_bytes: 1, found_bytes: 2 }, "TextTooLong"),
        (TextError::Tokenizer { reason: String::new() }, "Error"),
        (TextError::NotANumber, "Error"),
    ] {
        let outcome = json(Err(error.clone()));
        assert_eq!(outcome["error"]["name"], name);
        assert_eq!(outcome["error"]["message"], error.to_string());
    }
}
