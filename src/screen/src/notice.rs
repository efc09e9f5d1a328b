//! What has to be told to the caller before anything is read, large enough to read it out.

use super::app::App;
use super::keys::Command;
use super::text::{put, wrap};
use super::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Longer lines are hard to read out.
const LONGEST_LINE: u16 = 60;

/// What is asked above the text, and which key says that it was done.
const ASKED: &str = " TELL THE CALLER ";
const ANSWER: &str = "the caller was told";

/// Draws the text: bold, with air between its lines where there is room, and what to do above and below.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let text = app.setup.notice_text.as_deref().unwrap_or("that an emotion monitor is in use");
    let lines = wrap(text, area.width.saturating_sub(4).min(LONGEST_LINE).into());
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let rows = area.height.saturating_sub(2);
    let step = if wanted.saturating_mul(2) < rows { 2 } else { 1 };
    let air = u16::from(wanted.saturating_mul(step).saturating_add(2) <= rows);
    let end = put(buffer, area, (0, 0), ASKED, theme.alarm());
    put(buffer, area, (end + 2, 0), "before anything is read", theme.dim());
    let shown = usize::from(rows.saturating_sub(2 * air) / step);
    for (index, (line, row)) in
        lines.iter().take(shown.max(1)).zip((1 + air..).step_by(step.into())).enumerate()
    {
        put(buffer, area, (2, row), line, theme.strong());
        // What does not fit must not go unread without a word.
        if index + 1 == shown && lines.len() > shown {
            put(buffer, area, (0, row), "… more: enlarge the window", theme.alarm());
        }
    }
    let last = area.height.saturating_sub(1);
    let below = (1 + air + wanted.saturating_mul(step) + air).min(last);
    let answer = format!(" {}: {ANSWER} ", app.key(Command::ConfirmNotice));
    put(buffer, area, (1, below), &answer, theme.alarm());
}
