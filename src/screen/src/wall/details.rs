//! What there is to know about the selected call of the wall: its state in full, a note, and its alerts.
//!
//! In: the call. Out: lines of text, as far as there is room. Keeps nothing.

use super::draw::clock;
use super::rows::state_style;
use super::view::{Stage, View};
use crate::callers::draw_rule;
use crate::text::{fit, put, wrap};
use crate::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use record::wall::{AlertPicture, CallPicture};

/// What stands before the lines below an alert's first.
const INDENT: &str = "  ";

/// Longer lines are hard to read.
const LONGEST_LINE: usize = 100;

/// A line of parts.
type Line = Vec<(String, Style)>;

/// Draws whose details follow.
pub(super) fn draw_title(buffer: &mut Buffer, area: Rect, call: &CallPicture, theme: Theme) {
    let node = call.node.as_ref().map_or(String::new(), |node| format!("{node}: "));
    draw_rule(buffer, area, &format!("{node}{}", call.label), clock(call.length_s), theme);
}

/// Draws what is known of a call, the most important first.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, call: &CallPicture, view: &View) {
    let lines = lines(call, view, area.width);
    let is_cut = lines.len() > usize::from(area.height);
    for (row, line) in (0..area.height).zip(lines) {
        let mut column = 0;
        for (text, style) in line {
            let room = usize::from(area.width.saturating_sub(column));
            column = put(buffer, area, (column, row), &fit(&text, room), style);
        }
        if is_cut && row + 1 == area.height {
            let last = area.width.saturating_sub(1);
            put(
                buffer,
                area,
                (column.saturating_add(1).min(last), row),
                "…",
                view.theme().strong(),
            );
        }
    }
}

fn lines(call: &CallPicture, view: &View, columns: u16) -> Vec<Line> {
    let theme = view.theme();
    let style = state_style(call, view.is_past(call), theme);
    let mut lines = vec![vec![(format!(" {} ", call.words), style)]];
    if let Some(note) = &call.note {
        lines.extend(wrapped(&format!("note: {note}"), columns, theme.strong()));
    }
    let mut alerts: Vec<&AlertPicture> = call.alerts.iter().collect();
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.at));
    if alerts.is_empty() {
        lines.push(vec![("no alerts in this call".to_owned(), theme.dim())]);
    }
    for alert in alerts {
        let stage = view.stage(call, alert);
        let (sign, stage, style) = match stage {
            Stage::Open => ("!", " open ", theme.alarm()),
            Stage::Sent => ("!", "sent, not confirmed yet", theme.strong()),
            Stage::Acknowledged => ("✓", "acknowledged", theme.dim()),
        };
        let head = format!("{sign} {} {}  ", clock(alert.at_s), alert.rule);
        lines.push(vec![(head, theme.strong()), (stage.to_owned(), style)]);
        lines.extend(wrapped(&alert.reason, columns, Style::new()));
        lines.extend(wrapped(alert.guidance.as_deref().unwrap_or_default(), columns, Style::new()));
    }
    lines
}

fn wrapped(text: &str, columns: u16, style: Style) -> impl Iterator<Item = Line> {
    let columns = usize::from(columns).saturating_sub(INDENT.len()).min(LONGEST_LINE);
    wrap(text, columns).into_iter().map(move |line| vec![(format!("{INDENT}{line}"), style)])
}
