//! The whole program, run as a person runs it: real files in a folder of its own, exit codes, messages.
//!
//! One test target, so that it links once. [`sandbox`] gives each test an empty home and ends what hangs;
//! [`sound`] makes recordings; [`screen`] is a terminal (tmux). No test depends on what the bundled model
//! says: another one may take its place.

#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

mod alerting;
mod archive;
mod bad_files;
mod bad_models;
mod bad_requests;
mod calls;
mod capacity;
mod dashboard;
mod degrade;
mod ending;
mod first_minute;
mod golden;
mod hostile;
mod inspect;
mod keeping;
mod models;
mod plain;
mod sandbox;
mod screen;
mod sessions;
mod sides;
mod sound;
mod sound_faults;
mod training;
mod usage;
