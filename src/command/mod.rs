//! The subcommands, one a file.

pub mod evaluate;
pub mod export;
pub mod printer;
pub mod sessions;
