//! The last marks of a call, newest first, with what they say.

use super::caller::Caller;
use super::text::{fit, put};
use super::theme::Theme;
use crate::stream_time::StreamTime;
use crate::timeline::history::Mark;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws a heading and as many marks as there are rows.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, caller: &Caller, theme: Theme) {
    let all = caller.timeline.marks(StreamTime::ZERO, StreamTime(u64::MAX));
    let marks: Vec<&Mark> = all.collect();
    let heading = if marks.is_empty() { "no marks yet" } else { "marks" };
    put(buffer, area, (0, 0), heading, theme.dim());
    for (row, mark) in (1..area.height).zip(marks.iter().rev()) {
        let end = put(buffer, area, (0, row), &format!("▲ {} ", mark.at), theme.strong());
        let text = fit(&mark.text, usize::from(area.width.saturating_sub(end)));
        put(buffer, area, (end, row), &text, Style::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::rehearsal::{LIVE, app_after, setup};
    use crate::dashboard::theme::{Colours, Paper};

    #[test]
    fn the_newest_mark_comes_first_and_the_oldest_give_way() {
        let mut app = app_after(20, setup(&["caller"], LIVE));
        let caller = &mut app.callers[0];
        let rows = |caller: &Caller| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 16, 3));
            let area = buffer.area;
            draw(&mut buffer, area, caller, Theme::new(Colours::None, Paper::Unknown));
            let row = |y| (0..16).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            [0, 1, 2].map(row)
        };
        assert_eq!(rows(caller), ["no marks yet    ", " ".repeat(16).as_str(), &" ".repeat(16)]);
        for (second, text) in [(4, "first"), (9, ""), (15, "speaks of a gun")] {
            caller.timeline.mark(StreamTime::from_ms(1000 * second), text);
        }
        assert_eq!(rows(caller), ["marks           ", "▲ 0:15 speaks o…", "▲ 0:09          "]);
    }
}
