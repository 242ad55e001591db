//! The trainer: prunes a base model, fine-tunes the classifier, evaluates it, exports it, asks it.
//!
//! This file is the plan of the house: every room with what is in it, and nothing else. A room imports only from rooms
//! below it; the lowest stands first. The program (`main.rs`) is a page over [`cli`].

/// Files that decide what is done: a run's configuration, a recipe, a sweep; their defaults and their checks.
pub mod config {
    pub mod differences;
    mod hints;
    pub mod loading;
    mod overrides;
    pub mod pruning;
    pub mod reading;
    pub mod recipe;
    pub mod schema;
    pub mod storage_format;
    pub mod sweep;
    pub mod training;
    mod validation;

    pub use overrides::Override;
}

/// Texts and labels: read from files, divided into parts, cut into tokens.
pub mod data {
    mod columns;
    mod csv;
    pub mod hash;
    pub mod held_out;
    mod jsonl;
    pub mod labelled;
    pub mod labels;
    mod lines;
    pub mod near_duplicates;
    mod parquet;
    mod readable;
    pub mod row;
    pub mod rows;
    pub mod source;
    pub mod split;
    pub mod texts;
    pub mod tokens;
    pub mod unlabelled;
}

/// How good predictions are: metrics with intervals, calibration, what harmless edits do.
pub mod scoring {
    pub mod assignment;
    pub mod bootstrap;
    pub mod calibration;
    pub mod edits;
    pub mod metrics;
    pub mod predictions;
    pub mod reliability;
    mod rewriting;
    pub mod scored;
}

/// What people and programs get: files that are whole, tables, JSON, predictions, plots.
pub mod output {
    pub mod file;
    pub mod folder;
    pub mod json;
    pub mod left_out;
    pub mod overwriting;
    pub mod plots;
    pub mod predictions;
    pub mod standard_output;
    pub mod tables;
}

/// Pre-trained weights under our tensors' names, and a vocabulary without what nobody uses.
pub mod base {
    pub mod base_model;
    mod folder;
    pub mod names;
    pub mod origin;
    pub mod parameters;
    pub mod vocabulary;
}

/// A run on disk: its folder, its record, its log, its weights, and all of it once it is finished.
pub mod run {
    pub mod finished;
    pub mod folder;
    pub mod history;
    pub mod log;
    pub mod looks;
    pub mod record;
    pub mod seen;
    pub mod selection;
    pub mod weights;
}

/// The loop that every training stage shares: batches, steps, averages, checkpoints.
pub mod fit {
    mod average;
    pub mod batches;
    pub mod checkpoint;
    pub mod dropout;
    pub mod gradients;
    mod interruption;
    pub mod objective;
    pub mod optimizer;
    mod progress;
    pub mod randomness;
    pub mod resources;
    pub mod schedule;
    mod step_on_slices;
    mod step_on_tensors;
    pub mod summed_gradients;
    pub mod training_loop;
    mod values;
    pub mod workers;
}

/// What the loop minimizes: classification, with teachers where there are some, or masked language modelling.
pub mod objective {
    pub mod classification;
    pub mod cross_entropy;
    pub mod encoder_teacher;
    pub mod masked_language_model;
    pub mod teachers;
}

/// From a run to a model folder: how tensors are stored, golden values, card, manifest.
pub mod export {
    pub mod golden;
    pub mod manifest;
    mod model_card;
    pub mod publish;
    pub mod storage;
    pub mod variant;
}

/// The page about a run.
pub mod report {
    pub mod findings;
    pub mod page;
}

/// One file a subcommand: its arguments, as the help says them, and what it does.
pub mod commands {
    pub mod adapt;
    pub mod bench;
    pub mod bench_training;
    pub mod edits;
    pub mod evaluate;
    pub mod export;
    pub mod golden;
    mod peak_memory;
    pub mod predict;
    pub mod prune;
    pub mod reading;
    pub mod rebuild;
    pub mod report;
    pub mod stage;
    pub mod sweep;
    pub mod train;
}

pub mod cli;
