//! The timeline as a picture, whatever it is drawn on.
//!
//! In: a [`Story`] and a [`Canvas`]. Out: shapes on the canvas. Keeps nothing.
//!
//! ```text
//!  Session of 2026-11-22 14:30:05, 12:05, model phone-lstm
//!  desk
//!            !1                       ◆
//!   0:00  ·····~~NNNNN??FFFFFFF···NNN
//!        0:00      1:00      2:00      3:00
//!  [N] neutral  [F] fear  ...
//! ```

use super::palette::{DIM, FAINT, INK, frame_of, of_fill};
use super::story::{Caller, Story};
use super::strip::{Fill, N_CELLS, Run, Scale, runs};
use crate::palette::Rgb;
use hearing::stream_time::StreamTime;

/// Width of the picture in pixels.
pub(super) const WIDTH: f64 = 1_200.0;
/// Where the cells begin, right of the clock.
pub(super) const LEFT: f64 = 76.0;
/// Width of a cell.
const CELL_WIDTH: f64 = 9.0;
/// Height of a cell.
const CELL_HEIGHT: f64 = 24.0;
/// Above a row, for alerts and marks.
const MARKER_HEIGHT: f64 = 20.0;
/// From one row to the next.
const ROW_HEIGHT: f64 = MARKER_HEIGHT + CELL_HEIGHT + 6.0;
/// Below the last row, for the clock.
const AXIS_HEIGHT: f64 = 22.0;
/// Above the first caller of a whole picture.
const TITLE_HEIGHT: f64 = 56.0;
/// Above a caller's rows, for the label.
const LABEL_HEIGHT: f64 = 30.0;
/// The whole legend.
const LEGEND_HEIGHT: f64 = 110.0;
/// Times along an axis at most, and how far apart they may be, in seconds.
const MAX_TICKS: u64 = 8;
const TICKS_S: [u64; 11] = [1, 10, 20, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];
/// Closer markers have no number: it would be written over the last one's.
const NUMBER_WIDTH: f64 = 22.0;
/// Characters of a label; more would run out of the picture.
const MAX_LABEL: usize = 90;

/// A rectangle in pixels from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// On which side of its point a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Type {
    pub anchor: Anchor,
    /// Height in pixels.
    pub size: f64,
    pub colour: Rgb,
    pub is_bold: bool,
}

/// What can be drawn on.
pub(super) trait Canvas {
    /// A filled rectangle; `about` is what a pointer on it tells.
    fn rect(&mut self, area: Area, fill: Rgb, about: &str);
    /// A filled shape around points.
    fn polygon(&mut self, points: &[(f64, f64)], fill: Rgb, about: &str);
    /// A text whose foot is at the point.
    fn text(&mut self, foot: (f64, f64), look: Type, text: &str);
}

/// Height of a picture of the whole session.
pub(super) fn height(story: &Story) -> f64 {
    let of_caller = LABEL_HEIGHT + caller_height(Scale::of(story.length));
    TITLE_HEIGHT + of_caller * count(story.callers.len() as u64) + LEGEND_HEIGHT
}

/// Height of one caller's rows with the axis.
pub(super) fn caller_height(scale: Scale) -> f64 {
    ROW_HEIGHT * count(scale.n_rows) + AXIS_HEIGHT
}

/// Draws the whole session with its legend.
pub(super) fn draw(story: &Story, canvas: &mut dyn Canvas) {
    let started = story.header.started.get(..19).unwrap_or(&story.header.started);
    let title = format!("Session of {}, {}", started.replacen('T', " ", 1), story.length);
    canvas.text((12.0, 28.0), Type { size: 17.0, is_bold: true, ..plain_type() }, &title);
    let about = format!(
        "What the model {} heard in the voice: a hint, not a finding; no diagnosis.",
        story.header.model.name
    );
    canvas.text((12.0, 47.0), Type { colour: DIM, ..plain_type() }, &about);
    let scale = Scale::of(story.length);
    let mut top = TITLE_HEIGHT;
    for caller in &story.callers {
        let label: String = caller.label.chars().take(MAX_LABEL).collect();
        canvas.text((12.0, top + 20.0), Type { is_bold: true, ..plain_type() }, &label);
        draw_caller(caller, scale, story.length, top + LABEL_HEIGHT, canvas);
        top += LABEL_HEIGHT + caller_height(scale);
    }
    draw_legend(scale, top + 8.0, canvas);
}

/// Draws one caller's rows and the axis below them.
pub(super) fn draw_caller(
    caller: &Caller,
    scale: Scale,
    length: StreamTime,
    top: f64,
    canvas: &mut dyn Canvas,
) {
    for row in 0..scale.n_rows {
        let cells = top + ROW_HEIGHT * count(row) + MARKER_HEIGHT;
        let start = StreamTime(scale.row.0 * row);
        let clock = Type { anchor: Anchor::End, colour: DIM, ..plain_type() };
        canvas.text((LEFT - 8.0, cells + 17.0), clock, &start.to_string());
        for run in runs(caller, scale, row, length) {
            draw_run(run, start, scale, cells, canvas);
        }
        draw_markers(caller, scale, row, cells, canvas);
    }
    draw_axis(scale, top + ROW_HEIGHT * count(scale.n_rows), canvas);
}

fn draw_run(run: Run, start: StreamTime, scale: Scale, top: f64, canvas: &mut dyn Canvas) {
    let (_, ink) = of_fill(run.fill);
    let (left, width) =
        (LEFT + CELL_WIDTH * count(run.first as u64), CELL_WIDTH * count(run.n as u64));
    let time = |cells: usize| start + StreamTime(scale.cell().0 * cells as u64);
    let about = format!("{} to {}: {}", time(run.first), time(run.first + run.n), run.fill.words());
    let area = Area { left, top, width, height: CELL_HEIGHT };
    draw_cell(area, run.fill, &about, canvas);
    // Alone in its cell, a letter has less room.
    let size = if run.n == 1 { 11.0 } else { 13.0 };
    let look = Type { anchor: Anchor::Middle, colour: ink, is_bold: true, size };
    canvas.text((left + width / 2.0, top + 17.0), look, &run.fill.letter().to_string());
}

fn draw_cell(area: Area, fill: Fill, about: &str, canvas: &mut dyn Canvas) {
    let (paper, _) = of_fill(fill);
    let Some(frame) = frame_of(fill) else { return canvas.rect(area, paper, about) };
    canvas.rect(area, frame, "");
    let Area { left, top, width, height } = area;
    let inside =
        Area { left: left + 1.0, top: top + 1.0, width: width - 2.0, height: height - 2.0 };
    canvas.rect(inside, paper, about);
}

/// Alerts as triangles with their number, marks as diamonds.
fn draw_markers(caller: &Caller, scale: Scale, row: u64, foot: f64, canvas: &mut dyn Canvas) {
    let x_of = |at: StreamTime| {
        (at.0 / scale.row.0 == row).then(|| {
            LEFT + CELL_WIDTH * count(N_CELLS as u64) * fraction(at.0 % scale.row.0, scale.row.0)
        })
    };
    for mark in &caller.marks {
        if let Some(x) = x_of(mark.at) {
            let shape =
                [(x, foot - 12.0), (x + 5.0, foot - 7.0), (x, foot - 2.0), (x - 5.0, foot - 7.0)];
            canvas.polygon(&shape, INK, &format!("mark at {}: {}", mark.at, mark.text));
        }
    }
    let mut numbered = f64::NEG_INFINITY;
    for (number, alert) in (1..).zip(&caller.alerts) {
        let Some(x) = x_of(alert.at) else { continue };
        let shape = [(x, foot - 14.0), (x + 6.5, foot - 2.0), (x - 6.5, foot - 2.0)];
        let about = format!("alert {number} at {}: {}", alert.at, alert.reason);
        canvas.polygon(&shape, (0xb3, 0x00, 0x1b), &about);
        if x - numbered >= NUMBER_WIDTH {
            let look = Type { is_bold: true, size: 12.0, ..plain_type() };
            canvas.text((x + 8.0, foot - 4.0), look, &format!("!{number}"));
            numbered = x;
        }
    }
}

fn draw_axis(scale: Scale, top: f64, canvas: &mut dyn Canvas) {
    let width = CELL_WIDTH * count(N_CELLS as u64);
    canvas.rect(Area { left: LEFT, top: top - 4.0, width, height: 1.0 }, FAINT, "");
    for at in ticks(scale.row) {
        let x = LEFT + width * fraction(at.0, scale.row.0);
        canvas.rect(Area { left: x, top: top - 4.0, width: 1.0, height: 5.0 }, FAINT, "");
        let is_added = scale.n_rows > 1 && at > StreamTime::ZERO;
        let text = if is_added { format!("+{at}") } else { at.to_string() };
        let look = Type { anchor: Anchor::Middle, colour: DIM, size: 12.0, ..plain_type() };
        canvas.text((x, top + 14.0), look, &text);
    }
}

/// Round times from zero up to a length.
pub(super) fn ticks(length: StreamTime) -> impl Iterator<Item = StreamTime> {
    let steps = TICKS_S.map(|seconds| StreamTime::from_ms(seconds * 1000));
    let fitting = steps.into_iter().find(|step| length.0 / step.0 <= MAX_TICKS);
    let step = fitting.unwrap_or(StreamTime(length.0 / MAX_TICKS));
    (0..=length.0 / step.0).map(move |number| StreamTime(step.0 * number))
}

fn draw_legend(scale: Scale, top: f64, canvas: &mut dyn Canvas) {
    const PER_ROW: usize = 7;
    for (place, fill) in Fill::all().into_iter().enumerate() {
        let left = 12.0 + 168.0 * count((place % PER_ROW) as u64);
        let top = top + 26.0 * count((place / PER_ROW) as u64);
        let (_, ink) = of_fill(fill);
        draw_cell(Area { left, top, width: 18.0, height: 18.0 }, fill, "", canvas);
        let look = Type { anchor: Anchor::Middle, colour: ink, is_bold: true, ..plain_type() };
        canvas.text((left + 9.0, top + 14.0), look, &fill.letter().to_string());
        canvas.text((left + 24.0, top + 14.0), plain_type(), fill.words());
    }
    let about = format!(
        "A cell is {} s. Small letters: less than 50 % probable. Triangle with !: alert. Diamond: mark.",
        scale.cell().seconds()
    );
    canvas.text((12.0, top + 94.0), Type { colour: DIM, ..plain_type() }, &about);
}

fn plain_type() -> Type {
    Type { anchor: Anchor::Start, size: 13.0, colour: INK, is_bold: false }
}

pub(super) fn fraction(part: u64, whole: u64) -> f64 {
    count(part) / count(whole.max(1))
}

/// A number of things as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "what is drawn is fewer than 2^52")]
pub(super) fn count(n: u64) -> f64 {
    n as f64
}
