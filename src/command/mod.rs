//! The subcommands, one a file.

pub mod devices;
pub mod evaluate;
