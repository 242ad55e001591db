//! Why the label: the text with its words marked by what each did for the label, and the same in words.
//!
//! A mark has a line as well as a tint: solid for, dotted against. Strength is relative to the strongest word of the
//! text, in three steps; words below a sixth of it stay plain.

use messages::WordContribution;
use std::rc::Rc;
use yew::prelude::*;

use crate::figures::points;
use crate::state::Why;

/// So many words are named in each list.
const NAMED_WORDS: usize = 3;
/// Where no word changes the probability by more than this, the marks stay faint: nothing carried the label alone.
const FAINT: f32 = 0.02;

/// Properties of [`Explanation`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The label that is explained.
    pub label: AttrValue,
    /// The words, once they are known.
    pub why: Why,
    /// The text; the engine leaves the end of a very long one out.
    pub text: Rc<str>,
}

/// The marked text and its alternative.
#[component]
pub fn Explanation(Props { label, why, text }: &Props) -> Html {
    let Why::Words(words) = why else {
        return html! { <p class="meanwhile" role="status">{ "Reading it again without each of its words: the longer the text, the longer it takes…" }</p> };
    };
    let strongest = words.iter().map(|word| word.contribution.abs()).fold(FAINT, f32::max);
    let (gaps, is_cut) = gaps(text, words);
    let marked = words.iter().zip(gaps).map(|(word, gap)| {
        let class = mark(word.contribution, strongest);
        let title = format!("{} points", points(word.contribution));
        html! { <>{ gap }<span {class} {title}>{ &word.word }</span></> }
    });
    html! {
        <div class="explanation" data-testid="explanation">
            <p class="marked" dir="auto">{ for marked }{ if is_cut { " …" } else { "" } }</p>
            <dl>
                { named("for", format!("For {label}"), ranked(words, strongest, 1.0)) }
                { named("against", format!("Against {label}"), ranked(words, strongest, -1.0)) }
            </dl>
            if is_cut {
                <p class="notice">
                    <strong>{ "Long text." }</strong>
                    { format!(" Only its first {} words were looked at one by one.", words.len()) }
                </p>
            }
            <p class="method">
                { format!("Percentage points that a word adds to {label} or takes from it, measured by leaving it out.") }
            </p>
        </div>
    }
}

/// What stands before each word, a space or nothing, and whether any text follows the last one. An emoji that sticks to a
/// word is a word of its own.
fn gaps(text: &str, words: &[WordContribution]) -> (Vec<&'static str>, bool) {
    let mut rest = text;
    let gap = |WordContribution { word, .. }: &WordContribution| {
        // Where the text has changed meanwhile, the words stand apart.
        let (before, behind) = rest.split_once(word.as_str()).unwrap_or((" ", rest));
        rest = behind;
        if before.is_empty() { "" } else { " " }
    };
    let gaps = words.iter().map(gap).collect();
    (gaps, !rest.trim().is_empty())
}

/// The class of a word's mark: `for-1` … `for-3`, `against-1` … `against-3`, or none.
fn mark(contribution: f32, strongest: f32) -> Option<String> {
    let level = (contribution.abs() / strongest * 3.0).round() as u8;
    let side = if contribution > 0.0 { "for" } else { "against" };
    (level > 0).then(|| format!("{side}-{level}"))
}

/// The marked words of one side (`sign` 1 or −1), strongest first.
fn ranked(words: &[WordContribution], strongest: f32, sign: f32) -> Vec<&WordContribution> {
    let is_marked = |word: &&WordContribution| {
        word.contribution * sign > 0.0 && mark(word.contribution, strongest).is_some()
    };
    let mut side: Vec<_> = words.iter().filter(is_marked).collect();
    side.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    side.truncate(NAMED_WORDS);
    side
}

fn named(side: &'static str, title: String, words: Vec<&WordContribution>) -> Html {
    let list = match words.is_empty() {
        true => "no single word".to_owned(),
        false => {
            let named = words.iter().map(|word| format!("{} ({})", word.word, points(word.contribution)));
            named.collect::<Vec<_>>().join(", ")
        }
    };
    html! { <div class={side}><dt>{ title }</dt><dd>{ list }</dd></div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(contributions: &[f32]) -> Vec<WordContribution> {
        let word = |(at, contribution): (usize, &f32)| WordContribution {
            word: format!("w{at}"),
            contribution: *contribution,
        };
        contributions.iter().enumerate().map(word).collect()
    }

    #[test]
    fn marks_grow_with_the_contribution_and_know_the_side() {
        assert_eq!(mark(0.3, 0.3).as_deref(), Some("for-3"));
        assert_eq!(mark(-0.2, 0.3).as_deref(), Some("against-2"));
        assert_eq!(mark(0.06, 0.3).as_deref(), Some("for-1"));
        assert_eq!(mark(0.04, 0.3), None);
        assert_eq!(mark(0.0, 0.3), None);
    }

    #[test]
    fn words_stand_as_they_were_written() {
        let word = |word: &str| WordContribution { word: word.to_owned(), contribution: 0.0 };
        let words = ["up", "\u{1f680}", "now"].map(word);
        assert_eq!(gaps(" up\u{1f680}  now ", &words), (vec![" ", "", " "], false));
        assert_eq!(gaps("up\u{1f680}now, later", &words), (vec!["", "", ""], true));
        assert_eq!(gaps("down", &words[..1]), (vec![" "], true));
    }

    #[test]
    fn the_strongest_words_of_a_side_come_first_and_faint_ones_are_not_named() {
        let words = words(&[0.1, -0.3, 0.2, -0.01, 0.3, 0.15]);
        let names = |sign| ranked(&words, 0.3, sign).iter().map(|word| word.word.clone()).collect::<Vec<_>>();
        assert_eq!(names(1.0), ["w4", "w2", "w5"]);
        assert_eq!(names(-1.0), ["w1"]);
    }
}
