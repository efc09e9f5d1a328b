//! The last lines: what to know, and which keys there are.

use super::app::{App, Ending};
use super::feed::{LogStopped, Mode};
use super::keys::BINDINGS;
use super::text::{fit, put, put_right};
use super::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What is left of the keys when a message takes their row.
const HELP: &str = "  ? help";

/// Draws the message and the keys in two rows; in one row, the message and the way to the keys.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let message = message(app, theme);
    let (mut room, has_two_rows) = (area.width, area.height > 1);
    if has_two_rows || message.is_none() {
        draw_keys(buffer, area, app, theme);
    } else {
        room = put_right(buffer, area, 0, HELP, theme.dim());
    }
    if let Some((text, style)) = message {
        put(buffer, area, (0, 0), &fit(&text, room.into()), style);
    }
}

/// What matters most: how it ended, the answer to a key, a log that stopped, or the last notice.
fn message(app: &App, theme: Theme) -> Option<(String, Style)> {
    match (&app.ending, app.last_answer(), &app.notice) {
        (Some(Ending::Failed(error)), _, _) => {
            Some((format!(" stopped: {error}; q quits "), theme.alarm()))
        }
        (Some(Ending::Over), _, _) => {
            let what = match app.setup.mode {
                Mode::Live => "monitoring is over",
                Mode::Replay { .. } => "the replay is over; ← goes back",
            };
            Some((format!(" {what}; q quits "), theme.alarm()))
        }
        (None, Some(answer), _) => Some((answer.to_owned(), theme.strong())),
        (None, None, _) if app.status.log_stopped.is_some() => {
            Some((log_stopped(app.status.log_stopped?), theme.alarm()))
        }
        (None, None, Some(notice)) => Some((notice.clone(), Style::new())),
        (None, None, None) => None,
    }
}

fn log_stopped(LogStopped { since, disk_full }: LogStopped) -> String {
    let why = if disk_full { "the disk is full, free some space" } else { "it cannot be written" };
    format!(" no log since {since}: {why}; monitoring goes on ")
}

fn draw_keys(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let row = area.height.saturating_sub(1);
    let mut column = 0;
    for binding in BINDINGS.iter().filter(|binding| !binding.short.is_empty()) {
        if app.in_scope(binding.scope) {
            column = put(buffer, area, (column, row), binding.name, theme.strong());
            let short = format!(" {}   ", binding.short);
            column = put(buffer, area, (column, row), &short, theme.dim());
        }
    }
}
