//! Other spellings of the same text are the same to a new model: token for token, so bit for bit.

use crate::fixture::{gguf, metadata, tokenizer_json};
use candle_core::quantized::GgmlDType;
use classifier::model_file::Metadata;
use classifier::normalization::{CURRENT, Normalization};
use classifier::tokenizer::Tokenizer;
use classifier::{Classifier, Prediction};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use unicode_normalization::UnicodeNormalization;

static READER: LazyLock<(Normalization, Tokenizer)> = LazyLock::new(|| {
    (Normalization::new(&CURRENT).unwrap(), Tokenizer::from_json(&tokenizer_json()).unwrap())
});

/// A model that is never unsure of its probabilities.
static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| {
    let normalization = CURRENT.map(str::to_owned).to_vec();
    let metadata = Metadata { normalization, uncertain_threshold: 0.0, ..metadata() };
    Classifier::from_gguf(gguf(&metadata, GgmlDType::Q8_0)).unwrap()
});

fn ids(text: &str) -> Vec<u32> {
    let (normalization, tokenizer) = &*READER;
    tokenizer.encode(&normalization.apply(text), 512).unwrap().input_ids
}

fn classify(text: &str) -> Prediction {
    CLASSIFIER.classify(text).unwrap()
}

#[test]
fn a_space_before_emoji_changes_nothing() {
    for (glued, apart) in [
        ("moon🚀", "moon 🚀"),
        ("Earnings crushed📈now", "Earnings crushed 📈now"),
        ("🚀🚀🚀🚀$GME", "🚀 🚀 🚀 🚀$GME"),
        ("up https://t.co/x🔥 @user👀", "up https://t.co/x 🔥 @user 👀"),
        ("(👍🏽)&amp;❤️ #GME🇺🇸", "( 👍🏽)&amp; ❤️ #GME 🇺🇸"),
        ("calls🤷🏼‍♂️5️⃣", "calls 🤷🏼‍♂️ 5️⃣"),
        ("newer\u{1fc00}\u{1fc00}\u{1fc00}", "newer \u{1fc00} \u{1fc00} \u{1fc00}"),
    ] {
        assert_eq!(ids(glued), ids(apart), "{glued}");
        assert_ne!(ids(glued), ids("moon"), "{glued}");
    }
    assert_ne!(ids("🚀"), ids("📉"));
}

#[test]
fn every_spelling_of_a_ticker_is_the_same() {
    let expected = ids("Shares of $TSLA rise");
    for spelling in [
        "$tsla",
        "$BRK.B",
        "$BTC-USD",
        "$7203.T",
        "$^GSPC",
        "$ABCDEFG",
        "$ES_F",
        "$BTC.X",
        "#TSLA",
        "＄TSLA",
        "$T\u{200b}SLA",
        "&#36;TSLA",
        "&amp;#36;TSLA",
    ] {
        assert_eq!(ids(&format!("Shares of {spelling} rise")), expected, "{spelling}");
    }
    assert_ne!(ids("Shares of $5 rise"), expected);
}

#[test]
fn control_tokens_in_a_text_are_none() {
    let text = "Shares fall after guidance cut";
    for name in ["[PAD]", "[MASK]", "[SEP]", "[CLS]", "[UNK]"] {
        assert_eq!(ids(&format!("{text}{}", format!(" {name}").repeat(20))), ids(text), "{name}");
        let tokenizer = &READER.1;
        // Not even where no step drops them: ids 0 to 3 are the fixture's control tokens.
        let bare = tokenizer.encode(&format!("up {name} down"), 512).unwrap().input_ids;
        let controls: Vec<u32> = bare.iter().copied().filter(|id| [0, 2, 3].contains(id)).collect();
        assert_eq!(controls, [2, 3], "{name}: {bare:?}");
        assert!(bare.len() > 6, "{name}: {bare:?}");
    }
}

#[test]
fn composed_or_not_and_whatever_the_whitespace_it_is_the_same() {
    let text = "Société Générale & Škoda rise, $É isn’t $TSLA — café ½ up 🚀";
    let composed: String = text.nfc().collect();
    let decomposed: String = text.nfd().collect();
    assert_ne!(composed, decomposed);
    assert_eq!(ids(&composed), ids(&decomposed));
    for space in ["\u{a0}", "\n", "\r\n", "\t", "\u{2003}", "\u{3000}", "\u{2028}"] {
        assert_eq!(ids(&text.replace(' ', space)), ids(text), "{space:?}");
    }
    assert_eq!(ids("𝗦𝗵𝗮𝗿𝗲𝘀 ｒｉｓｅ soft\u{ad}ly\u{200b} “up”"), ids("Shares rise softly \"up\""));
}

#[test]
fn a_text_without_known_words_is_uncertain_however_sure_the_model_is() {
    for unknown in ["asdf qwer", "\u{1fc00}", "株価", "[SEP]", "!!!", &format!("z{}", "xy".repeat(50))] {
        assert!(classify(unknown).is_uncertain, "{unknown}");
    }
    for known in ["shares rise", "stock up!", "$TSLA 🚀"] {
        assert!(!classify(known).is_uncertain, "{known}");
    }
}

#[test]
fn an_emoji_newer_than_the_table_is_read_as_unknown() {
    let unknown = 1;
    assert_eq!(ids("up\u{1fc00}")[2], unknown);
    assert_ne!(classify("up").logits, classify("up\u{1fc00}").logits);
}

#[test]
fn ten_thousand_emoji_are_read_in_a_moment() {
    let started = Instant::now();
    for text in ["🚀".repeat(10_000), "🚀📉".repeat(5_000), "👍🏽🤷🏼‍♂️".repeat(5_000), "\u{1fc00}".repeat(10_000)]
    {
        classify(&text);
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(classify(&"🚀📉".repeat(5_000)).is_truncated);
}

#[test]
fn an_explanation_names_emoji_as_they_were_written() {
    let explanation = CLASSIFIER.explain("shares fall🚀🚀 up").unwrap();
    let words: Vec<&str> = explanation.words.iter().map(|word| word.word.as_str()).collect();
    assert_eq!(words, ["shares", "fall", "🚀🚀", "up"]);
    let label = CLASSIFIER.labels().iter().position(|l| *l == explanation.prediction.label).unwrap();
    let without = classify("shares fall up").probabilities[label];
    assert_eq!(explanation.words[2].contribution, explanation.prediction.probabilities[label] - without);
}
