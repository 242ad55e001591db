//! Why the label: the text with its words marked by what each did for the label, and the same as a table.
//!
//! A mark has a line as well as a tint: solid for, dotted against. Strength is relative to the strongest word of the
//! text, in three steps; words below a sixth of it stay plain. The table has every word with its number: nothing is told
//! by colour or on hovering alone.

use messages::WordContribution;
use std::rc::Rc;
use yew::prelude::*;

use crate::figures::{count, points};
use crate::state::{Action, Why};

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
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// The marked text and the table, or how far they are.
#[component]
pub fn Explanation(Props { label, why, text, dispatch }: &Props) -> Html {
    let words = match why {
        Why::Words(words) => words,
        Why::Asked(done, total) => return on_its_way(*done, *total, dispatch),
        Why::Closed => return Html::default(),
    };
    let strongest = words.iter().map(|word| word.contribution.abs()).fold(FAINT, f32::max);
    let (gaps, is_cut) = gaps(text, words);
    let marked = words.iter().zip(gaps).map(|(word, gap)| {
        let class = mark(word.contribution, strongest);
        html! { <>{ gap }<span {class}>{ &word.word }</span></> }
    });
    html! {
        <div class="explanation" data-testid="explanation">
            <p class="marked" dir="auto">{ for marked }{ if is_cut { " …" } else { "" } }</p>
            <p class="legend">
                <span class="for-2">{ format!("for {label}") }</span>
                <span class="against-2">{ format!("against {label}") }</span>
            </p>
            if is_cut {
                <p class="notice">
                    <strong>{ "Long text." }</strong>
                    { format!(" Only its first {} words were looked at one by one.", count(words.len())) }
                </p>
            }
            { table(label, words, strongest) }
        </div>
    }
}

fn on_its_way(done: u32, total: u32, dispatch: &Callback<Action>) -> Html {
    let is_known = total > 0;
    let onclick = dispatch.reform(|_: MouseEvent| Action::ToggledWhy);
    html! {
        <div class="explaining" data-testid="explaining">
            <div class="loading-foot">
                <p id="explaining" class="meanwhile">
                    { "Reading it again without each of its words" }
                    if is_known { <span class="figures">{ format!(", {} of {}", count(done as usize), count(total as usize)) }</span> }
                </p>
                <button type="button" class="quiet" data-testid="cancel-explain" {onclick}>{ "Cancel" }</button>
            </div>
            <progress
                aria-labelledby="explaining"
                value={is_known.then(|| done.to_string())}
                max={is_known.then(|| total.to_string())}
            />
        </div>
    }
}

/// Every word with its number, the strongest first.
fn table(label: &AttrValue, words: &[WordContribution], strongest: f32) -> Html {
    let row = |word: &WordContribution| {
        let side = if word.contribution > 0.0 { "for" } else { "against" };
        let width = (word.contribution.abs() / strongest * 50.0).max(0.5);
        let from = if word.contribution > 0.0 { 50.0 } else { 50.0 - width };
        html! {
            <tr>
                <th scope="row" dir="auto">{ &word.word }</th>
                <td class="effect">
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="axis" x="49.75" y="0" width="0.5" height="8" />
                        <rect class={side} x={format!("{from:.1}")} y="1" width={format!("{width:.1}")} height="6" />
                    </svg>
                </td>
                <td class="figures">{ points(word.contribution) }</td>
            </tr>
        }
    };
    html! {
        <div class="words" role="region" aria-labelledby="words-caption" tabindex="0">
            <table>
                <caption id="words-caption">
                    { format!("What each word adds to {label} or takes from it, in percentage points: measured by leaving it out") }
                </caption>
                <thead class="visually-hidden">
                    <tr><th scope="col">{ "Word" }</th><th scope="col">{ "Direction" }</th><th scope="col">{ "Points" }</th></tr>
                </thead>
                <tbody>{ for ranked(words).into_iter().map(row) }</tbody>
            </table>
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

/// The words, strongest first; of equal ones the first in the text.
fn ranked(words: &[WordContribution]) -> Vec<&WordContribution> {
    let mut ranked: Vec<_> = words.iter().collect();
    ranked.sort_by(|one, other| other.contribution.abs().total_cmp(&one.contribution.abs()));
    ranked
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
    fn the_strongest_words_come_first_whatever_their_side() {
        let words = words(&[0.1, -0.3, 0.2, -0.01, 0.3, 0.15]);
        let names = ranked(&words).iter().map(|word| word.word.clone()).collect::<Vec<_>>();
        assert_eq!(names, ["w1", "w4", "w2", "w5", "w0", "w3"]);
    }
}
