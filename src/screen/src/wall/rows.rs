//! The wall's calls, one row each: where, who, how long, what now, and the last minutes.
//!
//! In: what the wall knows. Out: rows. Keeps nothing.

use super::draw::clock;
use super::view::View;
use crate::callers::page;
use crate::text::{fit, put, put_right, width};
use crate::theme::Theme;
use hearing::emotion::{Emotion, Group};
use hearing::timeline::history::Cell;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use record::wall::CallPicture;
use record::wall::picture::letter;
use std::ops::Range;

/// Columns of the parts before the strip; a part of no columns is left out.
#[derive(Clone, Copy)]
struct Columns {
    /// Only where calls have one.
    node: u16,
    label: u16,
    clock: u16,
    state: u16,
}

const WIDE: Columns = Columns { node: 16, label: 22, clock: 9, state: 36 };
const MIDDLE: Columns = Columns { node: 11, label: 14, clock: 9, state: 17 };
const NARROW: Columns = Columns { node: 7, label: 7, clock: 0, state: 17 };

/// Columns for the sign of the selected row, and of one with a note.
const SIGN: u16 = 2;

/// Columns of the longest timeline: what is beside it is free.
const LONGEST_STRIP: u16 = 60;

/// In fewer columns a reason says nothing.
const SHORTEST_REASON: u16 = 20;

/// Where somebody is needed.
const ALERT: &str = " ALERT ";

impl Columns {
    fn of(columns: u16, calls: &[CallPicture]) -> Self {
        let has_nodes = calls.iter().any(|call| call.node.is_some());
        let all = match columns {
            130.. => WIDE,
            70.. => MIDDLE,
            _ => NARROW,
        };
        if has_nodes { all } else { Columns { node: 0, label: all.label + all.node / 2, ..all } }
    }

    /// Where the strip begins.
    fn strip(self) -> u16 {
        SIGN + self.node + self.label + self.clock + self.state
    }
}

/// Which calls are shown in so many rows.
fn shown(view: &View, rows: u16) -> Range<usize> {
    page(view.place(), view.calls().len(), rows.into())
}

/// Draws what the columns are, and which of the calls a list of so many rows shows if not all.
pub(super) fn draw_heading(buffer: &mut Buffer, area: Rect, rows: u16, view: &View) {
    let calls = view.calls();
    let columns = Columns::of(area.width, calls);
    let names = [
        ("node", columns.node),
        ("call", columns.label),
        ("    time", columns.clock),
        (" sounds like", columns.state),
        ("the last minutes", area.width),
    ];
    let mut column = SIGN;
    for (name, width) in names.into_iter().filter(|(_, width)| *width > 0) {
        put(buffer, area, (column, 0), name, view.theme().dim());
        column = column.saturating_add(width);
    }
    let shown = shown(view, rows);
    if shown.len() < calls.len() {
        let part = format!("  {}-{} of {}", shown.start + 1, shown.end, calls.len());
        put_right(buffer, area, 0, &part, view.theme().strong());
    }
}

/// Draws as many calls as there are rows, the selected one always among them.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: &View) {
    let columns = Columns::of(area.width, view.calls());
    for (row, place) in (0..area.height).zip(shown(view, area.height)) {
        let row = Rect { y: area.y + row, height: 1, ..area };
        draw_row(buffer, row, view, place, columns);
    }
}

fn draw_row(buffer: &mut Buffer, area: Rect, view: &View, place: usize, columns: Columns) {
    let (call, theme) = (&view.calls()[place], view.theme());
    let (is_selected, is_past) = (place == view.place(), view.is_past(call));
    let style = match (is_selected, is_past) {
        (true, _) => theme.strong(),
        (false, true) => theme.dim(),
        (false, false) => Style::new(),
    };
    put(buffer, area, (0, 0), if is_selected { "›" } else { " " }, style);
    if call.note.is_some() {
        put(buffer, area, (1, 0), "!", theme.alarm());
    }
    let cut = |text: &str, columns: u16| fit(text, usize::from(columns.saturating_sub(1)));
    let mut column = SIGN;
    if let Some(node) = &call.node {
        put(buffer, area, (column, 0), &cut(node, columns.node), style);
    }
    column += columns.node;
    put(buffer, area, (column, 0), &cut(&call.label, columns.label), style);
    column += columns.label;
    if columns.clock > 0 {
        let clock_area = Rect { width: area.width.min(column + columns.clock - 1), ..area };
        put_right(buffer, clock_area, 0, &clock(call.length_s).to_string(), style);
    }
    column += columns.clock;
    let words = chip(&call.words, usize::from(columns.state - 1));
    put(buffer, area, (column, 0), &words, state_style(call, is_past, theme));
    let strip_at = columns.strip().min(area.width);
    let rest = Rect { x: area.x + strip_at, width: area.width - strip_at, ..area };
    draw_strip(buffer, rest, &call.timeline, theme);
    if is_past {
        theme.fade(buffer, rest);
    }
    draw_beside(buffer, rest, call, theme);
}

/// An open alert, over the oldest of a strip that has no room beside it, and why where there is.
fn draw_beside(buffer: &mut Buffer, area: Rect, call: &CallPicture, theme: Theme) {
    let free = area.width.saturating_sub(LONGEST_STRIP + 1);
    let newest = call.open_alerts().max_by_key(|alert| alert.at);
    let mut column = 0;
    if newest.is_some() {
        column = put(buffer, area, (0, 0), ALERT, theme.alarm()) + 1;
    }
    let why = newest.map(|alert| format!("{} {}", clock(alert.at_s), alert.rule));
    if let Some(text) = why.as_ref().or(call.note.as_ref()) {
        let room = free.saturating_sub(column);
        if room >= SHORTEST_REASON {
            put(buffer, area, (column, 0), &fit(text, room.into()), Style::new());
        }
    }
}

/// Words with air around them, as far as there is room; what is behind a colon goes first.
fn chip(words: &str, room: usize) -> String {
    let fits = |words: &str| width(words) < room;
    let words = words.split_once(": ").filter(|_| !fits(words)).map_or(words, |(short, _)| short);
    let text = format!(" {words} ");
    fit(if width(&text) > room { text.trim_end() } else { &text }, room)
}

/// How the words of a call stand: as its letter does in the strip.
pub(super) fn state_style(call: &CallPicture, is_past: bool, theme: Theme) -> Style {
    if is_past { theme.dim() } else { theme.cell(cell(call.now)).1 }
}

/// Draws the newest letters that fit, the very newest at the right.
fn draw_strip(buffer: &mut Buffer, area: Rect, timeline: &str, theme: Theme) {
    let area = area.intersection(buffer.area);
    for (column, sign) in (0..area.width).rev().zip(timeline.chars().rev()) {
        let (symbol, style) = theme.cell(cell(sign));
        buffer[(area.x + column, area.y)].set_char(symbol).set_style(style);
    }
}

/// What a letter of the timeline stands for. One that nobody knows stands for nothing heard.
fn cell(sign: char) -> Cell {
    let emotions = Emotion::ALL.map(|emotion| Cell::Emotion(emotion, 1.0)).into_iter();
    let groups = Group::ALL.map(|group| Cell::Group(group, 1.0));
    let rest = [Cell::Silence, Cell::TooShort, Cell::Uncertain, Cell::Gap, Cell::Muted];
    let mut all = emotions.chain(groups).chain(rest);
    all.find(|cell| letter(cell) == sign).unwrap_or(Cell::Unheard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Colours, Paper};

    #[test]
    fn every_letter_is_drawn_as_the_dashboard_draws_its_cell() {
        let theme = Theme::new(Colours::True, Paper::Unknown);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 18, 1));
        let area = buffer.area;
        draw_strip(&mut buffer, area, "gone FADT.,?!xZ", theme);
        let text: String = (0..18).map(|x| buffer[(x, 0)].symbol()).collect();
        assert_eq!(text, "        FADT·~?×= ");
        assert_eq!(buffer[(8, 0)].bg, theme.colour(Emotion::Fear));
        assert_eq!(Some(buffer[(11, 0)].bg), theme.on_group(Group::Distressed).bg);
        for emotion in Emotion::ALL {
            assert_eq!(cell(letter(&Cell::Emotion(emotion, 0.2))), Cell::Emotion(emotion, 1.0));
        }
    }

    #[test]
    fn of_words_that_do_not_fit_the_most_important_stay() {
        let words = "distressed 64 %: fear or sadness";
        for (room, shown) in [
            (34, " distressed 64 %: fear or sadness "),
            (33, " distressed 64 %: fear or sadness"),
            (32, " distressed 64 % "),
            (16, " distressed 64 %"),
            (12, " distressed…"),
            (0, ""),
        ] {
            assert_eq!(chip(words, room), shown);
        }
    }

    #[test]
    fn a_strip_shows_the_newest_that_fit() {
        let theme = Theme::new(Colours::None, Paper::Unknown);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        draw_strip(&mut buffer, Rect::new(1, 0, 9, 1), "AAASFN", theme);
        assert_eq!(buffer, {
            let mut expected = Buffer::with_lines([" SFN"]);
            expected.set_style(Rect::new(1, 0, 3, 1), theme.on(Emotion::Fear));
            expected
        });
    }
}
