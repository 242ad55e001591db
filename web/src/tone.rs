//! The look of a label: a class for the style sheet and a sign, so that colour never carries meaning alone.
//!
//! Labels come with the model. Those whose direction is known get it shown; any other set of labels gets a
//! neutral look and still works.

use yew::prelude::*;

/// Which way a label points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Prices are to fall.
    Falling,
    /// Prices are to rise.
    Rising,
    /// Neither.
    Level,
    /// The label says nothing about a direction.
    Unknown,
}

impl Tone {
    /// The tone of a label.
    pub fn of(label: &str) -> Self {
        match label.to_lowercase().as_str() {
            "bearish" | "negative" => Self::Falling,
            "bullish" | "positive" => Self::Rising,
            "neutral" => Self::Level,
            _ => Self::Unknown,
        }
    }

    /// The class that sets `--tone` in the style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Falling => "tone-falling",
            Self::Rising => "tone-rising",
            Self::Level => "tone-level",
            Self::Unknown => "tone-unknown",
        }
    }

    /// The sign beside the label; decoration for those who see it, the label says the same.
    pub fn sign(self) -> Html {
        let path = match self {
            Self::Falling => "M3 6l5.5 6 3.5-3.5 8 9M20 11.5v6h-6",
            Self::Rising => "M3 18l5.5-6 3.5 3.5 8-9M20 12.5v-6h-6",
            Self::Level => "M3 12h17M15 7l5 5-5 5",
            Self::Unknown => "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0",
        };
        html! { <svg class="sign" viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg> }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_labels_point_somewhere_and_others_do_not() {
        assert_eq!(Tone::of("Bearish"), Tone::Falling);
        assert_eq!(Tone::of("BULLISH"), Tone::Rising);
        assert_eq!(Tone::of("Neutral"), Tone::Level);
        assert_eq!(Tone::of("Macro"), Tone::Unknown);
    }
}
