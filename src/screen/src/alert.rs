//! The alert of the selected caller: when, why, and what the hotline says to it.

use super::app::App;
use super::caller::Caller;
use super::text::{fit, put, wrap};
use super::theme::Theme;
use hearing::timeline::Alert;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

/// The sign of an alert: of one that was acknowledged another, also without colours.
pub(super) fn sign(alert: &Alert, caller: &Caller) -> char {
    if caller.open_alerts().iter().any(|open| open.at == alert.at) { '!' } else { '✓' }
}

/// Draws the newest alert that was not acknowledged, if there is one, over as many rows as it takes: the reason,
/// and below it the guidance as far as there is room.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let (Some(alert), Some(caller)) = (app.alert(app.selected), app.caller()) else { return };
    if area.is_empty() {
        return;
    }
    let others = match caller.open_alerts().len() {
        ..2 => String::new(),
        several => format!("+{} ", several - 1),
    };
    let sign = format!(" ALERT {} {others}", alert.at);
    let column = u16::try_from(sign.chars().count() + 1).unwrap_or(u16::MAX);
    let columns = usize::from(area.width.saturating_sub(column));
    let styled = |text: &str, style: Style| {
        wrap(text, columns).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
    };
    let mut lines = styled(&alert.reason, theme.strong());
    lines.extend(styled(alert.guidance.as_deref().unwrap_or_default(), Style::new()));
    let rows = usize::from(area.height).min(lines.len().max(1));
    let is_cut = rows < lines.len();
    if let Some((last, _)) = lines.get_mut(rows - 1).filter(|_| is_cut) {
        *last = fit(&format!("{last} …"), columns);
    }
    let height = u16::try_from(rows).unwrap_or(area.height);
    Clear.render(Rect { height, ..area }.intersection(buffer.area), buffer);
    put(buffer, area, (0, 0), &sign, theme.alarm());
    for (row, (line, style)) in (0..height).zip(lines) {
        put(buffer, area, (column, row), &line, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{LIVE, alert, app_after, setup};
    use crate::theme::{Colours, Paper};

    fn rows(app: &App, columns: u16, height: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, height));
        let area = buffer.area;
        draw(&mut buffer, area, app, Theme::new(Colours::None, Paper::Unknown));
        let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn the_reason_comes_first_and_the_guidance_as_far_as_there_is_room() {
        let mut app = app_after(20, setup(&["caller"], LIVE));
        assert_eq!(rows(&app, 78, 1), [""]);
        app.apply(alert(0, 20));
        assert_eq!(
            rows(&app, 78, 3),
            [
                " ALERT 0:20  fear for 8 s of speech, 75 % on average; anger and sadness 10 %",
                "             Slow down. Ask what is happening right now.",
                "",
            ]
        );
        let one = " ALERT 0:20  fear for 8 s of …";
        assert_eq!(rows(&app, 31, 1), [one]);
    }

    #[test]
    fn the_newest_of_several_is_told_and_how_many_there_are() {
        let mut app = app_after(20, setup(&["caller"], LIVE));
        app.apply(alert(0, 12));
        app.apply(alert(0, 20));
        assert!(rows(&app, 78, 1)[0].starts_with(" ALERT 0:20 +1  fear"));
        app.callers[0].acknowledge(hearing::stream_time::StreamTime::from_ms(20_000));
        assert!(rows(&app, 78, 1)[0].starts_with(" ALERT 0:12  fear"));
    }
}
