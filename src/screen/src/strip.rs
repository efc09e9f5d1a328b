//! The timeline: a part of the call as a continuous strip of colours and letters, and the axis below it.
//!
//! Whoever looks at what was before still sees the live edge: the last seconds, at the right end.

use super::alert::sign;
use super::app::App;
use super::caller::Caller;
use super::text::{put, put_right, width};
use super::theme::{LOST, Theme};
use super::window::{Window, Zoom};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns from one label of the axis to the next, at least.
const BETWEEN_LABELS: u64 = 16;

/// Seconds that labels of the axis may lie apart.
const STEPS_S: [u64; 12] = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/// The live edge takes this part of the columns.
const LIVE_EDGE: u16 = 6;

/// The strip of the details with its parts: what is looked at, and the live edge where that is the past.
pub(super) struct View {
    /// Where in the area the window is, by columns.
    past: Rect,
    live: Rect,
    window: Window,
    live_window: Window,
    is_scrolled: bool,
}

impl View {
    /// Of the selected caller in an area; strip, axis and graph share it.
    pub(super) fn new(area: Rect, app: &App, caller: &Caller) -> Self {
        let now = caller.timeline.now();
        let Some(until) = app.looks_at else {
            let window = Window::live(app.zoom, area.width, now);
            let live = Rect { x: area.right(), width: 0, ..area };
            return View { past: area, live, window, live_window: window, is_scrolled: false };
        };
        let edge = area.width / LIVE_EDGE;
        let past = Rect { width: area.width.saturating_sub(edge + 1), ..area };
        let live = Rect { x: area.right() - edge, width: edge, ..area };
        View {
            past,
            live,
            window: Window::until(app.zoom, past.width, now, until),
            live_window: Window::live(Zoom::default(), edge, now),
            is_scrolled: true,
        }
    }

    /// The parts at the rows of an area, with their windows.
    pub(super) fn parts(&self, area: Rect) -> impl Iterator<Item = (Rect, Window)> {
        let at = |part: Rect| Rect { y: area.y, height: area.height, ..part };
        let live = self.is_scrolled.then(|| (at(self.live), self.live_window));
        std::iter::once((at(self.past), self.window)).chain(live)
    }
}

/// Draws the strip of the details.
pub(super) fn draw_view(
    buffer: &mut Buffer,
    area: Rect,
    view: &View,
    caller: &Caller,
    theme: Theme,
) {
    for (part, window) in view.parts(area) {
        draw(buffer, part, window, &caller.timeline, theme);
    }
    if view.is_scrolled {
        draw_edge(buffer, area, view, theme);
    }
}

/// The line between the past and the live edge.
pub(super) fn draw_edge(buffer: &mut Buffer, area: Rect, view: &View, theme: Theme) {
    for row in 0..area.height {
        put(buffer, area, (view.past.width, row), "┃", theme.strong());
    }
}

/// Draws a strip: colours and losses in every row, letters in the middle one. A mark underlines its column.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    window: Window,
    timeline: &Timeline,
    theme: Theme,
) {
    let area = area.intersection(buffer.area);
    for column in 0..area.width {
        let Some((from, to)) = window.time_of(column) else { continue };
        let (letter, style) = theme.cell(timeline.cell(from, to));
        for row in 0..area.height {
            let is_lettered = row == area.height / 2 || letter == LOST;
            let symbol = if is_lettered { letter } else { ' ' };
            buffer[(area.x + column, area.y + row)].set_char(symbol).set_style(style);
        }
        if area.height == 1 && timeline.marks(from, to).next().is_some() {
            buffer[(area.x + column, area.y)].set_style(theme.marked());
        }
    }
}

/// Draws the axis below the strip: alerts, marks, losses and, in the last row, when it was: how long ago, or where in
/// the call if that is the past.
pub(super) fn draw_axis(
    buffer: &mut Buffer,
    area: Rect,
    view: &View,
    caller: &Caller,
    theme: Theme,
) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let labels = area.height - 1;
    if labels > 0 {
        put(buffer, area, (0, 0), &"─".repeat(area.width.into()), theme.dim());
    }
    for (part, window) in view.parts(area) {
        let part = part.intersection(area);
        if view.is_scrolled && part.x == area.x {
            draw_times(buffer, part, window, theme);
        } else {
            draw_ages(buffer, part, window, theme);
        }
        draw_flags(buffer, part, window, caller, theme);
    }
    if view.is_scrolled {
        put(buffer, area, (view.past.width, 0), "┃", theme.strong());
    }
}

/// How long ago, in round numbers.
fn draw_ages(buffer: &mut Buffer, area: Rect, window: Window, theme: Theme) {
    let labels = area.height - 1;
    let step = step(window);
    let mut age = step;
    loop {
        let columns = age.0 / window.column.0;
        let Ok(columns) = u16::try_from(columns) else { break };
        let Some(column) = area.width.checked_sub(columns + 1) else { break };
        let label = ago(age);
        tick(buffer, area, column, &label, theme);
        age = age + step;
    }
    put_right(buffer, area, 0, if labels > 0 { "┐" } else { "" }, theme.dim());
    put_right(buffer, area, labels, " now", theme.dim());
}

/// Where in the call, in round numbers.
fn draw_times(buffer: &mut Buffer, area: Rect, window: Window, theme: Theme) {
    let step = step(window).0;
    for column in 0..area.width {
        let Some((from, to)) = window.time_of(column) else { continue };
        let round = from.0.next_multiple_of(step);
        if round < to.0 {
            tick(buffer, area, column, &StreamTime(round).to_string(), theme);
        }
    }
}

fn step(window: Window) -> StreamTime {
    let least = StreamTime(window.column.0.saturating_mul(BETWEEN_LABELS));
    let steps = STEPS_S.map(|seconds| StreamTime::from_ms(1000 * seconds));
    let step = steps.into_iter().find(|step| *step >= least);
    step.unwrap_or(StreamTime(least.0.next_multiple_of(steps[steps.len() - 1].0)))
}

/// A length in round words: `40 s`, `2 min`, `1:25`.
pub(super) fn ago(age: StreamTime) -> String {
    let seconds = age.0 / StreamTime::from_ms(1000).0;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ => age.to_string(),
    }
}

/// One tick with its label below it; a label that would be cut is left out.
fn tick(buffer: &mut Buffer, area: Rect, column: u16, label: &str, theme: Theme) {
    let labels = area.height - 1;
    if labels > 0 {
        put(buffer, area, (column, 0), "┬", theme.dim());
    }
    let columns = u16::try_from(width(label)).unwrap_or(u16::MAX);
    if column.saturating_sub(2).saturating_add(columns) <= area.width {
        put(buffer, area, (column.saturating_sub(2), labels), label, theme.dim());
    }
}

/// Draws alerts into a strip of one row that has no axis, in place of the letters.
pub(super) fn draw_alerts(buffer: &mut Buffer, area: Rect, window: Window, caller: &Caller) {
    let area = area.intersection(buffer.area);
    for column in 0..area.width {
        let Some((from, to)) = window.time_of(column) else { continue };
        if let Some(sign) = alert_sign(caller, from, to) {
            buffer[(area.x + column, area.y)].set_char(sign);
        }
    }
}

/// The sign of the alerts from one time up to another, if there were any; one that is open goes first.
fn alert_sign(caller: &Caller, from: StreamTime, to: StreamTime) -> Option<char> {
    let signs = caller.timeline.alerts(from, to).map(|alert| sign(alert, caller));
    signs.reduce(|one, other| if other == '!' { other } else { one })
}

/// Alerts, marks and losses, where they were.
fn draw_flags(buffer: &mut Buffer, area: Rect, window: Window, caller: &Caller, theme: Theme) {
    let timeline = &caller.timeline;
    let flag = Style::reset().patch(theme.strong());
    for column in 0..area.width {
        let Some((from, to)) = window.time_of(column) else { continue };
        if let Some(sign) = alert_sign(caller, from, to) {
            put(buffer, area, (column, 0), &sign.to_string(), flag);
        } else if timeline.marks(from, to).next().is_some() {
            put(buffer, area, (column, 0), "▲", flag);
        } else if timeline.has_gap(from, to) {
            put(buffer, area, (column, 0), &LOST.to_string(), flag);
        }
    }
}

#[cfg(test)]
mod tests;
