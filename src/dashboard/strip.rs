//! The timeline: the last minutes as a continuous strip, one column every two seconds.
//!
//! Columns are anchored in the call, so that what was drawn moves left and does not change its face.

use super::text::{put, put_right};
use super::theme::{LOST, Theme};
use crate::stream_time::StreamTime;
use crate::timeline::history::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What one column stands for: eight readings, and two and a half minutes on 80 columns.
const COLUMN: StreamTime = StreamTime::from_ms(2_000);

/// Columns between two labels of the axis.
const COLUMNS_A_MINUTE: u16 = 30;

/// The time of a column of an area, the last one being the running one; nothing before the call.
fn time_of(column: u16, columns: u16, timeline: &Timeline) -> Option<(StreamTime, StreamTime)> {
    let running = timeline.now().0 / COLUMN.0;
    let age = columns.checked_sub(column + 1)?;
    let from = StreamTime(running.checked_sub(u64::from(age))? * COLUMN.0);
    Some((from, from + COLUMN))
}

/// Draws the strip: colours and losses in every row, letters in the middle one.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, timeline: &Timeline, theme: Theme) {
    let area = area.intersection(buffer.area);
    for column in 0..area.width {
        let Some((from, to)) = time_of(column, area.width, timeline) else { continue };
        let (letter, style) = theme.cell(timeline.cell(from, to));
        for row in 0..area.height {
            let is_lettered = row == area.height / 2 || letter == LOST;
            let symbol = if is_lettered { letter } else { ' ' };
            buffer[(area.x + column, area.y + row)].set_char(symbol).set_style(style);
        }
    }
}

/// Draws the axis below the strip: marks, losses and, in the last row, how long ago it was.
pub(super) fn draw_axis(buffer: &mut Buffer, area: Rect, timeline: &Timeline, theme: Theme) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let labels = area.height - 1;
    for column in 0..area.width.saturating_sub(1) {
        let age = area.width - 1 - column;
        if labels > 0 {
            let tick = if age % COLUMNS_A_MINUTE == 0 { "┬" } else { "─" };
            put(buffer, area, (column, 0), tick, theme.dim());
        }
        if age % COLUMNS_A_MINUTE == 0 {
            let label = format!("{} min", age / COLUMNS_A_MINUTE);
            put(buffer, area, (column.saturating_sub(2), labels), &label, theme.dim());
        }
    }
    put_right(buffer, area, 0, if labels > 0 { "┐" } else { "" }, theme.dim());
    put_right(buffer, area, labels, "now", theme.dim());
    let flag = Style::reset().patch(theme.strong());
    for column in 0..area.width {
        let Some((from, to)) = time_of(column, area.width, timeline) else { continue };
        if timeline.marks(from, to).next().is_some() {
            put(buffer, area, (column, 0), "▲", flag);
        } else if timeline.has_gap(from, to) {
            put(buffer, area, (column, 0), &LOST.to_string(), flag);
        }
    }
}
