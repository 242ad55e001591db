//! `cargo +nightly fuzz run range_header`: see [`fuzz::properties::range_header`].

#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::properties::range_header);
