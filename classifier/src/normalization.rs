//! Text normalization: what is done to a text before the tokenizer sees it.
//!
//! The rule is data: an ordered list of named steps that the model file carries, so that trainer, server and
//! browser apply the very same one, and a model trained under another rule keeps its own. A step never changes what it
//! does; what is to be done otherwise gets another name.

mod cashtags;
mod characters;
mod control_tokens;
pub(crate) mod emoji;
mod entities;
mod mentions;
mod rewriting;
mod runs;
mod symbols;
mod tickers;
mod urls;
mod whitespace;

use std::borrow::Cow;
use std::str::FromStr;
use thiserror::Error;

/// The steps of a new model, in the order in which each finds what it looks for.
///
/// Entities first, for they may hide anything. Emoji while the characters that join them are still there, and before
/// links, so that one that sticks to a link is not taken for a part of it. Characters before all that looks for ASCII.
/// Control tokens before the head of a retweet is looked for, but behind links: whether anything else is there decides.
pub const CURRENT: [&str; 11] = [
    "decode_nested_html_entities",
    "name_emoji",
    "fold_characters",
    "remove_urls",
    "remove_control_tokens",
    "replace_user_mentions",
    "replace_tickers",
    "unify_currency_signs",
    "shorten_runs",
    "separate_symbols",
    "collapse_whitespace",
];

/// One step of a normalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `decode_html_entities`: `&amp;` → `&`, `&#39;` → `'`: named and numeric references of HTML5, once.
    DecodeHtmlEntities,
    /// `decode_nested_html_entities`: the same until nothing changes, at most eight times: `&amp;gt;` → `>`. Careless
    /// interfaces escape what is escaped already.
    DecodeNestedHtmlEntities,
    /// `name_emoji`: 🚀 → `rocket`: its short name in Unicode's CLDR, set apart by spaces, whatever its skin tone and
    /// variation; of the same one in a row two are left. A vocabulary knows words, and no emoji; one that is
    /// newer than the table stays.
    NameEmoji,
    /// `fold_characters`: compatibility characters to those that they stand for (NFKC: `𝗦`, `Ｓ` → `S`, `ﬁ` → `fi`),
    /// quotes and dashes to ASCII's, invisible ones (U+200B, soft hyphens, bidirectional marks) and `™`, `®` to nothing.
    FoldCharacters,
    /// `remove_urls`: drops every `http://…`, `https://…` and `www.…` up to the next whitespace.
    RemoveUrls,
    /// `replace_user_mentions`: `@name` → `user`, several in a row once; a leading `RT @name:` is dropped. Who is spoken
    /// to must not decide the label; one word keeps the place of a name that is part of a sentence.
    ReplaceUserMentions,
    /// `replace_cashtags`: `$TSLA`, `$BRK.B` → `stock`: one to six ASCII letters, perhaps `.`, `-` or `_` and one or
    /// two more. Amounts (`$5`, `US$5m`) stay. Which company a text is about must not decide its label.
    ReplaceCashtags,
    /// `replace_tickers`: the same for all spellings: `$BTC-USD`, `$^GSPC`, `$7203.T`, `$ES_F`, `$ABCDEFG`, `$A$B`, and
    /// `#TSLA` but for the common abbreviations that are no tickers; of several in a row two are left.
    ReplaceTickers,
    /// `remove_control_tokens`: drops `[CLS]`, `[SEP]`, `[PAD]`, `[MASK]` and `[UNK]`, which say nothing in a text. One
    /// of nothing else keeps them; they are brackets and letters then, as they are to every tokenizer of this crate.
    RemoveControlTokens,
    /// `unify_currency_signs`: `€`, `£`, `₹` → `$`: in which currency an amount is must not decide the label, and
    /// vocabularies know the signs of few.
    UnifyCurrencySigns,
    /// `shorten_runs`: two dots or more → `…`, any other mark of ASCII to two in a row, a letter to three: one word has
    /// one spelling then, or few, and a line of dashes is no longer than it needs to be.
    ShortenRuns,
    /// `separate_symbols`: spaces around what is neither letter, digit nor ASCII, and of the same in a row two are left. A
    /// tokenizer that divides words at punctuation alone makes `moon→` one unknown word.
    SeparateSymbols,
    /// `collapse_whitespace`: every run of Unicode whitespace becomes one space; none at either end.
    CollapseWhitespace,
}

/// Every step with the name that model files and configurations use.
const STEPS: [(&str, Step); 13] = [
    ("decode_html_entities", Step::DecodeHtmlEntities),
    ("decode_nested_html_entities", Step::DecodeNestedHtmlEntities),
    ("name_emoji", Step::NameEmoji),
    ("fold_characters", Step::FoldCharacters),
    ("remove_urls", Step::RemoveUrls),
    ("replace_user_mentions", Step::ReplaceUserMentions),
    ("replace_cashtags", Step::ReplaceCashtags),
    ("replace_tickers", Step::ReplaceTickers),
    ("remove_control_tokens", Step::RemoveControlTokens),
    ("unify_currency_signs", Step::UnifyCurrencySigns),
    ("shorten_runs", Step::ShortenRuns),
    ("separate_symbols", Step::SeparateSymbols),
    ("collapse_whitespace", Step::CollapseWhitespace),
];

/// A step name that this version does not know.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown text normalization step `{found}`: expected one of {}", known_names())]
pub struct UnknownStep {
    /// The name that was given.
    pub found: String,
}

fn known_names() -> String {
    STEPS.map(|(name, _)| name).join(", ")
}

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(name: &str) -> Result<Self, UnknownStep> {
        let found = STEPS.iter().find(|(known, _)| *known == name);
        found.map(|(_, step)| *step).ok_or_else(|| UnknownStep { found: name.to_owned() })
    }
}

impl Step {
    /// Every step.
    pub fn all() -> impl Iterator<Item = Self> {
        STEPS.into_iter().map(|(_, step)| step)
    }

    /// The step's name in model files and configurations.
    pub fn name(self) -> &'static str {
        STEPS.iter().find(|(_, step)| *step == self).map_or("", |(name, _)| name)
    }

    /// The text after this step; borrowed where it changed nothing.
    fn apply<'a>(self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::DecodeHtmlEntities => html_escape::decode_html_entities(text),
            Self::DecodeNestedHtmlEntities => entities::decode_nested(text),
            Self::NameEmoji => emoji::name(text),
            Self::FoldCharacters => characters::fold(text),
            Self::RemoveUrls => urls::remove(text),
            Self::ReplaceUserMentions => mentions::replace(text),
            Self::ReplaceCashtags => cashtags::replace(text),
            Self::ReplaceTickers => tickers::replace(text),
            Self::RemoveControlTokens => control_tokens::remove(text),
            Self::UnifyCurrencySigns => symbols::unify_currency_signs(text),
            Self::ShortenRuns => runs::shorten(text),
            Self::SeparateSymbols => symbols::separate(text),
            Self::CollapseWhitespace => whitespace::collapse(text),
        }
    }
}

/// An ordered list of steps.
///
/// ```
/// use classifier::normalization::{CURRENT, Normalization};
///
/// let normalization = Normalization::new(&CURRENT)?;
/// assert_eq!(normalization.apply("$TSLA &amp; $F up🚀  https://t.co/xyz"), "stock & stock up rocket");
///
/// let error = Normalization::new(&["lowercase"]).unwrap_err();
/// assert_eq!(error.found, "lowercase");
/// # Ok::<(), classifier::normalization::UnknownStep>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalization {
    steps: Vec<Step>,
}

impl Normalization {
    /// The normalization that applies the named steps in this order.
    ///
    /// # Errors
    /// A name that is not one of [`Step`]'s.
    pub fn new<S: AsRef<str>>(names: &[S]) -> Result<Self, UnknownStep> {
        let steps = names.iter().map(|name| name.as_ref().parse()).collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }

    /// Names of the steps, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.steps.iter().map(|step| step.name()).collect()
    }

    /// The normalized text; borrowed where no step changed anything.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.steps.iter().fold(Cow::Borrowed(text), |text, step| match text {
            Cow::Borrowed(text) => step.apply(text),
            Cow::Owned(text) => {
                let changed = match step.apply(&text) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(changed) => Some(changed),
                };
                Cow::Owned(changed.unwrap_or(text))
            }
        })
    }
}

#[cfg(test)]
mod tests;
