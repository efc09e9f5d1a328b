//! One file a subcommand: wires the parts, starts and joins threads, prints.

pub mod export;
pub mod printer;
pub mod sessions;
