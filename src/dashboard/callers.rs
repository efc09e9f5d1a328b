//! All callers, one row each: who, how long, what now, and the last minute or so.

use super::app::App;
use super::caller::Caller;
use super::state;
use super::strip;
use super::text::{fit, put, put_right};
use super::theme::Theme;
use crate::timeline::history::State;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of the parts before the strip, on a wide screen and on a narrow one.
const WIDE: Columns = Columns { label: 18, clock: 8, state: 22 };
const NARROW: Columns = Columns { label: 10, clock: 0, state: 17 };

struct Columns {
    label: u16,
    clock: u16,
    state: u16,
}

/// Draws as many callers as there are rows, the selected one always among them.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let rows = usize::from(area.height);
    let first = (app.selected + 1).saturating_sub(rows);
    let shown = app.callers.iter().enumerate().skip(first).take(rows);
    for (row, (index, caller)) in (0..).zip(shown) {
        let line = Rect { y: area.y + row, height: 1, ..area };
        draw_row(buffer, line, caller, index == app.selected, theme);
    }
}

fn draw_row(buffer: &mut Buffer, area: Rect, caller: &Caller, selected: bool, theme: Theme) {
    let columns = if area.width >= 70 { WIDE } else { NARROW };
    let style = if selected { theme.strong() } else { theme.dim() };
    put(buffer, area, (0, 0), if selected { "›" } else { " " }, style);
    let label = fit(&caller.label, usize::from(columns.label.saturating_sub(1)));
    put(buffer, area, (2, 0), &label, style);
    let clock = Rect { width: area.width.min(2 + columns.label + columns.clock), ..area };
    if columns.clock > 0 {
        put_right(buffer, clock, 0, &caller.timeline.now().to_string(), style);
    }
    let state = caller.printed.state;
    let text = match state {
        State::Emotion(emotion, certainty) => {
            format!(" {} {} % ", emotion.label(), state::percent(certainty))
        }
        other => format!(" {} ", state::words(other)),
    };
    let room = usize::from(columns.state.saturating_sub(1));
    put(buffer, area, (clock.width + 1, 0), &fit(&text, room), state::style(state, theme));
    let start = (clock.width + 1 + columns.state).min(area.width);
    let rest = Rect { x: area.x + start, width: area.width - start, ..area };
    strip::draw(buffer, rest, &caller.timeline, theme);
}
