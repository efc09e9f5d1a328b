//! Undertone: a real-time emotion monitor for the operators of mental-health and crisis hotlines.
//!
//! It hears one side of a call, and shows which emotion the voice carries, or at least which group of them, or that
//! it is uncertain. All of it runs on one machine; no audio is kept. How the crates stand together, the way of the data, the
//! words and the invariants are in `docs/architecture.md`.
//!
//! This crate is the program: [`cli`] what was typed, [`config`] settings, [`command`] one file a command.

pub mod cli;
pub mod command;
pub mod config;
