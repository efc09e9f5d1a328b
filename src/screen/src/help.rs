//! The help: every key that can mean anything, what the strip's letters mean, and what a reading is not.

use super::app::App;
use super::keys::{BINDINGS, Scope};
use super::text::{fit, put};
use super::theme::Theme;
use hearing::emotion::{Emotion, Group};
use hearing::timeline::history::Cell;
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

/// What is said below of the signs, and of readings.
const SIGNS: &str = "Small letter: less than 50 % certain. ▲ mark, ! alert, × lost sound.";
const READINGS: [&str; 2] = [
    "A reading is a guess from the sound of the voice, and often wrong.",
    "It is no diagnosis: trust the call.",
];

/// Rows of the legend when it has three columns.
const LEGEND_ROWS: u16 = 5;

/// A row: what keys are called and do, and whether they do so at this moment.
pub(super) struct Row<'a> {
    pub(super) names: String,
    pub(super) what: &'a str,
    pub(super) is_usable: bool,
}

/// Draws the help of the dashboard.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let possible = BINDINGS.iter().filter(|it| is_possible(it.scope, app));
    let rows = possible.map(|binding| Row {
        names: app.setup.options.keys.names(binding),
        what: binding.what,
        is_usable: app.in_scope(binding.scope),
    });
    draw_panel(buffer, area, &rows.collect::<Vec<_>>(), SIGNS, theme);
}

/// Draws keys, the legend and notes over whatever is there; on a small screen, over all of it and without a frame.
pub(super) fn draw_panel(buffer: &mut Buffer, area: Rect, rows: &[Row], signs: &str, theme: Theme) {
    let key_rows = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let notes = std::iter::once(signs).chain(READINGS);
    let note_rows = u16::try_from(notes.clone().count()).unwrap_or(u16::MAX);
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
    for (row, keys) in (0..).zip(rows) {
        draw_row(buffer, inner, row, keys, theme);
    }
    draw_legend(buffer, below(inner, key_rows + air), theme);
    let below_legend = below(inner, key_rows + air + LEGEND_ROWS + air);
    for (row, note) in (0..).zip(notes) {
        put(buffer, below_legend, (0, row), &fit(note, inner.width.into()), theme.dim());
    }
}

/// Whether keys of this scope can ever mean anything in this session.
fn is_possible(scope: Scope, app: &App) -> bool {
    match scope {
        Scope::Replay | Scope::Playing => app.is_replay(),
        Scope::Live | Scope::LiveCall => !app.is_replay(),
        Scope::Notice => app.setup.notice_text.is_some(),
        Scope::SeveralCallers => app.callers.len() > 1,
        Scope::Always | Scope::InCall | Scope::Alert => true,
    }
}

/// What is left of an area below its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

fn draw_row(buffer: &mut Buffer, area: Rect, row: u16, keys: &Row, theme: Theme) {
    let (name, what) =
        if keys.is_usable { (theme.strong(), Style::new()) } else { (theme.dim(), theme.dim()) };
    put(buffer, area, (0, row), &fit(&keys.names, usize::from(KEYS - 1)), name);
    let room = usize::from(area.width.saturating_sub(KEYS));
    put(buffer, area, (KEYS, row), &fit(keys.what, room), what);
}

fn draw_legend(buffer: &mut Buffer, area: Rect, theme: Theme) {
    let columns = area.width / 3;
    let is_wide = columns > 21;
    let emotions = Emotion::ALL.map(|emotion| {
        let name = if is_wide { emotion.words() } else { emotion.label() };
        (Cell::Emotion(emotion, 1.0), name)
    });
    let emotions = emotions.map(|(cell, name)| (cell, name.to_owned()));
    // A group with the letters of those whom it may be.
    let groups = Group::ALL.map(|group| {
        let letters: String = group.members().map(Emotion::letter).collect();
        let name = if is_wide { format!("{group} ({letters})") } else { group.label().to_owned() };
        (Cell::Group(group, 1.0), name)
    });
    let others = CELLS.map(|(cell, meaning)| (cell, meaning.to_owned()));
    let all = emotions.into_iter().chain(groups).chain(others);
    for (index, (cell, meaning)) in (0..).zip(all) {
        let (column, row) = (index % 3 * columns, index / 3);
        let (symbol, style) = theme.cell(cell);
        put(buffer, area, (column, row), &format!(" {symbol} "), style);
        put(buffer, area, (column + 4, row), &meaning, Style::new());
    }
}
