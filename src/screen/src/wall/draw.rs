//! The whole wall: header, calls, details of the selected one, and keys.
//!
//! In: what the wall knows. Out: a picture of it. Keeps nothing.

use super::details;
use super::keys::BINDINGS;
use super::rows;
use super::view::View;
use crate::footer::draw_words;
use crate::help::{self, Row};
use crate::layout::{Rows, SMALLEST};
use crate::strip::ago;
use crate::text::{fit, put, put_right, width};
use hearing::stream_time::StreamTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use record::wall::{NodePicture, Picture};

/// From so many rows on there is room for a rule below the header and for two rows of footer.
const LARGE_ROWS: u16 = 20;

/// From so many rows between header and footer on, the list has a heading.
const WITH_HEADING: u16 = 10;

/// From so many rows on, a long list takes two thirds of them, and else half.
const ENOUGH_FOR_BOTH: u16 = 24;

/// Between two parts of the header.
const GAP: &str = "   ";

/// Longer ones than any call are cut to 99:59:59.
const MOST_S: u64 = 359_999;

/// Where everything goes. What there is no room for has no rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    header: Rect,
    rule: Rect,
    heading: Rect,
    /// The calls, a row each.
    pub(super) list: Rect,
    title: Rect,
    details: Rect,
    footer: Rect,
}

impl Layout {
    /// Of any screen.
    pub(super) fn new(area: Rect, view: &View) -> Self {
        let is_large = area.height >= LARGE_ROWS;
        let mut rows = Rows { rest: area };
        let header = rows.take(if fits(view, area.width) { 1 } else { 2 });
        let rule = rows.take(u16::from(is_large));
        let footer = rows.take_last(1 + u16::from(is_large));
        let inner = rows.rest.height;
        let heading = rows.take(u16::from(inner >= WITH_HEADING));
        let most = if inner >= ENOUGH_FOR_BOTH { inner / 3 * 2 } else { inner / 2 };
        let calls = u16::try_from(view.calls().len()).unwrap_or(u16::MAX);
        let list = rows.take(calls.min(most).max(1));
        let title = rows.take(1);
        Layout { header, rule, heading, list, title, details: rows.rest, footer }
    }
}

/// A time of a call as it stands on the screen.
pub(super) fn clock(seconds: u64) -> StreamTime {
    StreamTime::from_ms(1_000 * seconds.min(MOST_S))
}

/// Draws the whole screen.
pub(super) fn draw(frame: &mut ratatui::Frame, view: &View) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        draw_too_small(buffer, area, view);
    } else {
        draw_screen(buffer, area, view);
    }
    view.settings.charset.put_into(buffer);
}

/// Even there it is said that somebody is needed.
fn draw_too_small(buffer: &mut Buffer, area: Rect, view: &View) {
    let mut texts: Vec<String> = troubles(view).into_iter().map(|(text, _)| text).collect();
    if n_open(view) > 0 {
        texts.insert(0, alerts(view));
    }
    let style = if texts.is_empty() { view.theme().strong() } else { view.theme().alarm() };
    texts.insert(texts.len().min(1), format!("too small: {} x {} or more", SMALLEST.0, SMALLEST.1));
    put(buffer, area, (0, 0), &fit(&texts.join("; "), area.width.into()), style);
}

fn draw_screen(buffer: &mut Buffer, area: Rect, view: &View) {
    let theme = view.theme();
    let layout = Layout::new(area, view);
    draw_header(buffer, layout.header, view);
    put(buffer, layout.rule, (0, 0), &"─".repeat(area.width.into()), theme.dim());
    if let Some(call) = view.call() {
        rows::draw_heading(buffer, layout.heading, layout.list.height, view);
        rows::draw(buffer, layout.list, view);
        details::draw_title(buffer, layout.title, call, theme);
        details::draw(buffer, layout.details, call, view);
    } else {
        let text =
            if view.picture.is_none() { "waiting for the first picture" } else { "no calls" };
        put(buffer, layout.list, (2, 0), text, theme.strong());
    }
    draw_footer(buffer, layout.footer, view);
    if view.shows_help {
        draw_help(buffer, area, view);
    }
}

type Part = (String, Style);

/// What is always said.
fn counts(view: &View) -> Vec<Part> {
    let theme = view.theme();
    let mut parts = vec![("Undertone wall".to_owned(), theme.strong())];
    if view.picture.is_none() {
        return parts;
    }
    let n = view.calls().iter().filter(|call| !call.is_over()).count();
    parts.push((format!("{n} call{}", if n == 1 { "" } else { "s" }), Style::new()));
    let style = if n_open(view) > 0 { theme.alarm() } else { theme.dim() };
    parts.push((alerts(view), style));
    parts
}

/// Open alerts of the calls that are shown.
fn n_open(view: &View) -> usize {
    view.picture.as_ref().map_or(0, |picture| picture.open_alerts)
}

fn alerts(view: &View) -> String {
    match n_open(view) {
        0 => "no open alert".to_owned(),
        1 => " 1 OPEN ALERT ".to_owned(),
        several => format!(" {several} OPEN ALERTS "),
    }
}

/// What makes the picture an old one, as a whole or in part.
fn troubles(view: &View) -> Vec<Part> {
    let theme = view.theme();
    let failure = view.failure.as_ref().map(|reason| format!(" {reason}; this is old "));
    let warning = view.picture.as_ref().and_then(|picture: &Picture| picture.warning.as_ref());
    let warning = warning.map(|warning| format!(" {warning} "));
    let silent = |node: &NodePicture| {
        let silent_for = ago(clock(node.silent_s?));
        Some((format!("{} silent for {silent_for}", node.name), theme.strong()))
    };
    let nodes = view.picture.iter().flat_map(|picture| &picture.nodes);
    let whole = failure.into_iter().chain(warning).map(|text| (text, theme.alarm()));
    whole.chain(nodes.filter_map(silent)).collect()
}

/// Whether all that the header says fits one row.
fn fits(view: &View, columns: u16) -> bool {
    let troubles = troubles(view);
    let together = needed(&counts(view)) + GAP.len() + needed(&troubles);
    troubles.is_empty() || together <= usize::from(columns)
}

/// Columns that parts take.
fn needed(parts: &[Part]) -> usize {
    let columns: usize = parts.iter().map(|(text, _)| width(text) + GAP.len()).sum();
    columns.saturating_sub(GAP.len())
}

fn draw_header(buffer: &mut Buffer, area: Rect, view: &View) {
    let (mut counts, troubles) = (counts(view), troubles(view));
    if needed(&counts) > usize::from(area.width) {
        // Who is needed goes before what this is.
        counts.remove(0);
    }
    if area.height > 1 {
        draw_parts(buffer, area, 0, counts);
        draw_parts(buffer, area, 1, troubles);
    } else {
        draw_parts(buffer, area, 0, counts.into_iter().chain(troubles));
    }
}

fn draw_parts(buffer: &mut Buffer, area: Rect, row: u16, parts: impl IntoIterator<Item = Part>) {
    let mut column = 0;
    for (text, style) in parts {
        let room = usize::from(area.width.saturating_sub(column));
        let end = put(buffer, area, (column, row), &fit(&text, room), style);
        column = end.saturating_add(u16::try_from(GAP.len()).unwrap_or(0));
    }
}

/// The message and the keys in two rows; in one row the message goes first, with the way to the keys.
fn draw_footer(buffer: &mut Buffer, area: Rect, view: &View) {
    let theme = view.theme();
    let message = view.message();
    let mut room = area.width;
    if area.height > 1 || message.is_none() {
        let usable = BINDINGS.iter().filter(|it| !it.short.is_empty() && view.is_usable(it));
        let (last, first): (Vec<_>, Vec<_>) = usable.partition(|binding| binding.is_last());
        let words = |all: Vec<&super::keys::Binding>| {
            all.into_iter().map(|binding| (binding.names(), binding.short)).collect()
        };
        draw_words(buffer, area, words(first), words(last), theme);
    } else {
        room = put_right(buffer, area, 0, "  ? help", theme.dim());
    }
    if let Some(text) = message {
        put(buffer, area, (0, 0), &fit(&text, room.into()), theme.strong());
    }
}

fn draw_help(buffer: &mut Buffer, area: Rect, view: &View) {
    let rows: Vec<Row> = BINDINGS
        .iter()
        .map(|binding| Row {
            names: binding.names(),
            what: binding.what,
            is_usable: view.is_usable(binding),
        })
        .collect();
    let cell_s = view.picture.as_ref().map_or(record::wall::picture::CELL_S, |it| it.cell_s);
    let signs =
        format!("A letter is {cell_s} s. = nobody listened, × lost sound, ! see the details.");
    help::draw_panel(buffer, area, &rows, &signs, view.theme());
}
