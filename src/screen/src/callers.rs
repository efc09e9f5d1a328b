//! All callers, one row each: who, how long, what now and since when, how loud, and the last minute or so.

use super::app::{App, Sorting};
use super::caller::Caller;
use super::signal::quiet_meter;
use super::situation::Situation;
use super::strip;
use super::text::{fit, put, put_right, width};
use super::theme::Theme;
use super::window::{Window, Zoom};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::State;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::Range;

/// Columns of the parts before the strip; a part of no columns is left out.
#[derive(Clone, Copy)]
struct Columns {
    label: u16,
    clock: u16,
    /// Only where the operator is heard.
    speaks: u16,
    state: u16,
    lasting: u16,
    level: u16,
}

const WIDE: Columns = Columns { label: 22, clock: 8, speaks: 8, state: 17, lasting: 7, level: 10 };
const MIDDLE: Columns = Columns { label: 14, clock: 8, speaks: 0, state: 17, lasting: 7, level: 0 };
const NARROW: Columns = Columns { label: 10, clock: 0, speaks: 0, state: 17, lasting: 0, level: 0 };

/// Columns for the sign of the selected row.
const SIGN: u16 = 2;

/// Columns of a row's meter, and one beside it.
const METER: u16 = 9;

impl Columns {
    fn of(columns: u16, app: &App) -> Self {
        let hears_operator =
            app.callers.iter().any(|caller| caller.timeline.operator_state().is_some());
        let all = match columns {
            110.. => WIDE,
            70.. => MIDDLE,
            _ => NARROW,
        };
        Columns { speaks: if hears_operator { all.speaks } else { 0 }, ..all }
    }

    /// Where the strip begins.
    fn strip(&self) -> u16 {
        SIGN + self.label + self.clock + self.speaks + self.state + self.lasting + self.level
    }
}

/// Which places of the list are shown in so many rows: whole pages, so that rows stand still while the selection
/// moves.
pub(super) fn page(place: usize, places: usize, rows: usize) -> Range<usize> {
    let rows = rows.max(1);
    let first = (place / rows * rows).min(places.saturating_sub(rows));
    first..places.min(first + rows)
}

fn shown(app: &App, rows: usize) -> Range<usize> {
    page(app.place(), app.callers.len(), rows)
}

/// Draws as many callers as there are rows, the selected one always among them, below a heading if there is a
/// row for it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if area.is_empty() {
        return;
    }
    let columns = Columns::of(area.width, app);
    let has_heading = has_heading(app, area);
    let rows = area.height - u16::from(has_heading);
    let shown = shown(app, rows.into());
    if has_heading {
        draw_heading(buffer, area, &columns, theme);
        let part = if shown.len() < app.callers.len() {
            format!("  {}-{} of {}", shown.start + 1, shown.end, app.callers.len())
        } else {
            String::new()
        };
        let sorted = match app.sorting {
            Sorting::Own => "",
            Sorting::Attention => "  attention first",
        };
        put_right(buffer, area, 0, &format!("{sorted}{part}"), theme.strong());
    }
    let first_row = area.y + u16::from(has_heading);
    draw_places(buffer, Rect { y: first_row, height: rows, ..area }, app, shown, theme);
}

/// Draws rows without a heading.
pub(super) fn draw_rows(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let shown = shown(app, area.height.into());
    draw_places(buffer, area, app, shown, theme);
}

fn draw_places(buffer: &mut Buffer, area: Rect, app: &App, places: Range<usize>, theme: Theme) {
    let columns = Columns::of(area.width, app);
    for (row, line) in (0..area.height).zip(&app.order[places]) {
        let row = Rect { y: area.y + row, height: 1, ..area };
        draw_row(buffer, row, app, *line, &columns, theme);
    }
}

/// Which line is shown in a row of the screen.
pub(super) fn line_at(app: &App, area: Rect, row: u16) -> Option<usize> {
    let has_heading = has_heading(app, area);
    let rows = area.height.saturating_sub(u16::from(has_heading));
    let below = row.checked_sub(area.y + u16::from(has_heading))?;
    let places = shown(app, rows.into());
    app.order.get(places)?.get(usize::from(below)).copied()
}

/// A heading where all have room with it, or where some have none without it either.
fn has_heading(app: &App, area: Rect) -> bool {
    area.height >= 4 && usize::from(area.height) != app.callers.len()
}

fn draw_heading(buffer: &mut Buffer, area: Rect, columns: &Columns, theme: Theme) {
    let names = [
        ("caller", columns.label),
        ("   time", columns.clock),
        (" speaks", columns.speaks),
        (" sounds like", columns.state),
        ("   for", columns.lasting),
        (" level", columns.level),
        ("the last minutes", area.width),
    ];
    let mut column = SIGN;
    for (name, width) in names.into_iter().filter(|(_, width)| *width > 0) {
        put(buffer, area, (column, 0), name, theme.dim());
        column = column.saturating_add(width);
    }
}

fn draw_row(
    buffer: &mut Buffer,
    area: Rect,
    app: &App,
    index: usize,
    columns: &Columns,
    theme: Theme,
) {
    let caller = &app.callers[index];
    let situation = Situation::of(app, index);
    let is_selected = index == app.selected;
    let style = match (is_selected, situation.is_past()) {
        (true, _) => theme.strong(),
        (false, true) => theme.dim(),
        (false, false) => Style::new(),
    };
    let strip_at = columns.strip().min(area.width);
    let rest = Rect { x: area.x + strip_at, width: area.width - strip_at, ..area };
    let window = Window::live(Zoom::default(), rest.width, caller.timeline.now());
    strip::draw(buffer, rest, window, &caller.timeline, theme);
    strip::draw_alerts(buffer, rest, window, caller);
    if situation.is_past() {
        theme.fade(buffer, rest);
    }
    if app.alert(index).is_some() {
        put(buffer, rest, (0, 0), " ALERT ", theme.alarm());
    }
    put(buffer, area, (0, 0), if is_selected { "›" } else { " " }, style);
    let label = fit(&caller.label, usize::from(columns.label.saturating_sub(1)));
    put(buffer, area, (SIGN, 0), &label, style);
    let mut column = SIGN + columns.label;
    // A clock that never ran says nothing.
    if columns.clock > 0 && situation != Situation::NoCall {
        let clock = Rect { width: area.width.min(column + columns.clock - 1), ..area };
        put_right(buffer, clock, 0, &caller.printed.clock.to_string(), style);
    }
    column += columns.clock;
    if columns.speaks > 0 && !situation.is_past() {
        put(buffer, area, (column + 1, 0), speaks(caller), style);
    }
    column += columns.speaks;
    let room = usize::from(columns.state - 1);
    let text = format!(" {} ", situation.short());
    // The longest of all does without the blank behind it.
    let text = fit(if width(&text) > room { text.trim_end() } else { &text }, room);
    put(buffer, area, (column, 0), &text, situation.style(theme));
    column += columns.state;
    let is_certain =
        matches!(situation, Situation::Heard(State::Emotion(..) | State::Group { .. }));
    if columns.lasting > 0 && is_certain {
        let lasting = Rect { width: area.width.min(column + columns.lasting - 1), ..area };
        put_right(buffer, lasting, 0, &caller.printed.lasting.to_string(), style);
    }
    column += columns.lasting;
    if columns.level > 0 && app.is_heard(index) {
        quiet_meter(
            buffer,
            Rect { width: area.width.min(column + METER), ..area },
            column,
            caller,
            theme,
        );
    }
}

/// Who speaks, where both sides are heard.
fn speaks(caller: &Caller) -> &'static str {
    let caller_speaks = !matches!(caller.printed.state, State::Listening);
    match caller.timeline.operator_state() {
        Some(state) if state.is_echoed => "you",
        Some(state) if state.speaks && caller_speaks => "both",
        Some(state) if state.speaks => "you",
        Some(_) | None if caller_speaks => "caller",
        Some(_) | None => "",
    }
}

/// Draws whose details follow, as a rule with the label in it.
pub(super) fn draw_title(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let Some(caller) = app.caller() else { return };
    draw_rule(buffer, area, &caller.label, caller.printed.clock, theme);
}

/// Draws a rule with a label and a clock in it.
pub(super) fn draw_rule(
    buffer: &mut Buffer,
    area: Rect,
    label: &str,
    clock: StreamTime,
    theme: Theme,
) {
    put(buffer, area, (0, 0), &"─".repeat(area.width.into()), theme.dim());
    let clock = format!(" {clock} ");
    let room = usize::from(area.width).saturating_sub(10 + width(&clock));
    let label = format!(" {} ", fit(label, room));
    let strong = Style::reset().patch(theme.strong());
    put(buffer, area, (2, 0), &label, strong);
    let right = Rect { width: area.width.saturating_sub(2), ..area };
    put_right(buffer, right, 0, &clock, strong);
}
