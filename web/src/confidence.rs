//! How sure the model is, in words: what a calibrated probability means, and why an answer is called uncertain.

use messages::{Quality, ReliabilityBin};

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

/// So many test answers tell how often such answers are right; fewer tell nothing.
const ENOUGH_ROWS: usize = 20;
/// Answers whose confidence differs by no more than this are alike: half the width of a range of the manifest.
const ALIKE: f64 = 1.0 / 30.0;

/// The test answers with about this probability, where there were enough of them.
pub fn alike(probability: f32, quality: Option<&Quality>) -> Option<&ReliabilityBin> {
    let distance = |bin: &ReliabilityBin| (bin.confidence - f64::from(probability)).abs();
    let bins = quality?.reliability.iter().filter(|bin| bin.rows >= ENOUGH_ROWS && distance(bin) <= ALIKE);
    bins.min_by(|one, other| distance(one).total_cmp(&distance(other)))
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
    fn answers_are_compared_with_measured_ones_of_about_their_confidence() {
        let bin = |confidence, rows| ReliabilityBin { confidence, accuracy: 0.5, rows };
        let reliability = vec![bin(0.62, 100), bin(0.84, 371), bin(0.91, 1_028), bin(0.97, 3)];
        let quality = Quality { domains: Default::default(), reliability, challenge: Default::default() };
        let rows = |probability| alike(probability, Some(&quality)).map(|bin| bin.rows);
        assert_eq!([0.63, 0.87, 0.89].map(rows), [Some(100), Some(371), Some(1_028)]);
        assert_eq!([0.5, 0.72, 0.97].map(rows), [None; 3], "none or too few were like it");
        assert_eq!(alike(0.9, None), None);
    }

    #[test]
    fn doubt_has_a_reason() {
        assert_eq!(Doubt::of(0.6, Some(0.8)), Doubt::Below(0.8));
        assert_eq!(Doubt::of(0.98, Some(0.8)), Doubt::UnknownWords);
        assert_eq!(Doubt::of(0.98, None), Doubt::Either);
    }
}
