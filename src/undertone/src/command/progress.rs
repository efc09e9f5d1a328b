//! Progress bars on the error stream; nothing is drawn where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for so many `what` ("clips").
#[must_use]
pub fn counting(n: usize, what: &str) -> ProgressBar {
    styled(n as u64, "{wide_bar} {pos}/{len} {prefix} ({eta} left)").with_prefix(what.to_owned())
}

/// A bar that shows the share that is done.
#[must_use]
pub fn percent(len: u64) -> ProgressBar {
    styled(len, "{wide_bar} {percent} % ({eta} left)")
}

/// A bar for calls of so many bytes in all; its message says how many are done.
#[must_use]
pub fn calls(bytes: u64) -> ProgressBar {
    styled(bytes, "{wide_bar} {percent} % {msg} ({eta} left)")
}

fn styled(len: u64, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(len).with_style(style)
}
