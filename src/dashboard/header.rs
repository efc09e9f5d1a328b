//! The first lines: whose call this is, and the clock.
//!
//! Of a replay, the rule below fills up with what was played.

use super::app::{App, Ending};
use super::feed::Mode;
use super::text::{fit, put, put_right};
use super::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the label, the clock and, if there is a second row, the rule.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let clock = clock(app);
    let clock_column = put_right(buffer, area, 0, &clock, theme.strong());
    let doing = format!("{}   ", doing(app));
    let left = Rect { width: clock_column, ..area };
    let doing_column = put_right(buffer, left, 0, &doing, theme.dim());

    let room = usize::from(doing_column.saturating_sub(2));
    let label = app.caller().map_or("no caller", |caller| caller.label.as_str());
    put(buffer, left, (0, 0), &fit(label, room), theme.strong());
    draw_rule(buffer, area, app, theme);
}

fn clock(app: &App) -> String {
    match app.setup.mode {
        Mode::Replay { length: Some(length), .. } => format!("{} / {length}", app.clock()),
        Mode::Replay { length: None, .. } | Mode::Live => app.clock().to_string(),
    }
}

/// What is going on, in a word or two.
fn doing(app: &App) -> String {
    match (&app.ending, app.setup.mode) {
        (Some(Ending::Failed(_)), _) => "stopped".to_owned(),
        (Some(Ending::Over), _) => "over".to_owned(),
        (None, Mode::Live) => "live".to_owned(),
        (None, Mode::Replay { .. }) if app.status.paused => "paused".to_owned(),
        (None, Mode::Replay { .. }) if app.status.speed.is_infinite() => "full speed".to_owned(),
        (None, Mode::Replay { .. }) => format!("replay {}x", rounded(app.status.speed)),
    }
}

/// A speed with at most two decimals.
fn rounded(speed: f64) -> f64 {
    (speed * 100.0).round() / 100.0
}

fn draw_rule(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let played = match app.setup.mode {
        Mode::Replay { length: Some(length), .. } if length.0 > 0 => {
            let played = u128::from(app.status.position.0.min(length.0)) * u128::from(area.width);
            u16::try_from(played / u128::from(length.0)).unwrap_or(area.width)
        }
        _ => 0,
    };
    put(buffer, area, (0, 1), &"━".repeat(usize::from(played)), theme.strong());
    let rest = usize::from(area.width.saturating_sub(played));
    put(buffer, area, (played, 1), &"─".repeat(rest), theme.dim());
}
