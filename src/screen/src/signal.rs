//! Whether the monitor hears well: level, delay, losses; and what computes and what is recorded.

use super::app::App;
use super::caller::{Caller, Phase};
use super::probabilities::bar;
use super::text::{fit, fit_end, put};
use super::theme::Theme;
use hearing::fact::Level;
use hearing::timeline::OperatorState;
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
    let source = app.caller().map_or_else(String::new, |caller| fit_end(&caller.source, room));
    let source = match app.caller().and_then(|caller| caller.sound_fault) {
        Some(fault) => ("sound", fault.words().to_owned(), theme.alarm()),
        None => ("source", source, Style::new()),
    };
    // What took over from what failed.
    let has_failed = app.status.backend.is_some();
    let backend_style = if has_failed { theme.strong() } else { Style::new() };
    let facts = [
        ("delay", delay(app), Style::new()),
        ("lost", lost_samples(lost), if lost > 0 { theme.strong() } else { Style::new() }),
        source,
        ("runs on", fit(app.backend(), room), backend_style),
        ("model", fit_end(&app.setup.model, room), Style::new()),
        ("log", log(app, room), if stopped.is_some() { theme.alarm() } else { Style::new() }),
    ];
    let you = operator.map(|state| ("you", yourself(state), Style::new()));
    // The two sides need a row: what computes gives way, and where the log is stays.
    let gives_way = if has_failed { "delay" } else { "runs on" };
    let facts = facts.into_iter().filter(|(name, ..)| you.is_none() || *name != gives_way);
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
    let rest = format!("{level}  delay {}  {}", delay(app), app.backend());
    let room = usize::from(area.width.saturating_sub(end));
    put(buffer, area, (end, 0), &fit(&rest, room), theme.dim());
    // Of a long text the end is kept: there stands the score.
    put(buffer, area, (0, 1), &fit_end(&app.setup.model, area.width.into()), theme.dim());
}

/// Where what is told is kept, if it is.
fn log(app: &App, room: usize) -> String {
    let log = app.caller().and_then(|caller| caller.log.as_ref());
    let has_call = app.caller().is_some_and(|caller| caller.phase != Phase::NoCall);
    match (log, app.status.log_stopped) {
        (None, _) if !has_call => "begins with the call".to_owned(),
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

/// Draws a meter from a column to the end of an area: how loud it is now, and the highest peak of the last
/// second and a half.
fn meter(buffer: &mut Buffer, area: Rect, column: u16, caller: &Caller, theme: Theme) {
    draw_meter(buffer, area, column, caller, theme, bar);
}

/// The same as a line, for rows that touch.
pub(super) fn quiet_meter(
    buffer: &mut Buffer,
    area: Rect,
    column: u16,
    caller: &Caller,
    theme: Theme,
) {
    draw_meter(buffer, area, column, caller, theme, |part, columns| {
        "━".repeat(usize::from(place(part, columns + 1)))
    });
}

fn draw_meter(
    buffer: &mut Buffer,
    area: Rect,
    column: u16,
    caller: &Caller,
    theme: Theme,
    bar: impl Fn(f32, u16) -> String,
) {
    let columns = area.width.saturating_sub(column);
    let Some(Level { rms_db, peak_db }) = caller.level().filter(|_| columns > 0) else { return };
    let part = |db: f32| ((db - QUIETEST_DB) / -QUIETEST_DB).clamp(0.0, 1.0);
    put(buffer, area, (column, 0), &"·".repeat(columns.into()), theme.dim());
    put(buffer, area, (column, 0), &bar(part(rms_db), columns), theme.dim());
    if part(peak_db) > part(rms_db) {
        put(buffer, area, (column + place(part(peak_db), columns), 0), "│", theme.strong());
    }
}

/// Which of so many columns stands for a part of them.
fn place(part: f32, columns: u16) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most the columns of the meter"
    )]
    let place = (part * f32::from(columns.saturating_sub(1))).round() as u16;
    place
}

/// A meter that follows the sound at once, with the highest peak held, and a number that follows slowly.
fn draw_level(buffer: &mut Buffer, area: Rect, row: u16, app: &App, theme: Theme) {
    put(buffer, area, (0, row), "level", theme.dim());
    // The last level of one who is not listened to is none.
    let is_heard = app.is_heard(app.selected) && !app.is_muted() && app.ending.is_none();
    let level = app.caller().filter(|_| is_heard).and_then(Caller::level);
    let Some(Level { rms_db, peak_db }) = level else {
        put(buffer, area, (NAME, row), "-", Style::new());
        return;
    };
    let columns = METER.min(area.width.saturating_sub(NAME + 12));
    if let Some(caller) = app.caller() {
        let place = Rect { width: area.width.min(NAME + columns), y: area.y + row, ..area };
        meter(buffer, place, NAME, caller, theme);
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
    use crate::feed::{CallNews, Feed, Status};
    use crate::rehearsal::{LIVE, REPLAY, app_after, setup};
    use crate::theme::{Colours, Paper};
    use hearing::fact::SoundFault;
    use hearing::fact::{Event, Fact};
    use hearing::stream_time::StreamTime;
    use std::time::Duration;

    fn rows(app: &App) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 41, 8));
        let area = buffer.area;
        draw(&mut buffer, area, app, Theme::new(Colours::None, Paper::Unknown));
        let row = |y| (0..41).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..8).map(|y| row(y).trim_end().to_owned()).collect()
    }

    fn hear(app: &mut App, rms_db: f32, peak_db: f32) {
        let at = StreamTime::from_ms(60_000);
        let event = Event::Level(Level { rms_db, peak_db });
        app.apply(Feed::Fact(Fact { caller: 0, at, event }));
        app.tick(Duration::from_mins(1));
    }

    #[test]
    fn level_delay_and_losses_are_told() {
        let app = app_after(60, setup(&["caller"], LIVE));
        let rows = rows(&app);
        assert_eq!(rows[1], "level   ████████████··│····· -24 dBFS");
        assert_eq!(rows[2], "delay   34 ms (p95)");
        assert_eq!(rows[3], "lost    96000 samples");
        assert_eq!(rows[6], "model   phone-lstm: UAR 0.53 on strangers");
    }

    #[test]
    fn what_is_wrong_with_the_sound_stands_in_place_of_its_source() {
        let mut app = app_after(60, setup(&["caller"], LIVE));
        let source = rows(&app)[4].clone();
        let mut tell = |fault| {
            let at = StreamTime::from_ms(60_000);
            app.apply(Feed::Fact(Fact { caller: 0, at, event: Event::Sound(fault) }));
            rows(&app)[4].clone()
        };
        assert!(source.starts_with("source "), "{source}");
        assert_eq!(tell(Some(SoundFault::Silent)), "sound   digital silence");
        assert_eq!(tell(None), source);
    }

    #[test]
    fn the_meter_stays_in_its_frame_whatever_comes() {
        let mut app = app_after(1, setup(&["caller"], LIVE));
        hear(&mut app, -100.0, -100.0);
        assert!(rows(&app)[1].ends_with("-100 dBFS"));
        hear(&mut app, 12.0, f32::INFINITY);
        assert_eq!(rows(&app)[1], format!("level   {}  too loud", "█".repeat(20)));
        hear(&mut app, f32::NAN, f32::NAN);
        assert!(rows(&app)[1].starts_with("level   "));
    }

    #[test]
    fn a_session_that_is_not_recorded_says_so_and_a_long_path_shows_its_end() {
        let mut app = App::new(setup(&["caller"], REPLAY));
        assert_eq!(rows(&app)[7], "log     none: nothing is kept");
        let log = Some("/home/operator/.local/share/undertone/call.jsonl".into());
        let news = CallNews::Begun { label: "caller".into(), log, awaits_notice: false };
        app.apply(Feed::Call { caller: 0, news });
        assert_eq!(rows(&app)[7], "log     …local/share/undertone/call.jsonl");
        assert_eq!(rows(&App::new(setup(&["caller"], LIVE)))[7], "log     begins with the call");
    }

    #[test]
    fn what_took_over_from_a_gpu_that_failed_is_told() {
        let mut app = app_after(60, setup(&["caller"], LIVE));
        let backend = Some("CPU after all".to_owned());
        app.apply(Feed::Status(Status { backend, ..app.status.clone() }));
        assert_eq!(rows(&app)[5], "runs on CPU after all");
        let notice = app.notice.unwrap();
        assert_eq!(notice, "readings go on with CPU after all");
    }
}
