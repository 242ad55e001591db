//! `cargo +nightly fuzz run tokenizer_json`: see [`fuzz::properties::tokenizer_json`].

#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::properties::tokenizer_json);
