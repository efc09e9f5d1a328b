//! The help: every key, what the strip's letters mean, and what a reading is not.

use super::app::App;
use super::feed::Mode;
use super::keys::{BINDINGS, Scope};
use super::text::{fit, put};
use super::theme::Theme;
use crate::emotion::Emotion;
use crate::timeline::history::Cell;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget};

/// Columns for the names of keys.
const KEYS: u16 = 12;

/// What the strip's other characters mean.
const CELLS: [(Cell, &str); 4] = [
    (Cell::Silence, "no speech"),
    (Cell::TooShort, "too short"),
    (Cell::Uncertain, "uncertain"),
    (Cell::Gap, "sound lost"),
];

/// What is said below.
const NOTES: [&str; 3] = [
    "A small letter is less than 50 % certain. ▲ is a mark, × lost sound.",
    "A reading is a guess from the sound of the voice, and often wrong.",
    "It is no diagnosis: trust the call.",
];

/// Rows of the legend when it has three columns.
const LEGEND_ROWS: u16 = 4;

/// Draws the help over whatever is there; on a small screen, over all of it and without a frame.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let key_rows = u16::try_from(BINDINGS.len()).unwrap_or(u16::MAX);
    let note_rows = u16::try_from(NOTES.len()).unwrap_or(u16::MAX);
    let (width, height) = (72, key_rows + 1 + LEGEND_ROWS + 1 + note_rows + 2);
    let is_small = width > area.width || height > area.height;
    let panel = if is_small {
        area
    } else {
        area.centered(Constraint::Length(width), Constraint::Length(height))
    };
    Clear.render(panel, buffer);
    let (inner, air) = if is_small {
        (panel, 0)
    } else {
        let block = Block::bordered().title(" keys ");
        let inner = block.inner(panel);
        block.render(panel, buffer);
        (Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }, 1)
    };
    draw_keys(buffer, inner, app, theme);
    draw_legend(buffer, below(inner, key_rows + air), theme);
    let notes = below(inner, key_rows + air + LEGEND_ROWS + air);
    for (row, note) in (0..).zip(NOTES) {
        put(buffer, notes, (0, row), &fit(note, notes.width.into()), theme.dim());
    }
}

/// What is left of an area below its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

fn draw_keys(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    for (row, binding) in (0..).zip(BINDINGS) {
        let usable = app.in_scope(binding.scope);
        let (name, what) =
            if usable { (theme.strong(), Style::new()) } else { (theme.dim(), theme.dim()) };
        put(buffer, area, (0, row), binding.name, name);
        let text = match (binding.scope, app.setup.mode) {
            (Scope::Replay | Scope::Playing, Mode::Live { .. }) => {
                format!("{} (replay only)", binding.what)
            }
            (Scope::Live | Scope::LiveCall, Mode::Replay { .. }) => {
                format!("{} (live only)", binding.what)
            }
            _ => binding.what.to_owned(),
        };
        let room = usize::from(area.width.saturating_sub(KEYS));
        put(buffer, area, (KEYS, row), &fit(&text, room), what);
    }
}

fn draw_legend(buffer: &mut Buffer, area: Rect, theme: Theme) {
    let columns = area.width / 3;
    let is_wide = columns > 21;
    let emotions = Emotion::ALL.map(|emotion| {
        let name = if is_wide { emotion.words() } else { emotion.label() };
        (Cell::Emotion(emotion, 1.0), name)
    });
    for (index, (cell, meaning)) in (0..).zip(emotions.into_iter().chain(CELLS)) {
        let (column, row) = (index % 3 * columns, index / 3);
        let (symbol, style) = theme.cell(cell);
        put(buffer, area, (column, row), &format!(" {symbol} "), style);
        put(buffer, area, (column + 4, row), meaning, Style::new());
    }
}
