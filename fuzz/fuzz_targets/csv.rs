//! `cargo +nightly fuzz run csv`: see [`fuzz::properties::csv`].

#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::properties::csv);
