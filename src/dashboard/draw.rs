//! Where everything goes.

use super::app::App;
use super::text::{fit, put};
use super::theme::Theme;
use super::{callers, facts, footer, header, help, probabilities, signal, state, strip};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The smallest screen that shows more than a request for a larger one.
const SMALLEST: (u16, u16) = (40, 10);

/// From this size on, probabilities and signal stand side by side.
const ROOMY: (u16, u16) = (70, 20);

/// Columns that seven bars can make use of.
const LEFT_MOST: u16 = 90;

// Roomy, here 80 x 24 with one caller:
//
//   caller                                            replay 1x   0:42 / 2:10   header
//   ━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────────────────────
//
//   ▄▀▀  (big letters: 3 rows, 6 where there is room)            72 %            state
//   sadness: 72 % certain
//   louder +6 dB · pitch 210 Hz, higher +3 st · 4.1 syll/s · pauses 20 %         facts
//
//   ssSSSSSSSSSSS····NNNN??NNNN~·····                                            strip
//   ──────┬──────▲──────────────┬────────────────────────────────┐              axis
//       2 min                 1 min                             now
//
//   probabilities                          signal
//    A  anger      ████  12 %              level  ██████│···  -21 dBFS
//    ... 7 rows                            ... 7 rows
//
//   no GPU found: using the CPU                                                  footer
//   m mark   space pause   ? help   q quit
//
// Compact, here 40 x 10: header, state, strip, labels, the top probabilities in a line, the signal in
// a line, and the message or the keys in a line. With several callers a list of them stands below the
// header, and what follows is about the selected one.

/// Draws the whole screen.
pub(super) fn draw(frame: &mut ratatui::Frame, app: &App) {
    let area = frame.area();
    draw_screen(frame.buffer_mut(), area, app, Theme::new(app.setup.colours));
}

fn draw_screen(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("too small: {} x {} or more", SMALLEST.0, SMALLEST.1);
        put(buffer, area, (0, 0), &fit(&text, area.width.into()), theme.strong());
        return;
    }
    if area.width >= ROOMY.0 && area.height >= ROOMY.1 {
        draw_roomy(buffer, area, app, theme);
    } else {
        draw_compact(buffer, area, app, theme);
    }
    if app.help {
        help::draw(buffer, area, app, theme);
    }
}

/// Hands out rows from the top.
struct Rows {
    rest: Rect,
}

impl Rows {
    fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.rest.height);
        let taken = Rect { height: rows, ..self.rest };
        self.rest.y += rows;
        self.rest.height -= rows;
        taken
    }

    fn take_last(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.rest.height);
        self.rest.height -= rows;
        Rect { y: self.rest.bottom(), height: rows, ..self.rest }
    }
}

/// Rows that nobody needs yet.
struct Spare(u16);

impl Spare {
    /// All of what is wanted, or nothing.
    fn grant(&mut self, wanted: u16) -> u16 {
        let granted = if wanted <= self.0 { wanted } else { 0 };
        self.0 -= granted;
        granted
    }
}

fn draw_roomy(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let inner = Rect { x: area.x + 1, width: area.width - 2, ..area };
    let mut rows = Rows { rest: inner };
    header::draw(buffer, rows.take(2), app, theme);
    footer::draw(buffer, rows.take_last(2), app, theme);
    draw_callers(buffer, &mut rows, app, theme);

    let smallest = state::SMALL_ROWS + 1 + 2 + probabilities::ROWS;
    let mut spare = Spare(rows.rest.height.saturating_sub(smallest));
    let facts_rows = spare.grant(1);
    // Air and a strip that shows come first, then letters for the far end of the desk.
    let mut state_rows = state::SMALL_ROWS + spare.grant(1);
    let air_above_strip = spare.grant(1);
    let air_above_footer = spare.grant(1);
    let mut strip_rows = 1 + spare.grant(1);
    let air_below_strip = spare.grant(1);
    strip_rows += spare.grant(1);
    state_rows += spare.grant(state::LARGE_ROWS - state_rows);
    strip_rows += spare.grant(2) + spare.grant(2);

    rows.take_last(air_above_footer);
    draw_state(buffer, rows.take(state_rows), app, theme);
    draw_facts(buffer, rows.take(facts_rows), app, theme);
    rows.take(air_above_strip);
    draw_strip(buffer, rows.take(strip_rows), rows.take(2), app, theme);
    rows.take(air_below_strip);
    let panels = rows.take(probabilities::ROWS);
    let left = Rect { width: (panels.width * 9 / 20).min(LEFT_MOST), ..panels };
    let right =
        Rect { x: left.right() + 2, width: panels.width.saturating_sub(left.width + 2), ..panels };
    probabilities::draw(buffer, left, app, theme);
    signal::draw(buffer, right, app, theme);
}

fn draw_compact(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let mut rows = Rows { rest: area };
    header::draw(buffer, rows.take(1), app, theme);
    footer::draw(buffer, rows.take_last(1), app, theme);
    draw_callers(buffer, &mut rows, app, theme);

    // Strip, axis, probabilities and signal have a row each, the state what is left of the rest.
    let rest = rows.rest.height.saturating_sub(4);
    let mut spare = Spare(rest.saturating_sub(state::SMALL_ROWS));
    // The model's score and the facts come first, then air, then the bars.
    let signal_rows = 1 + spare.grant(1);
    let facts_rows = spare.grant(1);
    let state_rows = rest.min(state::SMALL_ROWS) + spare.grant(1);
    let bar_rows = 1 + spare.grant(probabilities::ROWS - 1);
    let strip_rows = 1 + spare.grant(1);
    signal::draw_short(buffer, rows.take_last(signal_rows), app, theme);
    probabilities::draw(buffer, rows.take_last(bar_rows), app, theme);
    draw_state(buffer, rows.take(state_rows), app, theme);
    draw_facts(buffer, rows.take(facts_rows), app, theme);
    draw_strip(buffer, rows.take(strip_rows), rows.take(1), app, theme);
}

/// A list of callers if there are several, in at most a third of what is left.
fn draw_callers(buffer: &mut Buffer, rows: &mut Rows, app: &App, theme: Theme) {
    if app.callers.len() > 1 {
        let most = (rows.rest.height / 3).max(1);
        let wanted = u16::try_from(app.callers.len()).unwrap_or(u16::MAX);
        callers::draw(buffer, rows.take(wanted.min(most)), app, theme);
    }
}

fn draw_state(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if app.is_deaf() {
        state::draw_deaf(buffer, area, theme);
    } else if let Some(caller) = app.caller() {
        state::draw(buffer, area, caller.printed.state, theme);
    }
}

fn draw_facts(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if let Some(caller) = app.caller() {
        facts::draw(buffer, area, caller.printed.facts.as_ref(), theme);
    }
}

fn draw_strip(buffer: &mut Buffer, strip: Rect, axis: Rect, app: &App, theme: Theme) {
    if let Some(caller) = app.caller() {
        strip::draw(buffer, strip, &caller.timeline, theme);
        strip::draw_axis(buffer, axis, &caller.timeline, theme);
    }
}

#[cfg(test)]
mod tests;
