//! The last marks and alerts of a call, newest first, with what they say.

use super::alert::sign;
use super::caller::Caller;
use super::text::{fit, put, wrap};
use super::theme::Theme;
use hearing::stream_time::StreamTime;
use hearing::timeline::Alert;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What comes before the lines below the first.
const INDENT: &str = "  ";

/// Draws a heading and as much of the marks and alerts as there are rows for.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, caller: &Caller, theme: Theme) {
    let (begin, end) = (StreamTime::ZERO, StreamTime(u64::MAX));
    let columns = usize::from(area.width);
    let marks = caller.timeline.marks(begin, end);
    let marks = marks.map(|mark| (mark.at, vec![(format!("▲ {} ", mark.at), mark.text.clone())]));
    let alerts = caller.timeline.alerts(begin, end);
    let alerts = alerts.map(|alert| (alert.at, lines_of(alert, caller, columns)));
    let mut notes: Vec<_> = marks.chain(alerts).collect();
    notes.sort_by_key(|(at, _)| *at);
    let heading = if notes.is_empty() { "no marks or alerts yet" } else { "marks and alerts" };
    put(buffer, area, (0, 0), &fit(heading, columns), theme.dim());
    let lines = notes.into_iter().rev().flat_map(|(_, lines)| lines);
    for (row, (begins, text)) in (1..area.height).zip(lines) {
        let end = put(buffer, area, (0, row), &begins, theme.strong());
        let text = fit(&text, usize::from(area.width.saturating_sub(end)));
        put(buffer, area, (end, row), &text, Style::new());
    }
}

/// Each line of what there is to say about an alert: how it begins, and how it goes on.
fn lines_of(alert: &Alert, caller: &Caller, columns: usize) -> Vec<(String, String)> {
    let sign = sign(alert, caller);
    let seen = if sign == '!' { "not acknowledged" } else { "acknowledged" };
    let texts = [Some(&alert.reason), alert.guidance.as_ref()].into_iter().flatten();
    let texts = texts.flat_map(|text| wrap(text, columns.saturating_sub(INDENT.len())));
    std::iter::once((format!("{sign} {} ", alert.at), seen.to_owned()))
        .chain(texts.map(|text| (INDENT.to_owned(), text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{LIVE, alert, app_after, setup};
    use crate::theme::{Colours, Paper};

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
        assert_eq!(rows(caller), ["no marks or ale…", " ".repeat(16).as_str(), &" ".repeat(16)]);
        for (second, text) in [(4, "first"), (9, ""), (15, "speaks of a gun")] {
            caller.timeline.mark(StreamTime::from_ms(1000 * second), text);
        }
        assert_eq!(rows(caller), ["marks and alerts", "▲ 0:15 speaks o…", "▲ 0:09          "]);
    }
    #[test]
    fn an_alert_says_why_and_whether_it_was_acknowledged() {
        let mut app = app_after(20, setup(&["caller"], LIVE));
        app.apply(alert(0, 12));
        app.callers[0].timeline.mark(StreamTime::from_ms(15_000), "cries");
        let rows = |caller: &Caller| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 6));
            let area = buffer.area;
            draw(&mut buffer, area, caller, Theme::new(Colours::None, Paper::Unknown));
            let row = |y| (0..40).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            (1..6).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>()
        };
        let expected = [
            "▲ 0:15 cries",
            "! 0:12 not acknowledged",
            "  fear for 8 s of speech, 75 % on",
            "  average; anger and sadness 10 %",
            "  Slow down. Ask what is happening right",
        ];
        assert_eq!(rows(&app.callers[0]), expected);
        app.callers[0].acknowledge(StreamTime::from_ms(12_000));
        assert_eq!(rows(&app.callers[0])[1], "✓ 0:12 acknowledged");
    }
}
