//! `cargo +nightly fuzz run gguf`: see [`fuzz::properties::gguf`].

#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::properties::gguf);
