//! The subcommands, one a file: each wires parts, starts threads and joins them. `engine` is what monitor and
//! replay have run.

pub mod batch;
pub mod calibrate;
pub mod calls;
pub mod capacity;
pub mod degrade;
pub mod devices;
pub mod doctor;
pub mod evaluate;
pub mod export;
pub mod file_set;
pub mod folds;
pub mod inspect;
pub mod installed;
pub mod make_calls;
pub mod manual;
pub mod material;
pub mod models;
pub mod monitor;
pub mod period;
pub mod plain;
pub mod printer;
pub mod progress;
pub mod replay;
pub mod report;
pub mod scoring;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod sound;
pub mod summary;
pub mod train;
pub mod watch;

use crate::config::TerminalFound;
use screen::{Charset, Colours, Paper};

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Done,
    /// Done, but a part of the input could not be used or a part of the log could not be written.
    Partial,
}

/// Exit code when all was done.
pub const EXIT_DONE: u8 = 0;
/// Exit code of a failure; the message is on standard error.
pub const EXIT_FAILED: u8 = 1;
/// Exit code of a command line that was not understood.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of [`Exit::Partial`].
pub const EXIT_PARTIAL: u8 = 3;

/// What the terminal is written on, and which characters it can show, from the environment.
#[must_use]
pub fn terminal_found() -> TerminalFound {
    let variable = |name: &str| std::env::var(name).ok();
    TerminalFound {
        paper: Paper::of_terminal(variable("COLORFGBG").as_deref()),
        charset: Charset::of_locale(
            variable("LC_ALL").as_deref(),
            variable("LC_CTYPE").as_deref(),
            variable("LANG").as_deref(),
        ),
    }
}

/// What the terminal can show, from the environment.
#[must_use]
pub fn terminal_colours() -> Colours {
    let variable = |name: &str| std::env::var(name).ok();
    Colours::of_terminal(
        variable("NO_COLOR").as_deref(),
        variable("COLORTERM").as_deref(),
        variable("TERM").as_deref(),
    )
}

/// A length that was typed as `--seconds`.
///
/// # Errors
/// What is no length: negative, or endless.
pub fn seconds(number: f64) -> anyhow::Result<std::time::Duration> {
    std::time::Duration::try_from_secs_f64(number)
        .map_err(|_| anyhow::anyhow!("--seconds is {number}; give a number of seconds from 0 on"))
}
