//! Where everything goes: a size and what there is to show in, rectangles out.
//!
//! Large, here 80 x 24 with three callers; with one caller the list and the title are not there:
//!
//! ```text
//!  3 calls on 3 lines                                     live   0:42   header
//!  ─────────────────────────────────────────────────────────────────
//!    label     clock   sounds like      for                             list
//!  › Line 1     0:42   fear 73 %       0:14  NNNN??NNNN~·FFFFFF
//!    Line 2     0:12   listening             NNNN··········
//!  ── Line 1 ──────────────────────────────────────────────────────     title
//!  ▄▀▀  (big letters: 3 rows, 6 where there is room)     72 %           state
//!  sadness: 72 % certain, for 0:14
//!  louder +6 dB · pitch 210 Hz, higher +3 st · 4.1 syll/s               facts
//!
//!  ssSSSSSSSSSSS····NNNN??NNNN~·····                                    strip
//!  ──────┬──────▲──────────────┬─────────────────────────────┐          axis
//!      2 min                 1 min                          now
//!
//!  probabilities                          signal                        panels
//!   A  anger      ████  12 %              level  ██████│···  -21 dBFS
//!   ... 7 rows                            ... 7 rows
//!
//!  no GPU found: using the CPU                                          footer
//!  m t mark   p privacy   ? help   q quit
//! ```
//!
//! Short, on 40 x 10 or below a long list: title, state, strip, axis, the top probabilities in a line, and the
//! signal in a line.

use super::{graph, probabilities, state};
use ratatui::layout::Rect;

/// The smallest screen that shows more than a request for a larger one.
pub(super) const SMALLEST: (u16, u16) = (40, 10);

/// From this size on there is room for two rows of header and footer.
const LARGE: (u16, u16) = (70, 20);

/// Columns that seven bars can make use of.
const LEFT_MOST: u16 = 60;

/// From so many columns on, the marks stand beside bars and signal.
const WITH_NOTES: u16 = 110;

/// Rows of a curve of the probabilities over time; higher ones say no more.
const HIGHEST_CURVE: u16 = 3;

/// Rows of the details in full: state, strip, axis and panels.
const FULL_ROWS: u16 = state::SMALL_ROWS + 1 + 2 + probabilities::ROWS;

/// Rows of the details in short: state, strip, axis and probabilities; the signal where there is one more.
const SHORT_ROWS: u16 = state::SMALL_ROWS + 3;

/// From so many rows on the details are shown in full, and a longer list scrolls.
const ENOUGH_FOR_BOTH: u16 = FULL_ROWS + 1 + 16;

/// Where everything goes. What there is no room for has no rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) header: Rect,
    /// The callers, with a heading if there is a row more than callers.
    pub(super) list: Rect,
    /// Which of several callers the details are about.
    pub(super) title: Rect,
    /// All of the details.
    pub(super) details: Rect,
    pub(super) state: Rect,
    pub(super) facts: Rect,
    pub(super) strip: Rect,
    pub(super) axis: Rect,
    pub(super) bars: Rect,
    /// The probabilities over time, in place of the panels or below them.
    pub(super) graph: Rect,
    /// The marks, at the right where there is room.
    pub(super) notes: Rect,
    pub(super) signal: Rect,
    /// Where an alert is told, over what can be done without.
    pub(super) alert: Rect,
    /// Whether bars and signal stand side by side with a heading, and not in a line each.
    pub(super) is_full: bool,
    pub(super) footer: Rect,
}

impl Layout {
    /// Of a screen of at least [`SMALLEST`] with so many callers, with or without the probabilities over time.
    pub(super) fn new(area: Rect, callers: usize, shows_graph: bool) -> Self {
        let is_large = area.width >= LARGE.0 && area.height >= LARGE.1;
        let (margin, edge_rows) = if is_large { (1, 2) } else { (0, 1) };
        let inner = Rect { x: area.x + margin, width: area.width - 2 * margin, ..area };
        let mut rows = Rows { rest: inner };
        let mut layout = Layout {
            header: rows.take(edge_rows),
            footer: rows.take_last(edge_rows),
            ..Layout::default()
        };
        if callers > 1 {
            let callers = u16::try_from(callers).unwrap_or(u16::MAX);
            layout.list = rows.take(list_rows(callers, rows.rest.height, is_large));
            layout.title = rows.take(u16::from(is_large));
        }
        layout.details = rows.rest;
        if is_large && rows.rest.height >= FULL_ROWS {
            layout.place_full(&mut rows, shows_graph);
        } else {
            layout.place_short(&mut rows);
        }
        layout
    }

    fn place_full(&mut self, rows: &mut Rows, shows_graph: bool) {
        self.is_full = true;
        let mut spare = Spare(rows.rest.height - FULL_ROWS);
        let facts_rows = spare.grant(1);
        // Air and a strip that shows come first, then letters for the far end of the desk.
        let mut state_rows = state::SMALL_ROWS + spare.grant(1);
        let air_above_strip = spare.grant(1);
        let air_above_footer = spare.grant(1);
        let mut strip_rows = 1 + spare.grant(1);
        let air_below_strip = spare.grant(1);
        strip_rows += spare.grant(1);
        state_rows += spare.grant(state::LARGE_ROWS - state_rows);
        let graph_rows = spare.grant(1 + graph::ROWS);
        strip_rows += spare.grant(2) + spare.grant(2);

        rows.take_last(air_above_footer);
        self.state = rows.take(state_rows);
        self.facts = rows.take(facts_rows);
        rows.take(air_above_strip);
        self.strip = rows.take(strip_rows);
        self.alert = if air_above_strip > 0 {
            // Not over the strip's letters, which are in the middle.
            Rect { y: self.facts.bottom(), height: air_above_strip + strip_rows / 2, ..self.facts }
        } else if facts_rows > 0 {
            self.facts
        } else {
            Rect::default()
        };
        self.axis = rows.take(2);
        rows.take(air_below_strip);
        let panels = rows.take(probabilities::ROWS);
        if self.alert.is_empty() {
            // Over their heading.
            self.alert = Rect { height: 1, ..panels };
        }
        if graph_rows > 0 {
            self.place_panels(panels);
            rows.take(1);
            let each = ((rows.rest.height - 1) / 7).min(HIGHEST_CURVE);
            self.graph = rows.take(1 + 7 * each);
        } else if shows_graph {
            self.graph = panels;
        } else {
            self.place_panels(panels);
        }
    }

    /// Bars, signal and, where there is room, marks side by side.
    fn place_panels(&mut self, panels: Rect) {
        let has_notes = panels.width >= WITH_NOTES;
        let (bars, signal) = if has_notes {
            (panels.width * 6 / 20, panels.width * 8 / 20)
        } else {
            (panels.width * 9 / 20, panels.width)
        };
        self.bars = Rect { width: bars.min(LEFT_MOST), ..panels };
        let from = |left: Rect, most: u16| {
            let x = left.right() + 2;
            Rect { x, width: most.min(panels.right().saturating_sub(x)), ..panels }
        };
        self.signal = from(self.bars, signal);
        if has_notes {
            self.notes = from(self.signal, panels.width);
        }
    }

    fn place_short(&mut self, rows: &mut Rows) {
        // Strip, axis, probabilities and signal have a row each, the state what is left of the rest.
        let rest = rows.rest.height.saturating_sub(4);
        let mut spare = Spare(rest.saturating_sub(state::SMALL_ROWS));
        // The model's score and the facts come first, then air, then the bars.
        let signal_rows = 1 + spare.grant(1);
        let facts_rows = spare.grant(1);
        let state_rows = rest.min(state::SMALL_ROWS) + spare.grant(1);
        let bar_rows = 1 + spare.grant(probabilities::ROWS - 1);
        let strip_rows = 1 + spare.grant(1);
        self.signal = rows.take_last(signal_rows);
        self.alert = self.signal;
        self.bars = rows.take_last(bar_rows);
        self.state = rows.take(state_rows);
        self.facts = rows.take(facts_rows);
        self.strip = rows.take(strip_rows);
        self.axis = rows.take(1);
    }
}

/// Rows of the list: a third of a small screen; on a large one all callers if the details stay readable.
fn list_rows(callers: u16, rows: u16, is_large: bool) -> u16 {
    let wanted = callers.saturating_add(1);
    if !is_large {
        callers.min((rows / 3).max(1))
    } else if wanted.saturating_add(FULL_ROWS) < rows {
        wanted
    } else if rows >= ENOUGH_FOR_BOTH {
        rows - FULL_ROWS - 1
    } else {
        wanted.min(rows.saturating_sub(SHORT_ROWS + 1))
    }
}

/// Hands out rows from the top.
pub(super) struct Rows {
    /// What is left.
    pub(super) rest: Rect,
}

impl Rows {
    pub(super) fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.rest.height);
        let taken = Rect { height: rows, ..self.rest };
        self.rest.y += rows;
        self.rest.height -= rows;
        taken
    }

    pub(super) fn take_last(&mut self, rows: u16) -> Rect {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: u16, rows: u16, callers: usize) -> Layout {
        Layout::new(Rect::new(0, 0, columns, rows), callers, false)
    }

    #[test]
    fn twelve_callers_and_all_details_have_room_on_120_by_40() {
        let layout = layout(120, 40, 12);
        assert_eq!((layout.list.height, layout.is_full), (13, true));
        assert!(layout.state.height >= state::SMALL_ROWS);
    }

    #[test]
    fn twelve_callers_have_room_on_80_by_24_with_the_details_in_short() {
        let layout = layout(80, 24, 12);
        assert_eq!((layout.list.height, layout.is_full), (12, false));
        assert_eq!(layout.state.height, 3);
    }

    #[test]
    fn fifty_callers_leave_room_for_the_details() {
        let layout = layout(120, 40, 50);
        assert_eq!((layout.list.height, layout.is_full), (20, true));
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_screen() {
        for (columns, rows) in [(40, 10), (70, 20), (80, 24), (120, 40), (200, 60), (300, 11)] {
            for callers in [0, 1, 2, 12, 50, 70_000] {
                let area = Rect::new(0, 0, columns, rows);
                let layout = Layout::new(area, callers, columns % 20 == 0);
                let Layout { header, list, title, state, facts, strip, axis, bars, .. } = layout;
                let parts = [
                    header,
                    list,
                    title,
                    state,
                    facts,
                    strip,
                    axis,
                    bars,
                    layout.signal,
                    layout.graph,
                    layout.notes,
                    layout.footer,
                ];
                for (index, part) in parts.iter().enumerate() {
                    assert_eq!(area.intersection(*part), *part, "{columns} x {rows}: {part:?}");
                    for other in &parts[index + 1..] {
                        assert!(!part.intersects(*other), "{columns} x {rows}: {part:?} {other:?}");
                    }
                }
                assert!(strip.height > 0 && bars.height.max(layout.graph.height) > 0);
                assert!(state.height > 0);
                let alert = layout.alert;
                assert_eq!((area.intersection(alert), alert.is_empty()), (alert, false));
            }
        }
    }
}
