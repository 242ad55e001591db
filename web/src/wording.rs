//! What went wrong, in words for people: what happened, what it means for them, what they can do.
//!
//! Engines and browsers describe errors for developers: addresses, hashes, sizes. Those words are sorted here by what a
//! visitor can do about them, and are kept only as technical details, without the hashes. What `js/` has found out on
//! the way to a model is in words for people already, and is shown as it is.

use std::borrow::Cow;

/// A message for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub title: &'static str,
    /// What it means and what to do.
    pub advice: Cow<'static, str>,
}

/// What `js/` says of a download, by the words that tell it; and its title.
const TOLD: [(&str, &str); 5] = [
    ("does not start", "The model does not start"),
    ("did not arrive", "The model did not arrive"),
    ("arrived in place of", "The model did not arrive"),
    ("another version of this page", "This page is out of date"),
    ("not the one that was announced", "The model arrived damaged"),
];

/// Words that only one kind of trouble has, and what to say of it. The first that fits counts.
const LOADING: [(&[&str], Trouble); 7] = [
    (
        &["this browser lacks", "simd", "webassembly is not"],
        Trouble {
            title: "This browser is too old for the model",
            advice: Cow::Borrowed(
                "Update it, or open this page in a current Chrome, Edge, Firefox or Safari (16.4 or later). Your text stays here meanwhile.",
            ),
        },
    ),
    (
        &["memory", "quota"],
        Trouble {
            title: "There is not enough room for the model",
            advice: Cow::Borrowed(
                "Close other tabs and programs and try again, or choose a smaller model under “Model and privacy”.",
            ),
        },
    ),
    (
        &["fetch", "network", "connection", "did not start", "found only"],
        Trouble {
            title: "The model could not be fetched",
            advice: Cow::Borrowed(
                "Check the connection and try again. What has arrived already is not lost.",
            ),
        },
    ),
    (
        &["sha-256", "magic", "model file of", "damaged", "not a model"],
        Trouble {
            title: "The model arrived damaged",
            advice: Cow::Borrowed(
                "Nothing of it was used. Try again; if it stays like this, whoever runs this site has to repair the file.",
            ),
        },
    ),
    (
        &["list of models", "manifest", "does not list"],
        Trouble {
            title: "This site has no model to offer",
            advice: Cow::Borrowed(
                "Its list of models is missing or not in order. Try again in a minute; if it stays like this, tell whoever runs this site.",
            ),
        },
    ),
    (
        &["found http", "answered 4", "answered 5"],
        Trouble {
            title: "The model is not where it should be",
            advice: Cow::Borrowed(
                "The site did not hand it out. Try again in a minute; if it stays like this, tell whoever runs this site.",
            ),
        },
    ),
    (
        &["worker", "security policy", "blocked", "refused"],
        Trouble {
            title: "The browser kept the model from starting",
            advice: Cow::Borrowed(
                "An extension, a privacy setting or a rule of this site blocks a part of the page. Allow it for this site, or try another browser.",
            ),
        },
    ),
];

/// What to say of a model that could not be loaded.
pub fn of_loading(words: &str) -> Trouble {
    if let Some((_, title)) = TOLD.iter().find(|(sign, _)| words.contains(sign)) {
        return Trouble { title, advice: Cow::Owned(words.to_owned()) };
    }
    let words = words.to_lowercase();
    let fits = |(signs, _): &&(&[&str], Trouble)| signs.iter().any(|sign| words.contains(sign));
    LOADING.iter().find(fits).map_or(
        Trouble {
            title: "The model could not be started",
            advice: Cow::Borrowed(
                "Try again. If it stays like this, reload the page or try another browser.",
            ),
        },
        |(_, trouble)| trouble.clone(),
    )
}

/// What to say of a model that stopped in the middle of a text.
pub const STOPPED: Trouble = Trouble {
    title: "The model stopped while it was reading",
    advice: Cow::Borrowed("Your text is still here. Try again: the model is started anew."),
};

/// What to say of a text that is too long.
pub const TOO_LONG: Trouble = Trouble {
    title: "This text is too long",
    advice: Cow::Borrowed(
        "Shorten it to a tweet or a few paragraphs. If it is a list, have its lines read one by one instead.",
    ),
};

/// The original words, where they say more than the message; nobody has to read 64 digits of a hash.
pub fn details_of(words: &str, trouble: &Trouble) -> Option<String> {
    (trouble.advice != words).then(|| details(words))
}

/// The original words, where nobody has to read 64 digits of a hash.
pub fn details(words: &str) -> String {
    let is_hash = |word: &str| word.len() >= 32 && word.chars().all(|letter| letter.is_ascii_hexdigit());
    let parts = words.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
    let shorten = |part: &str| {
        let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        if is_hash(word) { part.replacen(word, &format!("{}…", &word[..8]), 1) } else { part.to_owned() }
    };
    parts.map(shorten).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What engine, loader and browsers really say.
    const FOUND: [(&str, &str); 16] = [
        ("This browser lacks SIMD and relaxed SIMD, one of which the engine needs: update it.", "too old"),
        ("Cannot start the worker https://x/engine/worker.js: SecurityError.", "kept the model from"),
        ("The worker https://x/engine/worker.js failed: it did not load.", "kept the model from"),
        ("Refused to create a worker, violates the Content Security Policy.", "kept the model from"),
        (
            "Cannot fetch the model from https://x/m.gguf: Failed to fetch; check the network.",
            "could not be fetched",
        ),
        ("The engine at /engine/tickertone.js did not start. Check the connection.", "could not be fetched"),
        (
            "The list of models did not arrive: the server cannot be reached. Check the connection and try again.",
            "did not arrive",
        ),
        (
            "A web page arrived in place of the model. Sign in in another tab, then try again here.",
            "did not arrive",
        ),
        ("Expected the model at https://x/m.gguf, found HTTP 404 Not Found.", "not where it should be"),
        (
            "Expected a model file of 6895168 bytes, found only 1000000: load it again.",
            "could not be fetched",
        ),
        ("Expected a model file with the SHA-256 0a, found 0b: the file was changed.", "damaged"),
        ("Unknown magic 0x6f64213c.", "damaged"),
        (
            "The list of models is made for another version of this page. Reload the page or try again.",
            "out of date",
        ),
        (
            "The model is here, but does not start: this browser is too old. Update it or try another one.",
            "does not start",
        ),
        ("No memory for a model file of 6895168 bytes: close other tabs.", "not enough room"),
        ("Something new.", "could not be started"),
    ];

    #[test]
    fn every_error_has_a_message_that_says_what_to_do() {
        for (words, expected) in FOUND {
            let Trouble { title, advice } = of_loading(words);
            assert!(title.contains(expected), "{words}: {title}");
            assert!(advice.contains("ry ") || advice.contains("Update"), "{advice}");
        }
    }

    #[test]
    fn no_message_has_a_word_of_the_machinery() {
        let all = LOADING.iter().map(|(_, trouble)| trouble).chain([&STOPPED, &TOO_LONG]);
        for Trouble { title, advice } in all {
            let words = format!("{title} {advice}").to_lowercase();
            for word in
                ["worker", "wasm", "webassembly", "simd", "kernel", "operator", "manifest", "sha", "http"]
            {
                assert!(
                    !words.split(|letter: char| !letter.is_alphanumeric()).any(|found| found == word),
                    "{words}"
                );
            }
        }
    }

    #[test]
    fn hashes_are_cut_from_the_details() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(details(&format!("found {hash}: the file")), "found 01234567…: the file");
        assert_eq!(details("expected 6895168 bytes"), "expected 6895168 bytes");
    }
}
