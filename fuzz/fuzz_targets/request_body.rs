//! `cargo +nightly fuzz run request_body`: see [`fuzz::properties::request_body`].

#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::properties::request_body);
