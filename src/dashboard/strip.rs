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
        let is_minute = age.is_multiple_of(COLUMNS_A_MINUTE);
        if labels > 0 {
            let tick = if is_minute { "┬" } else { "─" };
            put(buffer, area, (column, 0), tick, theme.dim());
        }
        if is_minute {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::rehearsal::reading;
    use crate::dashboard::theme::Colours;
    use crate::emotion::Emotion;
    use crate::timeline::Activity;
    use ratatui::style::{Color, Modifier};

    fn seconds(seconds: u64) -> StreamTime {
        StreamTime::from_ms(1000 * seconds)
    }

    /// Silence to 4 s, fear to 8 s, lost to 10 s, weak sadness to 12 s, and a mark at 5 s.
    fn timeline() -> Timeline {
        let mut timeline = Timeline::new();
        timeline.activity(seconds(4), Activity::Speaking);
        timeline.reading(reading(seconds(6), Emotion::Fear, 80));
        timeline.reading(reading(seconds(8), Emotion::Fear, 80));
        timeline.gap(seconds(8), seconds(2));
        timeline.reading(reading(seconds(12), Emotion::Sadness, 40));
        timeline.mark(seconds(5), "here");
        timeline
    }

    #[test]
    fn the_strip_ends_now_and_begins_with_the_call() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
        let area = buffer.area;
        let mut timeline = timeline();
        timeline.advance(StreamTime::from_ms(12_100));
        draw(&mut buffer, area, &timeline, Theme::new(Colours::None));
        let fear = Modifier::BOLD | Modifier::REVERSED;
        let mut expected = Buffer::with_lines(["  ··FF×ss"]);
        for (x, modifier) in [(2, Modifier::DIM), (3, Modifier::DIM), (4, fear), (5, fear)] {
            expected[(x, 0)].modifier = modifier;
        }
        for (x, modifier) in [(6, Modifier::BOLD), (7, fear), (8, fear)] {
            expected[(x, 0)].modifier = modifier;
        }
        assert_eq!(buffer, expected);
    }

    #[test]
    fn what_was_drawn_moves_left_and_keeps_its_face() {
        let face = |now: u64| {
            let mut timeline = timeline();
            timeline.activity(seconds(12), Activity::Listening);
            timeline.advance(StreamTime::from_ms(now));
            let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
            let area = buffer.area;
            draw(&mut buffer, area, &timeline, Theme::new(Colours::True));
            buffer.content().iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
        };
        assert_eq!(face(12_100), "  ··FF×s·");
        assert_eq!(face(13_900), "  ··FF×s·");
        assert_eq!(face(14_100), " ··FF×s··");
    }

    #[test]
    fn colours_and_losses_fill_every_row_and_letters_one() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 7, 3));
        let area = buffer.area;
        draw(&mut buffer, area, &timeline(), Theme::new(Colours::True));
        let symbols = |y: u16| (0..7).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!(symbols(0), "    ×  ");
        assert_eq!(symbols(1), "··FF×s ");
        for y in 0..3 {
            assert_eq!(buffer[(2, y)].bg, Color::Rgb(0xcc, 0x79, 0xa7));
        }
    }

    #[test]
    fn the_axis_shows_marks_and_losses_where_they_were() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 2));
        let area = buffer.area;
        draw_axis(&mut buffer, area, &timeline(), Theme::new(Colours::None));
        let row = |y: u16| (0..40).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!(row(0), "─────────┬─────────────────────────▲─×─┐");
        assert_eq!(row(1), "       1 min                         now");
    }
}
