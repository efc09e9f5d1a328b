//! The gateway as it runs on a server: the real program, real connections, real time.
//!
//! What is sent comes from the program's own sender, whose messages other programs' parsers read (`foreign.py`), or is
//! written here by hand where it is to be wrong. The engine's own results are the reference: `undertone replay` of the same
//! recording. `make test-gateway` builds both programs first.

#![cfg(target_os = "linux")]
#![expect(clippy::float_cmp, reason = "counts, and times that are whole")]
#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

mod bad_input;
mod ending;
mod gateway;
mod load;
mod material;
mod same_readings;
mod siprec;
mod time;
mod wall;
