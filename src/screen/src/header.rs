//! The first lines: whose call this is, and the clock.
//!
//! Of a replay, the rule below fills up with what was played.

use super::app::{App, Ending};
use super::feed::Mode;
use super::keys::Command;
use super::situation::Situation;
use super::text::{fit, put, put_right};
use super::theme::Theme;
use hearing::stream_time::StreamTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// Draws the label, the clock and, if there is a second row, the rule.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let clock = clock(app);
    let clock_column = put_right(buffer, area, 0, &clock, theme.strong());
    let left = Rect { width: clock_column.saturating_sub(3), ..area };
    let needs_eyes = app.is_muted() || is_deaf(app);
    let style = if needs_eyes { theme.alarm() } else { theme.dim() };
    let doing_column = put_right(buffer, left, 0, &doing(app), style);

    let room = usize::from(doing_column.saturating_sub(2));
    put(buffer, left, (0, 0), &fit(&whose(app), room), theme.strong());
    draw_rule(buffer, area, app, theme);
}

/// Says over the first row that the picture is an old one, and how to go on.
pub(super) fn draw_held(
    buffer: &mut Buffer,
    area: Rect,
    held_for: StreamTime,
    app: &App,
    theme: Theme,
) {
    let key = app.key(Command::Hold);
    // The reason is in the picture that is not shown.
    let alert = if app.alerts() > 0 { " ALERT;" } else { "" };
    let text =
        format!("{alert} PICTURE HELD for {held_for}; listening goes on; {key}: live again ");
    let row = Rect { height: area.height.min(1), ..area };
    Clear.render(row, buffer);
    buffer.set_style(row, theme.alarm());
    put(buffer, row, (0, 0), &fit(&text, row.width.into()), theme.alarm());
}

/// The caller's label, or how many there are.
fn whose(app: &App) -> String {
    match app.callers.as_slice() {
        [] => "no caller".to_owned(),
        [caller] => caller.label.clone(),
        lines => {
            let calls = lines.iter().filter(|caller| caller.is_in_call()).count();
            let s = if calls == 1 { "" } else { "s" };
            let needs_you = |line: &usize| {
                matches!(Situation::of(app, *line), Situation::AwaitsNotice | Situation::NoSound)
            };
            let alerts = match app.alerts() {
                0 => String::new(),
                1 => ", 1 ALERT".to_owned(),
                several => format!(", {several} ALERTS"),
            };
            let needing = match (0..lines.len()).filter(needs_you).count() {
                0 => String::new(),
                1 => ", 1 needs you".to_owned(),
                several => format!(", {several} need you"),
            };
            format!("{calls} call{s} on {} lines{alerts}{needing}", lines.len())
        }
    }
}

/// Whether the only caller cannot be heard; of several, each row says so.
fn is_deaf(app: &App) -> bool {
    app.ending.is_none() && app.callers.len() == 1 && !app.is_heard(0)
}

fn clock(app: &App) -> String {
    match app.setup.mode {
        Mode::Replay { length: Some(length), .. } => format!("{} / {length}", app.clock()),
        Mode::Live { .. } if app.callers.len() > 1 => app.printed.position.to_string(),
        Mode::Replay { length: None, .. } | Mode::Live { .. } => app.clock().to_string(),
    }
}

/// What is going on, in a word or two.
fn doing(app: &App) -> String {
    match (&app.ending, app.setup.mode) {
        (Some(Ending::Failed(_)), _) => "stopped".to_owned(),
        (Some(Ending::Over), _) => "over".to_owned(),
        (None, Mode::Live { .. }) if app.is_muted() => " MUTED ".to_owned(),
        (None, Mode::Live { .. }) if is_deaf(app) => " no sound ".to_owned(),
        (None, Mode::Live { .. }) => "live".to_owned(),
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
            let played = u128::from(app.printed.position.0.min(length.0)) * u128::from(area.width);
            u16::try_from(played / u128::from(length.0)).unwrap_or(area.width)
        }
        _ => 0,
    };
    put(buffer, area, (0, 1), &"━".repeat(usize::from(played)), theme.strong());
    let rest = usize::from(area.width.saturating_sub(played));
    put(buffer, area, (played, 1), &"─".repeat(rest), theme.dim());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Feed;
    use crate::rehearsal::{LIVE, REPLAY, app_after, setup};
    use crate::theme::{Colours, Paper};

    fn rows(app: &App) -> [String; 2] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 2));
        let area = buffer.area;
        draw(&mut buffer, area, app, Theme::new(Colours::None, Paper::Unknown));
        [0, 1].map(|y| (0..40).map(|x| buffer[(x, y)].symbol()).collect())
    }

    #[test]
    fn a_live_call_shows_its_clock() {
        let app = app_after(65, setup(&["caller"], LIVE));
        assert_eq!(rows(&app)[0], "caller                       live   1:05");
        assert_eq!(rows(&app)[1], "─".repeat(40));
    }

    #[test]
    fn a_replay_shows_its_speed_how_much_was_played_and_whether_it_is_held() {
        let mut app = app_after(60, setup(&["caller"], REPLAY));
        app.status.speed = 0.3 - 0.05;
        assert_eq!(rows(&app)[0], "caller        replay 0.25x   1:00 / 4:00");
        assert_eq!(rows(&app)[1], "━".repeat(10) + &"─".repeat(30));
        app.status.speed = f64::INFINITY;
        assert_eq!(rows(&app)[0], "caller          full speed   1:00 / 4:00");
        app.status.paused = true;
        assert_eq!(rows(&app)[0], "caller              paused   1:00 / 4:00");
        app.apply(Feed::Finished(None));
        assert_eq!(rows(&app)[0], "caller                over   1:00 / 4:00");
    }

    #[test]
    fn a_device_that_is_gone_is_said_until_it_is_back_and_the_clock_stays() {
        let mut app = app_after(65, setup(&["caller"], LIVE));
        app.status.is_heard = vec![false];
        assert_eq!(rows(&app)[0], "caller                  no sound    1:05");
        app.status.is_heard = vec![true];
        assert!(rows(&app)[0].contains("live"));
    }

    #[test]
    fn a_long_label_leaves_room_for_the_clock() {
        let label = "the caller with the very long label of all";
        let app = app_after(65, setup(&[label], LIVE));
        assert_eq!(rows(&app)[0], "the caller with the very l…  live   1:05");
    }
}
