//! Whether the monitor hears well: level, delay, losses; and what computes and what is recorded.

use super::app::App;
use super::probabilities::bar;
use super::text::{fit, fit_end, put};
use super::theme::Theme;
use crate::pipeline::Level;
use crate::timeline::OperatorState;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns for the names.
const NAME: u16 = 8;

/// The meter's left end: below it, speech on a telephone is lost in noise.
const QUIETEST_DB: f32 = -60.0;

/// The meter's length.
const METER: u16 = 20;

/// From this peak on, samples were cut off or are about to be.
const TOO_LOUD_DB: f32 = -0.5;

/// Draws one row for each fact, the most important first, as many as there is room for.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    put(buffer, area, (0, 0), "signal", theme.dim());
    draw_level(buffer, area, 1, app, theme);
    let room = usize::from(area.width.saturating_sub(NAME));
    let lost = app.printed.dropped_samples;
    let stopped = app.status.log_stopped;
    let operator = app.caller().and_then(|caller| caller.timeline.operator_state());
    let facts = [
        ("delay", delay(app), Style::new()),
        ("lost", lost_samples(lost), if lost > 0 { theme.strong() } else { Style::new() }),
        ("source", fit_end(&app.setup.source, room), Style::new()),
        ("runs on", fit(&app.setup.backend, room), Style::new()),
        ("model", fit_end(&app.setup.model, room), Style::new()),
        ("log", log(app, room), if stopped.is_some() { theme.alarm() } else { Style::new() }),
    ];
    let you = operator.map(|state| ("you", yourself(state), Style::new()));
    // The two sides need a row: what computes gives way, and where the log is stays.
    let facts = facts.into_iter().filter(|(name, ..)| you.is_none() || *name != "runs on");
    for (row, (name, value, style)) in (2..).zip(you.iter().cloned().chain(facts)) {
        put(buffer, area, (0, row), name, theme.dim());
        put(buffer, area, (NAME, row), &fit(&value, room), style);
    }
}

/// Draws the same facts in at most two lines: how it runs, and what was promised of the model.
pub(super) fn draw_short(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let lost = app.printed.dropped_samples;
    let style = if lost > 0 { theme.strong() } else { theme.dim() };
    let end = put(buffer, area, (0, 0), &format!("lost {lost}"), style);
    let level = app.caller().and_then(|caller| caller.printed.level_db);
    let level = level.map_or_else(String::new, |db| format!("  level {db:.0} dB"));
    let rest = format!("{level}  delay {}  {}", delay(app), app.setup.backend);
    let room = usize::from(area.width.saturating_sub(end));
    put(buffer, area, (end, 0), &fit(&rest, room), theme.dim());
    // Of a long text the end is kept: there stands the score.
    put(buffer, area, (0, 1), &fit_end(&app.setup.model, area.width.into()), theme.dim());
}

/// Where what is told is kept, if it is.
fn log(app: &App, room: usize) -> String {
    match (&app.log, app.status.log_stopped) {
        (None, _) => "none: nothing is kept".to_owned(),
        (Some(_), Some(stopped)) => format!("stopped at {}", stopped.since),
        (Some(path), None) => fit_end(path, room),
    }
}

/// The operator's own side.
fn yourself(state: OperatorState) -> String {
    match (state.speaks, state.is_echoed) {
        (_, true) => "heard on the caller's side: not read",
        (true, false) => "speaking",
        (false, false) => "silent",
    }
    .to_owned()
}

fn delay(app: &App) -> String {
    app.printed.delay_p95_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms (p95)"))
}

fn lost_samples(lost: u64) -> String {
    if lost == 0 { "nothing".to_owned() } else { format!("{lost} samples") }
}

/// A meter that follows the sound at once, with the highest peak held, and a number that follows slowly.
fn draw_level(buffer: &mut Buffer, area: Rect, row: u16, app: &App, theme: Theme) {
    put(buffer, area, (0, row), "level", theme.dim());
    let Some(Level { rms_db, peak_db }) = app.caller().and_then(super::caller::Caller::level)
    else {
        put(buffer, area, (NAME, row), "-", Style::new());
        return;
    };
    let columns = METER.min(area.width.saturating_sub(NAME + 12));
    let part = |db: f32| ((db - QUIETEST_DB) / -QUIETEST_DB).clamp(0.0, 1.0);
    put(buffer, area, (NAME, row), &"·".repeat(columns.into()), theme.dim());
    put(buffer, area, (NAME, row), &bar(part(rms_db), columns), theme.dim());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most METER columns"
    )]
    let peak = (part(peak_db) * f32::from(columns.saturating_sub(1))).round() as u16;
    if part(peak_db) > part(rms_db) {
        put(buffer, area, (NAME + peak, row), "│", theme.strong());
    }
    let number = app.caller().and_then(|caller| caller.printed.level_db).unwrap_or(rms_db);
    let column = NAME + columns + 1;
    if peak_db >= TOO_LOUD_DB {
        put(buffer, area, (column, row), " too loud ", theme.alarm());
    } else {
        put(buffer, area, (column, row), &format!("{number:.0} dBFS"), Style::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::feed::{Feed, Mode};
    use crate::dashboard::rehearsal::{app_after, setup};
    use crate::dashboard::theme::Colours;
    use crate::pipeline::{Event, Update};
    use crate::stream_time::StreamTime;
    use std::time::Duration;

    fn rows(app: &App) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 41, 8));
        let area = buffer.area;
        draw(&mut buffer, area, app, Theme::new(Colours::None));
        let row = |y| (0..41).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..8).map(|y| row(y).trim_end().to_owned()).collect()
    }

    fn hear(app: &mut App, rms_db: f32, peak_db: f32) {
        let at = StreamTime::from_ms(60_000);
        let event = Event::Level(Level { rms_db, peak_db });
        app.apply(Feed::Update(Update { caller: 0, at, event }));
        app.tick(Duration::from_mins(1));
    }

    #[test]
    fn level_delay_and_losses_are_told() {
        let app = app_after(60, setup(&["caller"], Mode::Live));
        let rows = rows(&app);
        assert_eq!(rows[1], "level   ████████████··│····· -24 dBFS");
        assert_eq!(rows[2], "delay   34 ms (p95)");
        assert_eq!(rows[3], "lost    96000 samples");
        assert_eq!(rows[6], "model   phone-lstm: UAR 0.53 on strangers");
    }

    #[test]
    fn the_meter_stays_in_its_frame_whatever_comes() {
        let mut app = app_after(1, setup(&["caller"], Mode::Live));
        hear(&mut app, -100.0, -100.0);
        assert!(rows(&app)[1].ends_with("-100 dBFS"));
        hear(&mut app, 12.0, f32::INFINITY);
        assert_eq!(rows(&app)[1], format!("level   {}  too loud", "█".repeat(20)));
        hear(&mut app, f32::NAN, f32::NAN);
        assert!(rows(&app)[1].starts_with("level   "));
    }

    #[test]
    fn a_session_that_is_not_recorded_says_so_and_a_long_path_shows_its_end() {
        let mut setup = setup(&["caller"], Mode::Live);
        setup.log = None;
        assert_eq!(rows(&App::new(setup.clone()))[7], "log     none: nothing is kept");
        setup.log = Some("/home/operator/.local/share/undertone/call.jsonl".into());
        assert_eq!(rows(&App::new(setup))[7], "log     …local/share/undertone/call.jsonl");
    }
}
