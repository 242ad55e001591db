//! How sure the model is, in words: what a calibrated probability means, and why an answer is called uncertain.

use std::ops::RangeInclusive;

use messages::Metrics;

/// How a probability is called.
pub fn word(probability: f32) -> &'static str {
    match probability {
        p if p >= 0.95 => "Very sure",
        p if p >= 0.85 => "Fairly sure",
        p if p >= 0.65 => "Rather sure",
        p if p >= 0.5 => "Leaning",
        _ => "Undecided",
    }
}

/// How many of a hundred such answers are right: the probability, give or take what it was off on average where that
/// was measured.
pub fn of_a_hundred(probability: f32, metrics: Option<&Metrics>) -> RangeInclusive<u32> {
    let off = metrics.map_or(0.0, |metrics| metrics.ece as f32);
    let percent = |p: f32| (p.clamp(0.0, 1.0) * 100.0).round() as u32;
    percent(probability - off)..=percent(probability + off)
}

/// Why an answer is uncertain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Doubt {
    /// The highest probability is below what this model needs to be called sure.
    Below(f32),
    /// The model knows hardly any of the words.
    UnknownWords,
    /// One of both; who answered does not say which.
    Either,
}

impl Doubt {
    /// Of an uncertain answer with this highest probability, by a model that needs so much.
    pub fn of(highest: f32, needed: Option<f32>) -> Self {
        match needed {
            Some(needed) if highest < needed => Self::Below(needed),
            Some(_) => Self::UnknownWords,
            None => Self::Either,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_the_probability() {
        let words: Vec<_> = [0.99, 0.9, 0.7, 0.55, 0.4].map(word).to_vec();
        assert_eq!(words, ["Very sure", "Fairly sure", "Rather sure", "Leaning", "Undecided"]);
    }

    #[test]
    fn of_a_hundred_such_answers_as_many_are_right_as_were_measured() {
        let metrics = Metrics { rows: 1, accuracy: 0.8, macro_f1: 0.8, ece: 0.04, nll: 0.5 };
        assert_eq!(of_a_hundred(0.9, Some(&metrics)), 86..=94);
        assert_eq!(of_a_hundred(0.99, Some(&metrics)), 95..=100);
        assert_eq!(of_a_hundred(0.9, None), 90..=90);
    }

    #[test]
    fn doubt_has_a_reason() {
        assert_eq!(Doubt::of(0.6, Some(0.8)), Doubt::Below(0.8));
        assert_eq!(Doubt::of(0.98, Some(0.8)), Doubt::UnknownWords);
        assert_eq!(Doubt::of(0.98, None), Doubt::Either);
    }
}
